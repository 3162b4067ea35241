/**
 * Which value of a context key would make a condition hold, or fail: candidates are taken from what the policy says and
 * tried with the engine itself. Only for explanations.
 */
import { type CompiledCondition, conditionHolds } from './conditions.ts'
import { type ContextSource, overlay } from './context-source.ts'
import { parseDate } from './dates.ts'
import { findKey } from './keys.ts'

/** Undefined: the key is absent. */
export type KeyValue = string | readonly string[] | undefined

/** Keys that every request has, whatever it sends. */
const alwaysThere = new Set([
  'aws:currenttime',
  'aws:epochtime',
  'aws:securetransport',
  'aws:sourceip',
  'aws:principaltype',
  'aws:requestedregion',
])

/**
 * The first value with which all conditions about one key have the wanted result.
 * @param wanted true: all hold; false: at least one fails
 */
export function valueFor(
  conditions: readonly CompiledCondition[],
  context: ContextSource,
  wanted: boolean,
): { value: KeyValue } | undefined {
  const [first] = conditions
  if (first === undefined) return undefined
  for (const value of candidates(conditions, context)) {
    const tried = overlay(context, { [first.key]: value })
    if (conditions.every((condition) => conditionHolds(condition, tried)) === wanted) return { value }
  }
  return undefined
}

/** Values worth trying, the more natural ones first. */
function candidates(conditions: readonly CompiledCondition[], context: ContextSource): KeyValue[] {
  const [first] = conditions
  const key = first?.key ?? ''
  const written = conditions.flatMap(({ source }) => source.values.map((value) => filled(value, context)))
  const single = [...written.flatMap(near), ...others(key)]
  const isMultivalued = findKey(key)?.isMultivalued === true || conditions.some(({ quantifier }) => quantifier)
  const absent: KeyValue[] = alwaysThere.has(key) ? [] : [undefined]
  if (!isMultivalued) {
    // What must not be there is left out rather than replaced.
    return conditions.some(({ negated, nullAnswers }) => negated || nullAnswers)
      ? [...absent, ...single]
      : [...single, ...absent]
  }
  return [...single.map((value) => [value]), written, ...absent]
}

/** Marks a wildcard that is meant as itself; no text of a policy has it. */
const escaped = '\uE000'

/** A value of a policy as a request could have it: variables replaced, wildcards taken up. */
function filled(value: string, context: ContextSource): string {
  return value.replace(/\$\{([^}]*)\}/g, (whole, inner: string) => {
    if (inner === '*' || inner === '?' || inner === '$') return inner === '$' ? '$' : `${escaped}${inner}`
    const [name = '', fallback] = inner.split(',')
    const found = context.get(name.trim().toLowerCase())
    return typeof found === 'string' ? found : (/'(.*)'/.exec(fallback ?? '')?.[1] ?? whole)
  })
}

/** The value itself, what its wildcards may stand for, and its neighbours where it is a number, a date or a block. */
function near(value: string): string[] {
  const literal = value.replaceAll(escaped, '')
  const open = (star: string) =>
    value.replace(/(\uE000?)([*?])/g, (_whole, mark: string, wildcard: string) =>
      mark === escaped ? wildcard : wildcard === '*' ? star : 'x',
    )
  const found = [open(''), open('x'), literal]
  const number = Number(value)
  if (value.trim() !== '' && Number.isFinite(number)) found.push(String(number - 1), String(number + 1))
  const date = /^\d{4}-/.test(value) ? parseDate(value) : undefined
  if (date !== undefined) found.push(...[-1000, 1000].map((ms) => `${new Date(date + ms).toISOString().slice(0, 19)}Z`))
  if (/\/\d{1,3}$/.test(value)) found.unshift(value.slice(0, value.lastIndexOf('/')))
  return found
}

function others(key: string): string[] {
  const type = findKey(key)?.type
  if (type === 'Bool') return ['true', 'false']
  if (type === 'IPAddress') return ['203.0.113.9', '198.51.100.9', '2001:db8::9']
  if (type === 'Numeric') return ['0', '1', '1000000']
  return ['true', 'false', 'other']
}
