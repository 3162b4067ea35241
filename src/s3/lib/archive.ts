/**
 * Archived objects and their restored copies. Nothing runs in the background: whether a restoration goes on, is done or
 * has expired follows from the clock.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
 */
import { error } from '../../errors.ts'
import { nameMap } from '../../lib/name-map.ts'
import type { RestoreStatus } from '../../model/s3.types.gen.ts'
import type { ObjectRecord } from '../../store/records.ts'
import { httpDate } from './http-date.ts'

export type Tier = 'Expedited' | 'Standard' | 'Bulk'

type Archived = Pick<ObjectRecord, 'StorageClass' | 'restore'>

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** How long a retrieval takes, in ms: the longest that AWS calls typical. A tier that is missing is not offered. */
const delaysMs: Readonly<Record<string, Partial<Record<Tier, number>>>> = nameMap({
  GLACIER: { Expedited: 5 * minuteMs, Standard: 5 * hourMs, Bulk: 12 * hourMs },
  DEEP_ARCHIVE: { Standard: 12 * hourMs, Bulk: 48 * hourMs },
})

/** Whether objects of the class must be restored before they are read. */
export const isArchiveClass = (storageClass: string): boolean => storageClass in delaysMs

/** Undefined when the class does not offer the tier. */
export const retrievalMs = (storageClass: string, tier: Tier): number | undefined => delaysMs[storageClass]?.[tier]

/** When a copy made at `fromMs` expires: after so many days, rounded up to midnight UTC. */
export function expiryMs(fromMs: number, days: number): number {
  return Math.floor(fromMs / dayMs + 1) * dayMs + days * dayMs
}

export type RestoreState = { state: 'none' } | { state: 'ongoing' } | { state: 'restored'; expiresMs: number }

/** How far the restoration of a version is. */
export function restoreState({ restore }: Archived, nowMs: number): RestoreState {
  if (restore === undefined || nowMs >= restore.expiresMs) return { state: 'none' }
  return nowMs < restore.readyMs ? { state: 'ongoing' } : { state: 'restored', expiresMs: restore.expiresMs }
}

/** The value of x-amz-restore; undefined when there is nothing to say. */
export function restoreHeader(record: Archived, nowMs: number): string | undefined {
  if (record.restore === undefined) return undefined
  const found = restoreState(record, nowMs)
  if (found.state === 'none') return undefined
  if (found.state === 'ongoing') return 'ongoing-request="true"'
  return `ongoing-request="false", expiry-date="${httpDate(found.expiresMs)}"`
}

/** The RestoreStatus of a listing; undefined for objects that are not archived. */
export function restoreStatus(record: Archived, nowMs: number): RestoreStatus | undefined {
  if (!isArchiveClass(record.StorageClass)) return undefined
  const found = restoreState(record, nowMs)
  if (found.state === 'restored') return { IsRestoreInProgress: false, RestoreExpiryDate: found.expiresMs }
  return { IsRestoreInProgress: found.state === 'ongoing' }
}

/** Whether a listing is asked for RestoreStatus. */
export const wantsRestoreStatus = (input: { OptionalObjectAttributes?: string[] | undefined }): boolean =>
  input.OptionalObjectAttributes?.some((names) => names.split(',').some((name) => name.trim() === 'RestoreStatus')) ??
  false

/**
 * Refuses to read what is archived and not restored.
 * @param purpose a copy is refused in words of its own (recorded, test_s3_copy_object_storage_class and s3_get_deep_archive)
 * @throws AwsError InvalidObjectState
 */
export function checkReadable(record: ObjectRecord, nowMs: number, purpose: 'read' | 'copy' = 'read'): void {
  if (!isArchiveClass(record.StorageClass) || restoreState(record, nowMs).state === 'restored') return
  throw error(
    'InvalidObjectState',
    { StorageClass: record.StorageClass },
    purpose === 'copy' ? { message: "Operation is not valid for the source object's storage class" } : {},
  )
}
