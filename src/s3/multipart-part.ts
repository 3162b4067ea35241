/**
 * UploadPart: the bytes of one part, hashed on the way.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { S3Handlers, UploadPartOutput, UploadPartRequest } from '../model/s3.types.gen.ts'
import type { Checksum, ChecksumAlgorithm, UploadPartRecord, UploadRecord } from '../store/records.ts'
import { checksumValueOutput, type DeclaredChecksum, declaredChecksum, defaultAlgorithm } from './lib/checksum.ts'
import { encryptionOutput } from './lib/encryption.ts'
import { quoteETag } from './lib/etag.ts'
import { requireIntegrity } from './lib/object-lock.ts'
import { type BodyEncryption, type ReceivedBody, receiveBody } from './lib/receive-body.ts'
import {
  checkPartNumber,
  findUpload,
  noSuchUpload,
  partCustomerKey,
  partEncryption,
  shownAlgorithm,
} from './lib/uploads.ts'

/**
 * The checksum of a part is that of its upload; a composite upload needs it from the client. An upload that named none
 * takes any.
 * Observed: recorded, TestS3MultipartUploadChecksum; `null` for a missing one as measured in floci#3093.
 * @throws InvalidRequest
 */
function checkAlgorithm(upload: UploadRecord, declared: DeclaredChecksum | undefined): void {
  const expected = upload.ChecksumAlgorithm
  if (expected === undefined || declared?.algorithm === expected) return
  if (declared === undefined && upload.ChecksumType === 'FULL_OBJECT') return
  const actual = shownAlgorithm(declared?.algorithm)
  throw error(
    'InvalidRequest',
    {},
    {
      message: `Checksum Type mismatch occurred, expected checksum Type: ${shownAlgorithm(expected)}, actual checksum Type: ${actual}`,
    },
  )
}

interface ReceivedPart extends ReceivedBody {
  /** Of the algorithm that completing the upload needs; `checksum` is the one the client declared. */
  kept: Checksum
}

/** Receives the bytes; the checksum needed at completion is computed beside the client's when it is another one. */
async function receivePart(
  ctx: Ctx,
  input: UploadPartRequest,
  needed: ChecksumAlgorithm,
  declared: DeclaredChecksum | undefined,
  encryption: BodyEncryption,
): Promise<ReceivedPart> {
  const own = declared?.algorithm ?? defaultAlgorithm
  const received = await receiveBody(ctx, {
    ContentMD5: input.ContentMD5,
    declared,
    ...(own !== needed && { alsoNeeded: needed }),
    expectedDigestAs: 'base64',
    encryption,
  })
  return { ...received, kept: received.also ?? received.checksum }
}

async function commit(
  ctx: Ctx,
  upload: UploadRecord,
  PartNumber: number,
  part: ReceivedPart,
): Promise<UploadPartRecord> {
  let isCommitted = false
  try {
    const stored = await ctx.store.uploads.putPart(ctx.bucket, upload, part.staged, {
      PartNumber,
      Size: part.sizeBytes,
      ETag: part.ETag,
      checksum: part.kept,
      lastModifiedMs: ctx.clock.now(),
    })
    if (stored === 'uploadGone' || stored === 'sourceGone') throw noSuchUpload(upload.UploadId)
    isCommitted = true
    return stored
  } finally {
    if (!isCommitted) await part.staged.discard()
  }
}

export const multipartPart = {
  async UploadPart(input, ctx): Promise<UploadPartOutput> {
    checkPartNumber(input.PartNumber)
    const declared = declaredChecksum(input, ctx.body.trailerNames)
    const upload = await findUpload(ctx, input)
    const customerKey = partCustomerKey(upload, input, ctx)
    const encryption = partEncryption(upload, customerKey, ctx)
    checkAlgorithm(upload, declared)
    requireIntegrity(upload, declared !== undefined || input.ContentMD5 !== undefined, 'Put Part')
    const received = await receivePart(ctx, input, upload.ChecksumAlgorithm ?? defaultAlgorithm, declared, encryption)
    const part = await commit(ctx, upload, input.PartNumber, received)
    return {
      ETag: quoteETag(part.ETag),
      // Only what the client sent, as the page of the operation says.
      ...checksumValueOutput(declared && received.checksum),
      ...encryptionOutput(upload.encryption, customerKey?.md5),
    }
  },
} satisfies Partial<S3Handlers>
