/**
 * The least identity policy that allows what was used: actions on the same resources in one statement, in an order that
 * does not depend on that of use. Its conditions are prefixes of listings; others would tell how something was done, not
 * what.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
 */
import { commonStart, patternText } from './path-patterns.ts'
import type { UsedGroup, UsedPermissions } from './used-permissions.ts'
import { validateIdentityPolicy } from './validate-identity.ts'

type OneOrMore = string | string[]

export interface WrittenStatement {
  Effect: 'Allow'
  Action: OneOrMore
  Resource: OneOrMore
  Condition?: Record<string, Record<string, OneOrMore>>
}

/** A policy document, ready for JSON. */
export interface WrittenPolicy {
  Version: '2012-10-17'
  Statement: WrittenStatement[]
}

/** An action on more buckets than this is written as on all whose names begin alike. */
const maxBuckets = 8
const s3 = 'arn:aws:s3:::'

type Condition = WrittenStatement['Condition']

/** What an action may be used on, under one condition. */
interface Part {
  resources: Set<string>
  condition: Condition
}

/** Undefined when nothing was used. */
export function leastPrivilegePolicy(permissions: UsedPermissions): WrittenPolicy | undefined {
  const statements = new Map<string, { actions: string[]; part: Part }>()
  for (const [action, groups] of permissions.groups()) {
    for (const part of partsOf(groups)) {
      const key = JSON.stringify([[...part.resources].sort(), part.condition])
      const statement = statements.get(key)
      if (statement === undefined) statements.set(key, { actions: [action], part })
      else statement.actions.push(action)
    }
  }
  const Statement = [...statements].sort(byKey).map(([, { actions, part }]) => write(actions, part))
  return Statement.length === 0 ? undefined : { Version: '2012-10-17', Statement }
}

/** By code units, whatever the locale. */
const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : Number(a > b))

function write(actions: readonly string[], { resources, condition }: Part): WrittenStatement {
  return {
    Effect: 'Allow',
    Action: oneOrMore([...actions].sort()),
    Resource: oneOrMore([...resources].sort()),
    ...(condition && { Condition: condition }),
  }
}

const oneOrMore = (values: string[]): OneOrMore => (values.length === 1 ? (values[0] as string) : values)

function partsOf(groups: readonly UsedGroup[]): Part[] {
  const parts = new Map<string, Part>()
  for (const one of together(groups)) {
    const condition = conditionOf(one)
    const key = JSON.stringify(condition) ?? ''
    const part = parts.get(key) ?? { resources: new Set(), condition }
    parts.set(key, part)
    for (const resource of resourcesOf(one)) part.resources.add(resource)
  }
  // `*` covers the others.
  for (const { resources } of parts.values())
    if (resources.has('*')) for (const one of resources) keepStar(resources, one)
  return [...parts.values()]
}

function keepStar(resources: Set<string>, one: string): void {
  if (one !== '*') resources.delete(one)
}

/** The buckets of an action as one group when there are many. Their keys and prefixes then have nothing in common. */
function together(groups: readonly UsedGroup[]): readonly UsedGroup[] {
  const buckets = groups.filter(({ group }) => group.startsWith(s3))
  const [first] = buckets
  if (buckets.length <= maxBuckets || first === undefined) return groups
  const start = commonStart(buckets.map(({ group }) => group.slice(s3.length).replace(/\*$/, '')))
  const used = { exact: [], folders: [''] }
  return [...groups.filter((one) => !buckets.includes(one)), { ...first, group: `${s3}${start}*`, used }]
}

function resourcesOf({ group, kind, used }: UsedGroup): string[] {
  if (kind !== 'paths') return [storable(group)]
  return [...used.exact.map((path) => patternText(path)), ...used.folders.map((path) => `${patternText(path)}*`)].map(
    (path) => storable(`${group}/${path}`),
  )
}

/** Assumed: what IAM would not store (ids of partners' resources, texts that were never an ARN) is named by `*`. */
function storable(resource: string): string {
  if (resource.startsWith(s3) || resource === '*') return resource
  const Statement = { Effect: 'Allow', Action: 's3:*', Resource: resource }
  return validateIdentityPolicy(JSON.stringify({ Version: '2012-10-17', Statement })).ok ? resource : '*'
}

/** `s3:prefix` of listings that were always made with one of a few. */
function conditionOf({ kind, used: { exact, folders } }: UsedGroup): Condition {
  if (kind !== 'prefixes' || folders.includes('')) return undefined
  const texts = exact.map((prefix) => patternText(prefix))
  const isExact = folders.length === 0 && texts.every((text, at) => text === exact[at])
  const values = isExact ? exact : [...texts, ...folders.map((prefix) => `${patternText(prefix)}*`)].sort()
  return { [isExact ? 'StringEquals' : 'StringLike']: { 's3:prefix': oneOrMore(values) } }
}
