/** One simulation after its input was read: what the live evaluator says of each action on each resource. */
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import type { EvaluationResult, ResourceSpecificResult, Statement } from '../../model/iam.types.gen.ts'
import { s3Actions } from '../../policy/actions.ts'
import type { CompiledPolicy, CompiledStatement } from '../../policy/compile.ts'
import type { ContextSource } from '../../policy/context-source.ts'
import { type AccessRequest, decide, type PolicyKind, type Verdict } from '../../policy/decide.ts'
import { positionOf } from '../../policy/json.ts'
import type { Caller } from '../../policy/principals.ts'
import { type Trace, traceDecision } from '../../policy/trace.ts'
import type { SimulatedPolicy } from './simulation-policies.ts'

export interface Simulation {
  principal: Caller
  context: ContextSource
  identity: readonly SimulatedPolicy[]
  boundary: SimulatedPolicy | undefined
  resourcePolicy: SimulatedPolicy | undefined
  /** Account id of the resources' owner. */
  resourceOwner: string
  /** ARNs, or `*` alone. */
  resources: readonly string[]
  /** Service control policies, from the organization's root down: each level must allow. Undefined: no organization. */
  levels: readonly (readonly SimulatedPolicy[])[] | undefined
  /** Context keys of the policies, as answers spell them, by their lower case. */
  keyNames: ReadonlyMap<string, string>
}

type Decision = Verdict['decision']
const gravity: readonly Decision[] = ['allowed', 'implicitDeny', 'explicitDeny']
const worst = (decisions: readonly Decision[]): Decision =>
  gravity[Math.max(0, ...decisions.map((decision) => gravity.indexOf(decision)))] ?? 'implicitDeny'

interface Outcome {
  resource: string
  decision: Decision
  matched: Statement[]
  missing: string[]
  byBoundary: boolean | undefined
  byOrganizations: boolean | undefined
  /** By type of policy; empty inside one account. */
  details: Record<string, Decision>
}

/** What an action answers on all resources together, and on each. @param pause is waited for between two of them */
export async function evaluateAction(
  simulation: Simulation,
  action: string,
  pause: () => MaybePromise<void>,
): Promise<EvaluationResult> {
  const outcomes: Outcome[] = []
  for (const resource of simulation.resources) {
    await pause()
    outcomes.push(evaluate(simulation, action, resource))
  }
  const isEverything = simulation.resources.every((resource) => resource === '*')
  const decided = outcomes.map(({ decision }) => decision)
  const organizations = whole(outcomes.map(({ byOrganizations }) => byOrganizations))
  return {
    EvalActionName: action,
    EvalResourceName: outcomes.length === 1 ? outcomes[0]?.resource : templateOf(action),
    EvalDecision: worst(decided),
    MatchedStatements: unique(outcomes.flatMap(({ matched }) => matched)),
    // Of single resources the missing keys are below.
    MissingContextValues: isEverything ? [...new Set(outcomes.flatMap(({ missing }) => missing))] : [],
    ...(organizations !== undefined && { OrganizationsDecisionDetail: { AllowedByOrganizations: organizations } }),
    ...boundaryDetail(whole(outcomes.map(({ byBoundary }) => byBoundary))),
    ...((!isEverything || isCrossAccount(simulation)) && { EvalDecisionDetails: together(outcomes) }),
    ...(!isEverything && { ResourceSpecificResults: outcomes.map((one) => resultOf(one, simulation)) }),
  }
}

const isCrossAccount = ({ principal, resourceOwner }: Simulation): boolean => principal.accountId !== resourceOwner

function resultOf(outcome: Outcome, simulation: Simulation): ResourceSpecificResult {
  return {
    EvalResourceName: outcome.resource,
    EvalResourceDecision: outcome.decision,
    MatchedStatements: outcome.matched,
    MissingContextValues: outcome.missing,
    ...(isCrossAccount(simulation) && { EvalDecisionDetails: outcome.details }),
    ...boundaryDetail(outcome.byBoundary),
  }
}

const boundaryDetail = (isAllowed: boolean | undefined) =>
  isAllowed === undefined ? {} : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: isAllowed } }

const whole = (answers: readonly (boolean | undefined)[]): boolean | undefined =>
  answers.includes(undefined) ? undefined : !answers.includes(false)

function together(outcomes: readonly Outcome[]): Record<string, string> {
  const types = new Set(outcomes.flatMap(({ details }) => Object.keys(details)))
  return Object.fromEntries(
    [...types].map((type) => [type, worst(outcomes.flatMap(({ details }) => details[type] ?? []))]),
  )
}

