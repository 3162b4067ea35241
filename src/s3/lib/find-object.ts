/** Finding the object or version that a request addresses, and answering as AWS does when it is not there. */
import type { Ctx } from '../../context.ts'
import { type AwsError, error } from '../../errors.ts'
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import { whenReady } from '../../lib/when-ready.ts'
import type { BucketRecord, ObjectRecord } from '../../store/records.ts'
import { httpDate } from './http-date.ts'
import { checkVersionId, shownVersionId } from './version-id.ts'

export interface Addressed {
  Key: string
  VersionId?: string | undefined
}

/** Headers that tell a missing key from a deleted one. */
export function markerHeaders(bucket: BucketRecord, marker: ObjectRecord): Record<string, string> {
  return { 'x-amz-delete-marker': 'true', 'x-amz-version-id': shownVersionId(bucket, marker) ?? marker.VersionId }
}

/** The answer about a delete marker that was named by its id, or must not be written to. */
export function deleteMarkerRefusal(
  bucket: BucketRecord,
  marker: ObjectRecord,
  Method: 'GET' | 'PUT' | 'DELETE',
): AwsError {
  const headers = markerHeaders(bucket, marker)
  headers.Allow = 'DELETE'
  if (Method === 'GET') headers['Last-Modified'] = httpDate(marker.lastModifiedMs)
  return error('MethodNotAllowed', { Method, ResourceType: 'DeleteMarker' }, { headers })
}

/**
 * The object a read addresses: the newest version, or the one of `VersionId`.
 * @throws AwsError NoSuchKey (404, also for a delete marker, then with its headers), NoSuchVersion, MethodNotAllowed (a
 *   delete marker named by id), InvalidArgument
 */
export function findObject(ctx: Ctx, input: Addressed): MaybePromise<ObjectRecord> {
  const { bucket } = ctx
  const { Key, VersionId } = input
  if (VersionId === undefined) {
    return whenReady(ctx.store.objects.latest(bucket, Key), (record) => {
      if (record === undefined) throw error('NoSuchKey', { Key })
      if (record.isDeleteMarker) throw error('NoSuchKey', { Key }, { headers: markerHeaders(bucket, record) })
      return record
    })
  }
  checkVersionId(bucket, VersionId)
  return whenReady(ctx.store.objects.version(bucket, Key, VersionId), (record) => {
    if (record === undefined) throw error('NoSuchVersion', { Key, VersionId })
    if (record.isDeleteMarker) throw deleteMarkerRefusal(bucket, record, 'GET')
    return record
  })
}
