/**
 * The policy of a browser upload: decode it, and hold the form against every condition.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
import { type AwsError, error } from '../errors.ts'
import { wholeNumber } from './bytes.ts'

/** A condition as AWS sees it: the object form `{"acl": "private"}` is `["eq", "$acl", "private"]`. */
interface Condition {
  operator: 'eq' | 'starts-with'
  /** Lower case, without `$`; undefined when the `$` was missing, so that nothing can satisfy it. */
  field: string | undefined
  value: string
  /** As error messages quote it. */
  text: string
}

/** Sizes a file may have, in bytes, both included. */
export interface SizeRange {
  readonly min: number
  readonly max: number
}

interface Policy {
  expiresMs: number
  conditions: Condition[]
  range: SizeRange | undefined
}

const invalid = (problem: string): AwsError =>
  error('InvalidPolicyDocument', {}, { message: `Invalid Policy: ${problem}` })
const refused = (problem: string): AwsError =>
  error('AccessDenied', {}, { message: `Invalid according to Policy: ${problem}` })

/**
 * Checks a form against its policy.
 * @param fields every field of the form but the file, names in lower case, `${filename}` expanded, plus `bucket`
 * @returns the size range of the file; undefined when the policy has none
 * @throws AwsError InvalidPolicyDocument, AccessDenied
 */
export function checkPolicy(base64: string, fields: ReadonlyMap<string, string>, nowMs: number): SizeRange | undefined {
  const policy = readPolicy(base64)
  if (nowMs > policy.expiresMs) throw refused('Policy expired.')
  const covered = new Set<string>()
  // A Content-Type may list several types, each of which must begin as a condition says.
  const types =
    fields
      .get('content-type')
      ?.split(',')
      .map((one) => one.trim()) ?? []
  for (const condition of policy.conditions) {
    if (!holds(condition, fields, types)) throw refused(`Policy Condition failed: ${condition.text}`)
    covered.add(condition.field as string)
  }
  const extra = [...fields.keys()].filter((name) => !covered.has(name) && !needsNoCondition(name))
  if (extra.length > 0) throw refused(`Extra input fields: ${extra.join(', ')}`)
  return policy.range
}

/** @throws AwsError EntityTooLarge, EntityTooSmall */
export function checkSize(range: SizeRange | undefined, sizeBytes: number): void {
  if (range === undefined) return
  if (sizeBytes > range.max) throw error('EntityTooLarge', { ProposedSize: sizeBytes, MaxSizeAllowed: range.max })
  if (sizeBytes < range.min) throw error('EntityTooSmall', { ProposedSize: sizeBytes, MinSizeAllowed: range.min })
}

const exempt = new Set(['file', 'policy', 'x-amz-signature', 'signature', 'awsaccesskeyid'])

function needsNoCondition(name: string): boolean {
  return exempt.has(name) || name.startsWith('x-ignore-')
}

function holds(condition: Condition, fields: ReadonlyMap<string, string>, types: readonly string[]): boolean {
  if (condition.field === undefined) return false
  const actual = fields.get(condition.field)
  if (actual === undefined) return false
  if (condition.operator === 'eq') return actual === condition.value
  const values = condition.field === 'content-type' ? types : [actual]
  return values.every((value) => value.startsWith(condition.value))
}

function readPolicy(base64: string): Policy {
  const document = parseJson(decodeBase64(base64))
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw invalid('Invalid JSON.')
  const { expiration, conditions } = document as { expiration?: unknown; conditions?: unknown }
  if (expiration === undefined) throw invalid('Policy missing expiration.')
  if (!Array.isArray(conditions)) throw invalid('Policy missing conditions.')
  const policy: Policy = { expiresMs: readExpiration(expiration), conditions: [], range: undefined }
  for (const condition of conditions as unknown[]) readCondition(condition, policy)
  return policy
}

function decodeBase64(base64: string): string {
  const text = base64.replace(/[\r\n]/g, '')
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw invalid('invalid Base64 encoding.')
  }
  return Buffer.from(text, 'base64').toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw error('InvalidPolicyDocument', {}, { message: 'Invalid Policy: Invalid JSON.', cause })
  }
}

const isoExpiration = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

function readExpiration(expiration: unknown): number {
  const ms = typeof expiration === 'string' && isoExpiration.test(expiration) ? Date.parse(expiration) : Number.NaN
  if (Number.isNaN(ms)) throw invalid(`Invalid 'expiration' value: '${String(expiration).slice(0, 100)}'`)
  return ms
}

function readCondition(condition: unknown, policy: Policy): void {
  if (Array.isArray(condition)) readListCondition(condition as unknown[], policy)
  else if (typeof condition === 'object' && condition !== null) {
    const entries = Object.entries(condition)
    const [only] = entries
    if (only === undefined || entries.length !== 1) throw badSimpleCondition()
    policy.conditions.push(makeCondition('eq', `$${only[0]}`, only[1]))
  } else throw invalid('Invalid JSON.')
}

function badSimpleCondition(): AwsError {
  return invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.')
}

function readListCondition(list: unknown[], policy: Policy): void {
  const operator = typeof list[0] === 'string' ? list[0].toLowerCase() : ''
  if (operator !== 'eq' && operator !== 'starts-with' && operator !== 'content-length-range') {
    // Assumed: the wording for what no page shows; the code and the first words are AWS's.
    throw invalid(`Invalid Condition: unknown operation '${String(list[0]).slice(0, 100)}'.`)
  }
  if (list.length !== 3) throw invalid(`Invalid Condition: ${operator} requires exactly two arguments.`)
  if (operator === 'content-length-range') readRange(list, policy)
  else policy.conditions.push(makeCondition(operator, list[1], list[2]))
}

function makeCondition(operator: 'eq' | 'starts-with', name: unknown, value: unknown): Condition {
  if (typeof name !== 'string' || (typeof value !== 'string' && typeof value !== 'number')) {
    throw invalid('Invalid Simple-Condition: value must be a string.')
  }
  const field = name.startsWith('$') ? name.slice(1).toLowerCase() : undefined
  return { operator, field, value: String(value), text: quote([operator, name, String(value)]) }
}

/** Observed: numbers may be texts; what is no number fails the condition instead of the document (LocalStack, 2026-02-21). */
function readRange(list: unknown[], policy: Policy): void {
  const min = readSize(list[1])
  const max = readSize(list[2])
  if (min === undefined || max === undefined) {
    throw refused(`Policy Condition failed: ${quote(['content-length-range', String(list[1]), String(list[2])])}`)
  }
  const before = policy.range
  policy.range =
    before === undefined ? { min, max } : { min: Math.max(min, before.min), max: Math.min(max, before.max) }
}

function readSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string') return undefined
  const isNegative = value.startsWith('-')
  const size = wholeNumber(isNegative ? value.slice(1) : value)
  return size === undefined || !isNegative ? size : -size
}

/** `["eq", "$key", "v"]`, with the spaces that AWS's messages have. */
function quote(parts: readonly string[]): string {
  return `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`
}
