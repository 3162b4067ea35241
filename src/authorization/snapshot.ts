/** Context values that outlive their request: those of the keys that the policies of a decision mention. */
import type { ContextSource } from '../policy/context-source.ts'
import { mentionedKeys, type Mentioning } from './mentions.ts'

type Value = string | readonly string[] | undefined

const nothing: ContextSource = { get: () => undefined }

/** Few keys beside their values. */
class Kept implements ContextSource {
  readonly keys: readonly string[]
  readonly values: readonly Value[]

  constructor(keys: readonly string[], values: readonly Value[]) {
    this.keys = keys
    this.values = values
  }

  get(key: string): Value {
    return this.values[this.keys.indexOf(key)]
  }
}

/** What a snapshot takes in memory, roughly, in bytes; 0 for other sources. */
export function sizeOf(context: ContextSource): number {
  if (!(context instanceof Kept)) return 0
  let bytes = 0
  for (const value of context.values) {
    if (typeof value === 'string') bytes += 32 + value.length * 2
    else if (value !== undefined) for (const one of value) bytes += 32 + one.length * 2
  }
  return bytes
}

/** What was kept last, by the list of keys: most requests have the values of the one before, and need no copy of them. */
const last = new WeakMap<readonly string[], Kept>()

/** A source with the same answers for those policies, which holds on to nothing else. */
export function snapshot(context: ContextSource, policies: Mentioning): ContextSource {
  const keys = mentionedKeys(policies)
  if (keys.length === 0) return nothing
  const before = last.get(keys)
  let values: Value[] | undefined
  for (let at = 0; at < keys.length; at++) {
    const value = context.get(keys[at] as string)
    if (values === undefined) {
      if (before !== undefined && before.values[at] === value) continue
      values = before?.values.slice(0, at) ?? []
    }
    values.push(value)
  }
  if (values === undefined) return before ?? nothing
  const kept = new Kept(keys, values)
  last.set(keys, kept)
  return kept
}
