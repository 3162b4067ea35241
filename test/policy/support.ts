/** Callers, short forms and builders that the policy tests share. */
import { readFileSync } from 'node:fs'
import { type CompiledPolicy, compilePolicy } from '../../src/policy/compile.ts'
import { contextOf } from '../../src/policy/context-source.ts'
import type { AccessRequest, ApplicablePolicies } from '../../src/policy/decide.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import type { Caller } from '../../src/policy/principals.ts'

/** A owns bucket b; X is another account. */
export const accountA = '111111111111'
export const accountX = '222222222222'
const canonicalId = (account: string) => account.slice(0, 1).repeat(64)

function caller(kind: Caller['kind'], account: string, arn: string, more: Partial<Caller> = {}): Caller {
  return { kind, accountId: account, arn, canonicalId: account === '' ? '' : canonicalId(account), ...more }
}

export const callers: Readonly<Record<string, Caller>> = {
  rootA: caller('root', accountA, `arn:aws:iam::${accountA}:root`),
  rootX: caller('root', accountX, `arn:aws:iam::${accountX}:root`),
  u: caller('user', accountA, `arn:aws:iam::${accountA}:user/team/u`, { uniqueId: 'AIDAUSERU' }),
  v: caller('user', accountA, `arn:aws:iam::${accountA}:user/v`, { uniqueId: 'AIDAUSERV' }),
  x: caller('user', accountX, `arn:aws:iam::${accountX}:user/x`, { uniqueId: 'AIDAUSERX' }),
  r: caller('role', accountA, `arn:aws:sts::${accountA}:assumed-role/r/s1`, {
    issuerArn: `arn:aws:iam::${accountA}:role/path/r`,
    uniqueId: 'AROAROLER',
  }),
  f: caller('federated', accountA, `arn:aws:sts::${accountA}:federated-user/f`, {
    issuerArn: `arn:aws:iam::${accountA}:user/team/u`,
    uniqueId: 'AIDAUSERU',
  }),
  service: caller('service', '', '', { services: ['logging.s3.amazonaws.com'] }),
  web: caller('external', '', '', { federatedProvider: `arn:aws:iam::${accountA}:oidc-provider/idp.test` }),
  anonymous: caller('anonymous', '', ''),
}

export type Values = Record<string, string | string[]>
export type Document = Record<string, unknown> | Record<string, unknown>[]

/** A case of `decisions.json`. A policy is a document or just its statements; `bucketPolicy` gets its Principal from them. */
export interface DecisionCase {
  name: string
  caller: string
  action: string
  /** `b/key` for `arn:aws:s3:::b/key`. */
  resource: string
  owner?: 'A' | 'X' | null
  identity?: Document[]
  boundary?: Document
  session?: Document[]
  bucketPolicy?: Document
  uniqueIds?: Record<string, string>
  context?: Values
  acls?: ApplicablePolicies['acls']
  publicAccessBlock?: ApplicablePolicies['publicAccessBlock']
  objectOwner?: 'A' | 'X'
  isResourceRequired?: boolean
  /** `allowed`, `explicitDeny` or `implicitDeny`, and optionally by what. */
  expect: string
  message?: string
}

export function compile(document: Document, source = 'policy', uniqueIds: Record<string, string> = {}): CompiledPolicy {
  const whole = Array.isArray(document) ? { Version: '2012-10-17', Statement: document } : document
  const parsed = parsePolicy(JSON.stringify(expand(whole)))
  if (parsed === undefined) throw new Error(`not a policy: ${source}`)
  return compilePolicy(parsed.document, { source, uniqueIds })
}

const shortNames: Record<string, string> = {
  '%A': accountA,
  '%X': accountX,
  '%u': callers.u?.arn ?? '',
  '%v': callers.v?.arn ?? '',
  '%x': callers.x?.arn ?? '',
  '%role': callers.r?.issuerArn ?? '',
  '%session': callers.r?.arn ?? '',
  '%f': callers.f?.arn ?? '',
  '%rootA': callers.rootA?.arn ?? '',
  '%rootX': callers.rootX?.arn ?? '',
  '%cidA': canonicalId(accountA),
  '%cidX': canonicalId(accountX),
}

/** Replaces `%u` and its like, wherever they are a whole string. */
export function expand(value: unknown): unknown {
  if (typeof value === 'string') return shortNames[value] ?? value
  if (Array.isArray(value)) return value.map(expand)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, expand(member)]))
}

export function requestOf(given: DecisionCase): AccessRequest {
  const { caller, action, resource, identity = [], boundary, session, bucketPolicy } = given
  const principal = callers[caller]
  if (principal === undefined) throw new Error(`unknown caller ${caller}`)
  const owner = given.owner === null ? undefined : given.owner === 'X' ? accountX : accountA
  return {
    principal,
    action,
    resource: resource === '*' || resource.startsWith('arn:') ? resource : `arn:aws:s3:::${resource}`,
    resourceAccount: owner,
    context: contextOf(expand(given.context ?? {}) as Values),
    policies: {
      identity: identity.map((document, index) => compile(document, `identity-${index}`)),
      boundary: boundary && compile(boundary, 'boundary'),
      session: session?.map((document, index) => compile(document, `session-${index}`)),
      resource:
        bucketPolicy && compile(bucketPolicy, 'bucket', expand(given.uniqueIds ?? {}) as Record<string, string>),
      acls: expand(given.acls) as ApplicablePolicies['acls'],
      publicAccessBlock: given.publicAccessBlock,
      objectOwner: given.objectOwner && (given.objectOwner === 'A' ? accountA : accountX),
      ...(given.isResourceRequired ? { isResourceRequired: true } : {}),
    },
  }
}

/** The cases of a file; sources run from the tree, compiled tests from `dist`. */
export function readCases<T>(file: string): T[] {
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T[]
  try {
    return read(`cases/${file}`)
  } catch {
    return read(`../../../test/policy/cases/${file}`)
  }
}

/** A seeded generator: the same numbers on every run. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
