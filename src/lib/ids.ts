/** Random identifiers in the shapes AWS uses. */
import { randomBytes, randomFillSync } from 'node:crypto'

/** The sources of randomness: tests count, production draws. */
export interface Ids {
  /** 16 upper-case characters, as x-amz-request-id. */
  requestId(): string
  /** Base64, as x-amz-id-2. */
  hostId(): string
  /** Opaque, unique, URL-safe. */
  uploadId(): string
}

const base32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Randomness is drawn in blocks: one system call serves hundreds of requests. */
const pool = Buffer.allocUnsafe(16 * 1024)
let used = pool.length

function take(sizeBytes: number): Buffer {
  if (used + sizeBytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += sizeBytes
  return pool.subarray(used - sizeBytes, used)
}

/** Production ids. Request ids are 16 upper-case characters and host ids 56 bytes of Base64, as recorded AWS answers show. */
export const randomIds: Ids = {
  requestId() {
    const bytes = take(16)
    for (let at = 0; at < 16; at++) bytes[at] = base32.charCodeAt((bytes[at] as number) & 31)
    return bytes.toString('latin1')
  },
  hostId: () => take(57).toString('base64'),
  // A letter first: what begins with `-` is an option to command lines.
  uploadId: () => `U${randomBytes(48).toString('base64url')}`,
}
