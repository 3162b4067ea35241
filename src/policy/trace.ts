/**
 * What each policy and statement said about a request, for explanations, the simulator and the recorder. It asks the same
 * questions as `decide.ts` again, of every statement; a request that nobody wants explained never comes here.
 */
import { requestArn } from './arn-pattern.ts'
import { type CompiledPolicy, type CompiledStatement, coversAction, coversResource } from './compile.ts'
import { conditionHolds } from './conditions.ts'
import { type AccessRequest, type PolicyKind, reachesPrincipal, type Verdict } from './decide.ts'
import type { Condition } from './document.ts'
import { variableNamesIn } from './match.ts'
import { classes } from './principals.ts'

export interface Trace {
  verdict: Verdict
  policies: PolicyTrace[]
  /** Context keys (lower case) that some considered statement asked for and the request did not have. */
  missingKeys: string[]
}

export interface PolicyTrace {
  kind: PolicyKind
  policy: CompiledPolicy
  outcome: 'explicitDeny' | 'allows' | 'noMatch'
  statements: StatementTrace[]
}

export interface StatementTrace {
  statement: CompiledStatement
  /** All of the below: the statement applies to the request. */
  isMatch: boolean
  /** How a resource policy names the caller: none, account, entity or direct; undefined in other policies. */
  principal: keyof typeof classes | undefined
  action: boolean
  resource: boolean
  /** Every condition with what the request had; empty where action or resource did not fit already. */
  conditions: ConditionTrace[]
}

export interface ConditionTrace {
  condition: Condition
  /** Undefined: the key was absent. */
  actual: string | readonly string[] | undefined
  holds: boolean
}

/** Goes through all policies of a decided request. */
export function traceDecision(request: AccessRequest, verdict: Verdict): Trace {
  const { identity, boundary, session, resource } = request.policies
  const missing = new Set<string>()
  const trace = (kind: PolicyKind, policies: readonly CompiledPolicy[]) =>
    policies.map((policy) => tracePolicy(kind, policy, request, missing))
  const policies = [
    ...trace('identity', identity),
    ...trace('boundary', boundary === undefined ? [] : [boundary]),
    ...trace('session', session ?? []),
    ...trace('resource', resource === undefined ? [] : [resource]),
  ]
  return { verdict, policies, missingKeys: [...missing] }
}

function tracePolicy(
  kind: PolicyKind,
  policy: CompiledPolicy,
  request: AccessRequest,
  missing: Set<string>,
): PolicyTrace {
  const hasVariables = policy.document.version === '2012-10-17'
  const statements = policy.statements.map((statement) =>
    traceStatement({ kind, statement, hasVariables }, request, missing),
  )
  const matches = statements.filter(({ isMatch }) => isMatch)
  const isDenied = matches.some(({ statement }) => statement.isDeny)
  return { kind, policy, statements, outcome: isDenied ? 'explicitDeny' : matches.length > 0 ? 'allows' : 'noMatch' }
}

/** A statement in its policy. */
interface Placed {
  kind: PolicyKind
  statement: CompiledStatement
  /** The version of the policy knows variables. */
  hasVariables: boolean
}

function traceStatement(
  { kind, statement, hasVariables }: Placed,
  request: AccessRequest,
  missing: Set<string>,
): StatementTrace {
  const { context } = request
  const reached = kind === 'resource' ? reachesPrincipal(statement, request) : undefined
  const action = coversAction(statement, request.action.toLowerCase())
  const resource = coversResource(statement, requestArn(request.resource), context)
  if (action && hasVariables) noteMissing(variableKeys(statement), request, missing)
  const isConsidered = action && resource && reached !== classes.none
  const conditions = isConsidered ? traceConditions(statement, request, missing) : []
  return {
    statement,
    isMatch: isConsidered && conditions.every(({ holds }) => holds),
    principal: reached === undefined ? undefined : nameOfClass(reached),
    action,
    resource,
    conditions,
  }
}

function traceConditions(
  { conditions }: CompiledStatement,
  request: AccessRequest,
  missing: Set<string>,
): ConditionTrace[] {
  return conditions.map((condition) => {
    noteMissing([condition.key], request, missing)
    const actual = request.context.get(condition.key)
    return { condition: condition.source, actual, holds: conditionHolds(condition, request.context) }
  })
}

function variableKeys({ source }: CompiledStatement): string[] {
  return [
    ...(source.resource?.values ?? []).flatMap(variableNamesIn),
    ...source.conditions.flatMap(({ values }) => values.flatMap(variableNamesIn)),
  ]
}

function noteMissing(keys: readonly string[], { context }: AccessRequest, missing: Set<string>): void {
  for (const name of keys) {
    const key = name.toLowerCase()
    if (context.get(key) === undefined) missing.add(key)
  }
}

function nameOfClass(reached: number): keyof typeof classes {
  return (Object.keys(classes) as (keyof typeof classes)[]).find((name) => classes[name] === reached) ?? 'none'
}
