/** Random requests and policies, made of few parts so that they meet often. */
import { callers, type DecisionCase, type randomOf } from './support.ts'

export type Statement = Record<string, unknown>
export type Random = ReturnType<typeof randomOf>

export const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
export const several = <T>(random: Random, most: number, make: () => T): T[] =>
  Array.from({ length: Math.floor(random() * (most + 1)) }, make)

const actions = ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:*', 's3:Get*', '*']
const resources = ['*', 'arn:aws:s3:::b', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/k', 'arn:aws:s3:::c*']
const principals = ['*', { AWS: '%A' }, { AWS: '%X' }, { AWS: '%u' }, { AWS: '%role' }, { AWS: ['%session', '%x'] }]
const conditions = [
  undefined,
  undefined,
  { Bool: { 'aws:SecureTransport': 'false' } },
  { StringLikeIfExists: { 's3:prefix': 'p*' } },
  { StringNotEquals: { 'aws:username': ['u', 'x'] } },
  { Null: { 's3:x-amz-acl': 'true' } },
]

/** A statement with a random effect's rest. */
export function statement(random: Random, effect: string, withPrincipal: boolean): Statement {
  const made: Statement = { Effect: effect, Condition: pick(random, conditions) }
  made[pick(random, ['Action', 'Action', 'NotAction'])] = several(random, 2, () => pick(random, actions))
  made[pick(random, ['Resource', 'Resource', 'NotResource'])] = pick(random, resources)
  if (withPrincipal) made.Principal = pick(random, principals)
  return made
}

/** A request under random policies of all kinds. */
export function randomCase(random: Random): DecisionCase {
  const effect = () => (random() < 0.25 ? 'Deny' : 'Allow')
  const document = (withPrincipal: boolean) => several(random, 4, () => statement(random, effect(), withPrincipal))
  const given: DecisionCase = {
    name: '',
    caller: pick(random, Object.keys(callers)),
    action: pick(random, ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:DeleteObject', 's3:GetBucketPolicy']),
    resource: pick(random, ['b', 'b/k', 'c/x', '*']),
    identity: several(random, 3, () => document(false)),
    context: pick(random, [{}, { 'aws:username': 'u', 'aws:SecureTransport': 'true' }, { 's3:prefix': 'q' }]),
    expect: '',
  }
  if (random() < 0.4) given.boundary = document(false)
  if (random() < 0.4) given.session = [document(false)]
  if (random() < 0.7) given.bucketPolicy = document(true)
  if (random() < 0.3)
    given.publicAccessBlock = { RestrictPublicBuckets: random() < 0.5, IgnorePublicAcls: random() < 0.5 }
  if (random() < 0.3) {
    const group = { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' }
    given.acls = { bucket: [{ Grantee: group, Permission: 'READ' }], object: [{ Grantee: group, Permission: 'READ' }] }
  }
  if (random() < 0.2) given.objectOwner = pick(random, ['A', 'X'] as const)
  return given
}
