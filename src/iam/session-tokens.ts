/**
 * Session tokens: all that is known of temporary credentials, sealed with a key of this server (AES-256-GCM), so that
 * nothing is stored for them and nobody can read or change one. Clients must treat them as opaque, as AWS's.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { PrincipalSession } from '../context.ts'

/** What a token says. Names of users and roles are looked up by id when it is used: they may change. */
export interface SessionClaims {
  accessKeyId: string
  secretAccessKey: string
  accountId: string
  kind: 'root' | 'user' | 'role' | 'federated'
  /** Unique id of the user or role behind it; undefined for root. */
  uniqueId?: string
  /** Of a role session or federated user. */
  name?: string
  session: PrincipalSession
}

const prefix = Buffer.from('SB1')
const ivBytes = 12
const tagBytes = 16
/** Larger than any token made here: what is longer is not opened. */
const maxTokenChars = 16 * 1024

/** Base64 text. @param key 32 bytes */
export function sealSession(claims: SessionClaims, key: Buffer): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(prefix)
  const sealed = Buffer.concat([cipher.update(deflateRawSync(JSON.stringify(claims))), cipher.final()])
  return Buffer.concat([prefix, iv, cipher.getAuthTag(), sealed]).toString('base64')
}

/** Undefined when this server did not make the token. */
export function openSession(token: string, key: Buffer): SessionClaims | undefined {
  if (token.length > maxTokenChars) return undefined
  const bytes = Buffer.from(token, 'base64')
  const start = prefix.length + ivBytes + tagBytes
  // Base64 is read leniently; only the very text that was issued counts.
  if (bytes.length <= start || bytes.toString('base64') !== token) return undefined
  if (!bytes.subarray(0, prefix.length).equals(prefix)) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(prefix.length, prefix.length + ivBytes))
  decipher.setAAD(prefix)
  decipher.setAuthTag(bytes.subarray(prefix.length + ivBytes, start))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()])
    return JSON.parse(inflateRawSync(text).toString()) as SessionClaims
  } catch {
    return undefined
  }
}
