/**
 * PutBucketPolicy's checks, in the order and words of S3's MalformedPolicy answers; the first fault wins.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
 */
import { actionsMatching, type S3Action, s3Actions, takesKey } from './actions.ts'
import { compileArnPattern, requestArn } from './arn-pattern.ts'
import { hasValues } from './compile.ts'
import { isKnownOperator } from './conditions.ts'
import type { ContextSource } from './context-source.ts'
import { directoryActions } from './directory-actions.ts'
import type { PolicyDocument, PrincipalElement, PrincipalType, Statement } from './document.ts'
import { parseCidr } from './ip.ts'
import { findKey } from './keys.ts'
import { compilePattern } from './match.ts'
import { normalizePolicy } from './normalize.ts'
import { parsePolicy } from './parse.ts'
import { isServicePrincipal } from './service-principals.ts'

/** What a principal of a policy stands for. */
export interface ResolvedPrincipal {
  /** As the policy shows it from now on: accounts as root ARNs, canonical users as their account's. */
  arn: string
  /** Of users and roles: the policy holds on to the entity, not to its name. */
  uniqueId?: string
}

export interface BucketPolicyRules {
  bucket: string
  /** `aws` unless told. */
  partition?: string
  /** ARN of a directory bucket: its policy has actions of s3express, and the bucket as its one resource. */
  directoryArn?: string | undefined
  /** Finds an account, user, role or session by what the policy says; undefined when there is none. */
  resolve(type: 'AWS' | 'CanonicalUser', value: string): ResolvedPrincipal | undefined
}

export type BucketPolicyResult =
  | { ok: true; document: PolicyDocument; text: string; uniqueIds: Record<string, string> }
  /** Code MalformedPolicy; `detail` goes into the Detail element. */
  | { ok: false; message: string; detail?: string }

/** Largest normalised policy. */
const maxSizeBytes = 20_480

/** Checks a policy and gives it in the form to store: principals resolved, text normalised. Never throws. */
export function validateBucketPolicy(text: string, rules: BucketPolicyRules): BucketPolicyResult {
  const result = validate(text, rules)
  return 'message' in result ? { ok: false, ...result } : { ok: true, ...result }
}

interface Fault {
  message: string
  detail?: string
}
type Stored = Omit<Extract<BucketPolicyResult, { ok: true }>, 'ok'>

function validate(text: string, rules: BucketPolicyRules): Stored | Fault {
  if (!text.startsWith('{')) return { message: "Policies must be valid JSON and the first byte must be '{'" }
  const parsed = parsePolicy(text)
  // Assumed: a member given twice is invalid JSON to S3, because its parser is the one that says so of other faults.
  if (parsed === undefined || parsed.hasDuplicates) return { message: 'This policy contains invalid Json' }
  const { document } = parsed
  const statements = document.statements
  if (parsed.hasSyntaxFault && statements !== undefined) {
    return hasBadVersion(document) ? badVersion : { message: 'Invalid policy syntax.' }
  }
  if (statements === undefined) return { message: 'Missing required field Statement' }
  if (statements.length === 0) return { message: 'Could not parse the policy: Statement is empty!' }
  if (hasBadVersion(document)) return badVersion
  for (const statement of statements) {
    const fault = faultOf(statement, rules)
    if (fault !== undefined) return fault
  }
  return store(document, rules)
}

const badVersion: Fault = { message: 'The policy must contain a valid version string' }

function hasBadVersion({ version }: PolicyDocument): boolean {
  return version !== undefined && version !== '2008-10-17' && version !== '2012-10-17'
}

function faultOf(statement: Statement, rules: BucketPolicyRules): Fault | undefined {
  return (
    faultOfEffect(statement) ??
    faultOfPrincipal(statement.principal, statement.effect, rules) ??
    faultOfAction(statement, rules) ??
    faultOfResource(statement, rules) ??
    faultOfCombination(statement, rules) ??
    faultOfConditions(statement, rules)
  )
}

