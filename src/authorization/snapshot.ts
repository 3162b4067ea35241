/** Context values that outlive their request: those of the keys that the policies of a decision mention. */
import type { ContextSource } from '../policy/context-source.ts'
import { keyGroups, type Mentioning } from './mentions.ts'

type Values = Record<string, string | readonly string[]>

const nothing: ContextSource = { get: () => undefined }

/** A source with the same answers for those policies, which holds on to nothing else. */
export function snapshot(context: ContextSource, policies: Mentioning): ContextSource {
  let values: Values | undefined
  for (const keys of keyGroups(policies)) {
    for (const key of keys) {
      const value = context.get(key)
      if (value === undefined) continue
      values ??= Object.create(null) as Values
      values[key] = value
    }
  }
  if (values === undefined) return nothing
  const kept = values
  return { get: (key) => kept[key] }
}
