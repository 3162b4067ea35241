/** Context values that outlive their request: those of the keys that the policies of a decision mention. */
import type { CompiledPolicy } from '../policy/compile.ts'
import type { ContextSource } from '../policy/context-source.ts'
import type { ApplicablePolicies } from '../policy/decide.ts'
import { keysIn } from './mentions.ts'

type Values = Record<string, string | readonly string[]>

const nothing: ContextSource = { get: () => undefined }

/** The policies of a decision, in one list. */
export function policiesIn({ identity, boundary, session, resource }: ApplicablePolicies): CompiledPolicy[] {
  const list = [...identity]
  if (boundary !== undefined) list.push(boundary)
  if (session !== undefined) list.push(...session)
  if (resource !== undefined) list.push(resource)
  return list
}

/** A source with the same answers for those policies, which holds on to nothing else. */
export function snapshot(context: ContextSource, policies: readonly CompiledPolicy[]): ContextSource {
  let values: Values | undefined
  for (const policy of policies) {
    for (const key of keysIn(policy)) {
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
