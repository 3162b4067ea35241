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

/**
 * A name in the path may hold `*` for any text; then every match is patched, and each must say `from`.
 * @throws Error when nothing matches or the model no longer says `from`: the correction has to be looked at again.
 */
export function applyPatches(model: Model, patches: readonly Patch[]): void {
  for (const patch of patches) {
    const path = patch.at.split('/')
    const last = path.pop() as string
    const owners = path.reduce<unknown[]>(descend, [model]).filter(isRecord)
    if (owners.length === 0) throw new Error(`patch ${patch.at}: nothing is there`)
    for (const owner of owners) applyPatch(owner, last, patch)
  }
}

function descend(owners: unknown[], name: string): unknown[] {
  if (!name.includes('*')) return owners.filter(isRecord).map((owner) => owner[name])
  const pattern = new RegExp(`^${name.replaceAll('*', '.*')}$`)
  return owners.filter(isRecord).flatMap((owner) =>
    Object.keys(owner)
      .filter((key) => pattern.test(key))
      .map((key) => owner[key]),
  )
}

function applyPatch(owner: Record<string, unknown>, name: string, patch: Patch): void {
  // A removal without `from` only asks that something is there.
  const isRemoval = patch.to === undefined && patch.from === undefined
  const applies = isRemoval ? owner[name] !== undefined : isDeepStrictEqual(owner[name], patch.from)
  if (!applies) throw new Error(`patch ${patch.at} no longer applies: the model says ${JSON.stringify(owner[name])}`)
  if (patch.to === undefined) delete owner[name]
  else owner[name] = patch.to
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
