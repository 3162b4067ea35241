/**
 * The condition keys of one decision, each computed when a statement asks for it. Keys arrive in lower case.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import type { ContextSource } from '../policy/context-source.ts'
import type { BucketRecord, ObjectRecord, UploadRecord } from '../store/records.ts'
import type { Asked } from './asked.ts'
import { directoryKey } from './context-directory.ts'
import { federationKey, principalKeys, principalTag } from './context-principal.ts'
import { bucketTag, requestKeys, requestTag } from './context-request.ts'
import { s3Keys, takes } from './context-s3.ts'
import { existingObjectTag, requestObjectTag } from './context-s3.ts'
import type { CallerPolicies } from './identities.ts'

export type KeyValue = string | readonly string[] | undefined

/** What the keys are about. */
export interface Subject {
  readonly asked: Asked
  readonly caller: CallerPolicies
  /** `s3:GetObject`. */
  readonly action: string
  /** The bucket of the resource; of a copy's source another one than the addressed. */
  readonly bucket: BucketRecord | undefined
  readonly versionId: string | undefined
  /** Loaded where a policy asks for it. */
  readonly record: ObjectRecord | undefined
  readonly upload: UploadRecord | undefined
  readonly nowMs: number
}

type TagKey = (subject: Subject, lowerKey: string) => KeyValue

/** Keys that end in a tag key. */
const tagKeys: ReadonlyMap<string, TagKey> = new Map<string, TagKey>([
  ['aws:principaltag/', principalTag],
  ['aws:requesttag/', requestTag],
  ['aws:resourcetag/', bucketTag],
  ['s3:buckettag/', bucketTag],
  ['s3:existingobjecttag/', existingObjectTag],
  ['s3:requestobjecttag/', requestObjectTag],
])

/** The keys of a decision. */
export class RequestContext implements ContextSource {
  readonly #subject: Subject

  constructor(subject: Subject) {
    this.#subject = subject
  }

  get(key: string): KeyValue {
    const subject = this.#subject
    if (key.startsWith('s3:') && !takes(subject.action, key)) return undefined
    if (key.startsWith('s3express:')) return directoryKey(subject, key)
    const slash = key.indexOf('/')
    const tag = slash === -1 ? undefined : tagKeys.get(key.slice(0, slash + 1))
    if (tag !== undefined) return tag(subject, key.slice(slash + 1))
    const known = principalKeys.get(key) ?? requestKeys.get(key) ?? s3Keys.get(key)
    return known === undefined ? federationKey(subject, key) : known(subject)
  }
}
