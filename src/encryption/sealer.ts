/**
 * Sealing data keys: what is stored with a body is its data key in a form that only the holder of another key can open.
 * Two forms, told apart by their first character:
 *
 *     n NONCE   the key follows from a nonce and the master key (one hash; nothing to decrypt)
 *     w BYTES   the key itself under AES-256-GCM: 12 bytes nonce, 32 key, 16 tag
 *
 * Both are Base64url. Because a copy seals the same data key anew, its bytes never have to be written again.
 */
import { createCipheriv, createDecipheriv, hash, randomBytes, randomFillSync } from 'node:crypto'
import { dataKeyBytes } from './body-cipher.ts'
import { KeyStream } from './key-stream.ts'

/** A fresh data key and what may be stored of it. */
export interface DataKey {
  key: Buffer
  sealed: string
}

/** Something that seals and opens data keys. */
export interface Sealer {
  generate(): DataKey
  seal(key: Buffer): string
  /** @throws Error when it was sealed by another sealer, or was changed */
  open(sealed: string): Buffer
  /** For bodies that may share a key. Undefined: each has one of its own. */
  readonly stream?: KeyStream
}

const nonceBytes = 16
const ivBytes = 12
const tagBytes = 16

/** Random bytes are drawn in bulk: a call each would cost as much as ciphering a small body. */
const pool = Buffer.alloc(256 * nonceBytes)
let used = pool.length

function nextNonce(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += nonceBytes
  return pool.subarray(used - nonceBytes, used)
}

/**
 * Seals under a key by wrapping. `context` must be the same at opening (KMS's encryption context).
 * @param wrappingKey 32 bytes
 */
export function wrappingSealer(wrappingKey: Buffer, context = ''): Sealer {
  const aad = Buffer.from(context)
  const seal = (key: Buffer): string => {
    const iv = randomBytes(ivBytes)
    const cipher = createCipheriv('aes-256-gcm', wrappingKey, iv).setAAD(aad)
    const wrapped = cipher.update(key)
    cipher.final()
    return `w${Buffer.concat([iv, wrapped, cipher.getAuthTag()]).toString('base64url')}`
  }
  return {
    seal,
    generate() {
      const key = randomBytes(dataKeyBytes)
      return { key, sealed: seal(key) }
    },
    open(sealed) {
      const bytes = Buffer.from(sealed.slice(1), 'base64url')
      if (sealed[0] !== 'w' || bytes.length !== ivBytes + dataKeyBytes + tagBytes) throw notOurs()
      const iv = bytes.subarray(0, ivBytes)
      const decipher = createDecipheriv('aes-256-gcm', wrappingKey, iv, { authTagLength: tagBytes })
      decipher.setAAD(aad).setAuthTag(bytes.subarray(ivBytes + dataKeyBytes))
      const key = decipher.update(bytes.subarray(ivBytes, ivBytes + dataKeyBytes))
      try {
        decipher.final()
      } catch (cause) {
        throw notOurs(cause)
      }
      return key
    },
  }
}

/**
 * Seals under a master key: fresh data keys are derived (the one-step derivation of NIST SP 800-56C, SHA-256 over
 * counter, secret and nonce), because that costs a fifth of wrapping; given ones are wrapped under a second key derived
 * the same way.
 * @param master 32 bytes
 * @see https://csrc.nist.gov/pubs/sp/800/56/c/r2/final (4.1)
 */
export function masterSealer(master: Buffer): Sealer {
  const wrapping = wrappingSealer(deriveKey(master, 'wrap'))
  const input = Buffer.concat([counter, master, Buffer.alloc(nonceBytes)])
  const nonceAt = input.length - nonceBytes
  const generate = (): DataKey => {
    const nonce = nextNonce()
    nonce.copy(input, nonceAt)
    return { key: hash('sha256', input, 'buffer'), sealed: `n${nonce.toString('base64url')}` }
  }
  const open = (sealed: string): Buffer => {
    if (sealed[0] !== 'n') return wrapping.open(sealed)
    if (input.write(sealed.slice(1), nonceAt, 'base64url') !== nonceBytes) throw notOurs()
    return hash('sha256', input, 'buffer')
  }
  return { seal: wrapping.seal, generate, open, stream: new KeyStream({ generate, open }) }
}

const counter = Buffer.from([0, 0, 0, 1])

/**
 * A key for one purpose, out of the master key (32 bytes).
 * @param purpose shorter than a nonce, so it is no data key's derivation
 */
export function deriveKey(master: Buffer, purpose: 'wrap' | 'secrets' | 'tags'): Buffer {
  return hash('sha256', Buffer.concat([counter, master, Buffer.from(purpose)]), 'buffer')
}

const notOurs = (cause?: unknown): Error => new Error('a data key was sealed under another key', { cause })