function faultOfEffect({ effect }: Statement): Fault | undefined {
  if (effect === undefined) return { message: 'Missing required field Effect' }
  return effect === 'Allow' || effect === 'Deny' ? undefined : { message: `Invalid effect: ${effect}` }
}

function faultOfPrincipal(
  principal: PrincipalElement | undefined,
  effect: string | undefined,
  rules: BucketPolicyRules,
): Fault | undefined {
  if (principal === undefined) return { message: 'Missing required field Principal' }
  if (principal.entries.length === 0) return { message: 'Missing required field Principal cannot be empty!' }
  // Observed: refused; the words are those that IAM uses for trust policies.
  if (principal.isNot && effect === 'Allow') return { message: 'Allow with NotPrincipal is not allowed.' }
  const bad = principal.entries.find(({ type, value }) => resolve(type, value, rules) === undefined)
  return bad && { message: 'Invalid principal in policy', detail: `"${bad.type}" : "${bad.value}"` }
}

/** Unique ids are what saved ARNs turn into; they cannot be put. */
const uniqueId = /^A(?:IDA|ROA|GPA|IPA)[A-Z0-9]{12,}$/

function resolve(type: PrincipalType, value: string, rules: BucketPolicyRules): ResolvedPrincipal | undefined {
  if (type === 'Service') return isServicePrincipal(value) ? { arn: value } : undefined
  if (type === 'Federated') return /^[^*?]+$/.test(value) ? { arn: value } : undefined
  if (type === 'AWS' && value === '*') return { arn: value }
  return /[*?]/.test(value) || uniqueId.test(value) ? undefined : rules.resolve(type, value)
}

function faultOfAction({ action }: Statement, rules: BucketPolicyRules): Fault | undefined {
  if (!hasValues(action)) return { message: 'Missing required field Action' }
  const isKnown = (pattern: string) => pattern === '*' || bucketActions(pattern, rules).length > 0
  return action.values.every(isKnown) ? undefined : { message: 'Policy has invalid action' }
}

/** The actions that a pattern covers and the policy of such a bucket may name. */
function bucketActions(pattern: string, { directoryArn }: BucketPolicyRules): S3Action[] {
  const all = directoryArn === undefined ? s3Actions : directoryActions
  return actionsMatching(pattern, all).filter(({ inBucketPolicies }) => inBucketPolicies)
}

const noContext: ContextSource = { get: () => undefined }

function faultOfResource({ resource }: Statement, rules: BucketPolicyRules): Fault | undefined {
  const { bucket, partition = 'aws', directoryArn } = rules
  if (!hasValues(resource)) return { message: 'Missing required field Resource' }
  if (directoryArn !== undefined) return faultOfDirectoryResource(resource.values, directoryArn)
  const head = `arn:${partition}:s3:::`
  const isOurs = (pattern: string) => {
    if (!pattern.startsWith(head)) return false
    // A variable may turn out to be anything.
    const name = (pattern.slice(head.length).split('/', 1)[0] ?? '').replace(/\$\{[^}]*\}/g, '*')
    return compilePattern(name, { wildcards: true, variables: false })(bucket, noContext)
  }
  return resource.values.every(isOurs) ? undefined : { message: 'Policy has invalid resource' }
}

/** AWS's own examples have the bare star here. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam-example-bucket-policies.html */
function faultOfDirectoryResource(patterns: readonly string[], directoryArn: string): Fault | undefined {
  const arn = requestArn(directoryArn)
  const isOurs = (pattern: string) =>
    pattern === '*' || (arn !== undefined && compileArnPattern(pattern, 'nowhere')(arn, noContext))
  return patterns.every(isOurs) ? undefined : { message: 'Policy has invalid resource' }
}

/** Which kinds of resource a pattern reaches: `b` the bucket, `b/x` objects, `b*` both. */
function reaches(pattern: string, kind: S3Action['on']): boolean {
  return pattern.includes('/') ? kind === 'object' : kind === 'bucket' || pattern.includes('*')
}

function kindsReached(patterns: readonly string[]): ReadonlySet<S3Action['on']> {
  const kinds = ['bucket', 'object', 'other'] as const
  return new Set(kinds.filter((kind) => patterns.some((pattern) => reaches(pattern, kind))))
}

