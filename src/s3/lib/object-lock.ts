/**
 * Object Lock on the data path: what a write may set, what the bucket sets by default, and what keeps a version from
 * being deleted.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
import { error } from '../../errors.ts'
import type { BucketRecord, ObjectRecord } from '../../store/records.ts'

export interface LockInput {
  ObjectLockMode?: string | undefined
  /** ms */
  ObjectLockRetainUntilDate?: number | undefined
  ObjectLockLegalHoldStatus?: string | undefined
  ObjectLockEventHold?: string | undefined
  ObjectLockEventHoldDurationDays?: number | undefined
  ObjectLockEventHoldDurationYears?: number | undefined
}

export type LockFields = Pick<ObjectRecord, 'ObjectLockMode' | 'ObjectLockRetainUntilMs' | 'ObjectLockLegalHoldStatus'>

const modeHeader = 'x-amz-object-lock-mode'
const dateHeader = 'x-amz-object-lock-retain-until-date'
const holdHeader = 'x-amz-object-lock-legal-hold'
const dayMs = 86_400_000

const invalid = (message: string, ArgumentName: string, ArgumentValue?: string) =>
  error('InvalidArgument', { ArgumentName, ArgumentValue }, { message })

/** `documents` key of the bucket's lock configuration, in the shape of the model's ObjectLockConfiguration. */
export const lockDocument = 'objectLock'

interface LockConfiguration {
  Rule?: { DefaultRetention?: { Mode?: 'GOVERNANCE' | 'COMPLIANCE'; Days?: number; Years?: number } }
}

function defaultRetention(bucket: BucketRecord, nowMs: number): LockFields {
  const rule = (bucket.documents[lockDocument] as LockConfiguration | undefined)?.Rule?.DefaultRetention
  if (rule?.Mode === undefined) return {}
  const days = rule.Days ?? (rule.Years ?? 0) * 365
  return { ObjectLockMode: rule.Mode, ObjectLockRetainUntilMs: nowMs + days * dayMs }
}

/**
 * The lock fields of a new version: what the request sets, else the bucket's default retention.
 * @throws AwsError InvalidRequest (bucket without Object Lock), InvalidArgument, NotImplemented (event holds)
 */
export function storedLock(input: LockInput, bucket: BucketRecord, nowMs: number): LockFields {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: untilMs, ObjectLockLegalHoldStatus: hold } = input
  refuseEventHold(input)
  if (mode === undefined && untilMs === undefined && hold === undefined) {
    return bucket.objectLockEnabled ? defaultRetention(bucket, nowMs) : {}
  }
  // Observed: for PutObject, CopyObject and CreateMultipartUpload in one word (versity/versitygw issue 1751, 2026-01).
  if (!bucket.objectLockEnabled) {
    throw error('InvalidRequest', {}, { message: 'Bucket is missing ObjectLockConfiguration' })
  }
  const fields: LockFields = defaultRetention(bucket, nowMs)
  if (mode !== undefined || untilMs !== undefined) {
    if (mode === undefined || untilMs === undefined) {
      throw invalid(
        `${dateHeader} and ${modeHeader} must both be supplied`,
        mode === undefined ? modeHeader : dateHeader,
      )
    }
    if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw invalid('Unknown wormMode directive.', modeHeader, mode)
    if (untilMs <= nowMs) {
      throw invalid('The retain until date must be in the future!', dateHeader, new Date(untilMs).toISOString())
    }
    fields.ObjectLockMode = mode
    fields.ObjectLockRetainUntilMs = untilMs
  }
  if (hold !== undefined) {
    if (hold !== 'ON' && hold !== 'OFF') throw invalid("Legal Hold must be either of 'ON' or 'OFF'", holdHeader, hold)
    fields.ObjectLockLegalHoldStatus = hold
  }
  return fields
}

function refuseEventHold(input: LockInput): void {
  if (input.ObjectLockEventHold !== undefined) throw error('NotImplemented', { Header: 'x-amz-object-lock-event-hold' })
  if (input.ObjectLockEventHoldDurationDays !== undefined) {
    throw error('NotImplemented', { Header: 'x-amz-object-lock-event-hold-duration-days' })
  }
  if (input.ObjectLockEventHoldDurationYears !== undefined) {
    throw error('NotImplemented', { Header: 'x-amz-object-lock-event-hold-duration-years' })
  }
}

/**
 * Locked versions must arrive with an integrity check: Content-MD5 or an x-amz-checksum-* value or trailer.
 * @throws AwsError InvalidRequest
 */
export function requireIntegrity(
  fields: LockFields,
  hasIntegrity: boolean,
  operation: 'Put Object' | 'Put Part',
): void {
  if (hasIntegrity || (fields.ObjectLockMode === undefined && fields.ObjectLockLegalHoldStatus === undefined)) return
  throw error(
    'InvalidRequest',
    {},
    {
      message: `Content-MD5 OR x-amz-checksum- HTTP header is required for ${operation} requests with Object Lock parameters`,
    },
  )
}

/** The members of a read that show a version's lock. */
export function lockOutput(record: ObjectRecord): {
  ObjectLockMode?: string
  ObjectLockRetainUntilDate?: number
  ObjectLockLegalHoldStatus?: string
} {
  const output: ReturnType<typeof lockOutput> = {}
  if (record.ObjectLockMode !== undefined) output.ObjectLockMode = record.ObjectLockMode
  if (record.ObjectLockRetainUntilMs !== undefined) output.ObjectLockRetainUntilDate = record.ObjectLockRetainUntilMs
  if (record.ObjectLockLegalHoldStatus !== undefined)
    output.ObjectLockLegalHoldStatus = record.ObjectLockLegalHoldStatus
  return output
}

/**
 * Refuses to remove a protected version. Pure: for use in `decide`.
 * @param bypass the caller asked to bypass governance mode and may
 * @throws AwsError AccessDenied
 */
export function checkDeletable(record: ObjectRecord, bypass: boolean, nowMs: number): void {
  const retained =
    record.ObjectLockMode !== undefined &&
    (record.ObjectLockRetainUntilMs ?? 0) > nowMs &&
    !(bypass && record.ObjectLockMode === 'GOVERNANCE')
  if (!retained && record.ObjectLockLegalHoldStatus !== 'ON') return
  throw error('AccessDenied', {}, { message: 'Access Denied because object protected by object lock.' })
}
