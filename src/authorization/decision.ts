/** One permission decided: everything that bears on it is gathered, the engine asked, the answer written down. */
import type { AwsError } from '../errors.ts'
import { error } from '../errors.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Grant } from '../policy/acl.ts'
import type { ContextSource } from '../policy/context-source.ts'
import { type AccessRequest, type ApplicablePolicies, decide } from '../policy/decide.ts'
import { denialMessage } from '../policy/message.ts'
import type { BucketRecord, ObjectRecord } from '../store/records.ts'
import type { Asked } from './asked.ts'
import { bucketPolicyOf } from './bucket-policies.ts'
import { RequestContext } from './context.ts'
import type { CallerPolicies, Identities } from './identities.ts'
import type { Decided, Journal } from './journal.ts'
import { dependsOnObject, hasAcls, keyOf, recordFor, uploadFor } from './object-state.ts'
import { isSameOrganization } from './organizations.ts'
import { type AccountBlockSource, effectiveBlock } from './public-access.ts'
import { snapshot } from './snapshot.ts'

export interface AuthorizationDeps {
  readonly identities: Identities
  readonly accountBlock: AccountBlockSource
  readonly journal: Journal
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
}

/** Decides and writes it down. */
export async function answer(
  asked: Asked,
  caller: CallerPolicies,
  question: Question,
  deps: AuthorizationDeps,
): Promise<Decided> {
  const request = await requestFor(asked, caller, question, deps)
  const verdict = decide(request)
  const context = snapshot(request.context, request.policies)
  const isExplained = verdict.isCrossAccount && verdict.decision !== 'allowed' && isInside(asked, request)
  const decided: Decided = {
    request: { ...request, context },
    verdict,
    ...(isExplained && { isSameOrganization: true }),
  }
  deps.journal.decided(asked.requestId, asked.clock.now(), asked.operation, decided)
  return decided
}

/** Whether caller and resource are in one organization: across accounts AWS then tells why. */
function isInside({ config, principal }: Asked, { resourceAccount = '', policies }: AccessRequest): boolean {
  return isSameOrganization(config, principal.accountId, policies.objectOwner ?? resourceAccount)
}

/** Whether it is allowed, asked without a trace: nothing is refused when it is not. */
export async function isAllowed(
  asked: Asked,
  caller: CallerPolicies,
  question: Question,
  deps: AuthorizationDeps,
): Promise<boolean> {
  return decide(await requestFor(asked, caller, question, deps)).decision === 'allowed'
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

/** The error of a denial. */
export function denialOf({ request, verdict, isSameOrganization }: Decided, question: Question): AwsError {
  // Observed: HeadBucket tells the region even to those who may not know more (recorded against AWS).
  const headers = question.bucket && { 'x-amz-bucket-region': question.bucket.region }
  const message = denialMessage(request, verdict, { isSameOrganization })
  return error('AccessDenied', {}, { message, ...(headers && { headers }) })
}

function requestOf(asked: Asked, caller: CallerPolicies, question: Question): AccessRequest {
  const { action, resource, adjust = same, trust, resourceAccount } = question
  const { principal } = asked
  const subject = { asked, caller, action, nowMs: asked.clock.now(), ...nothingStored }
  const context = adjust(new RequestContext(subject))
  const { identity, boundary, session } = caller
  return { principal, action, resource, resourceAccount, context, policies: { identity, boundary, session, ...trust } }
}

const same = (context: ContextSource) => context
const nothingStored = { bucket: undefined, versionId: undefined, record: undefined, upload: undefined }

async function bucketRequestOf(
  asked: Asked,
  caller: CallerPolicies,
  question: Question,
  bucket: BucketRecord,
  accountBlock: AccountBlockSource,
): Promise<AccessRequest> {
  const { action, resource, versionId, adjust = same } = question
  const { identity, boundary, session } = caller
  const own: ApplicablePolicies = { identity, boundary, session, resource: bucketPolicyOf(bucket) }
  const key = keyOf(resource, bucket)
  const isOwn = question.isNewObject === true && action === 's3:PutObjectAcl' && asked.principal.kind !== 'anonymous'
  const record = key === undefined || isOwn ? undefined : await recordFor(asked, action, bucket, key, versionId, own)
  const upload = key === undefined ? undefined : await uploadFor(asked, bucket, key, own)
  const block = effectiveBlock(bucket, await accountBlock(bucket.ownerId))
  const subject = { asked, caller, action, bucket, versionId, record, upload, nowMs: asked.clock.now() }
  return {
    principal: asked.principal,
    action,
    resource,
    resourceAccount: bucket.ownerId,
    context: adjust(new RequestContext(subject)),
    policies: {
      ...own,
      publicAccessBlock: block,
      ...(isOwn ? { objectOwner: asked.principal.accountId } : aclSide(action, bucket, key, record)),
    },
  }
}

type AclPart = Pick<ApplicablePolicies, 'acls' | 'objectOwner'>

/** Grants and owner as they count; nothing where ACLs are off. */
function aclSide(
  action: string,
  bucket: BucketRecord,
  key: string | undefined,
  record: ObjectRecord | undefined,
): AclPart | undefined {
  if (!hasAcls(bucket)) return undefined
  const grants = bucket.documents.acl as Grant[] | undefined
  if (key === undefined || !dependsOnObject(action, bucket)) return { acls: { bucket: grants } }
  if (record === undefined || record.isDeleteMarker) return { acls: { bucket: grants, object: 'missing' } }
  return { acls: { bucket: grants, object: record.acl as Grant[] | undefined }, objectOwner: record.ownerId }
}

/** The policies of a caller, at once where they are at hand. */
export function callerPolicies(asked: Asked, { identities }: AuthorizationDeps): MaybePromise<CallerPolicies> {
  return identities.policiesOf(asked.principal)
}
