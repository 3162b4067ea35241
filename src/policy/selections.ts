/**
 * Which statements concern an action, over all policies of a list at once: found when the action first comes up for that
 * list, and kept as long as the list, which a caller has until its policies change.
 */
import { type CompiledPolicy, type CompiledStatement, coversAction } from './compile.ts'
import type { Verdict } from './decide.ts'

/** A statement with the policy it stands in. */
export interface Candidate {
  readonly policy: CompiledPolicy
  readonly statement: CompiledStatement
  /** What it decided last (`decide.ts`). */
  verdict?: Verdict
}

/** In the order of the policies and of their statements. */
export interface Selection {
  readonly denies: readonly Candidate[]
  readonly allows: readonly Candidate[]
}

/** By the list, then by action as spelled in requests. */
const known = new WeakMap<readonly CompiledPolicy[], Map<string, Selection>>()
/** Actions of requests come from a table; the simulator's come from anyone, so an index has a limit. */
const maxActions = 1024

/** The statements whose Action element covers an action. */
export function select(policies: readonly CompiledPolicy[], action: string): Selection {
  return known.get(policies)?.get(action) ?? index(policies, action)
}

function index(policies: readonly CompiledPolicy[], action: string): Selection {
  const lower = action.toLowerCase()
  const denies: Candidate[] = []
  const allows: Candidate[] = []
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (coversAction(statement, lower)) (statement.isDeny ? denies : allows).push({ policy, statement })
    }
  }
  let byAction = known.get(policies)
  if (byAction === undefined) {
    byAction = new Map()
    known.set(policies, byAction)
  }
  if (byAction.size >= maxActions) byAction.clear()
  const selection: Selection = { denies, allows }
  byAction.set(action, selection)
  return selection
}

const alone = new WeakMap<CompiledPolicy, readonly CompiledPolicy[]>()

/** A list of one policy, always the same list. */
export function listOf(policy: CompiledPolicy): readonly CompiledPolicy[] {
  let list = alone.get(policy)
  if (list === undefined) {
    list = [policy]
    alone.set(policy, list)
  }
  return list
}
