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
 * A token for a value that JSON can hold, in Base64.
 * @param purpose part of what is authenticated: a token for one purpose is none for another
 * @param key 32 bytes
 */
export function sealToken(purpose: string, value: object, key: Buffer): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose))
  const sealed = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
}

/** What a token carries; undefined when it was not made by `sealToken` with the same purpose and key. */
export function openToken(purpose: string, token: string, key: Buffer): unknown {
  if (token.length > maxTokenChars) return undefined
  const bytes = Buffer.from(token, 'base64')
  const start = ivBytes + tagBytes
  // Base64 is read leniently; only the very text that was issued counts.
  if (bytes.length <= start || bytes.toString('base64') !== token) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes)).setAAD(Buffer.from(purpose))
  decipher.setAuthTag(bytes.subarray(ivBytes, start))
  try {
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()]).toString())
  } catch {
    return undefined
  }
}
