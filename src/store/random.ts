/** Random names: of bodies, buckets and versions. Drawn from a pool, because one system call per name is dear. */
import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(4096)
let used = pool.length

function draw(sizeBytes: number): Buffer {
  if (used + sizeBytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += sizeBytes
  return pool.subarray(used - sizeBytes, used)
}

/** 128 random bits as 32 hex digits, lower case: safe on file systems that ignore case. */
export function randomId(): string {
  return draw(16).toString('hex')
}

const versionAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._'

/**
 * A version id that looks like AWS's: 32 characters that need no escaping in a URL. It is random: the order of versions
 * is kept elsewhere, and clients must not read anything into it.
 */
export function randomVersionId(): string {
  const bytes = draw(32)
  let id = ''
  for (let i = 0; i < 32; i++) id += versionAlphabet.charAt((bytes[i] ?? 0) & 63)
  return id
}
