/**
 * The engine against the rules written down plainly, on random requests: no index, no compiled pattern, no early end.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOwnerActions, decide } from '../../src/policy/decide.ts'
import type { Caller } from '../../src/policy/principals.ts'
import { pick, type Random, randomCase, type Statement } from './random.ts'
import { accountA, accountX, callers, type DecisionCase, expand, randomOf, requestOf, type Values } from './support.ts'

const listOf = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [String(value)])
const glob = (pattern: string, text: string) =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's').test(text)

function holds(operator: string, key: string, wanted: string[], context: Values): boolean {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
  if (operator === 'Null') return wanted.includes(String(found === undefined))
  if (operator === 'StringNotEquals') return found === undefined || !wanted.includes(String(found))
  if (operator === 'StringLikeIfExists') return found === undefined || wanted.some((one) => glob(one, String(found)))
  if (operator === 'Bool') return found !== undefined && wanted.includes(String(found))
  throw new Error(`the oracle does not know ${operator}`)
}

interface Asked {
  action: string
  arn: string
  context: Values
}

function applies(statement: Statement, { action, arn, context }: Asked): boolean {
  const isActed = (list: unknown) => listOf(list).some((pattern) => glob(pattern.toLowerCase(), action.toLowerCase()))
  // An empty list matches nothing.
  const actions = statement.Action !== undefined ? isActed(statement.Action) : !isActed(statement.NotAction)
  const isOn = (list: unknown) => listOf(list).some((pattern) => pattern === '*' || (arn !== '*' && glob(pattern, arn)))
  const resources = statement.Resource !== undefined ? isOn(statement.Resource) : !isOn(statement.NotResource)
  const conditions = Object.entries((statement.Condition ?? {}) as Record<string, Record<string, unknown>>)
  return (
    actions &&
    resources &&
    conditions.every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, key, listOf(values), context)),
    )
  )
}

/** 0 not named, 1 by account, 2 by role, 3 exactly or as everyone. */
function named(principal: unknown, caller: Caller): number {
  const names = typeof principal === 'string' ? [principal] : listOf((principal as { AWS: unknown }).AWS)
  const ranks = names.map((short) => {
    const name = expand(short)
    if (name === '*') return 3
    if (caller.arn === '') return 0
    if (name === caller.arn) return 3
    if (name === caller.issuerArn) return 2
    return name === caller.accountId ? (caller.kind === 'root' ? 3 : 1) : 0
  })
  return Math.max(...ranks)
}

type Documents = (Statement[] | undefined)[]

function expected(given: DecisionCase): 'allowed' | 'explicitDeny' | 'implicitDeny' {
  const caller = callers[given.caller] as Caller
  const arn = given.resource === '*' ? '*' : `arn:aws:s3:::${given.resource}`
  const asked: Asked = { action: given.action, arn, context: given.context ?? {} }
  const some = (documents: Documents, effect: string) =>
    documents.some((one) => (one ?? []).some((each) => each.Effect === effect && applies(each, asked)))
  const [identity, boundary, session] = [
    given.identity as Documents,
    given.boundary as Statement[] | undefined,
    given.session as Documents | undefined,
  ]
  const bucket = (given.bucketPolicy ?? []) as Statement[]
  const isCarvedOut = given.caller === 'rootA' && given.action === 's3:GetBucketPolicy'
  const isDeniedByBucket = bucket.some(
    (each) => each.Effect === 'Deny' && named(each.Principal, caller) > 0 && applies(each, asked),
  )
  if (some([...identity, boundary, ...(session ?? [])], 'Deny') || (isDeniedByBucket && !isCarvedOut))
    return 'explicitDeny'
  const boundaryAllows = boundary === undefined || some([boundary], 'Allow')
  const sessionAllows =
    session === undefined || session.length === 0 ? caller.kind !== 'federated' : some(session, 'Allow')
  if (isCarvedOut && sessionAllows) return 'allowed'

  const isStranger = caller.accountId !== accountA
  const isPublic = bucket.some(
    (each) => each.Effect === 'Allow' && named(each.Principal, callers.anonymous as Caller) > 0,
  )
  const { RestrictPublicBuckets, IgnorePublicAcls } = given.publicAccessBlock ?? {}
  if (RestrictPublicBuckets && isPublic && isStranger && caller.kind !== 'service') return 'implicitDeny'

  const objectOwner = given.objectOwner === undefined || bucketOwnerActions.has(given.action) ? 'A' : given.objectOwner
  const grants = bucket
    .filter((each) => objectOwner === 'A' && each.Effect === 'Allow' && applies(each, asked))
    .map((each) => named(each.Principal, caller))
  const isReadByAll =
    given.acls !== undefined && !IgnorePublicAcls && ['s3:ListBucket', 's3:GetObject'].includes(given.action)
  const resource = Math.max(0, ...grants, isReadByAll ? 3 : 0)

  if (caller.accountId === '') return resource === 3 ? 'allowed' : 'implicitDeny'
  const isRoot = caller.kind === 'root'
  const mayItself = isRoot || some(identity, 'Allow')
  const ownSide = mayItself && (isRoot || boundaryAllows) && sessionAllows
  const isInside = caller.accountId === (objectOwner === 'A' ? accountA : accountX)
  if (!isInside) return ownSide && resource > 0 ? 'allowed' : 'implicitDeny'
  const byPolicy =
    (resource === 3 && !isRoot) || (resource === 2 && (isRoot || boundaryAllows) && sessionAllows) || ownSide
  return byPolicy ? 'allowed' : 'implicitDeny'
}

test('the engine decides as the plain rules do', () => {
  const random: Random = randomOf(21)
  const seen = new Map<string, number>()
  for (let round = 0; round < 1_500; round++) {
    const given = randomCase(random)
    // The rules are most tangled for sessions.
    if (round % 3 === 0) given.caller = pick(random, ['r', 'r', 'f'])
    const wanted = expected(given)
    assert.equal(decide(requestOf(given)).decision, wanted, JSON.stringify(given))
    seen.set(wanted, (seen.get(wanted) ?? 0) + 1)
  }
  // The random cases are of all kinds.
  for (const decision of ['allowed', 'explicitDeny', 'implicitDeny'])
    assert.ok((seen.get(decision) ?? 0) > 100, decision)
})
