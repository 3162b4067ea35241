/**
 * Condition operators: a row each, with quantifiers, IfExists and Null around them. Values are prepared when a policy is
 * stored (numbers and dates parsed, patterns taken apart); a request only calls the tests.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { nameMap } from '../lib/name-map.ts'
import { compileArnPattern, requestArn } from './arn-pattern.ts'
import type { ContextSource } from './context-source.ts'
import { parseDate } from './dates.ts'
import type { Condition } from './document.ts'
import { isInCidr, parseAddress, parseCidr } from './ip.ts'
import { compilePattern, type Matcher } from './match.ts'

export interface OperatorRow {
  /** The operator holds when no value of the policy matches. */
  negated: boolean
  /** The kind of value that the policy must hold, for validators. */
  type: 'String' | 'Numeric' | 'Date' | 'Bool' | 'Binary' | 'IpAddress' | 'Arn'
  /** Makes the test of one policy value; `variables` as the policy's version allows. */
  prepare(value: string, variables: boolean): Matcher
}

export interface CompiledCondition {
  source: Condition
  /** Lower case. */
  key: string
  isKnown: boolean
  negated: boolean
  quantifier: Condition['quantifier']
  ifExists: boolean
  /** Of a Null condition: the answers (absent: `true`) that the policy lists. */
  nullAnswers: readonly boolean[] | undefined
  tests: readonly Matcher[]
}

const never: Matcher = () => false

const text =
  (options: { wildcards: boolean; foldCase?: boolean }) =>
  (value: string, variables: boolean): Matcher =>
    compilePattern(value, { ...options, variables })

/** A reader that keeps what it read last: the values of a condition are all held against one text of the request. */
function remembering<T>(read: (text: string) => T): (text: string) => T {
  let last: { text: string; value: T } | undefined
  return (text) => {
    if (last?.text !== text) last = { text, value: read(text) }
    return last.value
  }
}

/** A comparison of two things that must both be readable; otherwise it is false, and its negation true. */
function comparing<T>(read: (text: string) => T | undefined, holds: (actual: T, wanted: T) => boolean) {
  const readActual = remembering(read)
  return (value: string): Matcher => {
    const wanted = read(value)
    if (wanted === undefined) return never
    return (text) => {
      const actual = readActual(text)
      return actual !== undefined && holds(actual, wanted)
    }
  }
}

const decimal = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s*$/
const readNumber = (text: string) => (text.length <= 64 && decimal.test(text) ? Number(text) : undefined)
const readBytes = (text: string) => (/^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined)

const addressIn = remembering(parseAddress)

function ipTest(value: string): Matcher {
  const cidr = parseCidr(value)
  if (cidr === undefined) return never
  return (text) => {
    const address = addressIn(text)
    return address !== undefined && isInCidr(address, cidr)
  }
}

const arnIn = remembering(requestArn)

function arnTest(value: string, variables: boolean): Matcher {
  const matches = compileArnPattern(value, variables ? 'everywhere' : 'nowhere')
  return (text, context) => {
    const arn = arnIn(text)
    return arn !== undefined && matches(arn, context)
  }
}

function boolTest(value: string, variables: boolean): Matcher {
  const matches = compilePattern(value, { wildcards: false, variables, foldCase: true })
  return (text, context) => /^(?:true|false)$/i.test(text) && matches(text, context)
}

type Row = OperatorRow
const row = (type: Row['type'], prepare: Row['prepare'], negated = false): Row => ({ type, prepare, negated })
const numeric = (holds: (actual: number, wanted: number) => boolean, negated = false) =>
  row('Numeric', comparing(readNumber, holds), negated)
const date = (holds: (actual: number, wanted: number) => boolean, negated = false) =>
  row('Date', comparing(parseDate, holds), negated)

