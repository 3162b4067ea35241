/**
 * What would turn a denial into permission: what to send instead where only conditions are in the way, otherwise the
 * smallest statements, and where they belong. One after the other is tried with the engine itself until the request is
 * allowed, because several policies may have to allow it.
 */
import { parseArn, rootArn } from '../lib/arn.ts'
import { requestArn } from './arn-pattern.ts'
import { type CompiledPolicy, type CompiledStatement, compilePolicy, coversAction, coversResource } from './compile.ts'
import { adviceOnKey } from './condition-advice.ts'
import { type KeyValue, valueFor } from './condition-values.ts'
import { type CompiledCondition, conditionHolds } from './conditions.ts'
import { overlay } from './context-source.ts'
import {
  type AccessRequest,
  type ApplicablePolicies,
  reachesForeignObjects,
  decide,
  type PolicyKind,
  reachesPrincipal,
  type Verdict,
} from './decide.ts'
import { variableNamesIn } from './match.ts'
import { parsePolicy } from './parse.ts'
import { classes } from './principals.ts'

export interface Remedy {
  /** Where the change belongs; undefined where the request is what should change. */
  addTo?: PolicyKind
  /** What to do, in one or more sentences. */
  text: string
  /** To be added to that policy. */
  statement?: Record<string, unknown>
  /** The policy that should say `"Version": "2012-10-17"`. */
  setVersion?: string
  /** What is told first is enough by itself; those after it, together, are another way. */
  isEnough?: boolean
  /** Values of context keys that the request should have; null: none. */
  send?: Record<string, string | readonly string[] | null>
}

/** How explanations name a statement: `policy#index (Sid)`. */
export function label(policy: string, statement: { index: number; source: { sid: string | undefined } }): string {
  const { index, source } = statement
  return `${policy}#${index}${source.sid ? ` (${source.sid})` : ''}`
}

/** A remedy, and the request as it would be decided with it; the same request where nothing can be tried. */
interface Tried {
  remedy: Remedy
  /** What is enough by itself. */
  instead?: Remedy
  after: AccessRequest
}

/** Each kind of policy can be in the way by an Allow that is missing and by a Deny. */
const maxRounds = 8

/** All that has to be changed; nothing for what is allowed. */
export function remediesFor(request: AccessRequest, given: Verdict): Remedy[] {
  const remedies: Remedy[] = []
  let current = request
  let verdict = given
  for (let round = 0; round < maxRounds && verdict.decision !== 'allowed'; round++) {
    const { remedy, instead, after } = remedyOf(current, verdict)
    // What an anonymous caller is told of statements names this already.
    if (verdict.by === 'publicAccessBlock' && remedies.some(({ isEnough }) => isEnough)) break
    if (instead !== undefined && round === 0) remedies.push(instead)
    remedies.push(remedy)
    if (after === current) break
    current = after
    verdict = decide(current)
  }
  return remedies
}

function remedyOf(request: AccessRequest, verdict: Verdict): Tried {
  if (verdict.by === 'publicAccessBlock') {
    const text =
      'RestrictPublicBuckets blocks it while the policy of the bucket is public. Let that policy name accounts instead of everybody, or turn RestrictPublicBuckets off (PutPublicAccessBlock).'
    return { remedy: { addTo: 'resource', text }, after: request }
  }
  if (verdict.decision === 'explicitDeny') return remedyOfDeny(request, verdict)
  const kind = verdict.by as PolicyKind
  return withVersion(request, verdict) ?? sendInstead(request, kind) ?? allow(request, kind)
}

function remedyOfDeny(request: AccessRequest, verdict: Verdict): Tried {
  const { policy, statement } = verdict
  const kind = verdict.by as PolicyKind
  const name = statement && label(policy?.source ?? '', statement)
  const better = withVersion(request, verdict) ?? (statement && escapeDeny(request, statement, `${name}`))
  if (better !== undefined) return better
  const text = `Remove or narrow the Deny statement ${name}: no Allow overrides it.`
  const after = policy && statement ? replaced(request, kind, policy, without(policy, statement)) : request
  return { remedy: { addTo: kind, text }, after }
}

