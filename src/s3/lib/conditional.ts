/**
 * Conditional requests: what makes a read answer 304 or 412, a copy refuse its source, and a write refuse to replace.
 * Dates compare in whole seconds, as HTTP carries them.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
import { type AwsError, error } from '../../errors.ts'
import type { ObjectRecord } from '../../store/records.ts'
import { httpDate } from './http-date.ts'
import { matchesETag, quoteETag, unquoteETag } from './etag.ts'

export interface ReadConditions {
  IfMatch?: string | undefined
  IfNoneMatch?: string | undefined
  /** ms */
  IfModifiedSince?: number | undefined
  IfUnmodifiedSince?: number | undefined
}

type Verdict = 'pass' | 'If-Match' | 'If-None-Match' | 'If-Modified-Since' | 'If-Unmodified-Since'
type Validators = Pick<ObjectRecord, 'ETag' | 'lastModifiedMs'>

const seconds = (ms: number) => Math.floor(ms / 1000)

/**
 * The condition that does not hold. If-Match decides before If-Unmodified-Since and If-None-Match before
 * If-Modified-Since; a date in the future is no condition at all (Observed: recorded for reads and copies).
 */
function evaluate(conditions: ReadConditions, object: Validators, nowMs: number): Verdict {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions
  if (IfMatch !== undefined) {
    if (!matchesETag(IfMatch, object.ETag)) return 'If-Match'
  } else if (IfUnmodifiedSince !== undefined && seconds(object.lastModifiedMs) > seconds(IfUnmodifiedSince)) {
    return 'If-Unmodified-Since'
  }
  if (IfNoneMatch !== undefined) {
    if (matchesETag(IfNoneMatch, object.ETag)) return 'If-None-Match'
  } else if (
    IfModifiedSince !== undefined &&
    seconds(IfModifiedSince) <= seconds(nowMs) &&
    seconds(object.lastModifiedMs) <= seconds(IfModifiedSince)
  ) {
    return 'If-Modified-Since'
  }
  return 'pass'
}

const preconditionFailed = (Condition: string) => error('PreconditionFailed', { Condition })

/**
 * Conditions of GetObject and HeadObject.
 * @throws AwsError PreconditionFailed (412), NotModified (304, with the object's validators as headers)
 */
export function checkReadConditions(conditions: ReadConditions, object: ObjectRecord, nowMs: number): void {
  const verdict = evaluate(conditions, object, nowMs)
  if (verdict === 'pass') return
  if (verdict === 'If-Match' || verdict === 'If-Unmodified-Since') throw preconditionFailed(verdict)
  const headers: Record<string, string> = {
    ETag: quoteETag(object.ETag),
    'Last-Modified': httpDate(object.lastModifiedMs),
  }
  if (object.content.CacheControl !== undefined) headers['Cache-Control'] = object.content.CacheControl
  if (object.content.Expires !== undefined) headers.Expires = object.content.Expires
  throw error('NotModified', {}, { headers })
}

export interface CopySourceConditions {
  CopySourceIfMatch?: string | undefined
  CopySourceIfNoneMatch?: string | undefined
  CopySourceIfModifiedSince?: number | undefined
  CopySourceIfUnmodifiedSince?: number | undefined
}

/**
 * Conditions of CopyObject and UploadPartCopy on their source. All of them answer 412.
 * @throws AwsError PreconditionFailed
 */
export function checkCopySourceConditions(input: CopySourceConditions, source: Validators, nowMs: number): void {
  const verdict = evaluate(
    {
      IfMatch: input.CopySourceIfMatch,
      IfNoneMatch: input.CopySourceIfNoneMatch,
      IfModifiedSince: input.CopySourceIfModifiedSince,
      IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    },
    source,
    nowMs,
  )
  if (verdict !== 'pass') throw preconditionFailed(`x-amz-copy-source-${verdict}`)
}

export interface WriteConditions {
  IfMatch?: string | undefined
  IfNoneMatch?: string | undefined
}

const notAccepted = (header: string): AwsError =>
  error('NotImplemented', {
    Header: header,
    additionalMessage: `We don't accept the provided value of ${header} header for this API`,
  })

/**
 * Which conditions a write (put, copy, complete) may carry: one entity tag in If-Match, or `*` in If-None-Match.
 * @throws AwsError NotImplemented
 */
export function validateWriteConditions(conditions: WriteConditions): void {
  const { IfMatch, IfNoneMatch } = conditions
  if (IfMatch !== undefined && IfNoneMatch !== undefined) {
    throw error('NotImplemented', {
      Header: 'If-Match,If-None-Match',
      additionalMessage: 'Multiple conditional request headers present in the request',
    })
  }
  if (IfNoneMatch !== undefined && unquoteETag(IfNoneMatch) !== '*') throw notAccepted('If-None-Match')
  if (IfMatch !== undefined && unquoteETag(IfMatch) === '*') throw notAccepted('If-Match')
}

/**
 * Whether a write may replace the newest version. A delete marker counts as no object. Pure: for use in `decide`.
 * `sinceMs` is when a multipart upload began: an object written after it is a conflict rather than a match.
 * @throws AwsError PreconditionFailed (412), NoSuchKey (404: If-Match on nothing), ConditionalRequestConflict (409)
 */
export function checkWriteConditions(
  conditions: WriteConditions,
  latest: ObjectRecord | undefined,
  key: string,
  sinceMs?: number,
): void {
  const current = latest?.isDeleteMarker ? undefined : latest
  if (conditions.IfNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match')
  if (conditions.IfMatch === undefined) return
  if (current === undefined) throw error('NoSuchKey', { Key: key })
  if (!matchesETag(conditions.IfMatch, current.ETag)) throw preconditionFailed('If-Match')
  // Observed: an identical object put during the upload is a conflict (recorded, test_multipart_if_match_with_put_identical).
  if (sinceMs !== undefined && current.lastModifiedMs > sinceMs) throw conflict('If-Match', key)
}

/** 409 of a conditional write that met another writer. */
export const conflict = (Condition: string, Key: string) => error('ConditionalRequestConflict', { Condition, Key })
