/**
 * Bodies made of ranges of other bodies: how slices and completed uploads share bytes. A segment list may name segment
 * lists; `leavesOf` walks down to what has bytes, reading each list only when its turn comes.
 */
import type { Blobs } from './blobs.ts'
import type { Leaf, LeafSource } from './body-stream.ts'
import { bodyKey } from './keys.ts'
import type { Kv } from './kv.ts'
import type { BodyRef } from './records.ts'
import { StoreError } from './store-error.ts'

/** `length` bytes of `body`, beginning at `start`. */
export interface Segment {
  body: BodyRef
  start: number
  length: number
}

export const encodeSegments = (segments: Segment[]): Buffer => Buffer.from(JSON.stringify(segments))
export const decodeSegments = (row: Buffer): Segment[] => JSON.parse(row.toString())

/** Yields the leaves of bytes [start, end) of a body. The caller keeps the body pinned meanwhile. */
export function leavesOf(kv: Kv, blobs: Blobs, body: BodyRef, start: number, end: number): LeafSource {
  /** What is still to come, the next on top. */
  const stack: Segment[] = [{ body, start, length: end - start }]
  return async () => {
    for (let segment = stack.pop(); segment !== undefined; segment = stack.pop()) {
      if (segment.body.kind === 'segments') {
        const row = await kv.get(bodyKey(segment.body.id))
        if (row === undefined) throw missing(segment.body)
        for (const part of cut(decodeSegments(row), segment.start, segment.start + segment.length).reverse()) {
          stack.push(part)
        }
      } else if (segment.length > 0) {
        return await leafOf(kv, blobs, segment)
      }
    }
    return undefined
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

async function leafOf(kv: Kv, blobs: Blobs, { body, start, length }: Segment): Promise<Leaf> {
  if (body.kind === 'inline') {
    const row = await kv.get(bodyKey(body.id))
    if (row === undefined) throw missing(body)
    return row.subarray(start, start + length)
  }
  const handle = await blobs.open(body.id)
  if (handle === undefined) throw missing(body)
  return { start, end: start + length, handle }
}

function missing(body: BodyRef): StoreError {
  return new StoreError('CORRUPT', `The bytes of a stored body are missing (${body.kind} ${body.id}).`)
}
