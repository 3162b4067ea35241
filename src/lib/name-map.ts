/**
 * Maps of names that come from outside: metadata, claims, tags, and tables of our own that are asked with such names.
 * A plain object would find `constructor` and `toString` in Object.prototype, and an assignment to its `__proto__` is lost.
 */

/** A record without a prototype: every name is an ordinary one. @param rows what it holds at first, copied */
export function nameMap<Value>(rows: Readonly<Record<string, Value>> = {}): Record<string, Value> {
  return Object.assign(Object.create(null) as Record<string, Value>, rows)
}
