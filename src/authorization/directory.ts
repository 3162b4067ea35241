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

type Mode = 'ReadOnly' | 'ReadWrite'

/**
 * The other mode of session that would do as well: whoever may have any session that reads may read, and a session that
 * was asked for without a mode may be one that only reads.
 */
export function otherMode({ operation, input }: Asked): Mode | undefined {
  if (operation === 'CreateSession') return input.SessionMode === undefined ? 'ReadOnly' : undefined
  return sessionModeOf(operation) === 'ReadOnly' ? 'ReadWrite' : undefined
}

/** Whether a session of a mode may be made. */
export function sessionQuestion(bucket: BucketRecord, mode: Mode): Question & { bucket: BucketRecord } {
  const resource = directoryBucketArn(bucket)
  const keys = { 's3express:sessionmode': mode }
  return { action: sessionAction, resource, bucket, adjust: (base) => overlay(base, keys) }
}

/** Whether a further permission on a directory bucket is one to read (the source of a copy, an entity tag). */
export const isReading = (action: string): boolean => action.startsWith('s3:Get')
