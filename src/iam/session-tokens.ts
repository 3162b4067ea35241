/** Session tokens: all that is known of temporary credentials, sealed. Clients must treat them as opaque, as AWS's. */
import { randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { PrincipalSession } from '../context.ts'
import { openBytes, sealBytes } from '../lib/sealed-token.ts'

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

const purpose = 'session'

/** Base64 text. @param key 32 bytes @param minChars shorter tokens are filled up with what compresses badly */
export function sealSession(claims: SessionClaims, key: Buffer, minChars = 0): string {
  const sealed = (value: object) => sealBytes(purpose, deflateRawSync(JSON.stringify(value)), key)
  let token = sealed(claims)
  for (let filling = 0; token.length < minChars; ) {
    filling += minChars - token.length
    token = sealed({ ...claims, filling: randomBytes(filling).toString('base64').slice(0, filling) })
  }
  return token
}

/** Undefined when this server did not make the token. */
export function openSession(token: string, key: Buffer): SessionClaims | undefined {
  const bytes = openBytes(purpose, token, key)
  return bytes === undefined ? undefined : (JSON.parse(inflateRawSync(bytes).toString()) as SessionClaims)
}
