/**
 * What would turn a denial into permission: the smallest statements, and where they belong. One after the other is tried
 * with the engine itself until the request is allowed, because several policies may have to allow it.
 */
import { parseArn, rootArn } from '../lib/arn.ts'
import { type CompiledPolicy, compilePolicy } from './compile.ts'
import {
  type AccessRequest,
  type ApplicablePolicies,
  bucketOwnerActions,
  decide,
  type PolicyKind,
  type Verdict,
} from './decide.ts'
import { parsePolicy } from './parse.ts'

export interface Remedy {
  /** Where the statement belongs. */
  addTo: PolicyKind
  text: string
  statement?: Record<string, unknown>
}

/** How explanations name a statement: `policy#index (Sid)`. */
export function label(policy: string, statement: { index: number; source: { sid: string | undefined } }): string {
  const { index, source } = statement
  return `${policy}#${index}${source.sid ? ` (${source.sid})` : ''}`
}

/** Identity, boundary, session and resource policy: each can be in the way once. */
const maxRounds = 4

/** All that has to be changed; nothing for what is allowed. */
export function remediesFor(request: AccessRequest, given: Verdict): Remedy[] {
  const remedies: Remedy[] = []
  let current = request
  let verdict = given
  for (let round = 0; round < maxRounds && verdict.decision !== 'allowed'; round++) {
    const found = remediesOf(current, verdict)
    remedies.push(...found)
    const helped = found.reduce(withRemedy, current)
    if (helped === current) break
    current = helped
    verdict = decide(current)
  }
  return remedies
}

function remediesOf(request: AccessRequest, verdict: Verdict): Remedy[] {
  const { principal } = request
  if (verdict.decision === 'explicitDeny') {
    const statement = verdict.statement && label(verdict.policy?.source ?? '', verdict.statement)
    const addTo = verdict.by as PolicyKind
    return [{ addTo, text: `Remove or narrow the Deny statement ${statement}: no Allow overrides it.` }]
  }
  if (verdict.by === 'publicAccessBlock') {
    const text =
      'RestrictPublicBuckets blocks it while the bucket policy is public: confine the policy, or turn that off.'
    return [{ addTo: 'resource', text }]
  }
  const own = { Effect: 'Allow', Action: request.action, Resource: request.resource }
  const kinds: PolicyKind[] =
    verdict.isCrossAccount && verdict.by === 'identity' ? ['identity', 'resource'] : [verdict.by as PolicyKind]
  return kinds.map((addTo) => {
    if (addTo !== 'resource')
      return { addTo, text: `Let the ${addTo} policy of ${principal.arn} allow it.`, statement: own }
    const owner = foreignOwner(request)
    if (owner === undefined) {
      const statement = { ...own, Principal: principalOf(request) }
      return { addTo, text: `Let the policy of ${owned(request)} allow it.`, statement }
    }
    const text = `Let account ${owner}, which owns the object, grant it by the object's ACL, or set Object Ownership to BucketOwnerEnforced.`
    return { addTo, text }
  })
}

/** The account that owns the object, where the bucket's policy does not reach it. */
function foreignOwner({ action, policies: { objectOwner }, resourceAccount }: AccessRequest): string | undefined {
  return objectOwner === resourceAccount || bucketOwnerActions.has(action) ? undefined : objectOwner
}

/** The request as it would be decided with one statement more. */
function withRemedy(request: AccessRequest, { addTo, statement }: Remedy): AccessRequest {
  if (statement === undefined) return request
  const { identity, boundary, session = [], resource } = request.policies
  const changed: Partial<ApplicablePolicies> =
    addTo === 'identity'
      ? { identity: [...identity, added(undefined, statement)] }
      : addTo === 'session'
        ? { session: [...session, added(undefined, statement)] }
        : addTo === 'boundary'
          ? { boundary: added(boundary, statement) }
          : { resource: added(resource, statement) }
  return { ...request, policies: { ...request.policies, ...changed } }
}

/** A policy with a statement more, or one of this statement alone. */
function added(policy: CompiledPolicy | undefined, statement: object): CompiledPolicy {
  const document = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement }))?.document
  const statements = [...(policy?.document.statements ?? []), ...(document?.statements ?? [])]
  return compilePolicy(
    { version: policy?.document.version ?? '2012-10-17', id: undefined, statements },
    { source: policy?.source ?? '' },
  )
}

function owned({ resource }: AccessRequest): string {
  return parseArn(resource)?.resource.split('/', 1)[0] ?? resource
}

function principalOf({ principal }: AccessRequest): unknown {
  if (principal.kind === 'anonymous') return '*'
  if (principal.kind === 'service') return { Service: principal.services?.[0] ?? '' }
  if (principal.kind === 'external') return { Federated: principal.federatedProvider ?? '' }
  if (principal.kind === 'root') return { AWS: rootArn(principal.accountId) }
  return { AWS: principal.issuerArn ?? principal.arn }
}
