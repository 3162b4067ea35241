/**
 * IAM's checks of role trust policies, in the words of its MalformedPolicyDocument answers; the first fault wins.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import { hasValues } from './compile.ts'
import { isKnownOperator } from './conditions.ts'
import type { PolicyDocument, PrincipalElement, PrincipalType, Statement } from './document.ts'
import { policyLimits, policySize } from './limits.ts'
import { parsePolicy } from './parse.ts'
import type { ResolvedPrincipal } from './validate-bucket.ts'

export interface TrustPolicyRules {
  /** Finds an account, user, role, session or identity provider by what the policy says; undefined when there is none. */
  resolve(type: PrincipalType, value: string): ResolvedPrincipal | undefined
  /** ACLSizePerRole; 2,048 unless raised. */
  maxSize?: number
}

export type TrustPolicyResult =
  | { ok: true; document: PolicyDocument; uniqueIds: Record<string, string> }
  | { ok: false; code: 'MalformedPolicyDocument' | 'LimitExceeded'; message: string }

const malformed = (message: string): TrustPolicyResult => ({ ok: false, code: 'MalformedPolicyDocument', message })

/** Checks a trust policy, and records which users and roles its ARNs stand for. Never throws. */
export function validateTrustPolicy(text: string, rules: TrustPolicyRules): TrustPolicyResult {
  const parsed = parsePolicy(text)
  if (parsed === undefined || parsed.hasDuplicates) return malformed('This policy contains invalid Json')
  const message = faultOf(parsed.document, parsed.hasSyntaxFault, rules)
  if (message !== undefined) return malformed(message)
  const maxSize = rules.maxSize ?? policyLimits.trust
  if (policySize(text) > maxSize) {
    return { ok: false, code: 'LimitExceeded', message: `Cannot exceed quota for ACLSizePerRole: ${maxSize}` }
  }
  return { ok: true, document: parsed.document, uniqueIds: uniqueIdsOf(parsed.document, rules) }
}

function faultOf(document: PolicyDocument, hasSyntaxFault: boolean, rules: TrustPolicyRules): string | undefined {
  const { version, statements } = document
  if (statements === undefined) return 'Missing required field Statement'
  if (statements.length === 0) return 'Could not parse the policy: Statement is empty!'
  if (version !== undefined && version !== '2008-10-17' && version !== '2012-10-17') {
    return 'The policy must contain a valid version string'
  }
  if (hasSyntaxFault) return 'Invalid policy syntax.'
  for (const statement of statements) {
    const fault = faultOfStatement(statement, rules)
    if (fault !== undefined) return fault
  }
  return undefined
}

function faultOfStatement(statement: Statement, rules: TrustPolicyRules): string | undefined {
  const { effect, principal, action, resource, conditions } = statement
  if (effect === undefined) return 'Missing required field Effect'
  if (effect !== 'Allow' && effect !== 'Deny') return `Invalid effect: ${effect}`
  if (resource !== undefined) {
    return resource.isNot ? 'AssumeRole policy must not contain resources.' : 'Has prohibited field Resource'
  }
  if (principal === undefined) return 'Missing required field Principal'
  if (principal.entries.length === 0) return 'Missing required field Principal cannot be empty!'
  if (principal.isNot && effect === 'Allow') return 'Allow with NotPrincipal is not allowed.'
  if (!hasValues(action)) return 'Missing required field Action'
  if (!action.values.every(isTrustAction)) return 'AssumeRole policy may only specify STS AssumeRole actions.'
  const unknown = conditions.find((condition) => !isKnownOperator(condition))
  if (unknown !== undefined) return `Invalid Condition type : ${unknown.operatorText}`
  return faultOfPrincipal(principal, rules)
}

/** `sts:AssumeRole` and its kin, with wildcards as long as the text stays in that family. */
function isTrustAction(text: string): boolean {
  return /^sts:(?:AssumeRole[A-Za-z*?]*|TagSession|SetSourceIdentity|SetContext|Assume\*|\*)$/i.test(text)
}

function faultOfPrincipal({ isStar, entries }: PrincipalElement, rules: TrustPolicyRules): string | undefined {
  // Observed: the bare star is refused where {"AWS":"*"} is not (aws-cdk issue 5732).
  if (isStar) return 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'
  const bad = entries.find(({ type, value }) => !(type === 'AWS' && value === '*') && !rules.resolve(type, value))
  // Observed: the type of a service is in capitals (published error texts of CreateRole).
  return bad && `Invalid principal in policy: "${bad.type === 'Service' ? 'SERVICE' : bad.type}":"${bad.value}"`
}

function uniqueIdsOf({ statements = [] }: PolicyDocument, { resolve }: TrustPolicyRules): Record<string, string> {
  const uniqueIds: Record<string, string> = {}
  for (const { type, value } of statements.flatMap(({ principal }) => principal?.entries ?? [])) {
    const resolved = type === 'AWS' && value !== '*' ? resolve(type, value) : undefined
    if (resolved?.uniqueId !== undefined) uniqueIds[resolved.arn] = resolved.uniqueId
  }
  return uniqueIds
}
