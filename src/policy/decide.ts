/**
 * The decision on one action and one resource, in AWS's order: an explicit deny anywhere, RestrictPublicBuckets, then the
 * allows of each side. Pure and total: any input gives a verdict, nothing is thrown (as long as the context source does
 * not). What only explanations need is left to `trace.ts`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { type AclSide, aclClassOf } from './acl.ts'
import { type RequestArn, requestArn } from './arn-pattern.ts'
import { type CompiledPolicy, type CompiledStatement, conditionsHold, coversResource } from './compile.ts'
import type { ContextSource } from './context-source.ts'
import { type Caller, classes, classOf, notPrincipalApplies, type PrincipalClass } from './principals.ts'
import { type Candidate, listOf, type Selection, select } from './selections.ts'

export interface AccessRequest {
  principal: Caller
  /** `s3:GetObject`. */
  action: string
  /** An ARN, or `*` where the action has no resource. */
  resource: string
  /** Who owns the bucket (or role, ...): the account whose resource policy applies. Undefined: the caller's own. */
  resourceAccount?: string | undefined
  context: ContextSource
  policies: ApplicablePolicies
}

export interface ApplicablePolicies {
  /** Inline and managed policies of the user with those of its groups, or of the role. */
  identity: readonly CompiledPolicy[]
  boundary?: CompiledPolicy | undefined
  /** Session policies; absent or empty means none was given, which leaves a federated user without any permission. */
  session?: readonly CompiledPolicy[] | undefined
  /** The bucket policy (or trust policy). */
  resource?: CompiledPolicy | undefined
  /** The resource's policy must allow even inside the account: true of role trust policies. */
  isResourceRequired?: boolean
  /** Grants; absent where ACLs are off (BucketOwnerEnforced). */
  acls?: AclSide | undefined
  /** The effective settings of Block Public Access, of the bucket and the account together. */
  publicAccessBlock?: { IgnorePublicAcls?: boolean; RestrictPublicBuckets?: boolean } | undefined
  /** Account id of the object's owner, where it may differ from the bucket's (ACLs on). */
  objectOwner?: string | undefined
}

/** A kind of policy, in AWS's words without the article. */
export type PolicyKind = 'identity' | 'boundary' | 'session' | 'resource'

export interface Verdict {
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny'
  /**
   * What decided. Of an implicit deny the kind of policy that had to allow and did not. `root`: the account's own root;
   * `owner`: a carve-out for it; `acl`: a grant; `publicAccessBlock`: RestrictPublicBuckets; `always`: an action that
   * nothing can deny.
   */
  readonly by: PolicyKind | 'root' | 'owner' | 'acl' | 'publicAccessBlock' | 'always'
  /** The statement that decided, where one did. */
  readonly policy?: CompiledPolicy
  readonly statement?: CompiledStatement
  /** The caller's account does not own the resource. */
  readonly isCrossAccount: boolean
}

/** Owner roots keep these whatever the bucket policy denies. */
const policyActions = new Set(
  ['s3', 's3express'].flatMap((service) => ['Get', 'Put', 'Delete'].map((verb) => `${service}:${verb}BucketPolicy`)),
)

/** What the bucket's owner may do to objects of other accounts. */
export const bucketOwnerActions: ReadonlySet<string> = new Set([
  's3:PutObject',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:RestoreObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
  's3:BypassGovernanceRetention',
])

/**
 * "By default, the bucket owner has this permission and can grant this permission to others."
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
 */
const objectTagActions: ReadonlySet<string> = new Set(
  ['Get', 'Put', 'Delete'].flatMap((verb) => [`s3:${verb}ObjectTagging`, `s3:${verb}ObjectVersionTagging`]),
)

/** Whether the bucket's owner, and so the policy of the bucket, decides about objects of other accounts too. */
export const reachesForeignObjects = (action: string): boolean =>
  bucketOwnerActions.has(action) || objectTagActions.has(action)

/** A request with what is looked at several times: the statements that concern its action. */
interface Case {
  readonly request: AccessRequest
  readonly arn: RequestArn | undefined
  readonly identity: Selection
  readonly boundary: Selection | undefined
  /** Undefined where no session policy was given. */
  readonly session: Selection | undefined
  readonly resource: Selection | undefined
  readonly isCrossAccount: boolean
}

