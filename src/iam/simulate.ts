/** The policy simulator: what policies would allow, and which context keys they ask for. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html */
import type { Ctx } from '../context.ts'
import { parseArn } from '../lib/arn.ts'
import { pauses } from '../lib/pauses.ts'
import type {
  ContextEntry,
  EvaluationResult,
  IamHandlers,
  SimulateCustomPolicyRequest,
  SimulatePolicyResponse,
  SimulatePrincipalPolicyRequest,
} from '../model/iam.types.gen.ts'
import { contextKeysIn } from '../policy/context-keys.ts'
import { type ContextSource, contextOf } from '../policy/context-source.ts'
import type { Caller } from '../policy/principals.ts'
import { uniqueIdIn } from './lib/unique-id.ts'
import { pageOf } from './lib/page.ts'
import { evaluateAction, type Simulation } from './lib/simulation.ts'
import {
  boundaryOfSource,
  entityIn,
  invalidInput,
  policiesOfInput,
  policiesOfSource,
  requireSource,
  resourcePolicyOfInput,
  type SimulatedPolicy,
  withoutExcluded,
} from './lib/simulation-policies.ts'

/** Evaluations in one answer. A page ends before MaxItems when there are many resources, as AWS allows itself to. */
const maxEvaluations = 10_000

export const simulate = {
  async SimulateCustomPolicy(input, ctx) {
    const levels = input.OrderedOrganizationPolicyInputList?.map(({ ServiceControlPolicyInputList }) =>
      policiesOfInput(ServiceControlPolicyInputList, 'ServiceControlPolicyInputList'),
    )
    const side = { identity: policiesOfInput(input.PolicyInputList), boundary: boundaryOfInput(input), levels }
    return answer(input, await prepare(input, ctx, side, input.CallerArn))
  },

  async SimulatePrincipalPolicy(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const source = requireSource(account, input.PolicySourceArn)
    const attached = withoutExcluded(policiesOfSource(account, source), input.PolicyExclusionList)
    const isInOrganization = ctx.config.accounts.find(({ id }) => id === account.id)?.organization !== undefined
    const [boundary] = withoutExcluded([boundaryOfSource(account, source) ?? []].flat(), input.PolicyExclusionList)
    const side = {
      identity: [...attached, ...policiesOfInput(input.PolicyInputList)],
      boundary: boundaryOfInput(input) ?? boundary,
      // An organization has no policies here, and so allows all. Observed: AWS says so (recorded by LocalStack's suite).
      levels: isInOrganization ? [] : undefined,
    }
    const callerArn = input.CallerArn ?? (source.kind === 'user' ? source.arn : undefined)
    return answer(input, await prepare(input, ctx, side, callerArn))
  },

  GetContextKeysForCustomPolicy(input) {
    return { ContextKeyNames: contextKeysOf(policiesOfInput(input.PolicyInputList)) }
  },

  async GetContextKeysForPrincipalPolicy(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const attached = policiesOfSource(account, requireSource(account, input.PolicySourceArn))
    return { ContextKeyNames: contextKeysOf([...attached, ...policiesOfInput(input.PolicyInputList)]) }
  },
} satisfies Partial<IamHandlers>

function contextKeysOf(policies: readonly SimulatedPolicy[]): string[] {
  return [...keyNamesIn(policies).values()]
}

function keyNamesIn(policies: readonly SimulatedPolicy[]): Map<string, string> {
  const names = policies.flatMap(({ compiled }) => contextKeysIn(compiled.document))
  return new Map(names.map((name) => [name.toLowerCase(), name]))
}

type Request = SimulateCustomPolicyRequest | SimulatePrincipalPolicyRequest

async function answer(
  { ActionNames, MaxItems = 100, Marker }: Request,
  simulation: Simulation,
): Promise<SimulatePolicyResponse> {
  const mostActions = Math.max(1, Math.floor(maxEvaluations / simulation.resources.length))
  const numbered = ActionNames.map((action, index) => ({ action, index }))
  const page = { Marker, MaxItems: Math.min(MaxItems, mostActions) }
  const { items, more } = pageOf(numbered, page, ({ action, index }) => `${index} ${action}`)
  const EvaluationResults: EvaluationResult[] = []
  // Others get their turn in between: a long simulation must not hold up the server.
  const pause = pauses()
  for (const { action } of items) EvaluationResults.push(await evaluateAction(simulation, action, pause))
  return { EvaluationResults, ...more }
}

function boundaryOfInput({ PermissionsBoundaryPolicyInputList: texts }: Request): SimulatedPolicy | undefined {
  if (texts !== undefined && texts.length > 1) {
    // Assumed: the words; that only one is taken is documented.
    throw invalidInput('PermissionsBoundaryPolicyInputList must not contain more than one policy.')
  }
  return policiesOfInput(texts, 'PermissionsBoundaryPolicyInputList')[0]
}

