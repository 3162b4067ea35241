/** Integrity of small payloads (XML, JSON): Content-MD5 and x-amz-checksum-* headers or trailers against the bytes that came. */
import { createHash } from 'node:crypto'
import { checksumOf } from './digest/hasher.ts'
import { error } from './errors.ts'
import type { RequestBody } from './http/request-body.ts'
import { header, type WireRequest } from './http/wire.ts'
import { isChecksumHeader, type Plan, refuseChecksumName } from './protocol/index.ts'
import {
  algorithmNames,
  algorithmOf,
  algorithms,
  declaredChecksum,
  invalidValue,
  isBase64Of,
  isChecksumValue,
  mismatch,
  type ChecksumValues,
} from './s3/lib/checksum.ts'

/**
 * @param plan whether the operation demands one (DeleteObjects and a few more), and whether x-amz-checksum-* are about this body: those
 * of CompleteMultipartUpload are about the object
 * @throws AwsError InvalidDigest, BadDigest, InvalidRequest, MalformedTrailerError
 */
export async function verifyPayloadDigest(
  request: WireRequest,
  body: Pick<RequestBody, 'trailers' | 'trailerNames'>,
  bytes: Buffer,
  plan: Pick<Plan, 'isChecksumRequired' | 'isChecksumOfObject'>,
): Promise<void> {
  const md5 = header(request, 'content-md5')
  if (md5 !== undefined) {
    if (!isBase64Of(md5, 16)) throw error('InvalidDigest', { 'Content-MD5': md5 })
    const computed = createHash('md5').update(bytes).digest('base64')
    if (computed !== md5) throw error('BadDigest', { ExpectedDigest: md5, CalculatedDigest: computed })
  }
  if (plan.isChecksumOfObject) return
  const declared = declaredChecksum(checksumHeaders(request), body.trailerNames)
  if (declared === undefined) {
    if (!plan.isChecksumRequired || md5 !== undefined) return
    // Observed: DeleteObjects without either (recorded AWS answers, test_delete_objects_encoding and others).
    throw error(
      'InvalidRequest',
      {},
      { message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*' },
    )
  }
  const value = declared.value ?? body.trailers.get(algorithms[declared.algorithm].header)
  if (value === undefined) throw error('MalformedTrailerError')
  if (!isChecksumValue(declared.algorithm, value)) throw invalidValue(declared.algorithm)
  if ((await checksumOf(declared.algorithm, bytes)) !== value) throw mismatch(declared.algorithm)
}

function checksumHeaders(request: WireRequest): ChecksumValues & { ChecksumAlgorithm?: string | undefined } {
  const values: ChecksumValues & { ChecksumAlgorithm?: string | undefined } = {
    ChecksumAlgorithm: header(request, 'x-amz-sdk-checksum-algorithm'),
  }
  for (const name of algorithmNames) {
    const value = header(request, algorithms[name].header)
    if (value !== undefined) values[algorithms[name].member] = value
  }
  for (const name in request.headers) {
    if (isChecksumHeader(name) && algorithmOf(name.slice('x-amz-checksum-'.length)) === undefined) {
      throw refuseChecksumName()
    }
  }
  return values
}
