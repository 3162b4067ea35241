/**
 * PutObject.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { PutObjectOutput, PutObjectRequest, S3Handlers } from '../model/s3.types.gen.ts'
import type { ObjectRecord } from '../store/records.ts'
import { appendObject } from './append.ts'
import { checksumOutput, declaredChecksum } from './lib/checksum.ts'
import { checkWriteConditions, validateWriteConditions } from './lib/conditional.ts'
import { shownExpiration } from './lib/directory-bucket.ts'
import { chooseEncryption, isMD5Tagged } from './lib/encryption.ts'
import { quoteETag } from './lib/etag.ts'
import { describeContent, describeObject } from './lib/object-draft.ts'
import { requireIntegrity } from './lib/object-lock.ts'
import { type ReceivedBody, receiveBody } from './lib/receive-body.ts'
import { writtenVersionId } from './lib/version-id.ts'

/** A write that would fail on its condition is refused before its body is read; the commit asks again. */
async function refuseEarly(input: PutObjectRequest, ctx: Ctx): Promise<void> {
  validateWriteConditions(input)
  if (input.IfMatch === undefined && input.IfNoneMatch === undefined) return
  checkWriteConditions(input, await ctx.store.objects.latest(ctx.bucket, input.Key), input.Key)
}

async function commit(
  ctx: Ctx,
  input: PutObjectRequest,
  described: Pick<ObjectRecord, 'content' | 'metadata' | 'StorageClass' | 'ownerId' | 'encryption'>,
  received: ReceivedBody,
): Promise<ObjectRecord> {
  const { Key } = input
  let isCommitted = false
  try {
    const record = await ctx.store.objects.put(ctx.bucket, Key, received.staged, (latest) => {
      checkWriteConditions(input, latest, Key)
      return {
        ...described,
        Key,
        lastModifiedMs: ctx.clock.now(),
        ETag: received.ETag,
        sizeBytes: received.sizeBytes,
        body: received.staged.ref,
        checksum: received.checksum,
      }
    })
    if (record === 'bucketGone' || record === 'sourceGone') throw error('NoSuchBucket', { BucketName: ctx.bucket.Name })
    isCommitted = true
    return record
  } finally {
    if (!isCommitted) await received.staged.discard()
  }
}

export const objectWrite = {
  async PutObject(input, ctx): Promise<PutObjectOutput> {
    if (input.WriteOffsetBytes !== undefined) return appendObject(input, ctx)
    const declared = declaredChecksum(input, ctx.body.trailerNames)
    const { sealer, record: encryption, output: encryptionOutput } = chooseEncryption(input, ctx)
    const described = { ...describeContent(input, ctx), ...describeObject(input, ctx), encryption }
    requireIntegrity(described, declared !== undefined || input.ContentMD5 !== undefined, 'Put Object')
    await refuseEarly(input, ctx)
    const received = await receiveBody(ctx, {
      ContentMD5: input.ContentMD5,
      declared,
      expectedDigestAs: 'hex',
      encryption: { sealer, hasMD5Tag: isMD5Tagged(encryption, ctx.bucket) },
    })
    const record = await commit(ctx, input, described, received)
    return {
      ETag: quoteETag(record.ETag),
      ...checksumOutput(record.checksum),
      ...encryptionOutput,
      VersionId: writtenVersionId(record),
      Expiration: shownExpiration(ctx.bucket),
    }
  },
} satisfies Partial<S3Handlers>