type CallerSide = Pick<Simulation, 'identity' | 'boundary' | 'levels'>

async function prepare(input: Request, ctx: Ctx, side: CallerSide, callerArn: string | undefined): Promise<Simulation> {
  input.ActionNames.forEach(checkAction)
  const resources = input.ResourceArns?.length ? input.ResourceArns : ['*']
  resources.forEach(checkResource)
  const principal = await callerOf(ctx, callerArn)
  // Observed: for roles (published error of SimulatePrincipalPolicy). Assumed: for calls without any caller too.
  if (input.ResourcePolicy !== undefined && callerArn === undefined) {
    throw invalidInput('Invalid caller - Caller must be an IAM user in this context.')
  }
  const resourcePolicy = input.ResourcePolicy === undefined ? undefined : resourcePolicyOfInput(input.ResourcePolicy)
  return {
    ...side,
    principal,
    context: contextFor(principal, input.ContextEntries),
    resourcePolicy,
    keyNames: keyNamesIn([...side.identity, side.boundary ?? [], resourcePolicy ?? []].flat()),
    resourceOwner: ownerOf(input.ResourceOwner) ?? principal.accountId,
    resources,
  }
}

/** Assumed: the words, because only the rule (a service, a name, no wildcards) is documented. */
function checkAction(action: string): void {
  if (/^[A-Za-z0-9-]+:[A-Za-z0-9-]+$/.test(action)) return
  throw invalidInput(`ActionNames are not in a valid format: ${action}.`)
}

/** Observed: the words (published error of the AWS CLI for a key id). */
function checkResource(resource: string): void {
  if (resource === '*' || parseArn(resource) !== undefined) return
  throw invalidInput(`ResourceNames are not in a valid ARN format: ${resource}.`)
}

/** The account of `arn:aws:iam::ACCOUNT:root`. Observed: a bare account id is refused, in these words (boto/botocore issue 1346). */
function ownerOf(owner: string | undefined): string | undefined {
  const parts = owner === undefined ? undefined : parseArn(owner)
  if (owner === undefined || (parts?.service === 'iam' && /^\d{12}$/.test(parts.account))) return parts?.account
  throw invalidInput(`'${owner}' is not a valid as a Resource Owner.`)
}

/** Who calls: a user, or somebody of the account whom no resource policy can name. */
async function callerOf(ctx: Ctx, arn: string | undefined): Promise<Caller> {
  const own = ctx.principal.accountId
  if (arn === undefined) return { kind: 'user', accountId: own, arn: '', canonicalId: '' }
  const entity = entityIn(arn)
  if (entity?.kind !== 'user') throw invalidInput('Invalid caller - Caller must be an IAM user in this context.')
  const canonicalId = ctx.account(entity.account)?.canonicalId ?? ''
  // Assumed: of users elsewhere nothing but the ARN is known, as on AWS; they need not exist.
  const uniqueId = entity.account === own ? uniqueIdIn(await ctx.store.iam.account(own), arn) : undefined
  return { kind: 'user', accountId: entity.account, arn, canonicalId, ...(uniqueId !== undefined && { uniqueId }) }
}

/**
 * The keys given, over what follows from the caller.
 * Assumed: a caller's ARN, account, name and id are filled in and nothing else is, because AWS documents CallerArn as
 * what policies see and asks for all other keys.
 */
function contextFor({ arn, accountId, uniqueId }: Caller, entries: readonly ContextEntry[] = []): ContextSource {
  const name = entityIn(arn)?.name
  const ofCaller = {
    'aws:principalaccount': accountId,
    ...(name !== undefined && { 'aws:principalarn': arn, 'aws:principaltype': 'User', 'aws:username': name }),
    ...(uniqueId !== undefined && { 'aws:userid': uniqueId }),
  }
  return contextOf({ ...ofCaller, ...Object.fromEntries(entries.flatMap(readEntry)) })
}

function readEntry(entry: ContextEntry): [string, string | readonly string[]][] {
  const { ContextKeyName: name, ContextKeyValues: values = [], ContextKeyType: type = 'string' } = entry
  // Assumed: the words of this and the next refusal; the limits are documented.
  if (name === undefined || name.length < 5 || name.length > 256) {
    throw invalidInput(`Invalid context key name: ${name ?? ''}`)
  }
  if (type.endsWith('List')) return [[name.toLowerCase(), values]]
  if (values.length > 1) throw invalidInput(`The context key ${name} of type ${type} takes one value.`)
  return values[0] === undefined ? [] : [[name.toLowerCase(), values[0]]]
}
