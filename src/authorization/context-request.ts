/** Condition keys about the request and the resource that every service has. */
import { header } from '../http/wire.ts'
import type { Asked } from './asked.ts'
import type { KeyValue, Subject } from './context.ts'
import { isoTime } from './context-principal.ts'
import { organizationKeys } from './organizations.ts'
import { memberOf, type Tag, tagKeys, tagsIn, tagValue } from './tags.ts'

const resourceAccount = ({ bucket, asked }: Subject): KeyValue => {
  if (bucket !== undefined) return bucket.ownerId
  // Assumed: ListAllMyBuckets has no resource and so no owner of one.
  return asked.operation === 'ListBuckets' ? undefined : asked.principal.accountId || undefined
}

/** What a trusted proxy says of the client: the first of the list, which every proxy adds to. */
function forwarded({ config, request }: Asked, name: string): string | undefined {
  return config.trustProxy ? header(request, name)?.split(',', 1)[0]?.trim() || undefined : undefined
}

function isSecure(asked: Asked): boolean {
  const protocol = forwarded(asked, 'x-forwarded-proto')
  return protocol === undefined ? asked.request.isTls : protocol.toLowerCase() === 'https'
}

/** Without the port that some proxies add. */
function sourceIp(asked: Asked): KeyValue {
  const client = forwarded(asked, 'x-forwarded-for')
  if (client === undefined) return asked.request.remoteAddress || undefined
  return /^\[(.+)\](?::\d+)?$/.exec(client)?.[1] ?? /^([\d.]+):\d+$/.exec(client)?.[1] ?? client
}

export const requestKeys: ReadonlyMap<string, (subject: Subject) => KeyValue> = new Map<
  string,
  (s: Subject) => KeyValue
>([
  ['aws:currenttime', ({ nowMs }: Subject) => isoTime(nowMs)],
  ['aws:epochtime', ({ nowMs }: Subject) => String(Math.floor(nowMs / 1000))],
  ['aws:securetransport', ({ asked }: Subject) => String(isSecure(asked))],
  ['aws:sourceip', ({ asked }: Subject) => sourceIp(asked)],
  ['aws:useragent', ({ asked }: Subject) => header(asked.request, 'user-agent')],
  ['aws:referer', ({ asked }: Subject) => header(asked.request, 'referer')],
  ['aws:requestedregion', ({ asked }: Subject) => asked.auth.region ?? asked.config.region],
  ['aws:viaawsservice', () => 'false'],
  ...organizationKeys,
  ['aws:resourceaccount', resourceAccount],
  ['s3:resourceaccount', resourceAccount],
  ['aws:tagkeys', ({ asked }: Subject) => untagKeys(asked.input) ?? tagKeys(requestTags(asked.input))],
])

/** Tags that a request gives a resource: CreateBucket and TagResource of S3, the Create and Tag operations of IAM. */
function requestTags(input: Readonly<Record<string, unknown>>): Tag[] {
  return tagsIn(input.Tags ?? memberOf(input.CreateBucketConfiguration, 'Tags'))
}

function untagKeys({ TagKeys }: Readonly<Record<string, unknown>>): string[] | undefined {
  return Array.isArray(TagKeys) && TagKeys.length > 0 ? TagKeys.map(String) : undefined
}

/** `aws:RequestTag/KEY`. Observed: a key to remove has an empty value (recorded against AWS). */
export function requestTag({ asked }: Subject, lowerKey: string): KeyValue {
  const removed = untagKeys(asked.input)?.some((key) => key.toLowerCase() === lowerKey)
  return removed ? '' : tagValue(requestTags(asked.input), lowerKey)
}

/**
 * `aws:ResourceTag/KEY` and `s3:BucketTag/KEY`. Observed: absent unless the bucket has ABAC switched on, which directory
 * buckets always have (S3 User Guide, "Using tags with S3 directory buckets").
 */
export function bucketTag({ bucket }: Subject, lowerKey: string): KeyValue {
  if (bucket === undefined) return undefined
  const hasAbac = memberOf(memberOf(bucket.documents.abac, 'AbacStatus'), 'Status') === 'Enabled'
  if (!hasAbac && bucket.type !== 'directory') return undefined
  return tagValue(tagsIn(memberOf(bucket.documents.tagging, 'TagSet')), lowerKey)
}