/** Observed: of several resources the name is the pattern of the action's resource type (published answers for s3:GetObject). */
function templateOf(action: string): string {
  const lower = action.toLowerCase()
  const about = s3Actions.find(({ name }) => name.toLowerCase() === lower)?.on
  if (about === 'object') return `arn:aws:s3:::\${BucketName}/\${KeyName}`
  // Assumed: other services, whose resource types are not known here, answer for everything.
  return about === 'bucket' ? `arn:aws:s3:::\${BucketName}` : '*'
}

function evaluate(simulation: Simulation, action: string, resource: string): Outcome {
  const { identity, boundary, levels } = simulation
  // Observed: the simulator leaves trust policies out of sts:Assume* (aws/aws-cli issue 10314).
  const resourcePolicy = /^sts:assume/i.test(action) ? undefined : simulation.resourcePolicy
  const request: AccessRequest = {
    principal: simulation.principal,
    action,
    resource,
    resourceAccount: simulation.resourceOwner,
    context: simulation.context,
    policies: {
      identity: identity.map(({ compiled }) => compiled),
      boundary: boundary?.compiled,
      resource: resourcePolicy?.compiled,
    },
  }
  const verdict = decide(request)
  const trace = traceDecision(request, verdict)
  const organizations = levels?.map((level) => decideLevel(request, level))
  const sources = [...(resourcePolicy ? [resourcePolicy] : []), ...identity, ...(boundary ? [boundary] : [])]
  return {
    resource,
    decision: worst([verdict.decision, ...(organizations ?? [])]),
    matched: matchedStatements(trace, sources),
    missing: trace.missingKeys.map((key) => simulation.keyNames.get(key) ?? key),
    byBoundary: boundary && trace.policies.some(({ kind, outcome }) => kind === 'boundary' && outcome === 'allows'),
    byOrganizations: organizations?.every((decision) => decision === 'allowed'),
    details: isCrossAccount(simulation) ? detailsOf(trace) : {},
  }
}

/** One level of an organization: its policies allow as identity policies do. */
function decideLevel(request: AccessRequest, level: readonly SimulatedPolicy[]): Decision {
  const policies = { identity: level.map(({ compiled }) => compiled) }
  return decide({ ...request, resourceAccount: request.principal.accountId, policies }).decision
}

function detailsOf({ policies }: Trace): Record<string, Decision> {
  const of = (wanted: PolicyKind): Decision => {
    const outcomes = policies.flatMap(({ kind, outcome }) => (kind === wanted ? [outcome] : []))
    if (outcomes.includes('explicitDeny')) return 'explicitDeny'
    return outcomes.includes('allows') ? 'allowed' : 'implicitDeny'
  }
  return { 'IAM Policy': of('identity'), 'Resource Policy': of('resource') }
}

const order: readonly PolicyKind[] = ['resource', 'identity', 'boundary']

/**
 * The statements that settle what each kind of policy says: its denies where it denies, otherwise its allows.
 * Observed: a deny of the resource policy comes with, and before, the allow of an identity policy (published answers).
 * Assumed: a boundary shows its denies only, because its allows grant nothing.
 */
function matchedStatements({ policies }: Trace, sources: readonly SimulatedPolicy[]): Statement[] {
  return order.flatMap((wanted) => {
    const ofKind = policies.filter(({ kind }) => kind === wanted)
    const isDenied = ofKind.some(({ outcome }) => outcome === 'explicitDeny')
    if (wanted === 'boundary' && !isDenied) return []
    return ofKind.flatMap(({ policy, statements }) =>
      statements.flatMap(({ isMatch, statement }) =>
        isMatch && statement.isDeny === isDenied ? referenceTo(policy, statement, sources) : [],
      ),
    )
  })
}

function referenceTo(
  policy: CompiledPolicy,
  { source }: CompiledStatement,
  all: readonly SimulatedPolicy[],
): Statement[] {
  const found = all.find(({ compiled }) => compiled === policy)
  if (found === undefined) return []
  const { id, type, text } = found
  const start = positionOf(text, startOf(text, source.start))
  const end = positionOf(text, source.end)
  return [
    {
      SourcePolicyId: id,
      SourcePolicyType: type,
      StartPosition: { Line: start.line, Column: start.column },
      EndPosition: { Line: end.line, Column: end.column },
    },
  ]
}

/**
 * Where AWS says that a statement begins. Observed: a statement that is no list begins behind its brace (recorded by
 * LocalStack's suite), the first of a list at its brace, and a later one at the comma before it (published answers).
 */
function startOf(text: string, start: number): number {
  if (text[start - 1] === ',') return start - 1
  return text.slice(0, start).trimEnd().endsWith(':') ? start + 1 : start
}

function unique(statements: readonly Statement[]): Statement[] {
  return [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()]
}
