/**
 * The text of a bucket policy as GetBucketPolicy gives it back: compact, members in a fixed order, lists of one as
 * scalars. Observed: recorded against AWS.
 */
import type { Condition, PatternElement, PolicyDocument, PrincipalElement, Statement } from './document.ts'
import { parsePolicy } from './parse.ts'

/** The normalised text; its UTF-8 size is what counts against the limit. */
export function normalizePolicy(document: PolicyDocument): string {
  return JSON.stringify({
    Version: document.version ?? '2008-10-17',
    Id: document.id,
    Statement: (document.statements ?? []).map(normalizeStatement),
  })
}

/** Unique ids of users and roles by ARN, as they were when a policy was stored. */
export type UniqueIds = Readonly<Record<string, string>>

/**
 * A stored policy as it reads now: ARNs of users and roles deleted since then (and perhaps made again under the same
 * name) turn into their unique ids.
 * @param currentId the unique id that an ARN stands for at present
 */
export function renderStoredPolicy(
  text: string,
  uniqueIds: UniqueIds,
  currentId: (arn: string) => string | undefined,
): string {
  const gone = new Map(Object.entries(uniqueIds).filter(([arn, id]) => currentId(arn) !== id))
  const document = gone.size === 0 ? undefined : parsePolicy(text)?.document
  if (document === undefined) return text
  const statements = document.statements?.map((statement) => ({
    ...statement,
    principal: statement.principal && {
      ...statement.principal,
      entries: statement.principal.entries.map(({ type, value }) => ({ type, value: gone.get(value) ?? value })),
    },
  }))
  return normalizePolicy({ ...document, statements })
}

function normalizeStatement({ sid, effect, principal, action, resource, conditions }: Statement): object {
  return {
    Sid: sid,
    Effect: effect,
    ...(principal && { [principal.isNot ? 'NotPrincipal' : 'Principal']: normalizePrincipal(principal) }),
    ...patterns('Action', action),
    ...patterns('Resource', resource),
    ...(conditions.length > 0 && { Condition: normalizeConditions(conditions) }),
  }
}

function patterns(name: string, element: PatternElement | undefined): object {
  return element === undefined ? {} : { [element.isNot ? `Not${name}` : name]: scalarOrList(element.values) }
}

function normalizePrincipal({ isStar, entries }: PrincipalElement): unknown {
  if (isStar) return '*'
  const byType = new Map<string, string[]>()
  for (const { type, value } of entries) append(byType, type, value)
  return Object.fromEntries([...byType].map(([type, values]) => [type, scalarOrList(values)]))
}

function normalizeConditions(conditions: readonly Condition[]): object {
  const blocks = new Map<string, [string, unknown][]>()
  for (const { operatorText, key, values } of conditions) append(blocks, operatorText, [key, scalarOrList(values)])
  return Object.fromEntries([...blocks].map(([operator, block]) => [operator, Object.fromEntries(block)]))
}

function append<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}

function scalarOrList(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? (values[0] as string) : values
}
