/**
 * A decision told to a person: who asked for what, what every policy said, what decided, and the smallest statement that
 * would change a denial. Plain data, ready for JSON.
 */
import { parseArn, rootArn } from '../lib/arn.ts'
import type { AccessRequest, PolicyKind, Verdict } from './decide.ts'
import { denialMessage, type MessageOptions } from './message.ts'
import type { PolicyTrace, StatementTrace, Trace } from './trace.ts'

export interface Explanation {
  principal: string
  action: string
  resource: string
  decision: Verdict['decision']
  decidedBy: Verdict['by']
  /** The deciding statement, as `policy#index (Sid)`. */
  statement?: string
  /** Of a denial: AWS's message. */
  message?: string
  /** Soft mode let it pass all the same. */
  isTolerated?: boolean
  policies: PolicyExplanation[]
  /** What bears on it beside policies. */
  notes: string[]
  /** What would allow the request; more than one entry when both accounts have to. */
  remedies: Remedy[]
}

export interface PolicyExplanation {
  kind: PolicyKind
  policy: string
  outcome: PolicyTrace['outcome']
  statements: { statement: string; effect: 'Allow' | 'Deny'; matched: boolean; why: string }[]
}

export interface Remedy {
  /** Where the statement belongs. */
  addTo: PolicyKind
  text: string
  statement?: Record<string, unknown>
}

/** @see Trace for what `trace` holds. */
export function explain(request: AccessRequest, trace: Trace, options: MessageOptions = {}): Explanation {
  const { verdict } = trace
  const { principal } = request
  const isDenied = verdict.decision !== 'allowed'
  return {
    principal: principal.arn || principal.kind,
    action: request.action,
    resource: request.resource,
    decision: verdict.decision,
    decidedBy: verdict.by,
    ...(verdict.policy && verdict.statement ? { statement: label(verdict.policy.source, verdict.statement) } : {}),
    ...(isDenied ? { message: denialMessage(request, verdict, options) } : {}),
    policies: trace.policies.map(explainPolicy),
    notes: [],
    remedies: isDenied ? remediesFor(request, trace) : [],
  }
}

function label(policy: string, { index, source }: { index: number; source: { sid: string | undefined } }): string {
  return `${policy}#${index}${source.sid ? ` (${source.sid})` : ''}`
}

function explainPolicy({ kind, policy, outcome, statements }: PolicyTrace): PolicyExplanation {
  return {
    kind,
    policy: policy.source,
    outcome,
    statements: statements.map((traced) => ({
      statement: label(policy.source, traced.statement),
      effect: traced.statement.isDeny ? 'Deny' : 'Allow',
      matched: traced.isMatch,
      why: why(traced),
    })),
  }
}

/** The first thing that did not fit, or how it fitted. */
function why({ action, resource, principal, conditions, isMatch, statement }: StatementTrace): string {
  const { source } = statement
  if (principal === 'none') return 'the principal is not named'
  if (!action) return `the action is not covered by ${list(source.action?.values)}`
  if (!resource) return `the resource is not covered by ${list(source.resource?.values)}`
  const failed = conditions.find(({ holds }) => !holds)
  if (failed === undefined) return isMatch ? 'principal, action, resource and conditions match' : 'it does not apply'
  const { condition, actual } = failed
  const had = actual === undefined ? 'absent' : JSON.stringify(actual)
  return `${condition.operatorText} ${condition.key} wants ${list(condition.values)}; the request has ${had}`
}

const list = (values: readonly string[] | undefined) => JSON.stringify(values ?? [])

function remediesFor(request: AccessRequest, { verdict }: Trace): Remedy[] {
  const { principal, action } = request
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
  const own = { Effect: 'Allow', Action: action, Resource: request.resource }
  const kinds: PolicyKind[] =
    verdict.isCrossAccount && verdict.by === 'identity' ? ['identity', 'resource'] : [verdict.by as PolicyKind]
  return kinds.map((addTo) =>
    addTo === 'resource'
      ? {
          addTo,
          text: `Let the policy of ${owned(request)} allow it.`,
          statement: { ...own, Principal: principalOf(request) },
        }
      : { addTo, text: `Let the ${addTo} policy of ${principal.arn} allow it.`, statement: own },
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
