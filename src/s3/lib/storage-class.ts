/** Storage classes: which an object may be given, how they are shown. */
import { error } from '../../errors.ts'
import type { BucketRecord } from '../../store/records.ts'
import { directoryStorageClass, isDirectory } from './directory-bucket.ts'

const known: ReadonlySet<string> = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
])

/**
 * The class to store. Those of other services and bucket types (OUTPOSTS, SNOW, EXPRESS_ONEZONE) are refused here, and
 * all but their own in directory buckets.
 * @throws AwsError InvalidStorageClass
 */
export function storedStorageClass(requested: string | undefined, bucket: BucketRecord): string {
  const only = isDirectory(bucket) ? directoryStorageClass(bucket) : undefined
  if (requested === undefined) return only ?? 'STANDARD'
  if (only === undefined ? !known.has(requested) : requested !== only)
    throw error('InvalidStorageClass', { StorageClassRequested: requested })
  return requested
}

/** As headers show it: STANDARD is left out. */
export function shownStorageClass(stored: string): string | undefined {
  return stored === 'STANDARD' ? undefined : stored
}