/** Every listed action must have a resource of its kind. */
function faultOfCombination({ action, resource }: Statement, rules: BucketPolicyRules): Fault | undefined {
  // There is one kind of resource in a directory bucket's policy.
  if (
    rules.directoryArn !== undefined ||
    action === undefined ||
    action.isNot ||
    resource === undefined ||
    resource.isNot
  )
    return undefined
  const kinds = kindsReached(resource.values)
  const hasResource = ({ on }: S3Action) => kinds.has(on)
  const applies = (pattern: string) => bucketActions(pattern, rules).some(hasResource)
  return action.values.every(applies) ? undefined : { message: 'Action does not apply to any resource(s) in statement' }
}

function faultOfConditions(statement: Statement, rules: BucketPolicyRules): Fault | undefined {
  const { conditions } = statement
  const unknown = conditions.find((condition) => !isKnownOperator(condition))
  if (unknown !== undefined) return { message: `Invalid Condition type : ${unknown.operatorText}` }
  const [own, foreign] = rules.directoryArn === undefined ? ['s3:', 's3express:'] : ['s3express:', 's3:']
  const keys = conditions.map(({ key }) => key.toLowerCase())
  const isKnownKey = (key: string) => key.startsWith('aws:') || (findKey(key) !== undefined && !key.startsWith(foreign))
  if (!keys.every(isKnownKey)) return { message: 'Policy has an invalid condition key' }
  const ownKeys = keys.filter((key) => key.startsWith(own))
  if (
    ownKeys.length > 0 &&
    !coveredActions(statement, rules).every((action) => ownKeys.every((key) => takesKey(action, key)))
  ) {
    return { message: 'Conditions do not apply to combination of actions and resources in statement' }
  }
  const addresses = conditions.filter(({ operator }) => operator === 'IpAddress' || operator === 'NotIpAddress')
  const isValid = addresses.every(({ values }) => values.every((value) => parseCidr(value) !== undefined))
  return isValid ? undefined : { message: 'Invalid IP address in Conditions' }
}

/**
 * The actions that a statement can be about: those of its patterns that have a resource in it. One that does not take a
 * key makes the whole statement invalid. Observed: `GetObject` with `PutObject` under s3:x-amz-acl is refused.
 */
function coveredActions({ action, resource }: Statement, rules: BucketPolicyRules): S3Action[] {
  if (action === undefined) return []
  const listed = new Set(action.values.flatMap((pattern) => bucketActions(pattern, rules)))
  const covered = action.isNot ? bucketActions('*', rules).filter((each) => !listed.has(each)) : [...listed]
  if (rules.directoryArn !== undefined || resource === undefined || resource.isNot) return covered
  const kinds = kindsReached(resource.values)
  return covered.filter(({ on }) => kinds.has(on))
}

function store(document: PolicyDocument, rules: BucketPolicyRules): Stored | Fault {
  const uniqueIds: Record<string, string> = {}
  const statements = (document.statements ?? []).map((statement) => ({
    ...statement,
    principal: statement.principal && resolveAll(statement.principal, rules, uniqueIds),
  }))
  const stored: PolicyDocument = { ...document, version: document.version ?? '2008-10-17', statements }
  const text = normalizePolicy(stored)
  if (Buffer.byteLength(text) > maxSizeBytes) {
    return { message: `Normalized policy document exceeds the maximum allowed size of ${maxSizeBytes} bytes` }
  }
  return { document: stored, text, uniqueIds }
}

function resolveAll(
  principal: PrincipalElement,
  rules: BucketPolicyRules,
  uniqueIds: Record<string, string>,
): PrincipalElement {
  const entries = principal.entries.map(({ type, value }) => {
    const resolved = resolve(type, value, rules)
    if (resolved?.uniqueId !== undefined) uniqueIds[resolved.arn] = resolved.uniqueId
    return { type: type === 'CanonicalUser' ? 'AWS' : type, value: resolved?.arn ?? value }
  })
  return { ...principal, entries }
}
