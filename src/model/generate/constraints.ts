/** Bounds and patterns of members, which the schemas of the SDK leave out and `data/constraints.json` has. */
import type { Model } from './read-sdk.ts'

/** What a value must satisfy. */
export interface Bounds {
  min?: number
  max?: number
  pattern?: string
}

/** Of a member; `item` is for each item of a list. */
export type Constraint = Bounds & { item?: Bounds }

/** structure -> member -> constraint */
export type Constraints = Readonly<Record<string, Readonly<Record<string, Constraint>>>>

/** Adds them to the members that the model has: the two sources need not be of the same day. */
export function applyConstraints(model: Model, constraints: Constraints): void {
  for (const [name, members] of Object.entries(constraints)) {
    for (const [member, constraint] of Object.entries(members)) {
      const found = model.shapes[name]?.members?.[member]
      if (found !== undefined) Object.assign(found, constraint)
    }
  }
}
