/** One-time codes of virtual MFA devices. @see https://www.rfc-editor.org/rfc/rfc6238 */
import { createHmac } from 'node:crypto'

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const stepMs = 30_000

function decodeBase32(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let count = 0
  for (const char of text.replace(/=+$/, '').toUpperCase()) {
    bits = ((bits << 5) | base32.indexOf(char)) & 0xfff
    count += 5
    if (count >= 8) {
      count -= 8
      bytes.push((bits >> count) & 0xff)
    }
  }
  return Buffer.from(bytes)
}

/** Base32 of RFC 4648, without padding where none is needed. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let count = 0
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff
    for (count += 8; count >= 5; count -= 5) text += base32[(bits >> (count - 5)) & 31]
  }
  return count > 0 ? text + base32[(bits << (5 - count)) & 31] : text
}

/** Six digits. @param seed Base32 */
export function totpCode(seed: string, atMs: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / stepMs)))
  const digest = createHmac('sha1', decodeBase32(seed)).update(counter).digest()
  const offset = (digest[19] ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** Whether a code is that of now, the step before or the one after: clocks differ. */
export function isTotpCode(seed: string, code: string, nowMs: number): boolean {
  return [-1, 0, 1].some((step) => totpCode(seed, nowMs + step * stepMs) === code)
}
