/** Trust policies as roles get them: whom their principals stand for is found out when they are stored. */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import { parseArn, rootArn } from '../../lib/arn.ts'
import type { PrincipalType } from '../../policy/document.ts'
import { parsePolicy } from '../../policy/parse.ts'
import { isServicePrincipal } from '../../policy/service-principals.ts'
import type { ResolvedPrincipal } from '../../policy/validate-bucket.ts'
import { validateTrustPolicy } from '../../policy/validate-trust.ts'
import type { IamAccount } from '../../store/iam-account.ts'
import { roleArn, userArn } from './arns.ts'
import { uniqueIdIn } from './unique-id.ts'

/** Identity providers that need no entity of IAM. */
const builtInProviders = new Set([
  'accounts.google.com',
  'cognito-identity.amazonaws.com',
  'graph.facebook.com',
  'www.amazon.com',
])

/** Accounts and their IAM. */
type Known = Pick<Ctx, 'account' | 'store'>
type Resolve = (type: PrincipalType, value: string) => ResolvedPrincipal | undefined

/**
 * Loads the accounts that a trust policy names, so that its principals can be resolved at once.
 * @returns what `validateTrustPolicy` asks, given the account in its state of the change
 */
export async function trustResolver(ctx: Known, text: string): Promise<(own: IamAccount) => Resolve> {
  const others = new Map<string, IamAccount>()
  for (const { principal } of parsePolicy(text)?.document.statements ?? []) {
    for (const { value } of principal?.entries ?? []) {
      const id = parseArn(value)?.account ?? ''
      if (ctx.account(id)?.id === id && !others.has(id)) others.set(id, await ctx.store.iam.account(id))
    }
  }
  return (own) => (type, value) => {
    if (type === 'Service') return isServicePrincipal(value) ? { arn: value } : undefined
    if (type === 'Federated') return isProvider(value) ? { arn: value } : undefined
    if (type === 'CanonicalUser') {
      const account = ctx.account(value)
      return account?.canonicalId === value ? { arn: rootArn(account.id) } : undefined
    }
    return resolveAws(ctx, own, others, value)
  }
}

function isProvider(value: string): boolean {
  return builtInProviders.has(value) || /^arn:aws:iam::[^:]+:(?:oidc|saml)-provider\/[^*?]+$/.test(value)
}

/** Assumed: accounts that are not configured here exist with all that is named in them, because real policies name partners. */
function resolveAws(
  ctx: Known,
  own: IamAccount,
  others: ReadonlyMap<string, IamAccount>,
  value: string,
): ResolvedPrincipal | undefined {
  if (/^\d{12}$/.test(value) || ctx.account(value)?.id === value) return { arn: rootArn(value) }
  if (/^A(?:IDA|ROA)[A-Z0-9]{17}$/.test(value)) return ofUniqueId(own, value)
  const arn = parseArn(value)
  if (arn === undefined || /[*?]/.test(value)) return undefined
  const isKnown = ctx.account(arn.account)?.id === arn.account
  if (!isKnown && !/^\d{12}$/.test(arn.account)) return undefined
  const isSession = /^(?:assumed-role\/[^/]+\/.+|federated-user\/.+)$/.test(arn.resource)
  if (arn.service === 'sts') return isSession ? { arn: value } : undefined
  if (arn.service !== 'iam') return undefined
  if (arn.resource === 'root') return { arn: value }
  if (!/^(?:user|role)\/./.test(arn.resource)) return undefined
  const account = arn.account === own.id ? own : others.get(arn.account)
  if (account === undefined) return { arn: value }
  const uniqueId = uniqueIdIn(account, value)
  return uniqueId === undefined ? undefined : { arn: value, uniqueId }
}

function ofUniqueId(own: IamAccount, id: string): ResolvedPrincipal | undefined {
  const user = own.byId('user', id)
  if (user !== undefined) return { arn: userArn(own.id, user), uniqueId: id }
  const role = own.byId('role', id)
  return role && { arn: roleArn(own.id, role), uniqueId: id }
}

/** What a role stores of its trust policy. @throws AwsError MalformedPolicyDocument, LimitExceeded */
export function checkedTrust(text: string, resolve: Resolve): Readonly<Record<string, string>> {
  const result = validateTrustPolicy(text, { resolve })
  if (!result.ok) throw error(result.code, {}, { message: result.message })
  return result.uniqueIds
}