/** By name; AWS compares names of operators with case. `Null` is not among them: it asks about the key alone. */
export const operators: Readonly<Record<string, OperatorRow>> = nameMap({
  StringEquals: row('String', text({ wildcards: false })),
  StringNotEquals: row('String', text({ wildcards: false }), true),
  StringEqualsIgnoreCase: row('String', text({ wildcards: false, foldCase: true })),
  StringNotEqualsIgnoreCase: row('String', text({ wildcards: false, foldCase: true }), true),
  StringLike: row('String', text({ wildcards: true })),
  StringNotLike: row('String', text({ wildcards: true }), true),
  NumericEquals: numeric((actual, wanted) => actual === wanted),
  NumericNotEquals: numeric((actual, wanted) => actual === wanted, true),
  NumericLessThan: numeric((actual, wanted) => actual < wanted),
  NumericLessThanEquals: numeric((actual, wanted) => actual <= wanted),
  NumericGreaterThan: numeric((actual, wanted) => actual > wanted),
  NumericGreaterThanEquals: numeric((actual, wanted) => actual >= wanted),
  DateEquals: date((actual, wanted) => actual === wanted),
  DateNotEquals: date((actual, wanted) => actual === wanted, true),
  DateLessThan: date((actual, wanted) => actual < wanted),
  DateLessThanEquals: date((actual, wanted) => actual <= wanted),
  DateGreaterThan: date((actual, wanted) => actual > wanted),
  DateGreaterThanEquals: date((actual, wanted) => actual >= wanted),
  Bool: row('Bool', boolTest),
  BinaryEquals: row(
    'Binary',
    comparing(readBytes, (actual, wanted) => actual.equals(wanted)),
  ),
  IpAddress: row('IpAddress', ipTest),
  NotIpAddress: row('IpAddress', ipTest, true),
  ArnEquals: row('Arn', arnTest),
  ArnLike: row('Arn', arnTest),
  ArnNotEquals: row('Arn', arnTest, true),
  ArnNotLike: row('Arn', arnTest, true),
})

/** Whether the operator of a condition exists; Null takes neither quantifier nor IfExists. */
export function isKnownOperator({ operator, quantifier, ifExists }: Condition): boolean {
  if (operator === 'Null') return quantifier === undefined && !ifExists
  return operators[operator] !== undefined
}

/** Prepares a condition. One with an unknown operator never holds. */
export function compileCondition(source: Condition, variables: boolean): CompiledCondition {
  const operator = operators[source.operator]
  return {
    source,
    key: source.key.toLowerCase(),
    isKnown: isKnownOperator(source),
    negated: operator?.negated ?? false,
    quantifier: source.quantifier,
    ifExists: source.ifExists,
    nullAnswers: source.operator === 'Null' ? source.values.flatMap(readBoolean) : undefined,
    tests: source.values.map((value) => operator?.prepare(value, variables) ?? never),
  }
}

function readBoolean(text: string): boolean[] {
  const lower = text.toLowerCase()
  return lower === 'true' || lower === 'false' ? [lower === 'true'] : []
}

/** Whether a condition holds. */
export function conditionHolds(condition: CompiledCondition, context: ContextSource): boolean {
  if (!condition.isKnown) return false
  const actual = context.get(condition.key)
  const isAbsent = actual === undefined || (typeof actual !== 'string' && actual.length === 0)
  if (condition.nullAnswers !== undefined) return condition.nullAnswers.includes(isAbsent)
  const { quantifier, negated } = condition
  if (isAbsent) return condition.ifExists || (quantifier === undefined ? negated : quantifier === 'ForAllValues')
  if (typeof actual === 'string') return valueHolds(condition, actual, context)
  // Assumed: a multivalued key under a plain operator never matches, because AWS calls such a condition invalid.
  if (quantifier === undefined) return false
  const holds = (value: string) => valueHolds(condition, value, context)
  return quantifier === 'ForAllValues' ? actual.every(holds) : actual.some(holds)
}

function valueHolds({ tests, negated }: CompiledCondition, actual: string, context: ContextSource): boolean {
  for (const test of tests) if (test(actual, context)) return !negated
  return negated
}
