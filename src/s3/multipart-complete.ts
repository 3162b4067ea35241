/**
 * CompleteMultipartUpload: the listed parts become the object, in O(parts) and one commit.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type {
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { Checksum, ObjectRecord, UploadPartRecord, UploadRecord } from '../store/records.ts'
import { maxAttempts } from './lib/attempts.ts'
import { checksumOutput } from './lib/checksum.ts'
import {
  checkObjectSize,
  checkPartSizes,
  listedParts,
  matchParts,
  requireConsecutive,
  requirePartChecksums,
} from './lib/completed-parts.ts'
import { checkWriteConditions, conflict, validateWriteConditions } from './lib/conditional.ts'
import { readCustomerKey } from './lib/customer-key.ts'
import { isDirectory } from './lib/directory-bucket.ts'
import { encryptionOutput, sealerOf } from './lib/encryption.ts'
import { multipartETag, quoteETag } from './lib/etag.ts'
import { objectLocation } from './lib/location.ts'
import {
  checkCompletedChecksum,
  checkCompletedForm,
  checkCompletedType,
  completedChecksum,
  keepsChecksum,
  objectChecksum,
} from './lib/object-checksum.ts'
import { checkUploadKey, encryptionRequested, noSuchUpload, objectIdentity } from './lib/uploads.ts'
import { writtenVersionId } from './lib/version-id.ts'

/** An upload has at most this many parts. */
const maxParts = 10_000

interface Assembly {
  parts: UploadPartRecord[]
  checksum: Checksum
}

/** The parts to join, checked in the order in which AWS is seen to complain. */
async function assemble(ctx: Ctx, upload: UploadRecord, input: CompleteMultipartUploadRequest): Promise<Assembly> {
  checkCompletedForm(input)
  checkCompletedType(upload, input.ChecksumType)
  const listed = listedParts(input)
  if (upload.ChecksumAlgorithm !== undefined || isDirectory(ctx.bucket)) requireConsecutive(listed, input.UploadId)
  const matched = matchParts(upload, listed, await ctx.store.uploads.parts(upload, { limit: maxParts }))
  checkPartSizes(matched, ctx.config.minPartSizeBytes)
  checkObjectSize(matched, input.MpuObjectSize)
  const parts = matched.map((part) => part.stored)
  const checksum = await objectChecksum(upload, parts)
  // Assumed: the value of the whole is looked at before missing values of parts (s3-tests test_multipart_checksum_sha256).
  checkCompletedChecksum(upload, input, checksum)
  requirePartChecksums(upload, matched)
  return { parts, checksum }
}

/**
 * Conditions of a completion. They are about the object that was there when the upload began: any write or delete since
 * then is a conflict, even one that would make the condition true.
 * Observed: recorded, TestS3ObjectWritePrecondition test_multipart_if_match_* and test_multipart_if_none_match_*.
 * @throws PreconditionFailed, NoSuchKey, ConditionalRequestConflict
 */
function checkConditions(
  input: CompleteMultipartUploadRequest,
  upload: UploadRecord,
  latest: ObjectRecord | undefined,
): void {
  if (input.IfMatch === undefined && input.IfNoneMatch === undefined) return
  checkWriteConditions(input, latest, upload.Key)
  const isDeletedSince = latest?.isDeleteMarker === true && latest.lastModifiedMs > upload.initiatedMs
  if (objectIdentity(latest) === upload.replaces && !isDeletedSince) return
  throw conflict(input.IfMatch === undefined ? 'If-None-Match' : 'If-Match', upload.Key)
}

/** The object as the upload's beginning described it. */
function draftOf(ctx: Ctx, upload: UploadRecord, { parts, checksum }: Assembly) {
  const { UploadId: _id, initiatedMs, initiatorArn: _who, replaces: _what, sealedKey: _key, ...described } = upload
  const { ChecksumAlgorithm: _algorithm, ChecksumType: _type, ...rest } = described
  return {
    ...rest,
    // "For multipart uploads, the object creation date is the date of initiation of the multipart upload."
    // @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#SysMetadata
    // In directory buckets it "is the completion date of the multipart upload" (s3-express-using-multipart-upload.html).
    lastModifiedMs: isDirectory(ctx.bucket) ? ctx.clock.now() : initiatedMs,
    ETag: multipartETag(parts.map((part) => part.ETag)),
    ...(keepsChecksum(upload) && { checksum }),
  }
}

/** The object of an upload that has been completed, as long as it is the newest version of its key. */
async function completedBefore(ctx: Ctx, input: CompleteMultipartUploadRequest): Promise<ObjectRecord> {
  const latest = await ctx.store.objects.latest(ctx.bucket, input.Key)
  if (latest?.uploadId !== input.UploadId) throw noSuchUpload(input.UploadId)
  return latest
}

/**
 * A customer's key comes again "only when the object was created using a checksum algorithm" (API_CompleteMultipartUpload;
 * without one not: recorded, test_multipart_upload_sse_c), and is the same; one of KMS must be in a state to be used.
 * Assumed: the error of a key that is missing, because parts without it have this one.
 */
function checkEncryption(ctx: Ctx, input: CompleteMultipartUploadRequest, upload: UploadRecord): void {
  const key = readCustomerKey(input, ctx, 'write')
  if (key !== undefined) checkUploadKey(upload, key)
  else if (upload.encryption.SSECustomerAlgorithm !== undefined && upload.ChecksumAlgorithm !== undefined) {
    throw encryptionRequested()
  }
  if (upload.encryption.SSEKMSKeyId !== undefined) sealerOf(upload.encryption, undefined, ctx)
}

interface Completed {
  record: ObjectRecord
  /** What the answer shows. */
  checksum: Checksum | undefined
}

async function complete(ctx: Ctx, input: CompleteMultipartUploadRequest): Promise<Completed> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const upload = await ctx.store.uploads.get(ctx.bucket, input.Key, input.UploadId)
    if (upload === undefined) {
      const record = await completedBefore(ctx, input)
      return { record, checksum: completedChecksum(record, undefined) }
    }
    checkEncryption(ctx, input, upload)
    const assembly = await assemble(ctx, upload, input)
    const record = await ctx.store.uploads.complete(ctx.bucket, upload, assembly.parts, (latest) => {
      checkConditions(input, upload, latest)
      return draftOf(ctx, upload, assembly)
    })
    if (record === 'bucketGone') throw error('NoSuchBucket', { BucketName: ctx.bucket.Name })
    // Gone or changed meanwhile: look again, the answer may be another one now.
    if (record === 'uploadGone' || record === 'partChanged') continue
    return { record, checksum: completedChecksum(record, upload.ChecksumAlgorithm !== undefined) }
  }
  throw error('InternalError', {}, { cause: new Error(`parts replaced ${maxAttempts} times during completion`) })
}

export const multipartComplete = {
  async CompleteMultipartUpload(input, ctx): Promise<CompleteMultipartUploadOutput> {
    validateWriteConditions(input)
    const { record, checksum } = await complete(ctx, input)
    return {
      Location: objectLocation(ctx, ctx.bucket.Name, record.Key),
      Bucket: ctx.bucket.Name,
      Key: record.Key,
      ETag: quoteETag(record.ETag),
      ...checksumOutput(checksum),
      VersionId: writtenVersionId(record),
      // Observed: a customer's key is not mentioned (recorded, test_multipart_upload_sse_c).
      ...encryptionOutput(record.encryption, undefined),
    }
  },
} satisfies Partial<S3Handlers>
