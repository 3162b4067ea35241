/**
 * IAM's checks of identity, boundary and session policies, in the order and words of its MalformedPolicyDocument
 * answers; the first fault wins.
 * Observed: messages and order as probed on CreatePolicy for moto's validator, except where a comment says otherwise.
 */
import { hasValues } from './compile.ts'
import { isKnownOperator } from './conditions.ts'
import { isStorableDate } from './dates.ts'
import type { PatternElement, PolicyDocument, Statement } from './document.ts'
import { parsePolicy } from './parse.ts'

export type IdentityPolicyResult = { ok: true; document: PolicyDocument } | { ok: false; message: string }

export interface IdentityPolicyRules {
  /** Managed policies must say version 2012-10-17; inline ones may leave it out or be older. */
  isManaged?: boolean
}

const syntaxFault = 'Syntax errors in policy.'
const legacyFault = 'The policy failed legacy parsing'

/** Checks an identity policy (inline, managed, session; boundaries are managed). Never throws. */
export function validateIdentityPolicy(text: string, rules: IdentityPolicyRules = {}): IdentityPolicyResult {
  const parsed = parsePolicy(text)
  if (parsed === undefined || parsed.hasSyntaxFault || parsed.hasDuplicates || !isStorableText(text)) {
    return { ok: false, message: syntaxFault }
  }
  const { document } = parsed
  const message = faultOf(document, rules)
  return message === undefined ? { ok: true, document } : { ok: false, message }
}

/** Tab, line breaks and the printable characters of Latin-1. */
export function isStorableText(text: string): boolean {
  return /^[\t\n\r\u0020-\u00ff]*$/.test(text)
}

function faultOf(document: PolicyDocument, { isManaged = false }: IdentityPolicyRules): string | undefined {
  const { version, statements = [] } = document
  if (version !== undefined && version !== '2008-10-17' && version !== '2012-10-17') return syntaxFault
  if (statements.length === 0 || !statements.every(hasSaneShape)) return syntaxFault
  if (isManaged && version !== '2012-10-17') return 'Policy document must be version 2012-10-17 or greater.'
  if (statements.some(({ principal }) => principal !== undefined)) {
    return 'Policy document should not specify a principal.'
  }
  const resourceFault = firstOf(statements, ({ resource }) => faultOfResources(resource))
  if (!statements.every(isLegacyParsable) || resourceFault === legacyFault) return legacyFault
  // Observed: the words, also where two Sids are equal (cfn-lint issue 1376, carthage_cache issue 22).
  if (!statements.every(({ sid = '' }) => /^[A-Za-z0-9]*$/.test(sid))) {
    return 'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*'
  }
  if (hasSameSids(statements)) return 'Statement IDs (SID) in a single policy must be unique.'
  if (!statements.every(({ action }) => hasValues(action))) return 'Policy statement must contain actions.'
  return (
    resourceFault ??
    firstOf(statements, ({ action }) => firstOf(action?.values ?? [], faultOfAction)) ??
    (statements.every(({ resource }) => hasValues(resource)) ? undefined : 'Policy statement must contain resources.')
  )
}

/** Things that IAM's first parser sees; the case of Effect is the second's. */
function hasSaneShape({ effect, conditions }: Statement): boolean {
  const lower = effect?.toLowerCase()
  return (lower === 'allow' || lower === 'deny') && conditions.every(isKnownOperator)
}

function isLegacyParsable({ effect, conditions }: Statement): boolean {
  if (effect !== 'Allow' && effect !== 'Deny') return false
  const dates = conditions.filter(({ operator }) => operator.startsWith('Date'))
  // A policy variable is not a date either, but IAM stores what it cannot know.
  return dates.every(({ values }) => values.every(isStorableDate))
}

function hasSameSids(statements: readonly Statement[]): boolean {
  const sids = statements.flatMap(({ sid }) => (sid ? [sid] : []))
  return new Set(sids).size < sids.length
}

function firstOf<T>(items: readonly T[], fault: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item)
    if (found !== undefined) return found
  }
  return undefined
}

function faultOfResources(resource: PatternElement | undefined): string | undefined {
  return firstOf(resource?.values ?? [], faultOfResource)
}

const iamResources = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
]
/** Newer ones, which policies of AWS itself name. Assumed: the message does not list them. */
const newerIamResources = ['role-template/', 'delegation-request/']

const partitions = new Set(['aws', 'aws-cn', 'aws-us-gov', '*'])

function faultOfResource(text: string): string | undefined {
  if (text === '*') return undefined
  const [scheme = '', partition, service, region = '*', account = '*', ...rest] = text.split(':')
  if (partition === undefined) return `Resource ${text} must be in ARN format or "*".`
  if (!partitions.has(partition)) {
    const vendor = service === '' && text.endsWith(`${partition}:`) ? '*' : (service ?? '*')
    const tail = rest.length === 0 ? '*' : rest.join(':')
    return `Partition "${partition}" is not valid for resource "arn:${partition}:${vendor}:${region}:${account}:${tail}".`
  }
  if (service === undefined) return 'Resource vendor must be fully qualified and cannot contain regexes.'
  if (scheme !== 'arn') return `Resource ${text} must be in ARN format or "*".`
  if (service === '' || (rest.length === 0 && text.includes('::'))) return legacyFault
  if (service === 'iam') return faultOfIamResource(text, region, rest.join(':'))
  // Assumed: access points and other regional resources of S3 name a region and pass, because AWS's own examples do.
  const isRegional = account !== '' && account !== '*'
  if (service === 's3' && rest.length > 0 && region !== '' && region !== '*' && !isRegional) {
    return `Resource ${text} can not contain region information.`
  }
  return undefined
}

function faultOfIamResource(text: string, region: string, path: string): string | undefined {
  if (region !== '') return `IAM resource ${text} cannot contain region information.`
  if (path === '*' || path === 'root') return undefined
  if ([...iamResources, ...newerIamResources].some((start) => path.startsWith(start))) return undefined
  return `IAM resource path must either be "*" or start with ${iamResources.join(', ')}.`
}

function faultOfAction(text: string): string | undefined {
  if (text === '*') return undefined
  const [vendor = '', name, ...rest] = text.split(':')
  if (name === undefined) return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
  if (rest.length > 0) return 'Actions/Condition can contain only one colon.'
  return vendor === '*' || /^[a-zA-Z0-9.-]+$/.test(vendor) ? undefined : `Vendor ${vendor} is not valid`
}
