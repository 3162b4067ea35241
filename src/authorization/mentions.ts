/**
 * Which context keys policies mention: what need not be loaded for a decision, and what is kept to explain it. Remembered
 * for each policy, and for each list of them, which is the same until the caller's policies change.
 */
import type { CompiledPolicy } from '../policy/compile.ts'
import { contextKeysIn } from '../policy/context-keys.ts'
import type { ApplicablePolicies } from '../policy/decide.ts'

const known = new WeakMap<CompiledPolicy, readonly string[]>()
const knownLists = new WeakMap<readonly CompiledPolicy[], readonly string[]>()
const none: readonly string[] = []

function keysIn(policy: CompiledPolicy | undefined): readonly string[] {
  if (policy === undefined) return none
  let keys = known.get(policy)
  if (keys === undefined) {
    // Variables that the version of a policy does not know are kept as well: explanations tell what they would have been.
    const document = { ...policy.document, version: '2012-10-17' }
    keys = contextKeysIn(document).map((key) => key.toLowerCase())
    known.set(policy, keys)
  }
  return keys
}

function keysInList(policies: readonly CompiledPolicy[] | undefined): readonly string[] {
  if (policies === undefined || policies.length === 0) return none
  let keys = knownLists.get(policies)
  if (keys === undefined) {
    keys = [...new Set(policies.flatMap(keysIn))]
    knownLists.set(policies, keys)
  }
  return keys
}

/** The policies of a decision, as far as mentions go. */
export type Mentioning = Pick<ApplicablePolicies, 'identity' | 'boundary' | 'session' | 'resource'>

const knownTogether = new WeakMap<Mentioning, readonly string[]>()

/** The keys of their conditions and variables, in lower case; some may come twice. The same list for the same object. */
export function mentionedKeys(policies: Mentioning): readonly string[] {
  let keys = knownTogether.get(policies)
  if (keys === undefined) {
    const { identity, boundary, session, resource } = policies
    keys = [...keysInList(identity), ...keysIn(boundary), ...keysInList(session), ...keysIn(resource)]
    knownTogether.set(policies, keys)
  }
  return keys
}

/** Whether some policy mentions a key for which `test` holds. */
export function mentions(policies: Mentioning, test: (lowerKey: string) => boolean): boolean {
  for (const key of mentionedKeys(policies)) if (test(key)) return true
  return false
}
