/**
 * What requests on directory buckets need: permission for the bucket alone, and for its objects a session. Who signs
 * with the credentials of a session has been asked when it was made.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-authenticating-authorizing.html
 */
import { directoryBucketArn } from '../lib/arn.ts'
import { overlay } from '../policy/context-source.ts'
import { directoryActionOf, sessionAction, sessionModeOf } from '../policy/directory-actions.ts'
import type { RequiredAction } from '../policy/require.ts'
import type { BucketRecord } from '../store/records.ts'
import type { Asked } from './asked.ts'
import type { Question } from './decision.ts'

/** No other bucket may have a name that ends like this. */
const suffix = '--x-s3'

/** The directory bucket that a request is about, or would make; undefined for any other request. */
export function directoryArnOf({ operation, input, maybeBucket, config, principal }: Asked): string | undefined {
  if (maybeBucket?.type === 'directory') return directoryBucketArn(maybeBucket)
  const { Bucket } = input
  if (operation !== 'CreateBucket' || typeof Bucket !== 'string' || !Bucket.endsWith(suffix)) return undefined
  return directoryBucketArn({ Name: Bucket, region: config.region, ownerId: principal.accountId })
}

/** Whether the session that signed is all that is asked for. That it is one for this bucket and operation is known. */
export function isSessionEnough({ principal, operation, maybeBucket }: Asked): boolean {
  return principal.zonal !== undefined && maybeBucket?.id === principal.zonal.bucketId && isForSessions(operation)
}

const isForSessions = (operation: string): boolean =>
  sessionModeOf(operation) !== undefined && operation !== 'CreateSession'

/** What an operation on a directory bucket needs; whatever it asks for beside is part of the same permission. */
export function directoryPairs(operation: string, resource: string): RequiredAction[] {
  return [{ action: directoryActionOf(operation) ?? sessionAction, resource }]
}

/** The same permissions in the words of directory buckets. */
export function inDirectory(pairs: readonly RequiredAction[], resource: string): RequiredAction[] {
  return pairs.map((pair) =>
    pair.action.startsWith('s3:') ? { action: `s3express:${pair.action.slice(3)}`, resource } : pair,
  )
}

/** Whether a request for a session may settle for one that only reads. */
export function maySettleForReading({ operation, input }: Asked): boolean {
  return operation === 'CreateSession' && input.SessionMode === undefined
}

/** A further permission on a directory bucket, in its own terms. Reads (the source of a copy) need a session that reads. */
export function directoryQuestion(action: string, bucket: BucketRecord): Question & { bucket: BucketRecord } {
  const resource = directoryBucketArn(bucket)
  if (action === sessionAction) return { action, resource, bucket }
  return action.startsWith('s3:Get') ? readingSession(bucket) : { action: sessionAction, resource, bucket }
}

/** Whether a session that only reads may be made. */
export function readingSession(bucket: BucketRecord): Question & { bucket: BucketRecord } {
  const mode = { 's3express:sessionmode': 'ReadOnly' }
  const resource = directoryBucketArn(bucket)
  return { action: sessionAction, resource, bucket, adjust: (base) => overlay(base, mode) }
}
