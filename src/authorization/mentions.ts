/** Which context keys a policy mentions: what need not be loaded for a decision, and what is kept to explain it. */
import type { CompiledPolicy } from '../policy/compile.ts'
import { contextKeysIn } from '../policy/context-keys.ts'

const known = new WeakMap<CompiledPolicy, readonly string[]>()

/** The keys of a policy's conditions and variables, in lower case. */
export function keysIn(policy: CompiledPolicy): readonly string[] {
  let keys = known.get(policy)
  if (keys === undefined) {
    keys = contextKeysIn(policy.document).map((key) => key.toLowerCase())
    known.set(policy, keys)
  }
  return keys
}

/** Whether some policy mentions a key for which `test` holds. */
export function mentions(policies: readonly CompiledPolicy[], test: (lowerKey: string) => boolean): boolean {
  for (const policy of policies) for (const key of keysIn(policy)) if (test(key)) return true
  return false
}
