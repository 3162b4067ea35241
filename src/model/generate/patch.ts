/** Applies the corrections of `data/patches/*.json`: AWS's wire behaviour where the published model differs from it. */
import { isDeepStrictEqual } from 'node:util'
import type { Model } from './read-sdk.ts'

export interface Patch {
  /** Path into the model, `/` between names: `operations/PutBucketPolicy/status`. */
  at: string
  /** What the model says now; absent when it says nothing. */
  from?: unknown
  /** What it shall say; absent to remove. */
  to?: unknown
  reason: string
  link: string
}

/** @throws Error when the model no longer says `from`: then the correction has to be looked at again. */
export function applyPatches(model: Model, patches: readonly Patch[]): void {
  for (const patch of patches) {
    const path = patch.at.split('/')
    const last = path.pop() as string
    let target: unknown = model
    for (const name of path) target = (target as Record<string, unknown> | undefined)?.[name]
    if (typeof target !== 'object' || target === null) throw new Error(`patch ${patch.at}: nothing is there`)
    const owner = target as Record<string, unknown>
    // A removal without `from` only asks that something is there.
    const isRemoval = patch.to === undefined && patch.from === undefined
    const applies = isRemoval ? owner[last] !== undefined : isDeepStrictEqual(owner[last], patch.from)
    if (!applies) {
      throw new Error(`patch ${patch.at} no longer applies: the model says ${JSON.stringify(owner[last])}`)
    }
    if (patch.to === undefined) delete owner[last]
    else owner[last] = patch.to
  }
}
