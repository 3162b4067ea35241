/** The checksum of a multipart object, made of those of its parts: O(parts), no bytes are read. */
import { error } from '../../errors.ts'
import { createHasher } from '../../digest/hasher.ts'
import type { CompleteMultipartUploadRequest } from '../../model/s3.types.gen.ts'
import type { Checksum, ObjectRecord, UploadPartRecord, UploadRecord } from '../../store/records.ts'
import { algorithmNames, algorithms, defaultAlgorithm, invalidValue, isChecksumValue } from './checksum.ts'
import { combineCrcs, isCombinable } from './crc-combine.ts'
import { isChecksumType, shownAlgorithm } from './uploads.ts'

/** Value of a part of this upload; every part has one, because it is computed when the client sends none. */
function checksumValue(part: UploadPartRecord): string {
  if (part.checksum === undefined) throw new Error(`part ${part.PartNumber} was stored without its checksum`)
  return part.checksum.value
}

/**
 * The checksum of the object: for a composite upload the digest of the parts' digests and their number, otherwise the
 * CRC of the whole. Uploads that name no algorithm get CRC64NVME.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export async function objectChecksum(upload: UploadRecord, parts: UploadPartRecord[]): Promise<Checksum> {
  const algorithm = upload.ChecksumAlgorithm ?? defaultAlgorithm
  if (upload.ChecksumType !== 'COMPOSITE' && isCombinable(algorithm)) {
    const value = combineCrcs(
      algorithm,
      parts.map((part) => ({ value: checksumValue(part), sizeBytes: part.Size })),
    )
    return { algorithm, value, type: 'FULL_OBJECT' }
  }
  const hasher = await createHasher(algorithm)
  for (const part of parts) hasher.update(Buffer.from(checksumValue(part), 'base64'))
  return { algorithm, value: `${hasher.digest().toString('base64')}-${parts.length}`, type: 'COMPOSITE' }
}

/**
 * Whether the object has a checksum. Observed: CRC64NVME is not added to uploads under a customer's key, as it is to
 * single writes (recorded, test_multipart_upload_sse_c and test_put_object_default_checksum_with_sse_c).
 */
export const keepsChecksum = ({ ChecksumAlgorithm, encryption }: UploadRecord): boolean =>
  ChecksumAlgorithm !== undefined || encryption.SSECustomerAlgorithm === undefined

/**
 * The checksum that a completion shows. Observed: the CRC64NVME of an upload that named no algorithm is not shown under
 * keys of KMS, though the object has it (recorded, test_s3_multipart_upload_sse).
 * @param isNamed the upload named its algorithm; undefined when nobody knows any more
 */
export function completedChecksum(
  { checksum, encryption }: Pick<ObjectRecord, 'checksum' | 'encryption'>,
  isNamed: boolean | undefined,
): Checksum | undefined {
  const isAdded = isNamed === undefined ? checksum?.algorithm === defaultAlgorithm : !isNamed
  return isAdded && encryption.SSEKMSKeyId !== undefined ? undefined : checksum
}

/**
 * The type a completion names is that of its upload.
 * @throws InvalidRequest (recorded, test_complete_multipart_parts_checksum_default and ..._exceptions_*)
 */
export function checkCompletedType(upload: UploadRecord, type: string | undefined): void {
  if (type === undefined || type === upload.ChecksumType) return
  const message = isChecksumType(type)
    ? `The upload was created using the ${upload.ChecksumType ?? 'null'} checksum mode. The complete request must use the same checksum mode.`
    : 'Value for x-amz-checksum-type header is invalid.'
  throw error('InvalidRequest', {}, { message })
}

/**
 * A value that is no checksum at all is refused as PutObject refuses one. The value of a composite upload may end in the
 * number of its parts. Observed: versity/versitygw's suite, run against AWS. s3-tests wants BadDigest, of PutObject too,
 * where AWS is recorded to say otherwise. @throws InvalidRequest
 */
export function checkCompletedForm(input: CompleteMultipartUploadRequest): void {
  for (const name of algorithmNames) {
    const value = input[algorithms[name].member]
    if (value !== undefined && !isChecksumValue(name, value.replace(/-\d{1,5}$/, ''))) throw invalidValue(name)
  }
}

/**
 * The checksum of the whole that a completion may carry.
 * Observed: where the upload names no algorithm, every value is ignored, a wrong CRC64NVME as well (versity/versitygw's
 * suite, run against AWS); where it is FULL_OBJECT,
 * even a right value fails without x-amz-checksum-type (recorded, test_multipart_parts_checksum_exceptions_full_object),
 * unless the algorithm has no other type (s3-tests test_multipart_use_cksum_helper_crc64nvme).
 * @throws BadDigest
 */
export function checkCompletedChecksum(
  upload: UploadRecord,
  input: CompleteMultipartUploadRequest,
  computed: Checksum,
): void {
  const given = algorithmNames.filter((name) => input[algorithms[name].member] !== undefined)
  if (given.length === 0) return
  if (upload.ChecksumAlgorithm === undefined) return
  const value = input[algorithms[computed.algorithm].member]
  const needsType = upload.ChecksumType === 'FULL_OBJECT' && computed.algorithm !== 'CRC64NVME'
  const isTypeGiven = !needsType || input.ChecksumType !== undefined
  // Observed: a composite value is taken with and without its `-N` (versitygw#1589).
  const isSame = value === computed.value || (computed.type === 'COMPOSITE' && value === computed.value.split('-')[0])
  if (given.length === 1 && isTypeGiven && isSame) return
  const message = `The ${shownAlgorithm(computed.algorithm)} you specified did not match the calculated checksum.`
  throw error('BadDigest', {}, { message })
}
