/**
 * Version ids in requests and answers: which texts can be one, and when an answer shows it.
 */
import { type AwsError, error } from '../../errors.ts'
import { hasVersionIdForm, isSealedVersionId } from '../../lib/version-id.ts'
import type { BucketRecord, ObjectRecord } from '../../store/records.ts'

/** Whether this bucket can have given out the id: any but `null` only since versioning has been on. */
export function isPossibleVersionId(bucket: BucketRecord, versionId: string): boolean {
  return versionId === 'null' || (bucket.versioning !== undefined && isSealedVersionId(versionId))
}

/**
 * Refuses a text that is no version id, and any id in a bucket that has never had versions. An id in AWS's form that
 * does not exist passes, to be answered NoSuchVersion.
 * Observed: 404 for an id that AWS gave out elsewhere (Seagate/cortx-s3server#1724); an id of another bucket is refused in
 * an unversioned one (recorded, test_get_object_with_version_unversioned_bucket).
 * @throws AwsError InvalidArgument
 */
export function checkVersionId(bucket: BucketRecord, versionId: string): void {
  if (!hasVersionId(bucket, versionId)) throw invalidVersionId(versionId)
}

/** Whether a read of the bucket may ask for this version, be it there or not. */
export function hasVersionId(bucket: BucketRecord, versionId: string): boolean {
  return versionId === 'null' || (bucket.versioning !== undefined && hasVersionIdForm(versionId))
}

/**
 * Refuses to delete what this bucket can never have given out. Observed: an id with changed characters is refused though
 * its form is right (recorded, test_delete_object_versioned): AWS's ids carry a check of their own, and so do ours.
 * @throws AwsError InvalidArgument
 */
export function checkDeletedVersionId(bucket: BucketRecord, versionId: string): void {
  if (!isPossibleVersionId(bucket, versionId)) throw invalidVersionId(versionId)
}

/** What a text that is no version id is told. */
export const versionIdRefusal = (versionId: string): string =>
  versionId === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified'

const invalidVersionId = (versionId: string): AwsError =>
  error(
    'InvalidArgument',
    { ArgumentName: 'versionId', ArgumentValue: versionId },
    { message: versionIdRefusal(versionId) },
  )

/** The VersionId of an answer about an existing version: none until versioning has been on, then also `null`. */
export function shownVersionId(bucket: BucketRecord, record: Pick<ObjectRecord, 'VersionId'>): string | undefined {
  return bucket.versioning === undefined ? undefined : record.VersionId
}

/** The VersionId of an answer to PutObject: a null version is not named. Observed: recorded, test_put_object_on_suspended_bucket. */
export function writtenVersionId(record: Pick<ObjectRecord, 'VersionId'>): string | undefined {
  return record.VersionId === 'null' ? undefined : record.VersionId
}
