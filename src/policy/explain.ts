/**
 * A decision told to a person: who asked for what, what every policy said, what decided, and the smallest statement that
 * would change a denial. Plain data, ready for JSON.
 */
import type { AccessRequest, PolicyKind, Verdict } from './decide.ts'
import { notesOn } from './explain-notes.ts'
import { denialMessage, type MessageOptions } from './message.ts'
import { label, type Remedy, remediesFor } from './remedies.ts'
import type { ConditionTrace, PolicyTrace, StatementTrace, Trace } from './trace.ts'

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
  /** What would allow the request: all of them together, because several policies may have to. */
  remedies: Remedy[]
}

export interface PolicyExplanation {
  kind: PolicyKind
  policy: string
  outcome: PolicyTrace['outcome']
  statements: StatementExplanation[]
}

export interface StatementExplanation {
  statement: string
  effect: 'Allow' | 'Deny'
  matched: boolean
  /** The first thing that did not fit, or that all did. */
  why: string
  /** Where action and resource fit: every condition, with what the request had. */
  conditions?: ConditionExplanation[]
}

export interface ConditionExplanation {
  /** With quantifier and IfExists. */
  operator: string
  key: string
  wanted: readonly string[]
  /** Null: the key was absent. */
  actual: string | readonly string[] | null
  holds: boolean
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
    notes: notesOn(request, trace),
    remedies: remediesFor(request, verdict),
  }
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
      ...(traced.conditions.length > 0 && { conditions: traced.conditions.map(explainCondition) }),
    })),
  }
}

const explainCondition = ({ condition, actual, holds }: ConditionTrace): ConditionExplanation => ({
  operator: condition.operatorText,
  key: condition.key,
  wanted: condition.values,
  actual: actual ?? null,
  holds,
})

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
