/**
 * What sessions are limited and described by: session policies and tags, as every operation that makes a session takes them.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
import { deflateRawSync } from 'node:zlib'
import type { PrincipalSession } from '../context.ts'
import { error } from '../errors.ts'
import { checkPolicyArn, findPolicy } from '../iam/lib/find.ts'
import { checkTagTexts, isReservedTagKey, reservedTagKey } from '../iam/lib/tags.ts'
import { managedPolicy } from '../iam/managed.ts'
import type { PolicyDescriptorType, Tag } from '../model/sts.types.gen.ts'
import { policyLimits } from '../policy/limits.ts'
import { validateIdentityPolicy } from '../policy/validate-identity.ts'
import type { IamAccount } from '../store/iam-account.ts'

export interface SessionPolicies {
  policies: string[]
  policyArns: string[]
}

/**
 * Session policies, which must be there in the account of the session.
 * @throws AwsError MalformedPolicyDocument, ValidationError, PackedPolicyTooLarge
 */
export function readSessionPolicies(
  account: IamAccount,
  { Policy, PolicyArns = [] }: { Policy?: string | undefined; PolicyArns?: PolicyDescriptorType[] | undefined },
): SessionPolicies {
  const policyArns = PolicyArns.flatMap(({ arn }) => (arn === undefined ? [] : [arn]))
  if (policyArns.length > policyLimits.sessionArns) {
    const message = `1 validation error detected: Value '${JSON.stringify(policyArns)}' at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to ${policyLimits.sessionArns}`
    throw error('ValidationError', {}, { message })
  }
  for (const arn of policyArns) {
    checkPolicyArn(arn)
    if (findPolicy(account, arn) === undefined && managedPolicy(arn) === undefined) {
      // Assumed: code and words, because AWS documents none.
      throw error('ValidationError', {}, { message: `Policy ${arn} does not exist or is not attachable.` })
    }
  }
  if (Policy !== undefined) {
    const result = validateIdentityPolicy(Policy)
    if (!result.ok) throw error('MalformedPolicyDocument', {}, { message: result.message })
  }
  const size = (Policy?.length ?? 0) + policyArns.join('').length
  if (size > policyLimits.session) throw tooLarge('policy', Math.ceil((size / policyLimits.session) * 100))
  return { policies: Policy === undefined ? [] : [Policy], policyArns }
}

export interface SessionTags {
  tags: Record<string, string>
  transitiveTagKeys: string[]
}

const refuse = (message: string) => error('InvalidParameterValue', {}, { message })

/**
 * The tags of a session: those given, and the transitive ones of the calling session.
 * Observed: the messages on duplicates and transitive keys (recorded against AWS by LocalStack's suite).
 * @throws AwsError InvalidParameterValue, ValidationError
 */
export function readSessionTags(
  given: readonly Tag[] = [],
  transitive: readonly string[] = [],
  from: PrincipalSession | undefined,
): SessionTags {
  checkTagTexts(given)
  if (given.length > policyLimits.tags) throw refuse(`A session can have up to ${policyLimits.tags} tags.`)
  if (given.some(({ Key }) => isReservedTagKey(Key))) throw refuse(reservedTagKey)
  const keys = new Set(given.map(({ Key }) => Key.toLowerCase()))
  if (keys.size < given.length) {
    throw refuse('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
  const inherited = (from?.transitiveTagKeys ?? []).flatMap((key): [string, string][] => {
    const value = from?.tags[key]
    return value === undefined ? [] : [[key, value]]
  })
  if (inherited.some(([key]) => keys.has(key.toLowerCase()))) {
    throw refuse(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  }
  const inheritedKeys = new Set(inherited.map(([key]) => key.toLowerCase()))
  const transitiveTagKeys = inherited.map(([key]) => key)
  for (const key of transitive) {
    if (inheritedKeys.has(key.toLowerCase())) continue
    const tag = given.find(({ Key }) => Key.toLowerCase() === key.toLowerCase())
    if (tag === undefined) throw refuse('The specified transitive tag key must be included in the requested tags.')
    transitiveTagKeys.push(tag.Key)
  }
  return { tags: Object.fromEntries([...inherited, ...given.map(({ Key, Value }) => [Key, Value])]), transitiveTagKeys }
}

/**
 * Bytes that policies and tags may have together, packed. Assumed: the number and the packing, because AWS publishes only
 * the percentage.
 */
const packedLimitBytes = 2048

/** How much of the room for policies and tags is used, in percent. @throws AwsError PackedPolicyTooLarge */
export function packedPercent(
  { policies, policyArns }: SessionPolicies,
  tags: Readonly<Record<string, string>>,
): number {
  const hasTags = Object.keys(tags).length > 0
  if (policies.length === 0 && policyArns.length === 0 && !hasTags) return 0
  const packed = deflateRawSync(JSON.stringify([policies, policyArns, tags]))
  const percent = Math.ceil((packed.length / packedLimitBytes) * 100)
  if (percent > 100) throw tooLarge(hasTags ? 'tags' : 'policy', percent)
  return percent
}

// Observed: both wordings (published error texts).
const tooLarge = (what: 'policy' | 'tags', percent: number) =>
  error(
    'PackedPolicyTooLarge',
    {},
    {
      message:
        what === 'policy'
          ? `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`
          : `Packed size of session tags consumes ${percent}% of allotted space.`,
    },
  )
