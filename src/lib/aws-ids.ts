/**
 * Identifiers in the forms of IAM: unique ids of entities, access key ids that hold their account, secrets.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
 */
import { randomBytes } from 'node:crypto'

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** What an id is of: user, group, role, managed policy, policy version, instance profile, certificate, SSH key. */
export type IdPrefix = 'AIDA' | 'AGPA' | 'AROA' | 'ANPA' | 'ANVA' | 'AIPA' | 'ASCA' | 'APKA' | 'ACCA'

function randomBase32(length: number): string {
  let text = ''
  for (const byte of randomBytes(length)) text += base32[byte & 31]
  return text
}

/** 21 characters, never used again. */
export const newUniqueId = (prefix: IdPrefix): string => prefix + randomBase32(17)

/**
 * 32 characters without a prefix: of signing certificates and SAML providers, whose ids have at least 24 and 22.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SigningCertificate.html
 */
export const newLongId = (): string => randomBase32(32)

/**
 * 20 characters: the prefix, then ten bytes in Base32, of which the first six are a 1 bit, the account's number and seven
 * random bits. Observed: so in AWS's keys since 2019. Accounts whose id is no number of 12 digits get random bytes.
 */
export function newAccessKeyId(prefix: 'AKIA' | 'ASIA', accountId: string): string {
  const bytes = randomBytes(10)
  if (/^\d{12}$/.test(accountId)) {
    const low = BigInt(bytes.readUIntBE(0, 6) & 0x7f)
    const high = ((1n << 40n) | BigInt(accountId)) << 7n
    bytes.writeUIntBE(Number(high | low), 0, 6)
  }
  let bits = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (let at = 0; at < 16; at++) {
    text = base32[Number(bits & 31n)] + text
    bits >>= 5n
  }
  return prefix + text
}

/** The account in an access key id; undefined when it has another form. */
export function accountOfKeyId(accessKeyId: string): string | undefined {
  const body = /^A(?:KIA|SIA)([Q-Z2-7][A-Z2-7]{15})$/.exec(accessKeyId)?.[1]
  if (body === undefined) return undefined
  let bits = 0n
  // The first ten characters hold 50 bits; the account is in the first 48 but one.
  for (const char of body.slice(0, 10)) bits = (bits << 5n) | BigInt(base32.indexOf(char))
  const account = (bits >> 9n) & ((1n << 40n) - 1n)
  return account < 1_000_000_000_000n ? account.toString().padStart(12, '0') : undefined
}

/** 40 characters of Base64. */
export const newSecretKey = (): string => randomBytes(30).toString('base64')
