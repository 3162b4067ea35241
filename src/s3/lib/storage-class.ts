/** Storage classes: which an object may be given, how they are shown. */
import { error } from '../../errors.ts'

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
 * The class to store. Those of other services and bucket types (OUTPOSTS, SNOW, EXPRESS_ONEZONE) are refused here.
 * @throws AwsError InvalidStorageClass
 */
export function storedStorageClass(requested: string | undefined): string {
  if (requested === undefined) return 'STANDARD'
  if (!known.has(requested)) throw error('InvalidStorageClass', { StorageClassRequested: requested })
  return requested
}

/** As headers show it: STANDARD is left out. */
export function shownStorageClass(stored: string): string | undefined {
  return stored === 'STANDARD' ? undefined : stored
}
