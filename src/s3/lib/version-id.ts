/**
 * Version ids in requests and answers: which texts can be one, and when an answer shows it.
 */
import { error } from '../../errors.ts'
import { isSealedVersionId } from '../../lib/version-id.ts'
import type { BucketRecord, ObjectRecord } from '../../store/records.ts'

/** Whether this bucket can have given out the id: any but `null` only since versioning has been on. */
export function isPossibleVersionId(bucket: BucketRecord, versionId: string): boolean {
  return versionId === 'null' || (bucket.versioning !== undefined && isSealedVersionId(versionId))
}

/**
 * Refuses a text that this bucket can never have given out. Observed: an id of another bucket is refused in an
 * unversioned one, and one with changed characters everywhere (recorded, test_get_object_with_version_unversioned_bucket,
 * test_delete_object_versioned).
 * @throws AwsError InvalidArgument
 */
export function checkVersionId(bucket: BucketRecord, versionId: string): void {
  if (isPossibleVersionId(bucket, versionId)) return
  throw error(
    'InvalidArgument',
    { ArgumentName: 'versionId', ArgumentValue: versionId },
    { message: versionId === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified' },
  )
}

/** The VersionId of an answer about an existing version: none until versioning has been on, then also `null`. */
export function shownVersionId(bucket: BucketRecord, record: Pick<ObjectRecord, 'VersionId'>): string | undefined {
  return bucket.versioning === undefined ? undefined : record.VersionId
}

/** The VersionId of an answer to PutObject: a null version is not named. Observed: recorded, test_put_object_on_suspended_bucket. */
export function writtenVersionId(record: Pick<ObjectRecord, 'VersionId'>): string | undefined {
  return record.VersionId === 'null' ? undefined : record.VersionId
}
