/**
 * Tokens that carry what they stand for, sealed with a key of this server (AES-256-GCM): nothing is stored for them, and
 * nobody else can read, make or change one.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const ivBytes = 12
const tagBytes = 16
/** Longer than any token made here. */
const maxTokenChars = 16 * 1024

/**
 * A token for some bytes, in Base64.
 * @param purpose part of what is authenticated: a token for one purpose is none for another
 * @param key 32 bytes
 */
export function sealBytes(purpose: string, bytes: Uint8Array, key: Buffer): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose))
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
}

/** The bytes of a token; undefined when it was not made by `sealBytes` with the same purpose and key. */
export function openBytes(purpose: string, token: string, key: Buffer): Buffer | undefined {
  if (token.length > maxTokenChars) return undefined
  const bytes = Buffer.from(token, 'base64')
  const start = ivBytes + tagBytes
  // Base64 is read leniently; only the very text that was issued counts.
  if (bytes.length <= start || bytes.toString('base64') !== token) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes)).setAAD(Buffer.from(purpose))
  decipher.setAuthTag(bytes.subarray(ivBytes, start))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()])
  } catch {
    return undefined
  }
}

/** As `sealBytes`, for a value that JSON can hold. */
export const sealToken = (purpose: string, value: object, key: Buffer): string =>
  sealBytes(purpose, Buffer.from(JSON.stringify(value)), key)

/** What a token of `sealToken` carries; undefined when it is none. */
export function openToken(purpose: string, token: string, key: Buffer): unknown {
  const bytes = openBytes(purpose, token, key)
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as unknown)
}
