/** The keys that tokens for services elsewhere are signed with: one pair for all accounts, made with the first token. */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { IamStore } from '../store/iam.ts'
import type { Jwk } from './jwt.ts'

/** What AWS signs with. */
export const outboundAlgorithms = ['RS256', 'ES384'] as const
export type OutboundAlgorithm = (typeof outboundAlgorithms)[number]

const secretName = 'outbound tokens'
const digests: Readonly<Record<OutboundAlgorithm, string>> = { RS256: 'sha256', ES384: 'sha384' }
const keyIds: Readonly<Record<OutboundAlgorithm, string>> = { RS256: 'RSA_0', ES384: 'EC384_0' }

async function privateKeys(iam: IamStore): Promise<Record<OutboundAlgorithm, KeyObject>> {
  const made = await iam.secret(secretName, async () => {
    const rsa = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    const ec = await promisify(generateKeyPair)('ec', { namedCurve: 'P-384' })
    return Buffer.from(JSON.stringify({ RS256: toPem(rsa.privateKey), ES384: toPem(ec.privateKey) }))
  })
  const read = JSON.parse(made.toString()) as Record<OutboundAlgorithm, string>
  return { RS256: createPrivateKey(read.RS256), ES384: createPrivateKey(read.ES384) }
}

const toPem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string

/** The public keys, as at the issuer's `/.well-known/jwks.json`. */
export async function outboundKeys(iam: IamStore): Promise<{ keys: Jwk[] }> {
  const keys = await privateKeys(iam)
  return {
    keys: outboundAlgorithms.map((alg) => {
      const jwk = createPublicKey(keys[alg]).export({ format: 'jwk' })
      return { ...jwk, kid: keyIds[alg], use: 'sig', alg }
    }),
  }
}

/** A signed token of these claims. */
export async function signOutbound(iam: IamStore, algorithm: OutboundAlgorithm, claims: object): Promise<string> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: algorithm, typ: 'JWT', kid: keyIds[algorithm] })}.${part(claims)}`
  const key = { key: (await privateKeys(iam))[algorithm], dsaEncoding: 'ieee-p1363' as const }
  return `${signed}.${sign(digests[algorithm], Buffer.from(signed), key).toString('base64url')}`
}
