/** `sandbucket s3cfg`: a whole configuration for s3cmd. */
import type { ClientFacts } from './exports.ts'

/**
 * The text of an `.s3cfg`. `host_bucket` without `%(bucket)s` makes s3cmd use path style, for requests and for
 * `signurl` alike (s3cmd 2.3.0, S3/Utils.py, check_bucket_name_dns_support).
 */
export function s3cfg(url: string, { key, region, ca }: ClientFacts): string {
  const host = url.replace(/^https?:\/\//, '')
  const isTls = url.startsWith('https:') ? 'True' : 'False'
  const { accessKeyId, secretAccessKey } = key
  const lines = [
    '[default]',
    `access_key = ${accessKeyId}`,
    `secret_key = ${secretAccessKey}`,
    'access_token =',
    `bucket_location = ${region}`,
    `host_base = ${host}`,
    `host_bucket = ${host}`,
    `website_endpoint = http://%(bucket)s.s3-website.localhost${host.replace(/^.*(?=:\d+$)/, '')}/`,
    `use_https = ${isTls}`,
    ...(ca === undefined ? [] : [`ca_certs_file = ${ca}`]),
    `check_ssl_certificate = ${isTls}`,
    `signurl_use_https = ${isTls}`,
    'signature_v2 = False',
    'enable_multipart = True',
    'multipart_chunk_size_mb = 15',
    'guess_mime_type = True',
    'human_readable_sizes = False',
    'socket_timeout = 300',
  ]
  return `${lines.join('\n')}\n`
}
