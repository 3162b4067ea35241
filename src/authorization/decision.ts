/** One permission decided: everything that bears on it is gathered, the engine asked, the answer written down. */
import type { Log } from '../context.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import type { Grant } from '../policy/acl.ts'
import type { ContextSource } from '../policy/context-source.ts'
import { type AccessRequest, type ApplicablePolicies, decide } from '../policy/decide.ts'
import type { BucketRecord, ObjectRecord, UploadRecord } from '../store/records.ts'
import type { Asked } from './asked.ts'
import { bucketPolicyOf } from './bucket-policies.ts'
import { RequestContext, type Subject } from './context.ts'
import type { CallerPolicies, Identities } from './identities.ts'
import type { Decided } from './journal.ts'
import { deletesOwnOnly, dependsOnObject, hasAcls, keyOf, recordFor, uploadFor } from './object-state.ts'
import { isSameOrganization } from './organizations.ts'
import { type AccountBlockSource, effectiveBlock, type PublicAccessBlock } from './public-access.ts'
import type { Recorder } from './recorder.ts'
import { snapshot } from './snapshot.ts'

export interface AuthorizationDeps {
  readonly identities: Identities
  readonly accountBlock: AccountBlockSource
  /** Notes what is used while it is on. */
  readonly recorder?: Recorder
  /** Soft mode: denials are told here, and not refused. */
  readonly soft?: Pick<Log, 'warn'> | undefined
}

/** What is asked: may the caller do this to that? */
export interface Question {
  readonly action: string
  /** An ARN. */
  readonly resource: string
  /** The bucket of the resource, where there is one. */
  readonly bucket: BucketRecord | undefined
  readonly versionId?: string | undefined
  /** The request makes the object: its ACL is then of an object that will be the caller's own. */
  readonly isNewObject?: boolean | undefined
  /** Changes the keys of the request for this one question. */
  readonly adjust?: ((context: ContextSource) => ContextSource) | undefined
  /** The trust policy of a role, instead of a bucket's. */
  readonly trust?: Pick<ApplicablePolicies, 'resource' | 'isResourceRequired'> | undefined
  /** The owner of a resource that is no bucket's. */
  readonly resourceAccount?: string | undefined
  /** How a refusal names the resource, where that is not its ARN. */
  readonly shown?: string | undefined
  /** `s3:prefix`, where it is not that of the request. */
  readonly prefix?: string | undefined
}

/** Decides and writes it down. Synchronous when all that bears on it is at hand. */
export function answer(
  asked: Asked,
  caller: CallerPolicies,
  question: Question,
  deps: AuthorizationDeps,
): MaybePromise<Decided> {
  const request = requestFor(asked, caller, question, deps)
  if (request instanceof Promise) return request.then((ready) => writeDown(asked, ready))
  return writeDown(asked, request)
}

function writeDown(asked: Asked, request: AccessRequest): Decided {
  const verdict = decide(request)
  const isExplained = verdict.isCrossAccount && verdict.decision !== 'allowed' && isInside(asked, request)
  const decided: Decided = isExplained ? { request, verdict, isSameOrganization: true } : { request, verdict }
  asked.entry.add(decided)
  return decided
}

/** Whether caller and resource are in one organization: across accounts AWS then tells why. */
function isInside({ config, principal }: Asked, { resourceAccount = '', policies }: AccessRequest): boolean {
  return isSameOrganization(config, principal.accountId, policies.objectOwner ?? resourceAccount)
}

/** Whether it is allowed, asked without a trace: nothing is refused when it is not. */
export function isAllowed(
  asked: Asked,
  caller: CallerPolicies,
  question: Question,
  deps: AuthorizationDeps,
): MaybePromise<boolean> {
  return whenReady(requestFor(asked, caller, question, deps), (request) => decide(request).decision === 'allowed')
}

function requestFor(
  asked: Asked,
  caller: CallerPolicies,
  question: Question,
  { accountBlock }: AuthorizationDeps,
): MaybePromise<AccessRequest> {
  const { bucket } = question
  return bucket === undefined
    ? requestOf(asked, caller, question)
    : bucketRequestOf(asked, caller, question, bucket, accountBlock)
}

function requestOf(asked: Asked, caller: CallerPolicies, question: Question): AccessRequest {
  const { action, resource, adjust = same, trust, resourceAccount } = question
  const { principal } = asked
  const { identity, boundary, session } = caller
  const policies = { identity, boundary, session, ...trust }
  const subject = { asked, caller, action, nowMs: asked.clock.now(), ...nothingStored }
  const context = contextOf(subject, adjust, policies)
  return { principal, action, resource, resourceAccount, context, policies }
}

