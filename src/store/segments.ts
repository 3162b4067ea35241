/**
 * Bodies made of ranges of other bodies: how slices and completed uploads share bytes. A segment list may name segment
 * lists; `leavesOf` walks down to what has bytes, reading each list only when its turn comes.
 */
import { bodyCipher } from '../encryption/body-cipher.ts'
import { type Sealer, wrappingSealer } from '../encryption/sealer.ts'
import { BlockTags } from './block-tags.ts'
import type { Blobs } from './blobs.ts'
import type { Leaf, LeafSource } from './body-stream.ts'
import { bodyKey } from './keys.ts'
import type { Kv } from './kv.ts'
import { decodeJson, encodeJson } from './record-rows.ts'
import type { BodyRef } from './records.ts'
import { checkBytes, checked } from './row-check.ts'
import { StoreError } from './store-error.ts'

/** `length` bytes of `body`, beginning at `start`. */
export interface Segment {
  body: BodyRef
  start: number
  length: number
}

export const encodeSegments = (segments: Segment[]): Buffer => encodeJson(segments)
export const decodeSegments = (row: Buffer): Segment[] => decodeJson<Segment[]>(row)

/** Where bytes are. */
export interface Sources {
  readonly kv: Kv
  readonly blobs: Blobs
  /** Of the tags that files are verified with; undefined: in memory, nothing is. */
  readonly tagKey?: Buffer | undefined
}

/** A segment, and what opens the key of its body: the key of the object, or of the list it stands in. */
interface Pending {
  segment: Segment
  sealer: Sealer | undefined
}

/**
 * Yields the leaves of a range of a body, deciphered. The caller keeps the body pinned meanwhile.
 * @param sealer opens the key of the body; not needed for one in plain
 */
export function leavesOf(sources: Sources, whole: Segment, sealer: Sealer | undefined): LeafSource {
  /** What is still to come, the next on top. */
  const stack: Pending[] = [{ segment: whole, sealer }]
  return async () => {
    for (let pending = stack.pop(); pending !== undefined; pending = stack.pop()) {
      const { segment } = pending
      const key = openKey(segment.body, pending.sealer)
      if (segment.body.kind === 'segments') {
        const row = await sources.kv.get(bodyKey(segment.body.id))
        if (row === undefined) throw missing(segment.body)
        const inner = key && wrappingSealer(key)
        for (const part of cut(decodeSegments(row), segment.start, segment.start + segment.length).reverse()) {
          stack.push({ segment: part, sealer: inner })
        }
      } else if (segment.length > 0) {
        return await leafOf(sources, segment, key)
      }
    }
    return undefined
  }
}

/**
 * The data key of a body; undefined for one in plain.
 * @throws StoreError CORRUPT when the sealer is not the one it was sealed with
 */
export function openKey(ref: BodyRef, sealer: Sealer | undefined): Buffer | undefined {
  if (ref.sealedKey === undefined) return undefined
  if (sealer === undefined) throw new Error('an encrypted body was used without a key')
  try {
    return sealer.open(ref.sealedKey)
  } catch (cause) {
    throw new StoreError('CORRUPT', `The key of a stored body cannot be opened (${ref.kind} ${ref.id}).`, cause)
  }
}

/** The part of a segment list that covers bytes [start, end). */
export function cut(segments: Segment[], start: number, end: number): Segment[] {
  const out: Segment[] = []
  let offset = 0
  for (const segment of segments) {
    const from = Math.max(start, offset)
    const to = Math.min(end, offset + segment.length)
    if (from < to) out.push({ body: segment.body, start: segment.start + from - offset, length: to - from })
    offset += segment.length
  }
  return out
}

/** The stored bytes of an inline body, out of its row. @throws StoreError CORRUPT when they are damaged */
export function inlineBytes(row: Buffer, { sizeBytes }: BodyRef): Buffer {
  if (row.length === sizeBytes + checkBytes) return checked(row)
  // Formats 1 to 3 had no checks.
  if (row.length === sizeBytes) return row
  throw new StoreError('CORRUPT', 'A stored body is not as long as its record says.')
}

async function leafOf({ kv, blobs, tagKey }: Sources, segment: Segment, key: Buffer | undefined): Promise<Leaf> {
  const { body, start, length } = segment
  const decipher = key && bodyCipher(key, start)
  const row = await kv.get(bodyKey(body.id))
  if (row === undefined) throw missing(body)
  if (body.kind === 'inline') {
    const bytes = inlineBytes(row, body).subarray(start, start + length)
    return decipher === undefined ? bytes : decipher(bytes)
  }
  const handle = await blobs.open(body.id)
  if (handle === undefined) throw missing(body)
  return { start, end: start + length, handle, decipher, tags: tagKey && BlockTags.of(tagKey, body, row) }
}

function missing(body: BodyRef): StoreError {
  return new StoreError('CORRUPT', `The bytes of a stored body are missing (${body.kind} ${body.id}).`)
}