/** Decides. */
export function decide(request: AccessRequest): Verdict {
  const { principal, action, policies, resourceAccount } = request
  const { identity, boundary, session, resource: resourcePolicy } = policies
  const owner = ownerOf(request)
  const isCrossAccount = owner !== undefined && owner !== principal.accountId
  if (action === 'sts:GetCallerIdentity') return verdict('allowed', 'always', isCrossAccount)

  const one: Case = {
    request,
    arn: requestArn(request.resource),
    identity: select(identity, action),
    boundary: boundary && select(listOf(boundary), action),
    session: session === undefined || session.length === 0 ? undefined : select(session, action),
    resource: resourcePolicy && select(listOf(resourcePolicy), action),
    isCrossAccount,
  }
  const isOwnerRoot = principal.kind === 'root' && (resourceAccount ?? principal.accountId) === principal.accountId
  const isCarvedOut = isOwnerRoot && policyActions.has(action)
  const denied = findDeny(one, isCarvedOut)
  if (denied !== undefined) return denied
  if (isCarvedOut && sessionAllows(one)) return verdict('allowed', 'owner', isCrossAccount)

  if (isRestricted(request)) return missing('publicAccessBlock', one)
  // A bucket policy's Allow does not reach objects that the bucket's owner does not own.
  const reachesObject = owner === (resourceAccount ?? owner)
  const resource = reachesObject ? findResourceAllow(one) : noGrant
  const granted = policies.acls === undefined ? resource : widened(resource, request)
  const isInside = !isCrossAccount && !hasNoAccount(principal)
  return isInside ? decideInside(one, granted) : decideFromOutside(one, granted)
}

function verdict(
  decision: Verdict['decision'],
  by: Verdict['by'],
  isCrossAccount: boolean,
  found?: Candidate | undefined,
): Verdict {
  if (found === undefined) return { decision, by, isCrossAccount }
  const { policy, statement, verdict: last } = found
  // A statement nearly always says the same again, and verdicts are remembered for thousands of requests.
  if (last?.decision === decision && last.by === by && last.isCrossAccount === isCrossAccount) return last
  found.verdict = { decision, by, isCrossAccount, policy, statement }
  return found.verdict
}

/** Such callers have no policies of their own. */
function hasNoAccount({ kind }: Caller): boolean {
  return kind === 'anonymous' || kind === 'service' || kind === 'external'
}

/**
 * The account whose principals need no grant: the object's owner where only it decides, otherwise the bucket's. Assumed:
 * the owner of an object may tag it, too, as it may do everything else with it.
 */
function ownerOf(request: AccessRequest): string | undefined {
  const { action, principal, policies, resourceAccount } = request
  const { objectOwner } = policies
  if (objectOwner === undefined || bucketOwnerActions.has(action)) return resourceAccount
  return objectTagActions.has(action) && principal.accountId !== objectOwner ? resourceAccount : objectOwner
}

/** Assumed: with several denies AWS names the identity policy first, then boundary, session, resource. */
function findDeny(one: Case, isCarvedOut: boolean): Verdict | undefined {
  const { identity, boundary, session, resource, isCrossAccount } = one
  const byIdentity = findIn(identity.denies, one)
  if (byIdentity !== undefined) return verdict('explicitDeny', 'identity', isCrossAccount, byIdentity)
  const byBoundary = boundary && findIn(boundary.denies, one)
  if (byBoundary !== undefined) return verdict('explicitDeny', 'boundary', isCrossAccount, byBoundary)
  const bySession = session && findIn(session.denies, one)
  if (bySession !== undefined) return verdict('explicitDeny', 'session', isCrossAccount, bySession)
  if (resource === undefined || isCarvedOut) return undefined
  for (const candidate of resource.denies) {
    if (reachesPrincipal(candidate.statement, one.request) !== classes.none && applies(candidate, one)) {
      return verdict('explicitDeny', 'resource', isCrossAccount, candidate)
    }
  }
  return undefined
}

/** The first statement that applies. */
function findIn(candidates: readonly Candidate[], one: Case): Candidate | undefined {
  for (const candidate of candidates) if (applies(candidate, one)) return candidate
  return undefined
}

/** Whether resource and conditions of a statement fit; its action does, by selection. */
function applies({ statement }: Candidate, { arn, request: { context } }: Case): boolean {
  return coversResource(statement, arn, context) && conditionsHold(statement, context)
}

/** How a statement of a resource policy names the caller. */
export function reachesPrincipal(
  { principal, isDeny }: CompiledStatement,
  { principal: caller, policies }: AccessRequest,
): PrincipalClass {
  if (principal === undefined) return classes.none
  if (!principal.isNot) return classOf(principal, caller)
  // Only a Deny may have NotPrincipal; an Allow with it would have been refused and grants nothing.
  const isIn = isDeny && notPrincipalApplies(principal, caller, policies.boundary !== undefined)
  return isIn ? classes.direct : classes.none
}

