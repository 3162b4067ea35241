/**
 * All S3 handlers by operation name. What has none is in not-implemented.ts, with the reason; together they are the
 * model's operations.
 */
import type { S3Handlers } from '../model/s3.types.gen.ts'
import { accelerate } from './accelerate.ts'
import { acl } from './acl.ts'
import { annotations } from './annotations.ts'
import { bucket } from './bucket.ts'
import { bucketAbac } from './bucket-abac.ts'
import { bucketDocuments } from './bucket-documents.ts'
import { bucketEncryption } from './bucket-encryption.ts'
import { bucketLock } from './bucket-lock.ts'
import { bucketPolicy } from './bucket-policy.ts'
import { cors } from './cors.ts'
import { createBucket } from './create-bucket.ts'
import { directoryBuckets } from './directory-buckets.ts'
import { listObjects } from './list-objects.ts'
import { listVersions } from './list-versions.ts'
import { multipart } from './multipart.ts'
import { objectAttributes } from './object-attributes.ts'
import { objectCopy } from './object-copy.ts'
import { objectDelete } from './object-delete.ts'
import { objectLock } from './object-lock.ts'
import { objectRead } from './object-read.ts'
import { objectWrite } from './object-write.ts'
import { postObject } from './post-object.ts'
import { requestPayment } from './request-payment.ts'
import { restore } from './restore.ts'
import { tagging } from './tagging.ts'
import { torrent } from './torrent.ts'
import { updateEncryption } from './update-encryption.ts'
import { versioning } from './versioning.ts'

/** Every operation that has a handler. No operation is in two families: a test compares the counts. */
export const handlers = {
  ...accelerate,
  ...acl,
  ...annotations,
  ...bucket,
  ...createBucket,
  ...directoryBuckets,
  ...bucketAbac,
  ...bucketDocuments,
  ...bucketEncryption,
  ...bucketLock,
  ...bucketPolicy,
  ...cors,
  ...versioning,
  ...restore,
  ...torrent,
  ...tagging,
  ...listObjects,
  ...listVersions,
  ...objectLock,
  ...objectRead,
  ...objectWrite,
  ...postObject,
  ...requestPayment,
  ...objectCopy,
  ...objectDelete,
  ...objectAttributes,
  ...updateEncryption,
  ...multipart,
} satisfies Partial<S3Handlers>
