/**
 * A built-in identity provider for tests: it gives anyone a token for any subject. Its tokens are worth something only
 * where IAM has an OIDC provider for its issuer, and a role that trusts it.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { IamStore } from '../store/iam.ts'
import type { Jwk } from './jwt.ts'

/** Reserved for local names, so that it can be nobody's (RFC 6761). */
export const testIssuer = 'https://idp.sandbucket.localhost'
const keyId = 'sandbucket-test-idp'
/** An Ed25519 private key of PKCS #8, up to its 32 bytes (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** What a token shall say. */
export interface TokenRequest {
  sub: string
  aud: string
  /** Seconds; an hour unless given. May be negative, for tests of expiry. */
  expiresIn?: number | undefined
  /** Further claims. */
  claims?: Readonly<Record<string, unknown>> | undefined
}

async function privateKey(iam: IamStore): Promise<KeyObject> {
  const seed = await iam.secret('idp')
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
}

/** The public key, as at `jwks_uri`. */
export async function testKeys(iam: IamStore): Promise<{ keys: Jwk[] }> {
  const jwk = createPublicKey(await privateKey(iam)).export({ format: 'jwk' })
  return { keys: [{ ...jwk, kid: keyId, use: 'sig', alg: 'EdDSA' }] }
}

/** Issues a signed token. @param nowMs the server's time */
export async function issueTestToken(iam: IamStore, request: TokenRequest, nowMs: number): Promise<string> {
  const iat = Math.floor(nowMs / 1000)
  const { sub, aud, expiresIn = 3600, claims } = request
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = { ...claims, iss: testIssuer, sub, aud, iat, exp: iat + expiresIn }
  const signed = `${part({ alg: 'EdDSA', typ: 'JWT', kid: keyId })}.${part(body)}`
  const signature = sign(null, Buffer.from(signed), await privateKey(iam))
  return `${signed}.${signature.toString('base64url')}`
}
