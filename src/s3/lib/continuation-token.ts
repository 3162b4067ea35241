/**
 * Continuation tokens: opaque to clients, stateless for us. A token carries the position to go on from and a digest
 * over it, its purpose and its owner (a bucket id), so that a made-up, changed or foreign one is recognised.
 */
import { createHash } from 'node:crypto'

export type TokenPurpose = 'objects' | 'buckets' | 'annotations' | 'directories' | 'uploads'

const digestBytes = 12

function digest(purpose: TokenPurpose, scope: string, position: Buffer): Buffer {
  const hash = createHash('sha256').update(`${purpose}\0${scope}\0`).update(position)
  return hash.digest().subarray(0, digestBytes)
}

/** Makes the token for `position` (a key, common prefix or bucket name), in URL-safe Base64. */
export function encodeToken(purpose: TokenPurpose, scope: string, position: string): string {
  const bytes = Buffer.from(position, 'utf8')
  return Buffer.concat([digest(purpose, scope, bytes), bytes]).toString('base64url')
}

/** The position in a token made by `encodeToken` for the same purpose and scope; undefined for any other text. */
export function decodeToken(purpose: TokenPurpose, scope: string, token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length <= digestBytes || bytes.toString('base64url') !== token) return undefined
  const position = bytes.subarray(digestBytes)
  return digest(purpose, scope, position).equals(bytes.subarray(0, digestBytes)) ? position.toString('utf8') : undefined
}
