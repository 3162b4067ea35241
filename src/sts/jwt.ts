/** JSON Web Tokens: read, and verified with public keys. Symmetric algorithms and `none` are never accepted. @see https://www.rfc-editor.org/rfc/rfc7519 */
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { nameMap } from '../lib/name-map.ts'

export interface Jwt {
  algorithm: string
  keyId: string | undefined
  claims: Readonly<Record<string, unknown>>
  /** What the signature is of. */
  signed: string
  signature: Buffer
}

/** A public key as a JSON Web Key Set has it. */
export type Jwk = Readonly<Record<string, unknown>>

/** Algorithm to key type and digest. */
const algorithms: Readonly<Record<string, { type: string; digest: string | null }>> = nameMap({
  RS256: { type: 'RSA', digest: 'sha256' },
  RS384: { type: 'RSA', digest: 'sha384' },
  RS512: { type: 'RSA', digest: 'sha512' },
  ES256: { type: 'EC', digest: 'sha256' },
  ES384: { type: 'EC', digest: 'sha384' },
  ES512: { type: 'EC', digest: 'sha512' },
  EdDSA: { type: 'OKP', digest: null },
})

function readPart(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Undefined when the text is no signed token. Nothing is verified. */
export function readJwt(token: string): Jwt | undefined {
  const [head = '', body = '', signature = '', ...rest] = token.split('.')
  const header = readPart(head)
  const claims = readPart(body)
  if (header === undefined || claims === undefined || signature === '' || rest.length > 0) return undefined
  if (typeof header.alg !== 'string') return undefined
  return {
    algorithm: header.alg,
    keyId: typeof header.kid === 'string' ? header.kid : undefined,
    claims,
    signed: `${head}.${body}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Whether one of the keys made the signature. A key id, where both have one, must agree. Never throws. */
export function isSignedBy(jwt: Jwt, keys: readonly Jwk[]): boolean {
  const algorithm = Object.hasOwn(algorithms, jwt.algorithm) ? algorithms[jwt.algorithm] : undefined
  if (algorithm === undefined) return false
  return keys.some((key) => {
    if (key.kty !== algorithm.type) return false
    if (jwt.keyId !== undefined && key.kid !== undefined && key.kid !== jwt.keyId) return false
    try {
      const publicKey = createPublicKey({ key: key as JsonWebKey, format: 'jwk' })
      return verify(
        algorithm.digest,
        Buffer.from(jwt.signed),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        jwt.signature,
      )
    } catch {
      return false
    }
  })
}
