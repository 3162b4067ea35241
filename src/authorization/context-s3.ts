/**
 * Condition keys of S3. Most are headers as sent, which the bound input has under the names of its members; forms have
 * them there too. An action has only the keys that AWS lists for it.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
 */
import { header } from '../http/wire.ts'
import { nameMap } from '../lib/name-map.ts'
import { s3Actions, takesKey } from '../policy/actions.ts'
import type { KeyValue, Subject } from './context.ts'
import { isoTime } from './context-principal.ts'
import { memberOf, type Tag, tagKeys, tagsIn, tagValue } from './tags.ts'

const actionsByName = new Map(s3Actions.map((action) => [action.name, action]))

/** Whether requests for an action have an `s3:` key, given in lower case. */
export function takes(action: string, key: string): boolean {
  const found = actionsByName.get(action)
  return found !== undefined && takesKey(found, key)
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined

/** A member of the input, whatever its operation. */
const member =
  (name: string) =>
  ({ asked }: Subject): KeyValue =>
    text(asked.input[name])

/** Members that are their header. */
const members: readonly [key: string, member: string][] = [
  ['s3:prefix', 'Prefix'],
  ['s3:delimiter', 'Delimiter'],
  ['s3:x-amz-acl', 'ACL'],
  ['s3:x-amz-grant-read', 'GrantRead'],
  ['s3:x-amz-grant-write', 'GrantWrite'],
  ['s3:x-amz-grant-read-acp', 'GrantReadACP'],
  ['s3:x-amz-grant-write-acp', 'GrantWriteACP'],
  ['s3:x-amz-grant-full-control', 'GrantFullControl'],
  ['s3:x-amz-copy-source', 'CopySource'],
  ['s3:x-amz-metadata-directive', 'MetadataDirective'],
  ['s3:x-amz-storage-class', 'StorageClass'],
  ['s3:x-amz-website-redirect-location', 'WebsiteRedirectLocation'],
  ['s3:x-amz-server-side-encryption-customer-algorithm', 'SSECustomerAlgorithm'],
  ['s3:if-match', 'IfMatch'],
  ['s3:if-none-match', 'IfNoneMatch'],
  ['s3:x-amz-bucket-namespace', 'BucketNamespace'],
  ['s3:annotation-prefix', 'AnnotationPrefix'],
  ['s3:max-annotation-results', 'MaxAnnotationResults'],
  ['s3:x-amz-object-if-match', 'ObjectIfMatch'],
  ['s3:x-amz-object-annotation-directive', 'AnnotationDirective'],
]

/** Observed: parts and completion have the encryption that began the upload; a customer's algorithm is not kept. */
const encryption = (name: 'ServerSideEncryption' | 'SSEKMSKeyId') => (subject: Subject) =>
  text(subject.asked.input[name]) ?? subject.upload?.encryption[name]

const lockMode = ({ asked: { input } }: Subject) => text(input.ObjectLockMode ?? memberOf(input.Retention, 'Mode'))
const legalHold = ({ asked: { input } }: Subject) =>
  text(input.ObjectLockLegalHoldStatus ?? memberOf(input.LegalHold, 'Status'))

const eventHold = ({ asked: { input } }: Subject) =>
  text(input.ObjectLockEventHold ?? memberOf(input.Retention, 'EventHold'))

/** Assumed: a year counts 365 days, because the key knows days alone. */
function eventHoldDays({ asked: { input } }: Subject): KeyValue {
  const duration = memberOf(input.Retention, 'EventHoldDuration')
  const days = input.ObjectLockEventHoldDurationDays ?? memberOf(duration, 'Days')
  if (typeof days === 'number') return String(days)
  const years = input.ObjectLockEventHoldDurationYears ?? memberOf(duration, 'Years')
  return typeof years === 'number' ? String(years * 365) : undefined
}

/** In ms; the model's timestamps are. */
function retainUntil({ asked: { input } }: Subject): number | undefined {
  const value = input.ObjectLockRetainUntilDate ?? memberOf(input.Retention, 'RetainUntilDate')
  return typeof value === 'number' ? value : undefined
}

const dayMs = 86_400_000

// Assumed: a day begun counts whole, because AWS documents no rounding.
function remainingDays(subject: Subject): KeyValue {
  const untilMs = retainUntil(subject)
  return untilMs === undefined ? undefined : String(Math.ceil((untilMs - subject.nowMs) / dayMs))
}

function retainUntilDate(subject: Subject): KeyValue {
  const untilMs = retainUntil(subject)
  return untilMs === undefined ? undefined : isoTime(untilMs)
}

/** Assumed: lists that name no limit have AWS's 1,000, because the IAM guide calls the key always present. */
function maxKeys({ asked: { input, operation } }: Subject): KeyValue {
  if (typeof input.MaxKeys === 'number') return String(input.MaxKeys)
  return operation.startsWith('ListObject') ? '1000' : undefined
}

const creations: Readonly<Record<string, string>> = nameMap({
  PutObject: 'true',
  PostObject: 'true',
  CopyObject: 'true',
  CompleteMultipartUpload: 'true',
  CreateMultipartUpload: 'false',
  UploadPart: 'false',
  UploadPartCopy: 'false',
})

function ownership({ asked: { input } }: Subject): KeyValue {
  const rules = memberOf(input.OwnershipControls, 'Rules')
  return text(input.ObjectOwnership ?? memberOf(Array.isArray(rules) ? rules[0] : undefined, 'ObjectOwnership'))
}

/** Observed: presigned URLs and forms only, in ms. */
function signatureAge({ asked: { auth }, nowMs }: Subject): KeyValue {
  if (auth.authType === 'REST-HEADER' || auth.signedAtMs === undefined) return undefined
  return String(Math.max(0, nowMs - auth.signedAtMs))
}

function contentSha256({ asked: { request, auth } }: Subject): KeyValue {
  const sent = header(request, 'x-amz-content-sha256')
  return sent ?? (auth.authType === 'REST-QUERY-STRING' ? 'UNSIGNED-PAYLOAD' : undefined)
}

/** `1.2`, `1.3`; absent over plain HTTP. */
function tlsVersion({ asked: { request } }: Subject): KeyValue {
  const name = request.tlsVersion?.()
  return name?.startsWith('TLSv') ? name.slice(4) : undefined
}

/** The columns that an inventory asks for. */
function inventoryFields({ asked: { input } }: Subject): KeyValue {
  const fields = memberOf(input.InventoryConfiguration, 'OptionalFields')
  return Array.isArray(fields) && fields.length > 0 ? fields.map(String) : undefined
}

/** The rest of `s3:`. */
export const s3Keys: ReadonlyMap<string, (subject: Subject) => KeyValue> = new Map<string, (s: Subject) => KeyValue>([
  ...members.map(([key, name]): [string, (subject: Subject) => KeyValue] => [key, member(name)]),
  ['s3:authtype', ({ asked }: Subject) => asked.auth.authType],
  ['s3:signatureversion', ({ asked }: Subject) => asked.auth.signatureVersion],
  ['s3:signatureage', signatureAge],
  ['s3:tlsversion', tlsVersion],
  ['s3:x-amz-content-sha256', contentSha256],
  ['s3:max-keys', maxKeys],
  ['s3:versionid', ({ versionId }: Subject) => versionId],
  ['s3:x-amz-server-side-encryption', encryption('ServerSideEncryption')],
  ['s3:x-amz-server-side-encryption-aws-kms-key-id', encryption('SSEKMSKeyId')],
  ['s3:requestobjecttagkeys', (subject: Subject) => tagKeys(requestObjectTags(subject))],
  ['s3:object-lock-mode', lockMode],
  ['s3:object-lock-legal-hold', legalHold],
  ['s3:object-lock-event-hold', eventHold],
  ['s3:object-lock-event-hold-duration-days', eventHoldDays],
  ['s3:object-lock-retain-until-date', retainUntilDate],
  ['s3:object-lock-remaining-retention-days', remainingDays],
  ['s3:objectcreationoperation', ({ asked }: Subject) => creations[asked.operation]],
  ['s3:x-amz-object-ownership', ownership],
  ['s3:inventoryaccessibleoptionalfields', inventoryFields],
  [
    's3:locationconstraint',
    ({ asked }: Subject) => text(memberOf(asked.input.CreateBucketConfiguration, 'LocationConstraint')),
  ],
])

/** The tags of x-amz-tagging or of a PutObjectTagging document. */
function requestObjectTags({ asked: { input } }: Subject): Tag[] {
  if (typeof input.Tagging !== 'string') return tagsIn(memberOf(input.Tagging, 'TagSet'))
  return [...new URLSearchParams(input.Tagging)].map(([Key, Value]) => ({ Key, Value }))
}

/** `s3:RequestObjectTag/KEY`. */
export function requestObjectTag(subject: Subject, lowerKey: string): KeyValue {
  return tagValue(requestObjectTags(subject), lowerKey)
}

/** Observed: policies on these take the key, but it never has a value (recorded against AWS). */
const withoutExistingTags = new Set(['s3:GetObjectAttributes', 's3:GetObjectVersionAttributes'])

/** `s3:ExistingObjectTag/KEY`. Observed: absent for the source of CopyObject, not for that of UploadPartCopy. */
export function existingObjectTag({ action, asked, record }: Subject, lowerKey: string): KeyValue {
  if (withoutExistingTags.has(action)) return undefined
  if (asked.operation === 'CopyObject' && (action === 's3:GetObject' || action === 's3:GetObjectVersion'))
    return undefined
  return record?.tags && tagValue(record.tags, lowerKey)
}
