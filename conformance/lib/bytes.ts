/** Content for transfers: reproducible, and not the same in any two places. */
import { createHash } from 'node:crypto'

/** `length` bytes that look random and are the same for the same `seed`. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = seed >>> 0 || 1
  for (let at = 0; at < length; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state & 0xff
  }
  return bytes
}

export const MiB = 1024 * 1024

/** The ETag of a body that was sent whole, with its quotes. */
export function etag(body: string | Uint8Array): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}
