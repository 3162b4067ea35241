/**
 * DeleteObject and DeleteObjects.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
import type { Ctx } from '../context.ts'
import { AwsError, error } from '../errors.ts'
import { pauses } from '../lib/pauses.ts'
import type {
  DeletedObject,
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  ObjectIdentifier,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { ObjectRecord } from '../store/records.ts'
import { checkListedKeys, isDirectory } from './lib/directory-bucket.ts'
import { matchesETag } from './lib/etag.ts'
import { wholeSeconds } from './lib/listing.ts'
import { checkDeletable } from './lib/object-lock.ts'
import { checkDeletedVersionId, isPossibleVersionId } from './lib/version-id.ts'

const maxObjects = 1000

/** What became of one key. */
interface Deletion {
  /** The delete marker that was made, or that was removed by its version id. */
  marker?: ObjectRecord | undefined
  VersionId?: string | undefined
}

/**
 * Headers that need Object Lock. x-amz-mfa changes nothing: MFA delete cannot be switched on here, and without it S3 does
 * not ask for a code.
 * @throws AwsError InvalidArgument
 */
function checkHeaders(input: DeleteObjectRequest | DeleteObjectsRequest, ctx: Ctx): void {
  if (input.BypassGovernanceRetention !== undefined && !ctx.bucket.objectLockEnabled) {
    // Observed: refused whatever its value (recorded, test_delete_object_with_no_locking).
    // Assumed: not where every entry names a version, because the clean-up of ceph/s3-tests deletes so in all buckets.
    if ('Delete' in input && input.Delete.Objects.every((item) => item.VersionId !== undefined)) return
    throw error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-bypass-governance-retention' },
      { message: 'x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.' },
    )
  }
}

/** What a delete may be bound to. Time (ms) and size are for directory buckets only. */
interface DeleteConditions {
  ETag?: string | undefined
  LastModifiedTime?: number | undefined
  Size?: number | undefined
}

/** @throws NotImplemented naming what other buckets than directory buckets do not take */
function validateConditions({ LastModifiedTime, Size }: DeleteConditions, ctx: Ctx): void {
  if (isDirectory(ctx.bucket)) return
  if (LastModifiedTime !== undefined) throw error('NotImplemented', { Header: 'x-amz-if-match-last-modified-time' })
  if (Size !== undefined) throw error('NotImplemented', { Header: 'x-amz-if-match-size' })
}

/**
 * Conditions of a delete: one entity tag or `*`, the time in seconds, the size. Pure: for use in `decide`. Observed:
 * nothing there, or a delete marker, is 404 for a tag (probes of S3 in localstack/localstack issue 13894 and
 * ministackorg/ministack issue 1475, 2026); for time and size alone it is as good as deleted (API_DeleteObject).
 */
function checkMatch(conditions: DeleteConditions, current: ObjectRecord | undefined, Key: string): void {
  const { ETag, LastModifiedTime, Size } = conditions
  if (ETag === undefined && LastModifiedTime === undefined && Size === undefined) return
  if (current === undefined || current.isDeleteMarker) {
    if (ETag === undefined) return
    throw error('NoSuchKey', { Key })
  }
  const failed = (Condition: string) => error('PreconditionFailed', { Condition })
  if (ETag !== undefined && !matchesETag(ETag, current.ETag)) throw failed('If-Match')
  if (LastModifiedTime !== undefined && wholeSeconds(current.lastModifiedMs) !== wholeSeconds(LastModifiedTime)) {
    throw failed('x-amz-if-match-last-modified-time')
  }
  if (Size !== undefined && current.sizeBytes !== Size) throw failed('x-amz-if-match-size')
}

async function deleteOne(
  ctx: Ctx,
  Key: string,
  VersionId: string | undefined,
  conditions: DeleteConditions,
  mayBypass: boolean,
): Promise<Deletion> {
  const { bucket } = ctx
  const nowMs = ctx.clock.now()
  if (VersionId !== undefined) {
    // Observed: refused even for the current version and its own tag (localstack/localstack issue 13894).
    if (conditions.ETag !== undefined) throw error('NotImplemented', { Header: 'If-Match' })
    const removed = await ctx.store.objects.deleteVersion(bucket, Key, VersionId, (record) =>
      checkDeletable(record, mayBypass, nowMs),
    )
    // Assumed: a version that is gone already is deleted as far as the caller is concerned, as a missing key is.
    return { VersionId, marker: removed?.isDeleteMarker ? removed : undefined }
  }
  const { marker } = await ctx.store.objects.delete(bucket, Key, nowMs, (latest) => checkMatch(conditions, latest, Key))
  return { marker }
}

