/** Changing fields of a version that exists: its lock, its ACL, its restoration. Never its body. */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { ObjectRecord } from '../../store/records.ts'
import { type Addressed, deleteMarkerRefusal } from './find-object.ts'
import { checkVersionId } from './version-id.ts'

/**
 * Changes the newest version, or that of `VersionId`, atomically. `change` is pure and may throw to refuse.
 * @throws AwsError NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker, named by id or not), InvalidArgument
 */
export async function updateObject(
  ctx: Ctx,
  { Key, VersionId }: Addressed,
  change: (record: ObjectRecord) => ObjectRecord,
): Promise<ObjectRecord> {
  const { bucket } = ctx
  if (VersionId !== undefined) checkVersionId(bucket, VersionId)
  const changed = await ctx.store.objects.update(bucket, Key, VersionId, (record) => {
    if (record.isDeleteMarker) throw deleteMarkerRefusal(bucket, record, 'PUT')
    return change(record)
  })
  if (changed !== undefined) return changed
  throw VersionId === undefined ? error('NoSuchKey', { Key }) : error('NoSuchVersion', { Key, VersionId })
}
