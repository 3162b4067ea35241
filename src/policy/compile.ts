/**
 * A policy made ready for requests: patterns taken apart, values parsed. Made when a policy is stored or first used, and
 * not changed; `selections.ts` indexes statements by action.
 */
import { type ArnMatcher, compileArnPattern, type RequestArn } from './arn-pattern.ts'
import { type CompiledCondition, compileCondition, conditionHolds } from './conditions.ts'
import type { ContextSource } from './context-source.ts'
import type { PatternElement, PolicyDocument, Statement } from './document.ts'
import { compilePattern, type Matcher } from './match.ts'
import { type CompiledPrincipal, compilePrincipal } from './principals.ts'
import { isPublicPolicy } from './public.ts'

export interface CompiledStatement {
  /** Place in the document, from 0. */
  index: number
  source: Statement
  isDeny: boolean
  /** Undefined in identity policies. */
  principal: CompiledPrincipal | undefined
  isNotAction: boolean
  actions: readonly Matcher[]
  isNotResource: boolean
  /** Undefined when the statement has no Resource element at all (trust policies): it applies to every resource. */
  resources: readonly ArnMatcher[] | undefined
  /** One of `resources` is `*`. */
  anyResource: boolean
  conditions: readonly CompiledCondition[]
}

export interface CompiledPolicy {
  /** How traces name it: the name of an inline policy, the ARN of a managed one, the ARN of a bucket. */
  source: string
  document: PolicyDocument
  statements: readonly CompiledStatement[]
  /** As BlockPublicPolicy and RestrictPublicBuckets mean it; of interest for bucket policies only. */
  isPublic: boolean
}

export interface CompileOptions {
  source: string
  /** ARN of a principal to the unique id it had when the policy was stored. */
  uniqueIds?: Readonly<Record<string, string>>
}

/** Statements that validation would have refused are left out or match nothing. */
export function compilePolicy(document: PolicyDocument, { source, uniqueIds }: CompileOptions): CompiledPolicy {
  const variables = document.version === '2012-10-17'
  const statements = (document.statements ?? []).flatMap((statement, index) =>
    statement.effect === 'Allow' || statement.effect === 'Deny'
      ? [compileStatement(statement, index, variables, uniqueIds)]
      : [],
  )
  return { source, document, statements, isPublic: isPublicPolicy(document) }
}

function compileStatement(
  source: Statement,
  index: number,
  variables: boolean,
  uniqueIds: CompileOptions['uniqueIds'],
): CompiledStatement {
  const { action, resource, principal } = source
  return {
    index,
    source,
    isDeny: source.effect === 'Deny',
    principal: principal && compilePrincipal(principal, uniqueIds),
    isNotAction: action?.isNot ?? false,
    actions: (action?.values ?? []).map(compileAction),
    isNotResource: resource?.isNot ?? false,
    resources: resource?.values.map((pattern) => compileArnPattern(pattern, variables ? 'resource' : 'nowhere')),
    anyResource: resource?.values.includes('*') ?? false,
    conditions: source.conditions.map((condition) => compileCondition(condition, variables)),
  }
}

/**
 * `*` alone is every action; otherwise wildcards count in the name only, and case nowhere. Assumed: `*:*`, which IAM
 * stores, is every action too, because policies that people take for administrators' say so.
 */
export function compileAction(pattern: string): Matcher {
  if (pattern === '*' || pattern === '*:*') return () => true
  const colon = pattern.indexOf(':')
  const service = pattern.slice(0, colon + 1).toLowerCase()
  const nameMatches = compilePattern(pattern.slice(colon + 1).toLowerCase(), { wildcards: true, variables: false })
  return (action, context) =>
    colon !== -1 && action.startsWith(service) && nameMatches(action.slice(service.length), context)
}

const noContext: ContextSource = { get: () => undefined }

/** Whether Action or NotAction covers an action, given in lower case. */
export function coversAction({ source, actions, isNotAction }: CompiledStatement, lowerAction: string): boolean {
  if (source.action === undefined) return false
  return actions.some((matches) => matches(lowerAction, noContext)) !== isNotAction
}

/**
 * Whether Resource or NotResource covers a resource. Undefined is a resource that is no ARN (`*`, an empty text): only
 * the pattern `*` covers it.
 */
export function coversResource(
  { resources, anyResource, isNotResource }: CompiledStatement,
  arn: RequestArn | undefined,
  context: ContextSource,
): boolean {
  if (resources === undefined) return true
  if (anyResource) return !isNotResource
  if (arn !== undefined) for (const matches of resources) if (matches(arn, context)) return !isNotResource
  return isNotResource
}

export function conditionsHold({ conditions }: CompiledStatement, context: ContextSource): boolean {
  for (const condition of conditions) if (!conditionHolds(condition, context)) return false
  return true
}

/** Whether an element of patterns is there and not empty. */
export function hasValues(element: PatternElement | undefined): element is PatternElement {
  return element !== undefined && element.values.length > 0
}