const objectArn = (ctx: Ctx, key: string) => `arn:aws:s3:::${ctx.bucket.Name}/${key}`

/**
 * Asks for the right to bypass governance where the request says so. Observed: only deletes of a version need it, even
 * of one that is missing (recorded against AWS). @throws AwsError AccessDenied
 */
async function mayBypass(
  input: { BypassGovernanceRetention?: boolean | undefined },
  ctx: Ctx,
  key: string,
  versionId: string | undefined,
): Promise<boolean> {
  if (input.BypassGovernanceRetention !== true || versionId === undefined) return false
  await ctx.authorize('s3:BypassGovernanceRetention', objectArn(ctx, key), ctx.bucket, versionId)
  return true
}

async function deleteListed(item: ObjectIdentifier, input: DeleteObjectsRequest, ctx: Ctx): Promise<DeletedObject> {
  const { Key, VersionId } = item
  validateConditions(item, ctx)
  const action = VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion'
  const { ETag } = item
  const resource = objectArn(ctx, Key)
  // The condition of an entry is what If-Match is to DeleteObject.
  await ctx.authorize(action, resource, ctx.bucket, VersionId, ETag === undefined ? undefined : { 's3:if-match': ETag })
  if (ETag !== undefined && ETag !== '*') await ctx.authorize('s3:GetObject', resource, ctx.bucket, VersionId)
  if (VersionId !== undefined && !isPossibleVersionId(ctx.bucket, VersionId)) {
    throw error('NoSuchVersion', { Key, VersionId })
  }
  const { marker } = await deleteOne(ctx, Key, VersionId, item, await mayBypass(input, ctx, Key, VersionId))
  const deleted: DeletedObject = { Key }
  if (VersionId !== undefined) deleted.VersionId = VersionId
  if (marker !== undefined) {
    deleted.DeleteMarker = true
    deleted.DeleteMarkerVersionId = marker.VersionId
  }
  return deleted
}

export const objectDelete = {
  async DeleteObject(input, ctx): Promise<DeleteObjectOutput> {
    const { Key, VersionId } = input
    const conditions = { ETag: input.IfMatch, LastModifiedTime: input.IfMatchLastModifiedTime, Size: input.IfMatchSize }
    validateConditions(conditions, ctx)
    checkHeaders(input, ctx)
    if (VersionId !== undefined) checkDeletedVersionId(ctx.bucket, VersionId)
    const deletion = await deleteOne(ctx, Key, VersionId, conditions, await mayBypass(input, ctx, Key, VersionId))
    return {
      DeleteMarker: deletion.marker === undefined ? undefined : true,
      VersionId: deletion.marker?.VersionId ?? (ctx.bucket.versioning === undefined ? undefined : deletion.VersionId),
    }
  },

  /** One key after the other, in the order asked; the answer keeps it. Each failure is an entry, not the end. */
  async DeleteObjects(input, ctx): Promise<DeleteObjectsOutput> {
    const { Objects, Quiet } = input.Delete
    if (Objects.length === 0 || Objects.length > maxObjects) throw error('MalformedXML')
    // The model's least length of a key. Observed: MalformedXML, which users of the SDKs report for an empty one.
    if (Objects.some((item) => item.Key === '')) throw error('MalformedXML')
    if (isDirectory(ctx.bucket)) checkListedKeys(Objects)
    checkHeaders(input, ctx)
    const Deleted: DeletedObject[] = []
    const Errors: NonNullable<DeleteObjectsOutput['Errors']> = []
    const pause = pauses()
    for (const item of Objects) {
      await pause()
      try {
        const deleted = await deleteListed(item, input, ctx)
        if (Quiet !== true) Deleted.push(deleted)
      } catch (cause) {
        if (!(cause instanceof AwsError)) ctx.log.error({ id: ctx.requestId, err: cause }, 'delete of one key failed')
        const failure = cause instanceof AwsError ? cause : error('InternalError')
        Errors.push({ Key: item.Key, VersionId: item.VersionId, Code: failure.code, Message: failure.message })
      }
    }
    return { Deleted, Errors }
  },
} satisfies Partial<S3Handlers>
