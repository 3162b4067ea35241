/**
 * Certificates of a CA of our own and of this server, on P-256 keys, which are made in a millisecond and known to every
 * client with TLS 1.2. node:crypto makes the keys and signs; here the signed bytes are put together.
 * @see https://www.rfc-editor.org/rfc/rfc5280
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import * as der from './der.ts'

/** A certificate and its private key, in PEM. */
export interface Pair {
  cert: string
  key: string
}

/** Whom a server certificate is for. IP addresses go without brackets, wildcards are `*.name`. */
export interface Names {
  dns: readonly string[]
  ip: readonly string[]
}

const dayMs = 86_400_000
const caDays = 3650
/** The longest that clients accept, which is 398, less one for those that count both ends. */
const serverDays = 397
/** Clocks of virtual machines and containers may be behind. */
const backdatedMs = dayMs

const ecdsaWithSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'))
const rsaWithSha256 = der.sequence(der.oid('1.2.840.113549.1.1.11'), der.element(0x05))

/** A new CA, valid for ten years. Its name tells it from other CAs of this kind in one trust store. */
export function issueCa(nowMs: number): Pair {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = keyId(keys.publicKey)
  const name = commonName(`Sandbucket CA ${id.toString('hex', 0, 4)}`)
  const cert = assemble({
    issuer: name,
    subject: name,
    fromMs: nowMs - backdatedMs,
    toMs: nowMs + caDays * dayMs,
    publicKey: keys.publicKey,
    signer: keys.privateKey,
    extensions: [
      // It may issue certificates of servers, but no further CAs.
      extension('2.5.29.19', true, der.sequence(der.boolean(true), der.integer(Buffer.of(0)))),
      // keyCertSign, cRLSign
      extension('2.5.29.15', true, der.bits(Buffer.of(0b0000_0110), 1)),
      extension('2.5.29.14', false, der.octets(id)),
    ],
  })
  return { cert, key: toPem(keys.privateKey) }
}

/** A certificate of this server, for 397 days or as long as the CA. @param caName of the CA, as it is in its certificate */
export function issueServer(ca: CaReady, names: Names, nowMs: number): Pair {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const alternatives = [
    ...names.dns.map((name) => der.implicit(2, Buffer.from(name, 'latin1'))),
    ...names.ip.map((address) => der.implicit(7, ipBytes(address))),
  ]
  const cert = assemble({
    issuer: ca.name,
    subject: commonName('Sandbucket'),
    fromMs: nowMs - backdatedMs,
    toMs: Math.min(nowMs + serverDays * dayMs - backdatedMs, ca.toMs),
    publicKey: keys.publicKey,
    signer: ca.key,
    extensions: [
      extension('2.5.29.19', true, der.sequence()),
      // digitalSignature
      extension('2.5.29.15', true, der.bits(Buffer.of(0b1000_0000), 7)),
      // serverAuth
      extension('2.5.29.37', false, der.sequence(der.oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', false, der.sequence(...alternatives)),
      extension('2.5.29.14', false, der.octets(keyId(keys.publicKey))),
      extension('2.5.29.35', false, der.sequence(der.implicit(0, ca.id))),
    ],
  })
  return { cert, key: toPem(keys.privateKey) }
}

/** A certificate that holds nothing but a public key and a name, signed with the key itself. In PEM, for ten years. */
export function selfSigned(keys: { publicKey: KeyObject; privateKey: KeyObject }, name: string, nowMs: number): string {
  return assemble({
    issuer: commonName(name),
    subject: commonName(name),
    fromMs: nowMs - backdatedMs,
    toMs: nowMs + caDays * dayMs,
    publicKey: keys.publicKey,
    signer: keys.privateKey,
    extensions: [extension('2.5.29.14', false, der.octets(keyId(keys.publicKey)))],
  })
}

/** A CA that can sign. */
export interface CaReady {
  key: KeyObject
  /** Its subject, encoded. */
  name: der.Der
  /** Identifies its key in what it issues. */
  id: Buffer
  toMs: number
}

/** Reads a CA that `issueCa` made. @throws Error when the key is no key */
export function readyCa(pair: Pair, toMs: number): CaReady {
  const key = createPrivateKey(pair.key)
  const id = keyId(createPublicKey(key))
  return { key, id, toMs, name: commonName(`Sandbucket CA ${id.toString('hex', 0, 4)}`) }
}

interface Content {
  issuer: der.Der
  subject: der.Der
  fromMs: number
  toMs: number
  publicKey: KeyObject
  signer: KeyObject
  extensions: readonly der.Der[]
}

function assemble(content: Content): string {
  // Positive and of fixed length; 126 random bits.
  const serial = randomBytes(16)
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40
  const algorithm = content.signer.asymmetricKeyType === 'rsa' ? rsaWithSha256 : ecdsaWithSha256
  const toBeSigned = der.sequence(
    der.tagged(0, der.integer(Buffer.of(2))),
    der.integer(serial),
    algorithm,
    content.issuer,
    der.sequence(der.time(content.fromMs), der.time(content.toMs)),
    content.subject,
    content.publicKey.export({ type: 'spki', format: 'der' }),
    der.tagged(3, der.sequence(...content.extensions)),
  )
  const signature = sign('sha256', toBeSigned, content.signer)
  const bytes = der.sequence(toBeSigned, algorithm, der.bits(signature))
  const lines = bytes.toString('base64').match(/.{1,64}/g) as string[]
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function commonName(text: string): der.Der {
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8(text))))
}

function extension(id: string, isCritical: boolean, value: der.Der): der.Der {
  return der.sequence(der.oid(id), ...(isCritical ? [der.boolean(true)] : []), der.octets(value))
}

/** 160 bits of the key's hash (RFC 7093, section 2, method 4). */
function keyId(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** The 4 or 16 bytes of an address. */
export function ipBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  // URL writes every form of IPv6, with IPv4 inside too, as groups of hex digits.
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const groups = (text: string | undefined): number[] =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : []
  const [left, right] = [groups(head), groups(tail)]
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]))
}
