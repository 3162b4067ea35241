/** What authorization knows of single operations beside the actions they need, and of the objects they are about. */
import { bucketArn } from '../lib/arn.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import { overlay } from '../policy/context-source.ts'
import { readCopySource } from '../policy/copy-source.ts'
import type { BucketRecord } from '../store/records.ts'
import type { Asked } from './asked.ts'
import type { Question } from './decision.ts'

/** Operations with condition keys in their document. */
export const keysInBody: ReadonlySet<string> = new Set([
  'PutObjectTagging',
  'PutObjectRetention',
  'PutObjectLegalHold',
  'PutBucketOwnershipControls',
  'PutBucketInventoryConfiguration',
  'CreateBucket',
])
/** Whether a condition key may be one of those. */
export const isBodyKey = (key: string) =>
  /^(?:s3:requestobjecttag|s3:object-lock-|s3:locationconstraint|s3:x-amz-object-ownership|s3(?:express)?:inventoryaccessible|aws:requesttag\/|aws:tagkeys)/.test(
    key,
  )

/** Answers about missing objects that only those who may list the bucket get. */
export const tellsMissing = new Set(['NoSuchKey', 'NoSuchVersion'])
/** Operations that make or remove objects: what is there already does not decide, and missing is no answer of theirs. */
export const isWrite = new Set([
  'PutObject',
  'PostObject',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'ListParts',
  'DeleteObject',
  'DeleteObjects',
])
/** Actions that a missing object leaves to the permission to list, where ACLs are on. */
export const isRead = new Set(['s3:GetObject', 's3:GetObjectVersion'])
/** What an ACL's WRITE brings along. */
export const comesWithWrite = new Set(['s3:PutObjectAcl', 's3:PutObjectTagging'])
/** Operations with a source beside what they address. */
export const isCopy = new Set(['CopyObject', 'UploadPartCopy'])

/** Whether a key may be listed: what telling of its absence amounts to. */
export function listing(bucket: BucketRecord, key: string): Question {
  const keys = { 's3:prefix': key, 's3:delimiter': undefined, 's3:max-keys': undefined }
  const resource = bucketArn(bucket.Name)
  return { action: 's3:ListBucket', resource, bucket, prefix: key, adjust: (base) => overlay(base, keys) }
}

const aboutUploads = new Set(['AbortMultipartUpload', 'ListParts'])

/**
 * Whether an upload may be ended and listed as by who began it. One that never was counts too: that it is missing is told
 * to everyone who may write the key. Observed: recorded against AWS.
 */
export function beganUpload({ operation, input, maybeBucket, store, principal }: Asked): MaybePromise<boolean> {
  if (!aboutUploads.has(operation)) return false
  const { Key, UploadId } = input
  if (maybeBucket === undefined || typeof Key !== 'string' || typeof UploadId !== 'string') return false
  return whenReady(
    store.uploads.get(maybeBucket, Key, UploadId),
    (upload) => upload === undefined || (upload.initiatorArn !== '' && upload.initiatorArn === principal.arn),
  )
}

/** The object that a failed read was about. */
export async function missingObject(asked: Asked): Promise<{ bucket: BucketRecord; key: string } | undefined> {
  const { input, operation, maybeBucket, store } = asked
  if (!isCopy.has(operation)) {
    return maybeBucket && typeof input.Key === 'string' ? { bucket: maybeBucket, key: input.Key } : undefined
  }
  const source = typeof input.CopySource === 'string' ? readCopySource(input.CopySource) : undefined
  const bucket = source && (await store.buckets.get(source.bucket))
  return source && bucket && { bucket, key: source.key }
}
