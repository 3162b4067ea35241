/** Random identifiers in the shapes AWS uses. */
import { randomBytes } from 'node:crypto'

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
const requestIdLength = 16
/** 57 bytes are 76 characters, without padding. */
const hostIdLength = 76

/** Text is drawn for hundreds of requests at once, and cut up: a piece of a text costs next to nothing. */
function pieces(length: number, draw: () => string): () => string {
  let text = ''
  let used = 0
  return () => {
    if (used === text.length) {
      text = draw()
      used = 0
    }
    used += length
    return text.slice(used - length, used)
  }
}

function drawBase32(): string {
  const bytes = randomBytes(256 * requestIdLength)
  for (let at = 0; at < bytes.length; at++) bytes[at] = base32.charCodeAt((bytes[at] as number) & 31)
  return bytes.toString('latin1')
}

/** Production ids. Request ids are 16 upper-case characters and host ids 76 of Base64, as recorded AWS answers show. */
export const randomIds: Ids = {
  requestId: pieces(requestIdLength, drawBase32),
  hostId: pieces(hostIdLength, () => randomBytes((128 * hostIdLength * 3) / 4).toString('base64')),
  // A letter first: what begins with `-` is an option to command lines.
  uploadId: () => `U${randomBytes(48).toString('base64url')}`,
}
