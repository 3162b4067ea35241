/** Random names: of bodies, buckets and versions. Drawn from a pool, because one system call per name is dear. */
import { randomFillSync } from 'node:crypto'
import { sealedVersionId } from '../lib/version-id.ts'

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

/**
 * A version id that looks like AWS's: 32 characters that need no escaping in a URL. The order of versions is kept
 * elsewhere.
 */
export function randomVersionId(): string {
  return sealedVersionId(draw(28))
}
