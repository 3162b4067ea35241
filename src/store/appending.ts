/**
 * Appending to an object: its body becomes a list of segments, of which each append adds one. A list that only this
 * object refers to is extended in place, which readers do not notice: they read up to the size they know.
 */
import { type Sealer, wrappingSealer } from '../encryption/sealer.ts'
import { bodyKey, referencesKey } from './keys.ts'
import type { Kv } from './kv.ts'
import { randomId } from './random.ts'
import type { BodyRef } from './records.ts'
import { decodeSegments, encodeSegments, openKey, type Segment } from './segments.ts'
import { Staged } from './staged-body.ts'
import type { Transaction } from './transaction.ts'

/** The list an object's body is, or becomes, and the key its segments are sealed under. */
interface OpenList {
  id: string
  sealedKey: string | undefined
  inner: Sealer | undefined
  segments: Segment[]
}

function resealed(ref: BodyRef, from: Sealer | undefined, to: Sealer | undefined): BodyRef {
  const key = openKey(ref, from)
  if (key === undefined || to === undefined) return ref
  return { ...ref, sealedKey: to.seal(key) }
}

/** The body that is there, as a list. */
async function openList(
  kv: Kv,
  existing: BodyRef | Staged,
  sealer: Sealer | undefined,
  transaction: Transaction,
): Promise<OpenList> {
  const before = existing instanceof Staged ? existing.ref : existing
  if (before.kind !== 'segments') {
    const fresh = before.sealedKey === undefined ? undefined : sealer?.generate()
    const inner = fresh && wrappingSealer(fresh.key)
    if (existing instanceof Staged) existing.attach(transaction)
    // The reference to it passes from the record to the list.
    else transaction.retain(before)
    const segments = [{ body: resealed(before, sealer, inner), start: 0, length: before.sizeBytes }]
    return { id: randomId(), sealedKey: fresh?.sealed, inner, segments }
  }
  const row = await kv.get(bodyKey(before.id))
  const shared = await kv.get(referencesKey(before.id))
  const segments = row === undefined ? [] : decodeSegments(row)
  const key = openKey(before, sealer)
  const { sealedKey } = before
  const inner = key && wrappingSealer(key)
  transaction.expect(bodyKey(before.id), row)
  transaction.expect(referencesKey(before.id), shared)
  if (shared === undefined) {
    transaction.retain(before)
    return { id: before.id, sealedKey, inner, segments }
  }
  for (const { body } of segments) transaction.retain(body)
  return { id: randomId(), sealedKey, inner, segments }
}

/**
 * Adds bytes behind a body, in the commit that replaces the record which refers to it: that commit must also release
 * `before` once, unless it is a staged one. Neither may be empty.
 * @param sealer opens the keys of both; undefined when they are in plain
 * @returns undefined when the added body has gone
 */
export async function appendBody(
  kv: Kv,
  before: BodyRef | Staged,
  added: Staged,
  sealer: Sealer | undefined,
  transaction: Transaction,
): Promise<BodyRef | undefined> {
  const list = await openList(kv, before, sealer, transaction)
  if (!added.attach(transaction)) return undefined
  const { ref } = added
  list.segments.push({ body: resealed(ref, sealer, list.inner), start: 0, length: ref.sizeBytes })
  transaction.put(bodyKey(list.id), encodeSegments(list.segments))
  const sizeBytes = list.segments.reduce((sum, { length }) => sum + length, 0)
  const joined: BodyRef = { id: list.id, kind: 'segments', sizeBytes }
  return list.sealedKey === undefined ? joined : { ...joined, sealedKey: list.sealedKey }
}
