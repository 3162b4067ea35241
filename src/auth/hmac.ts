/**
 * HMAC-SHA256 with prepared keys. Two one-shot hashes over a prepared block cost half of `createHmac` (about 1.5 us
 * against 3 us), which is most of what verifying a small request costs.
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
import { createHmac, hash } from 'node:crypto'

const blockBytes = 64
const digestBytes = 32
const scratch = Buffer.allocUnsafe(8192)
const outerScratch = Buffer.allocUnsafe(blockBytes + digestBytes)

/** SHA-256 of no bytes at all. */
export const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** SHA-256 of Latin-1 text, in hex. */
export function sha256Hex(latin1: string): string {
  if (latin1.length > scratch.length) return hash('sha256', Buffer.from(latin1, 'latin1'), 'hex')
  return hash('sha256', scratch.subarray(0, scratch.write(latin1, 0, 'latin1')), 'hex')
}

/** A key that signs many texts. */
export class HmacKey {
  readonly #key: Buffer
  readonly #inner = Buffer.alloc(blockBytes, 0x36)
  readonly #outer = Buffer.alloc(blockBytes, 0x5c)

  /** @param key at most 64 bytes */
  constructor(key: Buffer) {
    this.#key = key
    for (const [at, byte] of key.entries()) {
      this.#inner[at] = 0x36 ^ byte
      this.#outer[at] = 0x5c ^ byte
    }
  }

  /** The HMAC of Latin-1 text, in hex. */
  signHex(latin1: string): string {
    if (latin1.length > scratch.length - blockBytes) {
      return createHmac('sha256', this.#key).update(latin1, 'latin1').digest('hex')
    }
    scratch.set(this.#inner, 0)
    const size = blockBytes + scratch.write(latin1, blockBytes, 'latin1')
    outerScratch.set(this.#outer, 0)
    outerScratch.write(hash('sha256', scratch.subarray(0, size), 'binary'), blockBytes, 'latin1')
    return hash('sha256', outerScratch, 'hex')
  }
}

/** HMAC-SHA256 as bytes, for deriving keys. */
export function hmacSha256(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}
