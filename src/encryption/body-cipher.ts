/**
 * The cipher of bodies: AES-256 in counter mode. Every body has a data key of its own, so the counter begins at zero
 * and the block at any offset is known: a range is deciphered without what comes before it. Encrypting and decrypting
 * are the same. Integrity is not its task: checksums are of the plain bytes.
 * @see https://csrc.nist.gov/pubs/sp/800/38/a/final (6.5)
 */
import { createCipheriv } from 'node:crypto'

export const dataKeyBytes = 32
const blockBytes = 16

/** Ciphers the next bytes of a body. */
export type BodyCipher = (bytes: Uint8Array) => Buffer

/**
 * Begins at `offset` of the body and goes on from call to call.
 * @param key of `dataKeyBytes`, used for one body only
 */
export function bodyCipher(key: Buffer, offset = 0): BodyCipher {
  const counter = Buffer.alloc(blockBytes)
  counter.writeUIntBE(Math.floor(offset / blockBytes), blockBytes - 6, 6)
  const cipher = createCipheriv('aes-256-ctr', key, counter)
  const skipped = offset % blockBytes
  if (skipped > 0) cipher.update(Buffer.alloc(skipped))
  return (bytes) => cipher.update(bytes)
}
