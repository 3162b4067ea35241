/** Context values that outlive their request: those of the keys that the policies of a decision mention. */
import type { ContextSource } from '../policy/context-source.ts'
import { keyGroups, type Mentioning } from './mentions.ts'

type Value = string | readonly string[]

const nothing: ContextSource = { get: () => undefined }

/** Few keys beside their values: cheaper to fill for every request than an object of their names. */
class Kept implements ContextSource {
  readonly #keys: string[] = []
  readonly #values: Value[] = []

  add(key: string, value: Value): void {
    this.#keys.push(key)
    this.#values.push(value)
  }

  get(key: string): Value | undefined {
    return this.#values[this.#keys.indexOf(key)]
  }
}

/** A source with the same answers for those policies, which holds on to nothing else. */
export function snapshot(context: ContextSource, policies: Mentioning): ContextSource {
  let kept: Kept | undefined
  for (const keys of keyGroups(policies)) {
    for (const key of keys) {
      const value = context.get(key)
      if (value === undefined) continue
      kept ??= new Kept()
      kept.add(key, value)
    }
  }
  return kept ?? nothing
}