/** RestrictPublicBuckets: a public policy is then for the owner's account and services only. */
function isRestricted({ principal, policies, resourceAccount }: AccessRequest): boolean {
  if (policies.publicAccessBlock?.RestrictPublicBuckets !== true || policies.resource?.isPublic !== true) return false
  if (principal.kind === 'anonymous') return true
  return principal.kind !== 'service' && principal.accountId !== (resourceAccount ?? principal.accountId)
}

/** The best that the resource's side says. */
interface ResourceGrant {
  class: PrincipalClass
  found?: Candidate
  byAcl?: true
}

const noGrant: ResourceGrant = { class: classes.none }

function findResourceAllow(one: Case): ResourceGrant {
  let best = noGrant
  if (one.resource === undefined) return best
  for (const candidate of one.resource.allows) {
    const reached = reachesPrincipal(candidate.statement, one.request)
    if (reached > best.class && applies(candidate, one)) {
      best = { class: reached, found: candidate }
      if (reached === classes.direct) break
    }
  }
  return best
}

/** Adds what ACLs grant: to everyone like a policy for `*`, to an account like a policy for that account. */
function widened(resource: ResourceGrant, { action, principal, policies }: AccessRequest): ResourceGrant {
  const ignorePublic = policies.publicAccessBlock?.IgnorePublicAcls === true
  const acl = aclClassOf(action, policies.acls ?? {}, principal, ignorePublic)
  // Assumed: a grant to AllUsers is enough for a signed caller of the owner's account, as a policy for `*` is.
  if (acl === 'everyone' && resource.class < classes.direct) return { class: classes.direct, byAcl: true }
  if (acl === 'account' && resource.class < classes.account) {
    return { class: principal.kind === 'service' ? classes.direct : classes.account, byAcl: true }
  }
  return resource
}

function boundaryAllows(one: Case): boolean {
  return one.boundary === undefined || findIn(one.boundary.allows, one) !== undefined
}

function sessionAllows(one: Case): boolean {
  if (one.session === undefined) return one.request.principal.kind !== 'federated'
  return findIn(one.session.allows, one) !== undefined
}

/** Root has every permission of its account, and so has what root issued, within its session policies. */
function isRootPowered({ principal }: AccessRequest): boolean {
  return (
    principal.kind === 'root' || (principal.kind === 'federated' && principal.issuerArn?.endsWith(':root') === true)
  )
}

const missing = (by: Verdict['by'], { isCrossAccount }: Case): Verdict => verdict('implicitDeny', by, isCrossAccount)

/** The caller's account owns the resource: either side may allow. */
function decideInside(one: Case, resource: ResourceGrant): Verdict {
  const { request, isCrossAccount } = one
  const isRoot = request.principal.kind === 'root'
  if (resource.class === classes.none && request.policies.isResourceRequired) return missing('resource', one)
  if (resource.class === classes.direct && !isRoot) return grantedBy(resource, one)
  const isRootsRight = isRootPowered(request)
  const byIdentity = isRootsRight ? undefined : findIn(one.identity.allows, one)
  const byResource = resource.class === classes.entity ? resource.found : undefined
  if (!isRootsRight && byIdentity === undefined && byResource === undefined) return missing('identity', one)
  if (!isRoot && !boundaryAllows(one)) return missing('boundary', one)
  if (!sessionAllows(one)) return missing('session', one)
  if (isRootsRight) return verdict('allowed', 'root', isCrossAccount)
  return byIdentity === undefined
    ? verdict('allowed', 'resource', isCrossAccount, byResource)
    : verdict('allowed', 'identity', isCrossAccount, byIdentity)
}

/** Another account's caller needs both sides; one without account has only the resource's. */
function decideFromOutside(one: Case, resource: ResourceGrant): Verdict {
  const { request } = one
  const { principal } = request
  if (hasNoAccount(principal)) {
    return resource.class === classes.direct ? grantedBy(resource, one) : missing('resource', one)
  }
  if (!isRootPowered(request) && findIn(one.identity.allows, one) === undefined) return missing('identity', one)
  if (principal.kind !== 'root' && !boundaryAllows(one)) return missing('boundary', one)
  if (!sessionAllows(one)) return missing('session', one)
  return resource.class === classes.none ? missing('resource', one) : grantedBy(resource, one)
}

function grantedBy({ found, byAcl }: ResourceGrant, { isCrossAccount }: Case): Verdict {
  return byAcl || found === undefined
    ? verdict('allowed', 'acl', isCrossAccount)
    : verdict('allowed', 'resource', isCrossAccount, found)
}