/**
 * The context keys that the policies mention. The journal keeps them, and it must never have held a way to the request:
 * what it keeps is made where old objects are, and so would be all that was in it for a moment.
 */
function contextOf(
  subject: Subject,
  adjust: (context: ContextSource) => ContextSource,
  policies: ApplicablePolicies,
): ContextSource {
  return snapshot(adjust(new RequestContext(subject)), policies)
}

const same = (context: ContextSource) => context
const nothingStored = { bucket: undefined, versionId: undefined, record: undefined, upload: undefined }

function bucketRequestOf(
  asked: Asked,
  caller: CallerPolicies,
  question: Question,
  bucket: BucketRecord,
  accountBlock: AccountBlockSource,
): MaybePromise<AccessRequest> {
  // What it blocks are ACLs and public policies: where there are none, the account need not be asked.
  const isBlockable = hasAcls(bucket) || bucketPolicyOf(bucket)?.isPublic === true
  if (!isBlockable) return objectRequestOf(asked, caller, question, bucket, effectiveBlock(bucket, undefined))
  return whenReady(accountBlock(bucket.ownerId), (account) =>
    objectRequestOf(asked, caller, question, bucket, effectiveBlock(bucket, account)),
  )
}

function objectRequestOf(
  asked: Asked,
  caller: CallerPolicies,
  question: Question,
  bucket: BucketRecord,
  block: PublicAccessBlock,
): MaybePromise<AccessRequest> {
  const { action, resource, versionId } = question
  const { principal } = asked
  const shared = sharedPolicies(caller, bucket, block)
  const key = keyOf(resource, bucket)
  const isOwn = question.isNewObject === true && action === 's3:PutObjectAcl' && principal.kind !== 'anonymous'
  const record = key === undefined || isOwn ? undefined : recordFor(asked, action, bucket, key, versionId, shared)
  const upload = key === undefined ? undefined : uploadFor(asked, bucket, key, shared)
  const finish = (found: ObjectRecord | undefined, begun: UploadRecord | undefined): AccessRequest => {
    const own = isOwn ? { objectOwner: principal.accountId } : aclSide(action, bucket, key, found, principal.accountId)
    const policies = own === undefined ? shared : { ...shared, ...own }
    const nowMs = asked.clock.now()
    const subject = { asked, caller, action, bucket, versionId, record: found, upload: begun, nowMs }
    const context = contextOf(subject, question.adjust ?? same, policies)
    return { principal, action, resource, resourceAccount: bucket.ownerId, context, policies }
  }
  if (!(record instanceof Promise || upload instanceof Promise)) return finish(record, upload)
  return Promise.all([record, upload]).then(([found, begun]) => finish(found, begun))
}

interface SharedPolicies {
  readonly bucket: BucketRecord
  readonly block: PublicAccessBlock
  readonly policies: ApplicablePolicies
}

/** Those of a caller's last request. */
const lastShared = new WeakMap<CallerPolicies, SharedPolicies>()

/** The policies of a caller and a bucket together: one object for all requests until either changes. */
function sharedPolicies(caller: CallerPolicies, bucket: BucketRecord, block: PublicAccessBlock): ApplicablePolicies {
  const known = lastShared.get(caller)
  if (known !== undefined && known.bucket === bucket && known.block === block) return known.policies
  const { identity, boundary, session } = caller
  const resource = bucketPolicyOf(bucket)
  const policies: ApplicablePolicies = { identity, boundary, session, resource, publicAccessBlock: block }
  lastShared.set(caller, { bucket, block, policies })
  return policies
}

type AclPart = Pick<ApplicablePolicies, 'acls' | 'objectOwner'>

/** Grants and owner as they count; nothing where ACLs are off. */
function aclSide(
  action: string,
  bucket: BucketRecord,
  key: string | undefined,
  record: ObjectRecord | undefined,
  accountId: string,
): AclPart | undefined {
  if (!hasAcls(bucket)) return undefined
  const grants = bucket.documents.acl as Grant[] | undefined
  if (key !== undefined && deletesOwnOnly(action, bucket, accountId)) {
    return { acls: { bucket: grants, owner: record?.isDeleteMarker ? undefined : record?.ownerId } }
  }
  if (key === undefined || !dependsOnObject(action, bucket)) return { acls: { bucket: grants } }
  if (record === undefined || record.isDeleteMarker) return { acls: { bucket: grants, object: 'missing' } }
  return { acls: { bucket: grants, object: record.acl as Grant[] | undefined }, objectOwner: record.ownerId }
}

/** The policies of a caller, at once where they are at hand. */
export function callerPolicies(asked: Asked, { identities }: AuthorizationDeps): MaybePromise<CallerPolicies> {
  return identities.policiesOf(asked.principal)
}
