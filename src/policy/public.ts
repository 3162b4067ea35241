/**
 * What S3 Block Public Access calls a public policy: some Allow statement that is open to everyone and not confined by a
 * condition with a fixed value.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
import { parseArn } from '../lib/arn.ts'
import type { Condition, PolicyDocument, PrincipalElement, Statement } from './document.ts'
import { parseCidr } from './ip.ts'

/** Whether a bucket policy is public. */
export function isPublicPolicy(document: PolicyDocument): boolean {
  return (document.statements ?? []).some((statement) => statement.effect === 'Allow' && isPublicStatement(statement))
}

function isPublicStatement({ principal, conditions }: Statement): boolean {
  if (principal === undefined) return false
  // No condition confines a web or SAML identity.
  if (principal.entries.some(({ type }) => type === 'Federated')) return true
  return (principal.isNot || isOpen(principal)) && !conditions.some(confines)
}

/** A fixed principal is an account, user, role, session, canonical user or service; everything else is open. */
function isOpen({ entries }: PrincipalElement): boolean {
  return entries.some(({ value }) => value.includes('*'))
}

type Check = (value: string) => boolean
const isFixed: Check = (value) => value !== '' && !/[*?]|\$\{/.test(value)

/** Keys (in lower case) that confine a statement, with what their values must look like. */
const confiningKeys: ReadonlyMap<string, Check> = new Map([
  ...[
    'aws:sourcearn',
    'aws:sourcevpc',
    'aws:sourcevpce',
    'aws:sourceowner',
    'aws:sourceaccount',
    'aws:principalarn',
    'aws:principalaccount',
    'aws:principalorgid',
    'aws:principalorgpaths',
    'aws:vpceaccount',
    'aws:vpceorgid',
    's3:x-amz-server-side-encryption-aws-kms-key-id',
    's3:dataaccesspointaccount',
  ].map((key): [string, Check] => [key, isFixed]),
  ['aws:userid', isFixed],
  ['aws:principalisawsservice', (value) => value.toLowerCase() === 'true'],
  ['s3:dataaccesspointarn', isFixedAccessPoint],
])

/** The account must be fixed; the name of the access point may be a pattern. */
function isFixedAccessPoint(value: string): boolean {
  const arn = parseArn(value)
  return arn !== undefined && isFixed(arn.account)
}

const positive = new Set(['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnEquals', 'ArnLike', 'Bool'])

function confines({ operator, quantifier, ifExists, key, values }: Condition): boolean {
  if (ifExists || quantifier === 'ForAllValues' || values.length === 0) return false
  const lowerKey = key.toLowerCase()
  if (operator === 'IpAddress') return lowerKey === 'aws:sourceip' && values.every(isNarrowBlock)
  const check = confiningKeys.get(lowerKey)
  return check !== undefined && positive.has(operator) && values.every(check)
}

/**
 * At most a /8 of IPv4 (which every private range is) or a /32 of IPv6.
 * Observed: 11.0.0.0/8 and 10.0.0.0/32 are not public; 0.0.0.0/0, 11.0.0.0/7 and fd00::/8 are.
 */
function isNarrowBlock(text: string): boolean {
  const block = parseCidr(text)
  return block !== undefined && block.bits >= (block.version === 4 ? 8 : 32)
}
