/**
 * Who a request comes from, and whom Principal and NotPrincipal mean. How closely an element names the caller (its
 * class) decides later which other policies still count.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import { parseArn } from '../lib/arn.ts'
import type { PrincipalElement } from './document.ts'

/** The caller as policies see it. */
export interface Caller {
  /** `external`: a web-identity or SAML caller, who is known to trust policies only. */
  kind: 'root' | 'user' | 'role' | 'federated' | 'service' | 'external' | 'anonymous'
  /** Empty for anonymous and services. */
  accountId: string
  /** The request ARN, as messages show it: the user's, the session's, the root's; empty for anonymous and services. */
  arn: string
  /** Of a role session the role's ARN, with its path; of a federated user the ARN of the user who issued it. */
  issuerArn?: string
  /** Unique id (`AIDA...`, `AROA...`) of the user or role behind the session. */
  uniqueId?: string
  /** Of the account; 64 hex digits on AWS. */
  canonicalId: string
  /** Of a service: its names, `logging.s3.amazonaws.com`. */
  services?: readonly string[]
  /** Of an external caller: the provider's ARN, or its host name for the built-in ones. */
  federatedProvider?: string
}

/** How a policy names the caller, from not at all to exactly. */
export const classes = { none: 0, account: 1, entity: 2, direct: 3 } as const
export type PrincipalClass = (typeof classes)[keyof typeof classes]

export interface CompiledPrincipal {
  isNot: boolean
  everyone: boolean
  accounts: ReadonlySet<string>
  canonicalIds: ReadonlySet<string>
  /** ARNs of users, roles and sessions; the value is the unique id the ARN stood for when the policy was stored. */
  arns: ReadonlyMap<string, string | undefined>
  /** Unique ids of users and roles, as trust policies may name them. */
  ids: ReadonlySet<string>
  services: ReadonlySet<string>
  providers: ReadonlySet<string>
}

const entityId = /^A(?:IDA|ROA)[A-Z0-9]+$/

/** @param uniqueIds ARN to unique id, as recorded when the policy was stored; a namesake made later does not match. */
export function compilePrincipal(
  element: PrincipalElement,
  uniqueIds: Readonly<Record<string, string>> = {},
): CompiledPrincipal {
  const accounts = new Set<string>()
  const canonicalIds = new Set<string>()
  const arns = new Map<string, string | undefined>()
  const ids = new Set<string>()
  const services = new Set<string>()
  const providers = new Set<string>()
  let everyone = false
  for (const { type, value } of element.entries) {
    if (type === 'Service') services.add(value)
    else if (type === 'Federated') providers.add(value)
    else if (type === 'CanonicalUser') canonicalIds.add(value)
    else if (value === '*') everyone = true
    else if (entityId.test(value)) ids.add(value)
    else {
      const arn = parseArn(value)
      if (arn === undefined) accounts.add(value)
      else if (arn.service === 'iam' && arn.resource === 'root') accounts.add(arn.account)
      else arns.set(value, Object.hasOwn(uniqueIds, value) ? uniqueIds[value] : undefined)
    }
  }
  return { isNot: element.isNot, everyone, accounts, canonicalIds, arns, ids, services, providers }
}

/** How closely a Principal element (not a NotPrincipal) names the caller. */
export function classOf(principal: CompiledPrincipal, caller: Caller): PrincipalClass {
  if (principal.everyone) return classes.direct
  if (caller.kind === 'anonymous') return classes.none
  if (caller.services?.some((name) => principal.services.has(name))) return classes.direct
  if (caller.federatedProvider !== undefined && principal.providers.has(caller.federatedProvider)) return classes.direct
  if (namesArn(principal, caller.arn, caller.kind === 'user' ? caller.uniqueId : undefined)) return classes.direct
  if (caller.issuerArn !== undefined && namesArn(principal, caller.issuerArn, caller.uniqueId)) return classes.entity
  if (caller.uniqueId !== undefined && principal.ids.has(caller.uniqueId)) {
    return caller.kind === 'user' ? classes.direct : classes.entity
  }
  if (!namesAccount(principal, caller)) return classes.none
  return caller.kind === 'root' ? classes.direct : classes.account
}

/**
 * Whether a NotPrincipal element leaves the caller in: true unless its whole chain (session, role or user, account) is
 * listed. Anonymous callers and callers with a permissions boundary are never excluded.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function notPrincipalApplies(principal: CompiledPrincipal, caller: Caller, hasBoundary: boolean): boolean {
  if (hasBoundary || caller.kind === 'anonymous') return true
  if (principal.everyone) return false
  if (caller.kind === 'service') return !caller.services?.some((name) => principal.services.has(name))
  if (!namesAccount(principal, caller)) return true
  if (caller.kind === 'root') return false
  if (!namesArn(principal, caller.arn, caller.kind === 'user' ? caller.uniqueId : undefined)) return true
  return caller.kind === 'role' && !namesArn(principal, caller.issuerArn ?? '', caller.uniqueId)
}

function namesArn({ arns }: CompiledPrincipal, arn: string, uniqueId: string | undefined): boolean {
  if (!arns.has(arn)) return false
  const recorded = arns.get(arn)
  return recorded === undefined || uniqueId === undefined || recorded === uniqueId
}

function namesAccount(principal: CompiledPrincipal, caller: Caller): boolean {
  return (
    (caller.accountId !== '' && principal.accounts.has(caller.accountId)) ||
    (caller.canonicalId !== '' && principal.canonicalIds.has(caller.canonicalId))
  )
}
