/** What the operations on a multipart upload share: finding it, part numbers, and which checksums it takes. */
import type { Ctx } from '../../context.ts'
import { wrappingSealer } from '../../encryption/sealer.ts'
import { type AwsError, error } from '../../errors.ts'
import type { ChecksumAlgorithm, ObjectRecord, UploadRecord } from '../../store/records.ts'
import { algorithms } from './checksum.ts'
import { isCombinable } from './crc-combine.ts'
import {
  type CustomerKey,
  type CustomerKeyInput,
  hasCustomerKey,
  isSameKey,
  readCustomerKey,
  requireSecureConnection,
} from './customer-key.ts'
import { isMD5Tagged, refuseBlocked, sealerOf } from './encryption.ts'
import type { BodyEncryption } from './receive-body.ts'

export type ChecksumType = 'COMPOSITE' | 'FULL_OBJECT'

export const noSuchUpload = (UploadId: string): AwsError => error('NoSuchUpload', { UploadId })

/** @throws NoSuchUpload, also when the upload is one of another key (recorded, test_multipart_key_validation) */
export async function findUpload(ctx: Ctx, input: { Key: string; UploadId: string }): Promise<UploadRecord> {
  const upload = await ctx.store.uploads.get(ctx.bucket, input.Key, input.UploadId)
  if (upload === undefined) throw noSuchUpload(input.UploadId)
  return upload
}

const maxPartNumber = 10_000

/** @throws InvalidArgument (recorded, test_complete_multipart_parts_order) */
export function checkPartNumber(partNumber: number): void {
  if (Number.isInteger(partNumber) && partNumber >= 1 && partNumber <= maxPartNumber) return
  throw error(
    'InvalidArgument',
    { ArgumentName: 'partNumber', ArgumentValue: partNumber },
    { message: `Part number must be an integer between 1 and ${maxPartNumber}, inclusive` },
  )
}

/**
 * The customer's key of a part: there exactly when the upload began with one, and the same.
 * @throws InvalidRequest (recorded, test_multipart_upload_sse_c_validation), and what `readCustomerKey` throws
 */
export function partCustomerKey(upload: UploadRecord, input: CustomerKeyInput, ctx: Ctx): CustomerKey | undefined {
  const isExpected = upload.encryption.SSECustomerAlgorithm !== undefined
  if (hasCustomerKey(input)) requireSecureConnection(ctx)
  if (hasCustomerKey(input) !== isExpected) throw encryptionRequested()
  const key = readCustomerKey(input, ctx, 'write')
  if (key === undefined) return undefined
  checkUploadKey(upload, key)
  refuseBlocked(upload.Key, ctx)
  return key
}

/** A request lacks the customer's key that the upload began with, or has one for an upload without. */
export function encryptionRequested(): AwsError {
  const message =
    'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.'
  return error('InvalidRequest', {}, { message })
}

/** @throws InvalidRequest when the upload began with another key, or with none */
export function checkUploadKey(upload: UploadRecord, key: CustomerKey): void {
  if (isSameKey(upload.encryption, key)) return
  const message = 'The provided encryption parameters did not match the ones used originally.'
  throw error('InvalidRequest', {}, { message })
}

/**
 * How the parts of an upload are encrypted: under the upload's own key, so that completing it opens no key.
 * @throws KMS.*, InvalidArgument (KMS without Signature V4)
 */
export function partEncryption(upload: UploadRecord, key: CustomerKey | undefined, ctx: Ctx): BodyEncryption {
  const { encryption, sealedKey } = upload
  const sealer = sealedKey === undefined ? undefined : wrappingSealer(sealerOf(encryption, key, ctx).open(sealedKey))
  return { sealer, hasMD5Tag: isMD5Tagged(encryption, ctx.bucket) }
}

/**
 * How the parts' checksums of this algorithm may make up the object's: CRCs combine into that of the whole, digests only
 * into a digest of digests, and CRC64NVME is never composite.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html#Full-object-checksums
 */
export function allowsChecksumType(algorithm: ChecksumAlgorithm, type: ChecksumType): boolean {
  return type === 'FULL_OBJECT' ? isCombinable(algorithm) : algorithm !== 'CRC64NVME'
}

/** The type an upload has when it names only an algorithm (recorded, test_multipart_checksum_type_default_for_checksum). */
export function defaultChecksumType(algorithm: ChecksumAlgorithm): ChecksumType {
  return algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE'
}

export const isChecksumType = (type: string): type is ChecksumType => type === 'COMPOSITE' || type === 'FULL_OBJECT'

/** An algorithm's name as messages about uploads write it: lower case, `null` for none. */
export const shownAlgorithm = (algorithm: ChecksumAlgorithm | undefined): string =>
  algorithm === undefined ? 'null' : algorithms[algorithm].lower

/** A text that two records share only when they are the same write; undefined for no object or a delete marker. */
export function objectIdentity(record: ObjectRecord | undefined): string | undefined {
  if (record === undefined || record.isDeleteMarker) return undefined
  return `${record.VersionId} ${record.lastModifiedMs} ${record.ETag} ${record.body.id}`
}
