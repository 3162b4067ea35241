/** Where condition keys and policy variables get their values. */

/**
 * Computes the value of a context key when a statement asks for it, and only then. `key` is the whole name in lower
 * case, tag keys included (`aws:principaltag/team`), because AWS compares names without case. Undefined: the key is
 * absent, which is not the same as an empty value. Must not throw.
 */
export interface ContextSource {
  get(key: string): string | readonly string[] | undefined
}

/** A source over a plain record, whose names may be in any case. For tests, simulation and fixed contexts. */
export function contextOf(values: Readonly<Record<string, string | readonly string[]>>): ContextSource {
  const byName = new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]))
  return { get: (key) => byName.get(key) }
}

/**
 * A source with some keys (lower case) replaced, undefined meaning absent. One decision may ask more than its request
 * said: whether a missing key may be told is ListBucket with s3:prefix set to that key.
 */
export function overlay(
  base: ContextSource,
  replaced: Readonly<Record<string, string | readonly string[] | undefined>>,
): ContextSource {
  return { get: (key) => (Object.hasOwn(replaced, key) ? replaced[key] : base.get(key)) }
}
