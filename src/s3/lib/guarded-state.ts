/**
 * Tags and locks of an object have permissions of their own: a read leaves out what its caller may not know, silently.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import type { Ctx } from '../../context.ts'
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import type { ObjectRecord } from '../../store/records.ts'

/** The record without what is hidden from the caller; the record itself where there is nothing to hide. */
export function withoutHidden(
  record: ObjectRecord,
  input: { Key: string; VersionId?: string | undefined },
  ctx: Ctx,
): MaybePromise<ObjectRecord> {
  const { tags, ObjectLockMode, ObjectLockLegalHoldStatus } = record
  const isGuarded = tags !== undefined || ObjectLockMode !== undefined || ObjectLockLegalHoldStatus !== undefined
  return isGuarded ? hide(record, input, ctx) : record
}

async function hide(
  record: ObjectRecord,
  { Key, VersionId }: { Key: string; VersionId?: string | undefined },
  ctx: Ctx,
): Promise<ObjectRecord> {
  const { bucket } = ctx
  const resource = `arn:aws:s3:::${bucket.Name}/${Key}`
  const hides = async (action: string) => !(await ctx.may(action, resource, bucket, VersionId))
  const seen = { ...record }
  const tagging = VersionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging'
  if (record.tags !== undefined && (await hides(tagging))) delete seen.tags
  if (record.ObjectLockMode !== undefined && (await hides('s3:GetObjectRetention'))) delete seen.ObjectLockMode
  if (record.ObjectLockLegalHoldStatus !== undefined && (await hides('s3:GetObjectLegalHold'))) {
    delete seen.ObjectLockLegalHoldStatus
  }
  return seen
}
