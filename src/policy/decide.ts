/**
 * The decision on one action and one resource, in AWS's order: an explicit deny anywhere, RestrictPublicBuckets, then the
 * allows of each side. Pure and total: any input gives a verdict, nothing is thrown (as long as the context source does
 * not). What only explanations need is left to `trace.ts`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { type AclSide, aclClassOf } from './acl.ts'
import { type RequestArn, requestArn } from './arn-pattern.ts'
import { type CompiledPolicy, type CompiledStatement, conditionsHold, coversResource, select } from './compile.ts'
import type { ContextSource } from './context-source.ts'
import { type Caller, classes, classOf, notPrincipalApplies, type PrincipalClass } from './principals.ts'

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
  decision: 'allowed' | 'explicitDeny' | 'implicitDeny'
  /**
   * What decided. Of an implicit deny the kind of policy that had to allow and did not. `root`: the account's own root;
   * `owner`: a carve-out for it; `acl`: a grant; `publicAccessBlock`: RestrictPublicBuckets; `always`: an action that
   * nothing can deny.
   */
  by: PolicyKind | 'root' | 'owner' | 'acl' | 'publicAccessBlock' | 'always'
  /** The statement that decided, where one did. */
  policy?: CompiledPolicy
  statement?: CompiledStatement
  /** The caller's account does not own the resource. */
  isCrossAccount: boolean
}

/** Owner roots keep these whatever the bucket policy denies. */
const policyActions = new Set(['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'])

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

/** Decides. */
export function decide(request: AccessRequest): Verdict {
  const { principal, action, policies, resourceAccount } = request
  const owner = ownerOf(request)
  const isCrossAccount = owner !== undefined && owner !== principal.accountId
  if (action === 'sts:GetCallerIdentity') return { decision: 'allowed', by: 'always', isCrossAccount }

  const arn = requestArn(request.resource)
  const isOwnerRoot = principal.kind === 'root' && (resourceAccount ?? principal.accountId) === principal.accountId
  const isCarvedOut = isOwnerRoot && policyActions.has(action)
  const denied = findDeny(request, arn, isCarvedOut)
  if (denied !== undefined) return { decision: 'explicitDeny', ...denied, isCrossAccount }
  if (isCarvedOut && sessionAllows(request, arn)) return { decision: 'allowed', by: 'owner', isCrossAccount }

  if (isRestricted(request)) return { decision: 'implicitDeny', by: 'publicAccessBlock', isCrossAccount }
  // A bucket policy's Allow does not reach objects that the bucket's owner does not own.
  const reachesObject = owner === (resourceAccount ?? owner)
  const resource = reachesObject ? findResourceAllow(request, arn) : noGrant
  const granted = policies.acls === undefined ? resource : widened(resource, request)
  const isInside = !isCrossAccount && !hasNoAccount(principal)
  const decided = isInside ? decideInside(request, arn, granted) : decideFromOutside(request, arn, granted)
  return { ...decided, isCrossAccount }
}

/** Such callers have no policies of their own. */
function hasNoAccount({ kind }: Caller): boolean {
  return kind === 'anonymous' || kind === 'service' || kind === 'external'
}

/** The account whose principals need no grant: the object's owner where only it decides, otherwise the bucket's. */
function ownerOf({ action, policies: { objectOwner }, resourceAccount }: AccessRequest): string | undefined {
  return objectOwner === undefined || bucketOwnerActions.has(action) ? resourceAccount : objectOwner
}

type Found = { by: PolicyKind; policy: CompiledPolicy; statement: CompiledStatement }

/** Assumed: with several denies AWS names the identity policy first, then boundary, session, resource. */
function findDeny(request: AccessRequest, arn: RequestArn | undefined, isCarvedOut: boolean): Found | undefined {
  const { identity, boundary, session, resource } = request.policies
  const found =
    findIn(identity, 'identity', true, request, arn) ??
    (boundary && findIn([boundary], 'boundary', true, request, arn)) ??
    (session && findIn(session, 'session', true, request, arn))
  if (found !== undefined || resource === undefined || isCarvedOut) return found
  for (const statement of select(resource, request.action).denies) {
    if (reachesPrincipal(statement, request) !== classes.none && applies(statement, arn, request.context)) {
      return { by: 'resource', policy: resource, statement }
    }
  }
  return undefined
}