/** Values that would keep a Deny from applying, chosen by the caller: it applies only while all its conditions hold. */
function escapeDeny(request: AccessRequest, { conditions }: CompiledStatement, name: string): Tried | undefined {
  for (const condition of conditions) {
    const found = valueFor([condition], request.context, false)
    if (found === undefined) continue
    const { key } = condition.source
    const actual = request.context.get(condition.key)
    const advice = adviceOnKey({ key, value: found.value, actual })
    if (!advice.isCallers) continue
    const text = `The Deny statement ${name} applies because ${key} is ${shown(actual)}. ${advice.text}`
    return {
      remedy: { text, send: { [key]: found.value ?? null } },
      after: withValues(request, { [condition.key]: found.value }),
    }
  }
  return undefined
}

const policiesOf = ({ policies }: AccessRequest, kind: PolicyKind): readonly CompiledPolicy[] => {
  const { identity, boundary, session = [], resource } = policies
  if (kind === 'identity') return identity
  if (kind === 'session') return session
  const one = kind === 'boundary' ? boundary : resource
  return one === undefined ? [] : [one]
}

/** A policy whose variables are only text, because it has not the version that knows them. */
export function hasPlainVariables({ document: { version, statements = [] } }: CompiledPolicy): boolean {
  if (version === '2012-10-17') return false
  return statements.some(({ resource, conditions }) =>
    [...(resource?.values ?? []), ...conditions.flatMap(({ values }) => values)].some(
      (value) => variableNamesIn(value).length > 0,
    ),
  )
}

/** Where the version alone is what a policy lacks. */
function withVersion(request: AccessRequest, verdict: Verdict): Tried | undefined {
  const kind = verdict.by as PolicyKind
  for (const policy of policiesOf(request, kind)) {
    if (!hasPlainVariables(policy)) continue
    const { document, source } = policy
    const newer = compilePolicy({ ...document, version: '2012-10-17' }, { source })
    const after = replaced(request, kind, policy, newer)
    const { decision, by } = decide(after)
    if (decision === verdict.decision && by === verdict.by) continue
    const has = document.version === undefined ? 'no Version' : `the Version ${document.version}`
    const text = `Put "Version": "2012-10-17" into the policy ${source}: it has ${has}, so that \${...} in it is plain text and no variable.`
    return { remedy: { addTo: kind, text, setVersion: source }, after }
  }
  return undefined
}

/** What an Allow statement lacks whose conditions alone do not hold. */
interface NearMiss {
  name: string
  /** By key as written. */
  wanted: Map<string, { value: KeyValue; lacks: string; advice: string }>
  isCallers: boolean
  /** No value of a key meets all its conditions. */
  isImpossible: boolean
}

/** What to send where an Allow covers the request in all but its conditions. */
function sendInstead(request: AccessRequest, kind: PolicyKind): Tried | undefined {
  const found = policiesOf(request, kind)
    .flatMap((policy) => policy.statements.map((statement) => nearMiss(request, kind, policy, statement)))
    .filter((miss) => miss !== undefined)
    .sort(
      (a, b) =>
        Number(a.isImpossible) - Number(b.isImpossible) ||
        Number(b.isCallers) - Number(a.isCallers) ||
        a.wanted.size - b.wanted.size,
    )[0]
  if (found === undefined) return undefined
  if (found.isImpossible) {
    const text = `The statement ${found.name} would allow it, but no request can meet its conditions: change them.`
    return { remedy: { addTo: kind, text }, after: request }
  }
  const all = [...found.wanted.values()]
  const lacks = all.map((one) => one.lacks).join(', and ')
  const advice = all.map((one) => one.advice).join(' ')
  const text = `The statement ${found.name} would allow it, but ${lacks}. ${advice}`
  const send = Object.fromEntries([...found.wanted].map(([key, { value }]) => [key, value ?? null]))
  const values = Object.fromEntries([...found.wanted].map(([key, { value }]) => [key.toLowerCase(), value]))
  return { remedy: { text, send }, after: withValues(request, values) }
}

