/** What authorization must know of callers beyond their `Principal`: their policies, and whom a bucket policy names. */
import type { Accounts } from '../accounts.ts'
import type { Principal } from '../context.ts'
import { rootArn } from '../lib/arn.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import type { ResolvedPrincipal } from '../policy/validate-bucket.ts'

/** The policies on a caller's own side. */
export interface CallerPolicies {
  /** Inline and managed, of a user with those of its groups. */
  readonly identity: readonly CompiledPolicy[]
  readonly boundary?: CompiledPolicy | undefined
  readonly session?: readonly CompiledPolicy[] | undefined
  /** `aws:PrincipalTag`: of a role overlaid by those of the session. */
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/** The source of the above. Answers are those of now: an edit counts for the next request. */
export interface Identities {
  policiesOf(principal: Principal): MaybePromise<CallerPolicies>
  /** What an entry of a bucket policy's Principal stands for; undefined when it names nobody. */
  resolve(type: 'AWS' | 'CanonicalUser', value: string): MaybePromise<ResolvedPrincipal | undefined>
  /** The unique id that an ARN of a user or role stands for now; undefined when there is none. */
  uniqueIdOf(arn: string): MaybePromise<string | undefined>
}

/** Callers without policies: roots and anonymous. */
export const noPolicies: CallerPolicies = Object.freeze({ identity: [] })

const accountId = /^\d{12}$/
const principalArn =
  /^arn:aws:(?:iam::[^:]+:(?:root|user\/.+|role\/.+)|sts::[^:]+:(?:assumed-role\/[^/]+\/.+|federated-user\/.+))$/s

/**
 * Whom a principal means as far as accounts tell. Users and roles of known accounts are looked up by `find`.
 * Assumed: accounts that are not configured here exist with all that is named in them, because real policies name accounts
 * of partners and of AWS itself; S3 refuses those that do not exist.
 */
export function resolvePrincipal(
  accounts: Accounts,
  type: 'AWS' | 'CanonicalUser',
  value: string,
  find: (arn: string) => MaybePromise<string | undefined>,
): MaybePromise<ResolvedPrincipal | undefined> {
  const account = accounts.find(value)
  if (type === 'CanonicalUser') return account?.canonicalId === value ? { arn: rootArn(account.id) } : undefined
  if (accountId.test(value) || account?.id === value) return { arn: rootArn(value) }
  if (!principalArn.test(value)) return undefined
  const [, , , , owner = '', rest = ''] = value.split(':', 6)
  const isKnown = accounts.find(owner)?.id === owner
  if (rest === 'root') return isKnown || accountId.test(owner) ? { arn: value } : undefined
  if (!isKnown) return { arn: value }
  // Sessions come and go; AWS takes any.
  if (!value.startsWith('arn:aws:iam:')) return { arn: value }
  const found = find(value)
  return found instanceof Promise ? found.then((uniqueId) => named(value, uniqueId)) : named(value, found)
}

const named = (arn: string, uniqueId: string | undefined): ResolvedPrincipal | undefined =>
  uniqueId === undefined ? undefined : { arn, uniqueId }
