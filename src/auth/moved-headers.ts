/**
 * Presigners move `x-amz-*` headers into the query, and the server takes them for the headers they were. Observed:
 * metadata and storage class so presigned are stored (LocalStack's test_presigned_url_v4_x_amz_in_qs and
 * test_put_url_metadata_with_sig_s3, 2026-02-21).
 */
import type { WireRequest } from '../http/wire.ts'
import type { Query } from '../protocol/query-string.ts'
import { error } from '../errors.ts'
import { toLatin1 } from './query.ts'

const ofTheSignature = new Set(
  'algorithm credential date expires signedheaders signature security-token content-sha256 region-set s3session-token'
    .split(' ')
    .map((name) => `x-amz-${name}`),
)
const checksumSettings = new Set(['x-amz-checksum-mode', 'x-amz-checksum-algorithm', 'x-amz-checksum-type'])

/**
 * Observed: a checksum in a presigned query is signed but not verified, nor does it choose the algorithm; the JS SDK puts
 * that of an empty body there (same test: the object got CRC64NVME).
 */
function isIgnored(name: string): boolean {
  if (name === 'x-amz-sdk-checksum-algorithm') return true
  // Observed: a copy presigned so stores an empty object (aws/aws-sdk-php#1275, the answer of AWS).
  if (name === 'x-amz-copy-source') return true
  return name.startsWith('x-amz-checksum-') && !checksumSettings.has(name)
}

/** Observed: conditions in the query of an upload count (recorded, test_pre_signed_url_if_match, ..._if_none_match). */
const conditions = new Set(['if-match', 'if-none-match'])

/** SigV2 signs Content-Type and Content-MD5, and of the query of its URLs the x-amz-* parameters and these two. */
function isHeader(name: string, isV2: boolean): boolean {
  if (name.startsWith('x-amz-')) return !ofTheSignature.has(name) && !isIgnored(name)
  return isV2 ? name === 'content-type' || name === 'content-md5' : conditions.has(name)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that no header may have
const control = /[\0-\x08\x0a-\x1f\x7f]/

const token = /^[\w!#$%&'*+.^`|~-]+$/

/** Whether a name can be that of a header: it is a token (RFC 9110, 5.6.2). */
export function isHeaderName(name: string): boolean {
  return token.test(name)
}

/** Whether a parameter could have been a header: its name can be one's, its value has no line ends. */
export function fitsHeader(name: string, value: string): boolean {
  return isHeaderName(name) && !control.test(value)
}

/**
 * Observed: metadata is UTF-8 here, while in headers proper every byte is a character (recorded,
 * test_put_unicode_metadata_with_sig_s3; AWS's page "Working with object metadata").
 */
function textOf(name: string, value: string): string {
  return name.startsWith('x-amz-meta-') ? value : toLatin1(value)
}

/**
 * Headers, names in lower case, that a presigned request has in its query; undefined when there are none.
 * @param isV2 SigV2 presigners move Content-Type and Content-MD5 too
 * @throws AwsError InvalidArgument for a value that no header can have
 */
export function movedHeaders(
  request: WireRequest,
  query: Query,
  isV2: boolean,
): Readonly<Record<string, string>> | undefined {
  let moved: Record<string, string> | undefined
  for (const pair of query) {
    const name = pair.name.toLowerCase()
    if (!isHeader(name, isV2) || moved?.[name] !== undefined) continue
    // A header proper counts before its copy in the query where both are signed; a condition as a header need not be.
    if (request.headers[name] !== undefined && !conditions.has(name)) continue
    if (!fitsHeader(name, pair.value)) {
      // Assumed: code and words, because AWS documents none for what only a query can say.
      const message = 'Header value cannot be represented using ISO-8859-1.'
      throw error('InvalidArgument', { ArgumentName: pair.name, ArgumentValue: pair.value }, { message })
    }
    moved ??= Object.create(null) as Record<string, string>
    moved[name] = textOf(name, pair.value)
  }
  return moved
}