function nearMiss(
  request: AccessRequest,
  kind: PolicyKind,
  { source }: CompiledPolicy,
  statement: CompiledStatement,
): NearMiss | undefined {
  const { context, action, resource } = request
  if (statement.isDeny || !coversAction(statement, action.toLowerCase())) return undefined
  if (!coversResource(statement, requestArn(resource), context)) return undefined
  if (kind === 'resource' && reachesPrincipal(statement, request) === classes.none) return undefined
  const byKey = groupByKey(statement.conditions)
  const miss: NearMiss = { name: label(source, statement), wanted: new Map(), isCallers: true, isImpossible: false }
  for (const [lowerKey, conditions] of byKey) {
    if (conditions.every((condition) => conditionHolds(condition, context))) continue
    const found = valueFor(conditions, context, true)
    const key = conditions[0]?.source.key ?? lowerKey
    if (found === undefined) return { ...miss, isImpossible: true }
    const actual = context.get(lowerKey)
    const advice = adviceOnKey({ key, value: found.value, actual })
    const failed = conditions.filter((condition) => !conditionHolds(condition, context))
    const wants = failed.map(({ source: { operatorText, values } }) => `${operatorText} ${JSON.stringify(values)}`)
    const lacks = `${key} has to be ${wants.join(' and ')} and is ${shown(actual)}`
    miss.wanted.set(key, { value: found.value, lacks, advice: advice.text })
    miss.isCallers &&= advice.isCallers
  }
  return miss.wanted.size === 0 ? undefined : miss
}

function groupByKey(conditions: readonly CompiledCondition[]): Map<string, CompiledCondition[]> {
  const groups = new Map<string, CompiledCondition[]>()
  for (const condition of conditions) groups.set(condition.key, [...(groups.get(condition.key) ?? []), condition])
  return groups
}

const shown = (value: KeyValue): string => (value === undefined ? 'absent' : JSON.stringify(value))

/** The smallest statement that allows it. */
function allow(request: AccessRequest, kind: PolicyKind): Tried {
  const { principal, policies } = request
  const own = { Effect: 'Allow', Action: request.action, Resource: escapeArn(request.resource) }
  if (kind === 'resource' && policies.isResourceRequired) {
    const { Effect, Action } = own
    const statement = { Effect, Principal: principalOf(request), Action }
    const text = `Add this statement to the trust policy of ${request.resource}.`
    return adding(request, kind, text, statement)
  }
  if (kind === 'resource') return allowByBucket(request, own)
  const who = nameOf(request)
  const texts: Record<Exclude<PolicyKind, 'resource'>, string> = {
    identity: `Add this statement to a policy of ${who}.`,
    boundary: `Add this statement to the permissions boundary of ${who}: what a boundary does not allow, no other policy can.`,
    session: `Make the session ${principal.arn} with this statement in its session policy: a session has no more than that allows.`,
  }
  return adding(request, kind, texts[kind], own)
}

function allowByBucket(request: AccessRequest, own: Record<string, unknown>): Tried {
  const owner = foreignOwner(request)
  if (owner !== undefined) {
    const text = `Let account ${owner}, which owns the object, grant it by the object's ACL, or set Object Ownership to BucketOwnerEnforced.`
    return { remedy: { addTo: 'resource', text }, after: request }
  }
  const statement = { ...own, Principal: principalOf(request) }
  const where = `add this statement to the policy of ${owned(request)}.`
  if (request.principal.kind !== 'anonymous') return adding(request, 'resource', capital(where), statement)
  const text = `To let everybody do it: switch off BlockPublicPolicy and RestrictPublicBuckets of the bucket and its account, then ${where}`
  return { ...adding(request, 'resource', text, statement), instead: { text: 'Sign the request.', isEnough: true } }
}

