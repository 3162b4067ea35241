/**
 * Tags of objects and of buckets.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { S3Handlers } from '../model/s3.types.gen.ts'
import type { BucketRecord, ObjectRecord } from '../store/records.ts'
import { type Addressed, deleteMarkerRefusal } from './lib/find-object.ts'
import { checkTags, type Tag } from './lib/tags.ts'
import { checkVersionId, shownVersionId } from './lib/version-id.ts'

type Method = 'GET' | 'PUT' | 'DELETE'

/**
 * Observed: only GET names the key with its bucket in NoSuchKey, and a delete marker refuses all three, newest or by id
 * (recorded, test_object_tagging_exc and test_object_tagging_versioned).
 */
function checkFound(
  record: ObjectRecord | undefined,
  bucket: BucketRecord,
  input: Addressed,
  method: Method,
): ObjectRecord {
  if (record === undefined) {
    const { Key, VersionId } = input
    if (VersionId !== undefined) throw error('NoSuchVersion', { Key, VersionId })
    throw error('NoSuchKey', { Key: method === 'GET' ? `${bucket.Name}/${Key}` : Key })
  }
  if (record.isDeleteMarker) throw deleteMarkerRefusal(bucket, record, method)
  return record
}

async function setTags(
  ctx: Ctx,
  input: Addressed,
  tags: Tag[],
  method: Method,
): Promise<{ VersionId?: string | undefined }> {
  const { bucket } = ctx
  if (input.VersionId !== undefined) checkVersionId(bucket, input.VersionId)
  const updated = await ctx.store.objects.update(bucket, input.Key, input.VersionId, (found) => {
    const { tags: _, ...record } = checkFound(found, bucket, input, method)
    return tags.length === 0 ? record : { ...record, tags }
  })
  return { VersionId: shownVersionId(bucket, checkFound(updated, bucket, input, method)) }
}

const plainTags = (tags: readonly Tag[]): Tag[] => tags.map(({ Key, Value }) => ({ Key, Value }))

/**
 * Where tags are access control, only TagResource and UntagResource may change them.
 * Observed: refused with 400. Assumed: code and text, because neither is recorded.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
 */
function refuseUnderAbac({ documents }: BucketRecord): void {
  const abac = documents.abac as { AbacStatus?: { Status?: string } } | undefined
  if (abac?.AbacStatus?.Status !== 'Enabled') return
  const message = 'The bucket has ABAC enabled. Use the TagResource and UntagResource APIs to manage its tags.'
  throw error('InvalidRequest', {}, { message })
}

async function setBucketTags(ctx: Ctx, tags: Tag[]): Promise<void> {
  refuseUnderAbac(ctx.bucket)
  const updated = await ctx.store.buckets.update(ctx.bucket.Name, (bucket) => {
    const { tagging: _, ...documents } = bucket.documents
    return { ...bucket, documents: tags.length === 0 ? documents : { ...documents, tagging: { TagSet: tags } } }
  })
  if (updated === undefined) throw error('NoSuchBucket', { BucketName: ctx.bucket.Name })
}

export const tagging = {
  async GetObjectTagging(input, ctx) {
    const { bucket } = ctx
    if (input.VersionId !== undefined) checkVersionId(bucket, input.VersionId)
    const found =
      input.VersionId === undefined
        ? await ctx.store.objects.latest(bucket, input.Key)
        : await ctx.store.objects.version(bucket, input.Key, input.VersionId)
    const record = checkFound(found, bucket, input, 'GET')
    return { TagSet: record.tags ?? [], VersionId: shownVersionId(bucket, record) }
  },

  PutObjectTagging(input, ctx) {
    const tags = plainTags(input.Tagging.TagSet ?? [])
    checkTags(tags, 'object')
    return setTags(ctx, input, tags, 'PUT')
  },

  DeleteObjectTagging(input, ctx) {
    return setTags(ctx, input, [], 'DELETE')
  },

  GetBucketTagging(_input, ctx) {
    const { tagging: document } = ctx.bucket.documents
    if (document === undefined) throw error('NoSuchTagSet', { BucketName: ctx.bucket.Name })
    return document as { TagSet: Tag[] }
  },

  /** An empty set removes the tags. Observed: recorded, test_put_bucket_tagging_none_value. */
  PutBucketTagging(input, ctx) {
    const tags = plainTags(input.Tagging.TagSet ?? [])
    checkTags(tags, 'bucket')
    return setBucketTags(ctx, tags)
  },

  DeleteBucketTagging(_input, ctx) {
    return setBucketTags(ctx, [])
  },
} satisfies Partial<S3Handlers>