/** The first statement that applies among policies of the caller's side. */
function findIn(
  policies: readonly CompiledPolicy[],
  by: PolicyKind,
  isDeny: boolean,
  { action, context }: AccessRequest,
  arn: RequestArn | undefined,
): Found | undefined {
  for (const policy of policies) {
    const selection = select(policy, action)
    for (const statement of isDeny ? selection.denies : selection.allows) {
      if (applies(statement, arn, context)) return { by, policy, statement }
    }
  }
  return undefined
}

/** Whether resource and conditions of a statement fit; its action does, by selection. */
export function applies(statement: CompiledStatement, arn: RequestArn | undefined, context: ContextSource): boolean {
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
  found?: Found
  byAcl?: true
}

const noGrant: ResourceGrant = { class: classes.none }

function findResourceAllow(request: AccessRequest, arn: RequestArn | undefined): ResourceGrant {
  const policy = request.policies.resource
  if (policy === undefined) return noGrant
  let best = noGrant
  for (const statement of select(policy, request.action).allows) {
    const reached = reachesPrincipal(statement, request)
    if (reached > best.class && applies(statement, arn, request.context)) {
      best = { class: reached, found: { by: 'resource', policy, statement } }
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

function identityAllow(request: AccessRequest, arn: RequestArn | undefined): Found | undefined {
  return findIn(request.policies.identity, 'identity', false, request, arn)
}

function boundaryAllows(request: AccessRequest, arn: RequestArn | undefined): boolean {
  const { boundary } = request.policies
  return boundary === undefined || findIn([boundary], 'boundary', false, request, arn) !== undefined
}

function sessionAllows(request: AccessRequest, arn: RequestArn | undefined): boolean {
  const { session } = request.policies
  if (session === undefined || session.length === 0) return request.principal.kind !== 'federated'
  return findIn(session, 'session', false, request, arn) !== undefined
}

/** Root has every permission of its account, and so has what root issued, within its session policies. */
function isRootPowered({ principal }: AccessRequest): boolean {
  return (
    principal.kind === 'root' || (principal.kind === 'federated' && principal.issuerArn?.endsWith(':root') === true)
  )
}

type Decided = Omit<Verdict, 'isCrossAccount'>

const missing = (by: PolicyKind): Decided => ({ decision: 'implicitDeny', by })

/** The caller's account owns the resource: either side may allow. */
function decideInside(request: AccessRequest, arn: RequestArn | undefined, resource: ResourceGrant): Decided {
  const isRoot = request.principal.kind === 'root'
  if (resource.class === classes.none && request.policies.isResourceRequired) return missing('resource')
  if (resource.class === classes.direct && !isRoot) return grantedBy(resource)
  const identity = isRootPowered(request) ? { by: 'root' as const } : identityAllow(request, arn)
  const allowed = identity ?? (resource.class === classes.entity ? resource.found : undefined)
  if (allowed === undefined) return missing('identity')
  if (!isRoot && !boundaryAllows(request, arn)) return missing('boundary')
  if (!sessionAllows(request, arn)) return missing('session')
  return { decision: 'allowed', ...allowed }
}

/** Another account's caller needs both sides; one without account has only the resource's. */
function decideFromOutside(request: AccessRequest, arn: RequestArn | undefined, resource: ResourceGrant): Decided {
  const { principal } = request
  if (hasNoAccount(principal)) return resource.class === classes.direct ? grantedBy(resource) : missing('resource')
  if (!isRootPowered(request) && identityAllow(request, arn) === undefined) return missing('identity')
  if (principal.kind !== 'root' && !boundaryAllows(request, arn)) return missing('boundary')
  if (!sessionAllows(request, arn)) return missing('session')
  return resource.class === classes.none ? missing('resource') : grantedBy(resource)
}

function grantedBy({ found, byAcl }: ResourceGrant): Decided {
  return byAcl || found === undefined ? { decision: 'allowed', by: 'acl' } : { decision: 'allowed', ...found }
}
