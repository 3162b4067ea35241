/**
 * SigV4A: the asymmetric form. Both sides derive one P-256 key pair from the secret; the server needs the public half.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (SigV4A)
 * @see NIST SP 800-108, counter mode
 */
import { createECDH, createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { isHex } from './bytes.ts'
import { Lru } from './lru.ts'
import type { CheckSignature } from './sigv4.ts'

const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')

/** The private scalar of a key pair, 32 bytes. */
export function deriveScalar(accessKeyId: string, secret: string): Buffer {
  const label = Buffer.concat([
    Buffer.from([0, 0, 0, 1]),
    Buffer.from('AWS4-ECDSA-P256-SHA256'),
    Buffer.from([0]),
    Buffer.from(accessKeyId),
  ])
  for (let counter = 1; counter <= 254; counter++) {
    const mac = createHmac('sha256', `AWS4A${secret}`)
      .update(label)
      .update(Buffer.from([counter, 0, 0, 1, 0]))
      .digest('hex')
    const candidate = BigInt(`0x${mac}`)
    if (candidate <= order - 2n) return Buffer.from((candidate + 1n).toString(16).padStart(64, '0'), 'hex')
  }
  throw new Error('no SigV4A key can be derived from this secret')
}

function derivePublicKey(accessKeyId: string, secret: string): KeyObject {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(deriveScalar(accessKeyId, secret))
  const point = pair.getPublicKey()
  const x = point.subarray(1, 33).toString('base64url')
  const y = point.subarray(33, 65).toString('base64url')
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
}

/** Public keys by key id. */
export class PublicKeys {
  readonly #keys = new Lru<{ secret: string; key: KeyObject }>(256)

  get(accessKeyId: string, secret: string): KeyObject {
    const hit = this.#keys.get(accessKeyId)
    if (hit !== undefined && hit.secret === secret) return hit.key
    const key = derivePublicKey(accessKeyId, secret)
    this.#keys.set(accessKeyId, { secret, key })
    return key
  }
}

// DER of two 32-byte integers: 8 to 72 bytes.
const longestSignatureHex = 144

/** The check of SigV4A: a hex DER signature. */
export function ecdsaCheck(key: KeyObject): CheckSignature {
  return (stringToSign, signature) => {
    if (signature.length > longestSignatureHex || !isHex(signature, signature.length)) return false
    try {
      return verify(
        'sha256',
        Buffer.from(stringToSign, 'latin1'),
        { key, dsaEncoding: 'der' },
        Buffer.from(signature, 'hex'),
      )
    } catch {
      // OpenSSL reports DER that cannot be read as an error rather than as a mismatch.
      return false
    }
  }
}
