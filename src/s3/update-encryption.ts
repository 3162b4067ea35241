/**
 * UpdateObjectEncryption: an object's data key is sealed under another KMS key. Nothing else of the object changes, and
 * no byte of it is touched.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html (all texts)
 */
import type { Ctx } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import type { S3Handlers, SSEKMSEncryption } from '../model/s3.types.gen.ts'
import type { EncryptionRecord, ObjectRecord } from '../store/records.ts'
import { sealerOf } from './lib/encryption.ts'
import { findObject } from './lib/find-object.ts'
import { type KmsArn, parseKmsArn, requestedKmsKey } from './lib/kms.ts'
import { checkDeletable } from './lib/object-lock.ts'

const refused = (message: string): AwsError => error('InvalidRequest', {}, { message })
const denied = (message: string): AwsError => error('AccessDenied', {}, { message })
const supported = 'Only source objects encrypted with SSE-S3 or SSE-KMS are supported.'

/** The key a request names: by ARN, and of the bucket owner's account. @throws InvalidRequest, AccessDenied */
function checkKeyArn({ KMSKeyArn }: SSEKMSEncryption, ctx: Ctx): KmsArn {
  if (KMSKeyArn === '') {
    throw refused(
      "Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key Amazon Resource Name (ARN). Modify the request to specify a KMS key ARN, and then try again.",
    )
  }
  const arn = parseKmsArn(KMSKeyArn)
  if (arn === undefined || arn.name.startsWith('alias/')) {
    throw refused(
      "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again.",
    )
  }
  if (arn.accountId !== ctx.bucket.ownerId) {
    throw denied(
      'The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to specify a KMS key from the same account, and then try again.',
    )
  }
  return arn
}

/** @throws InvalidRequest (encrypted otherwise or not at all), AccessDenied (locked) */
function checkObject(record: ObjectRecord, nowMs: number): void {
  const { encryption, body } = record
  if (encryption.SSECustomerAlgorithm !== undefined || encryption.ServerSideEncryption === 'aws:kms:dsse') {
    throw refused(
      `The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. ${supported}`,
    )
  }
  if (body.kind !== 'empty' && body.sealedKey === undefined) {
    throw refused(`The UpdateObjectEncryption operation doesn't supported unencrypted source objects. ${supported}`)
  }
  try {
    checkDeletable(record, false, nowMs)
  } catch {
    throw denied(
      "The encryption type for the specified object can’t be updated because that object is protected by S3 Object Lock. If the object has a governance-mode retention period or a legal hold, you must first remove the Object Lock status on the object before you issue your UpdateObjectEncryption request. You can't use the UpdateObjectEncryption operation with objects that have an Object Lock compliance mode retention period applied to them.",
    )
  }
}

/** The record under the new key. */
function resealed(record: ObjectRecord, encryption: EncryptionRecord, ctx: Ctx): ObjectRecord {
  const [from, to] = [sealerOf(record.encryption, undefined, ctx), sealerOf(encryption, undefined, ctx)]
  return { ...record, encryption, body: ctx.store.bodies.reseal(record.body, from, to) }
}

export const updateEncryption = {
  async UpdateObjectEncryption(input, ctx) {
    const { SSEKMS } = input.ObjectEncryption
    if (SSEKMS === undefined) throw error('MalformedXML')
    const { signatureVersion } = ctx.auth
    if (signatureVersion === undefined || signatureVersion === 'AWS') {
      throw refused(
        'Requests that modify an object encryption configuration require AWS Signature Version 4. Modify the request to use AWS Signature Version 4, and then try again.',
      )
    }
    checkKeyArn(SSEKMS, ctx)
    const { Key } = input
    const found = await findObject(ctx, input)
    checkObject(found, ctx.clock.now())
    const key = requestedKmsKey(ctx, SSEKMS.KMSKeyArn)
    const encryption: EncryptionRecord = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key.arn }
    if (SSEKMS.BucketKeyEnabled) encryption.BucketKeyEnabled = true
    const updated = await ctx.store.objects.update(ctx.bucket, Key, found.VersionId, (record) => {
      checkObject(record, ctx.clock.now())
      return resealed(record, encryption, ctx)
    })
    if (updated === undefined) throw error('NoSuchKey', { Key })
    return {}
  },
} satisfies Partial<S3Handlers>
