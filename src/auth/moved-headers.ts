/**
 * Presigners move `x-amz-*` headers into the query, and the server takes them for the headers they were. Observed:
 * metadata and storage class so presigned are stored (LocalStack's test_presigned_url_v4_x_amz_in_qs and
 * test_put_url_metadata_with_sig_s3, 2026-02-21).
 */
import type { WireRequest } from '../http/wire.ts'
import { readable } from './bytes.ts'
import { percentDecode, type RawPair } from './query.ts'

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
  return name.startsWith('x-amz-checksum-') && !checksumSettings.has(name)
}

/** Observed: conditions in the query of an upload count (recorded, test_pre_signed_url_if_match, ..._if_none_match). */
const conditions = new Set(['if-match', 'if-none-match'])

function isHeader(name: string, isV2: boolean): boolean {
  if (name.startsWith('x-amz-')) return !ofTheSignature.has(name) && !isIgnored(name)
  return conditions.has(name) || (isV2 && (name === 'content-type' || name === 'content-md5'))
}

/**
 * Observed: metadata is UTF-8 here, while in headers proper every byte is a character (recorded,
 * test_put_unicode_metadata_with_sig_s3; AWS's page "Working with object metadata").
 */
function textOf(name: string, raw: string): string {
  const bytes = percentDecode(raw)
  return name.startsWith('x-amz-meta-') ? readable(bytes) : bytes
}

/**
 * Headers, names in lower case, that a presigned request has in its query and not as headers; undefined when there are none.
 * @param isV2 SigV2 presigners move Content-Type and Content-MD5 too
 */
export function movedHeaders(
  request: WireRequest,
  pairs: readonly RawPair[],
  isV2: boolean,
): Readonly<Record<string, string>> | undefined {
  let moved: Record<string, string> | undefined
  for (const pair of pairs) {
    const name = percentDecode(pair.name).toLowerCase()
    if (!isHeader(name, isV2)) continue
    // A header proper counts before its copy in the query, and the first of repeated parameters before the others.
    if (request.headers[name] !== undefined || moved?.[name] !== undefined) continue
    moved ??= {}
    moved[name] = textOf(name, pair.value ?? '')
  }
  return moved
}
