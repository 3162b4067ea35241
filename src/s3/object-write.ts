/**
 * PutObject.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import type { PutObjectOutput, PutObjectRequest, S3Handlers } from '../model/s3.types.gen.ts'
import { appendObject } from './append.ts'
import { checksumOutput, declaredChecksum } from './lib/checksum.ts'
import { checkWriteConditions, validateWriteConditions } from './lib/conditional.ts'
import { shownExpiration } from './lib/directory-bucket.ts'
import { chooseEncryption, isMD5Tagged } from './lib/encryption.ts'
import { quoteETag } from './lib/etag.ts'
import { describeContent, describeObject } from './lib/object-draft.ts'
import { requireIntegrity } from './lib/object-lock.ts'
import { receiveBody } from './lib/receive-body.ts'
import { writtenVersionId } from './lib/version-id.ts'

/** A write that would fail on its condition is refused before its body is read; the commit asks again. */
function refuseEarly(input: PutObjectRequest, ctx: Ctx): MaybePromise<void> {
  validateWriteConditions(input)
  if (input.IfMatch === undefined && input.IfNoneMatch === undefined) return
  return whenReady(ctx.store.objects.latest(ctx.bucket, input.Key), (latest) =>
    checkWriteConditions(input, latest, input.Key),
  )
}

export const objectWrite = {
  async PutObject(input, ctx): Promise<PutObjectOutput> {
    if (input.WriteOffsetBytes !== undefined) return appendObject(input, ctx)
    const declared = declaredChecksum(input, ctx.body.trailerNames)
    const { sealer, record: encryption, output: encryptionOutput } = chooseEncryption(input, ctx)
    const { content, metadata } = describeContent(input, ctx)
    const description = describeObject(input, ctx)
    requireIntegrity(description, declared !== undefined || input.ContentMD5 !== undefined, 'Put Object')
    const refusing = refuseEarly(input, ctx)
    if (refusing !== undefined) await refusing
    const receiving = receiveBody(ctx, {
      ContentMD5: input.ContentMD5,
      declared,
      expectedDigestAs: 'hex',
      encryption: { sealer, hasMD5Tag: isMD5Tagged(encryption, ctx.bucket) },
    })
    const { staged, sizeBytes, ETag, checksum } = receiving instanceof Promise ? await receiving : receiving
    const { Key } = input
    const record = await ctx.store.objects.put(ctx.bucket, Key, staged, (latest) => {
      checkWriteConditions(input, latest, Key)
      const lastModifiedMs = ctx.clock.now()
      const draft = { Key, lastModifiedMs, ETag, sizeBytes, content, metadata, encryption, checksum }
      return Object.assign(draft, description)
    })
    if (record === 'bucketGone' || record === 'sourceGone') throw error('NoSuchBucket', { BucketName: ctx.bucket.Name })
    return {
      ETag: quoteETag(record.ETag),
      ...checksumOutput(record.checksum),
      ...encryptionOutput,
      VersionId: writtenVersionId(record),
      Expiration: shownExpiration(ctx.bucket),
    }
  },
} satisfies Partial<S3Handlers>
