/** Values that programs seldom send: for paths, queries, headers, documents. */
import type { Random } from './random.ts'

const oddTexts = [
  '',
  ' ',
  '0',
  '-1',
  '1',
  '1e9',
  '1.5',
  '2147483648',
  '9007199254740993',
  '99999999999999999999',
  'NaN',
  'null',
  'true',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  '*',
  '?',
  '**',
  '..',
  '.',
  '/',
  '//',
  '../..',
  './a',
  'a/../b',
  '\0',
  '\x7f',
  '\xe9',
  '\xff\xfe',
  '\u2028',
  '\ud83d\ude00',
  'a'.repeat(300),
  'x,y,,z',
  'a=b',
  'a&b',
  '"',
  '""',
  '"unclosed',
  '%',
  '%zz',
  '%00',
  '%2F',
  '%C3%28',
  '+',
  'a b',
  '<a>',
  '&amp;',
  ']]>',
  '{}',
  '[]',
  '[',
  '{"a":',
  'arn:aws:s3:::bucket/*',
  'arn:aws:iam::000000000000:role/r',
  'bytes=0-',
  'bytes=-0',
  'bytes=5-1',
  'bytes=0-0,1-1',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  '2026-01-01T00:00:00Z',
  '0000-00-00T00:00:00Z',
  '9'.repeat(40),
  '$\x7baws:username}',
  '$\x7b',
  'STANDARD',
  'AES256',
  'aws:kms',
  'Enabled',
  'private',
  'id=1',
  'uri="',
  'utf-8',
  'gzip, aws-chunked',
  'aws-chunked',
  'REPLACE',
  'GOVERNANCE',
  'ON',
  'bucket/key',
  '/bucket/key?versionId=x',
]

/** Buckets and keys: few, so that requests meet what earlier ones have left. */
export const buckets = ['fuzz-one', 'fuzz-two', 'fuzz-versions', 'missing', 'Bad_Bucket', 'a', 'fuzz--use1-az1--x-s3']
export const keys = [
  'k',
  'a/b',
  'a//b',
  'ü',
  '%zz',
  '%2F',
  'large',
  '..',
  'a/',
  '+',
  '%00',
  'x'.repeat(1030),
  '_sandbucket/x',
  '',
  '%20',
  '%F0%9F%98%80',
]

/** A text, mostly odd; of Unicode. */
export function oddText(random: Random): string {
  const kind = random.below(10)
  if (kind < 7) return random.pick(oddTexts)
  if (kind === 7) return random.bytes(random.below(20)).toString('latin1')
  if (kind === 8) return random.pick(oddTexts) + random.pick(oddTexts)
  return random.pick(oddTexts).repeat(random.below(20))
}

/** What may stand in a header without breaking its line; one character a byte. */
export function headerValue(random: Random): string {
  return Buffer.from(oddText(random), 'utf8')
    .toString('latin1')
    .replace(/\p{Cc}/gu, '_')
}

/** Percent-encoded, mostly. */
export function queryText(random: Random): string {
  const text = oddText(random)
  const isKept = random.oneIn(8)
  return isKept ? text.replace(/[^\x21-\x7e]/g, '_') : encodeURIComponent(text)
}