/** An escaped character is a variable, which older versions do not know. */
function adding(request: AccessRequest, kind: PolicyKind, text: string, statement: Record<string, unknown>): Tried {
  const isEscaped = String(statement.Resource ?? '').includes('${')
  const version = isEscaped ? ' It needs "Version": "2012-10-17" in its policy.' : ''
  return {
    remedy: { addTo: kind, text: text + version, statement },
    after: withStatement(request, kind, statement),
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The caller as people name it: `user alice`. */
function nameOf({ principal }: AccessRequest): string {
  const arn = parseArn(principal.issuerArn ?? principal.arn)
  const [kind = '', ...rest] = arn?.resource.split('/') ?? []
  if (kind === 'user' || kind === 'role') return `${kind} ${rest.at(-1)}`
  return principal.issuerArn ?? principal.arn
}

/** The account that owns the object, where the bucket's policy does not reach it. */
function foreignOwner({ action, policies: { objectOwner }, resourceAccount }: AccessRequest): string | undefined {
  return objectOwner === resourceAccount || reachesForeignObjects(action) ? undefined : objectOwner
}

/**
 * A resource as a pattern that means it alone.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
 */
export function escapeArn(resource: string): string {
  if (resource === '*' || resource === 'arn:aws:s3:::*') return resource
  return resource.replace(/[*?]|\$(?=\{)/g, (char) => `\${${char}}`)
}

function withValues(request: AccessRequest, values: Readonly<Record<string, KeyValue>>): AccessRequest {
  return { ...request, context: overlay(request.context, values) }
}

/** The request as it would be decided with one statement more. */
function withStatement(request: AccessRequest, kind: PolicyKind, statement: object): AccessRequest {
  const { identity, boundary, session = [], resource } = request.policies
  const changed: Partial<ApplicablePolicies> =
    kind === 'identity'
      ? { identity: [...identity, added(undefined, statement)] }
      : kind === 'session'
        ? { session: [...session, added(undefined, statement)] }
        : kind === 'boundary'
          ? { boundary: added(boundary, statement) }
          : { resource: added(resource, statement) }
  return { ...request, policies: { ...request.policies, ...changed } }
}

/** The request with one of its policies exchanged. */
function replaced(request: AccessRequest, kind: PolicyKind, old: CompiledPolicy, by: CompiledPolicy): AccessRequest {
  const { identity, session } = request.policies
  const swap = (list: readonly CompiledPolicy[]) => list.map((policy) => (policy === old ? by : policy))
  const changed: Partial<ApplicablePolicies> =
    kind === 'identity'
      ? { identity: swap(identity) }
      : kind === 'session'
        ? { session: swap(session ?? []) }
        : { [kind]: by }
  return { ...request, policies: { ...request.policies, ...changed } }
}

function without(policy: CompiledPolicy, { index }: CompiledStatement): CompiledPolicy {
  return { ...policy, statements: policy.statements.filter((statement) => statement.index !== index) }
}

/** A policy with a statement more, or one of this statement alone. */
function added(policy: CompiledPolicy | undefined, statement: object): CompiledPolicy {
  const document = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement }))?.document
  const more = compilePolicy(document ?? { version: undefined, id: undefined, statements: [] }, { source: '' })
  if (policy === undefined) return more
  const statements = [...policy.statements, ...more.statements]
  return { ...policy, statements, isPublic: policy.isPublic || more.isPublic }
}

function owned({ resource }: AccessRequest): string {
  const name = parseArn(resource)?.resource.split('/', 1)[0] ?? resource
  return resource.startsWith('arn:aws:s3:::') ? `bucket ${name}` : name
}

function principalOf({ principal }: AccessRequest): unknown {
  if (principal.kind === 'anonymous') return '*'
  if (principal.kind === 'service') return { Service: principal.services?.[0] ?? '' }
  if (principal.kind === 'external') return { Federated: principal.federatedProvider ?? '' }
  if (principal.kind === 'root') return { AWS: rootArn(principal.accountId) }
  return { AWS: principal.issuerArn ?? principal.arn }
}
