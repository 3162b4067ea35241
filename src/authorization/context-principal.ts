/** Condition keys about the caller. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable */
import type { Principal } from '../context.ts'
import type { KeyValue, Subject } from './context.ts'

const types: Readonly<Record<Principal['kind'], string>> = {
  root: 'Account',
  user: 'User',
  role: 'AssumedRole',
  federated: 'FederatedUser',
  anonymous: 'Anonymous',
}

type Key = (principal: Principal, subject: Subject) => KeyValue

/** A key that anonymous callers do not have. */
const signed =
  (read: Key) =>
  (subject: Subject): KeyValue => {
    const { principal } = subject.asked
    return principal.kind === 'anonymous' ? undefined : read(principal, subject)
  }

/** The time as policies write it. */
export const isoTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Sessions have these, long-term keys do not: hence the idiom BoolIfExists. */
function mfaAge({ session }: Principal, { nowMs }: Subject): KeyValue {
  return session?.mfaMs === undefined ? undefined : String(Math.floor((nowMs - session.mfaMs) / 1000))
}

export const principalKeys: ReadonlyMap<string, (subject: Subject) => KeyValue> = new Map([
  ['aws:principalarn', signed((who) => (who.kind === 'role' ? who.issuerArn : who.arn))],
  // Assumed: absent for anonymous callers, because AWS documents no value.
  ['aws:principalaccount', signed((who) => who.accountId)],
  ['aws:principaltype', ({ asked }: Subject) => types[asked.principal.kind]],
  ['aws:userid', ({ asked }: Subject) => asked.principal.userId],
  ['aws:username', signed((who) => who.userName)],
  ['aws:principalisawsservice', signed(() => 'false')],
  ['aws:tokenissuetime', signed(({ session }) => session && isoTime(session.issuedMs))],
  ['aws:multifactorauthpresent', signed(({ session }) => session && String(session.mfaMs !== undefined))],
  ['aws:multifactorauthage', signed(mfaAge)],
  ['aws:sourceidentity', signed(({ session }) => session?.sourceIdentity)],
  ['aws:federatedprovider', signed(({ session }) => session?.federatedProvider)],
  ['aws:assumedroot', signed(({ session }) => (session?.by === 'AssumeRoot' ? 'true' : undefined))],
])

/** `aws:PrincipalTag/KEY`. */
export function principalTag({ caller }: Subject, lowerKey: string): KeyValue {
  for (const name in caller.tags) if (name.toLowerCase() === lowerKey) return caller.tags[name]
  return undefined
}

/** What an identity provider said of the user whose session this is: `saml:sub`, `ISSUER:sub`, ... */
export function federationKey({ asked }: Subject, key: string): KeyValue {
  const keys = asked.principal.session?.federation
  return keys !== undefined && Object.hasOwn(keys, key) ? keys[key] : undefined
}
