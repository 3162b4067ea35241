/**
 * What of the store a decision needs: the addressed object's record where ACLs decide or a policy asks for its tags, and
 * the upload's where its beginning counts. Nothing of it reaches a caller who is denied.
 */
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { bucketOwnerActions } from '../policy/decide.ts'
import type { BucketRecord, ObjectRecord, UploadRecord } from '../store/records.ts'
import type { Asked } from './asked.ts'
import { type Mentioning, mentions } from './mentions.ts'

/** Whether ACLs count in a bucket. */
export const hasAcls = (bucket: BucketRecord): boolean => bucket.ObjectOwnership !== 'BucketOwnerEnforced'

const slash = '/'.charCodeAt(0)

/** The key of an object's ARN in a bucket; undefined for the bucket itself. */
export function keyOf(resource: string, bucket: BucketRecord): string | undefined {
  const start = resource.indexOf(':::') + 3
  const end = start + bucket.Name.length
  const isObject = start > 2 && resource.charCodeAt(end) === slash && resource.startsWith(bucket.Name, start)
  return isObject ? resource.slice(end + 1) : undefined
}

/** Whether the owner and the ACL of the object itself decide about an action. */
export const dependsOnObject = (action: string, bucket: BucketRecord): boolean =>
  hasAcls(bucket) && !bucketOwnerActions.has(action)

/** Whether the ACL of the bucket may let the caller delete, which it does for the caller's own objects only. */
export const deletesOwnOnly = (action: string, bucket: BucketRecord, accountId: string): boolean =>
  action === 's3:DeleteObject' && hasAcls(bucket) && accountId !== bucket.ownerId

const isExistingTag = (key: string) => key.startsWith('s3:existingobjecttag/')
const isEncryption = (key: string) => key.startsWith('s3:x-amz-server-side-encryption')

/** The object's record where the decision needs it; undefined also when there is none. */
export function recordFor(
  asked: Asked,
  action: string,
  bucket: BucketRecord,
  key: string,
  versionId: string | undefined,
  policies: Mentioning,
): MaybePromise<ObjectRecord | undefined> {
  const isNeeded = dependsOnObject(action, bucket) || deletesOwnOnly(action, bucket, asked.principal.accountId)
  if (!isNeeded && !mentions(policies, isExistingTag)) return undefined
  const { objects } = asked.store
  return versionId === undefined ? objects.latest(bucket, key) : objects.version(bucket, key, versionId)
}

const partOperations = new Set(['UploadPart', 'UploadPartCopy', 'CompleteMultipartUpload'])

/** The upload that a part belongs to, where a policy asks how it is encrypted. */
export function uploadFor(
  asked: Asked,
  bucket: BucketRecord,
  key: string,
  policies: Mentioning,
): MaybePromise<UploadRecord | undefined> {
  const { UploadId } = asked.input
  if (!partOperations.has(asked.operation) || typeof UploadId !== 'string') return undefined
  return mentions(policies, isEncryption) ? asked.store.uploads.get(bucket, key, UploadId) : undefined
}