const headerNames = [
  'x-amz-acl',
  'x-amz-copy-source',
  'x-amz-copy-source-range',
  'x-amz-tagging',
  'x-amz-meta-a',
  'x-amz-meta-__proto__',
  'x-amz-meta-',
  'Content-MD5',
  'Range',
  'If-Match',
  'If-None-Match',
  'If-Modified-Since',
  'x-amz-checksum-crc32',
  'x-amz-checksum-sha256',
  'x-amz-checksum-zzz',
  'x-amz-checksum-mode',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-trailer',
  'x-amz-decoded-content-length',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-server-side-encryption-customer-key-MD5',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-bypass-governance-retention',
  'x-amz-expected-bucket-owner',
  'x-amz-write-offset-bytes',
  'x-amz-security-token',
  'x-amz-date',
  'Date',
  'Authorization',
  'Expect',
  'Origin',
  'Access-Control-Request-Method',
  'Access-Control-Request-Headers',
  'Content-Type',
  'Content-Encoding',
  'Content-Disposition',
  'Expires',
  'x-amz-website-redirect-location',
  'x-amz-storage-class',
  'x-forwarded-host',
  'x-forwarded-for',
  'Forwarded',
  'x-sandbucket-explain',
  'x-http-method-override',
  'Connection',
  'Upgrade',
  'TE',
  'Trailer',
  'Cookie',
  '__proto__',
  'constructor',
  'x-amz-object-attributes',
  'x-amz-mfa',
  'x-amz-account-id',
  'x-amz-target',
  'x-amz-grant-read',
  'x-amz-grant-full-control',
  'x-amz-rename-source',
  'Accept',
  'Accept-Encoding',
  'sec-fetch-site',
  'x-aws-ec2-metadata-token',
  'User-Agent',
  'Referer',
]

/** A few headers. */
export function oddHeaders(random: Random, most = 4): [string, string][] {
  return random.several(most, () => [random.pick(headerNames), headerValue(random)])
}

const subResources = [
  'acl',
  'accelerate',
  'annotation',
  'append',
  'attributes',
  'analytics&id=a',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering&id=a',
  'inventory&id=a',
  'legal-hold',
  'lifecycle',
  'list-type=2',
  'location',
  'logging',
  'metrics&id=a',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select&select-type=2',
  'session',
  'tagging',
  'torrent',
  'uploads',
  'uploadId=x',
  'partNumber=1&uploadId=x',
  'versioning',
  'versions',
  'website',
  'abac',
  'versionId=null',
  'versionId=x',
  'max-keys=1',
  'prefix=a&delimiter=/',
  'marker=a',
  'encoding-type=url',
  'response-content-type=a',
  'x-id=GetObject',
  'metadataConfiguration',
  'uploads&delimiter=/&max-uploads=1',
]

/** A query without its question mark; mostly of known names. */
export function query(random: Random): string {
  const parts = random.several(3, () => {
    const kind = random.below(4)
    if (kind < 2) return random.pick(subResources)
    const name = kind === 2 ? random.pick(subResources).replace(/[=&].*/, '') : queryText(random)
    return random.oneIn(4) ? name : `${name}=${queryText(random)}`
  })
  return parts.join(random.oneIn(20) ? '&&' : '&')
}

/** The path of a bucket or key, percent-encoded as it is sent. */
export function path(random: Random): string {
  const kind = random.below(12)
  if (kind === 0) return '/'
  if (kind === 1) return `/${random.pick(buckets)}`
  if (kind === 2) return `/${queryText(random)}`
  if (kind === 3) return `/${random.pick(buckets)}/${queryText(random)}`
  if (kind === 4) return random.pick(adminPaths)
  const key = random.pick(keys)
  return `/${random.pick(buckets.slice(0, 3))}/${encodeURI(key).replace(/%25/g, '%')}`
}

const adminPaths = [
  '/_sandbucket',
  '/_sandbucket/',
  '/_sandbucket/health/ready',
  '/_sandbucket/explain/%zz',
  '/_sandbucket/explain/__proto__',
  '/_sandbucket/coverage',
  '/_sandbucket/record',
  '/_sandbucket/credentials/%00',
  '/_sandbucket/credentials/a/b',
  '/_sandbucket/imds/latest/meta-data/',
  '/_sandbucket/idp/token',
  '/_sandbucket/idp/saml/response',
  '/_sandbucket/idp/jwks',
  '/_sandbucket/issuers/%ff/.well-known/openid-configuration',
  '/_sandbucket//',
  '/_sandbucket/../x',
  '/_sandbucketx',
  '/latest/meta-data/iam/security-credentials/',
  '/health',
  '/minio/health/live',
  '/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Afuzz-one',
  '/v20180820/configuration/publicAccessBlock',
  '/_sandbucket/metrics',
  '*',
]
