/**
 * Sealing of secrets that are stored: AES-256-GCM under a key that follows from the master key. What is sealed says where
 * it belongs (its row, its file), so it cannot be moved elsewhere, and a changed byte is noticed.
 *
 *     1   12 bytes nonce   cipher text   16 bytes tag
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const version = 1
const ivBytes = 12
const tagBytes = 16
const headBytes = 1 + ivBytes

/** Seals and opens whole secrets. */
export interface SecretSealer {
  /** @param place where it is stored; the same at opening */
  seal(plain: Uint8Array, place: Uint8Array): Buffer
  /** Undefined when it was not sealed by this sealer for this place, or was changed. */
  open(sealed: Uint8Array, place: Uint8Array): Buffer | undefined
}

/** @param key 32 bytes, used for nothing else */
export function secretSealer(key: Buffer): SecretSealer {
  return {
    seal(plain, place) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(place)
      const hidden = cipher.update(plain)
      cipher.final()
      return Buffer.concat([Buffer.of(version), iv, hidden, cipher.getAuthTag()])
    },
    open(sealed, place) {
      if (sealed[0] !== version || sealed.length < headBytes + tagBytes) return undefined
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, headBytes), { authTagLength: tagBytes })
      decipher.setAAD(place).setAuthTag(sealed.subarray(sealed.length - tagBytes))
      const plain = decipher.update(sealed.subarray(headBytes, sealed.length - tagBytes))
      try {
        decipher.final()
        return plain
      } catch {
        return undefined
      }
    },
  }
}
