/**
 * Version ids that carry a seal: AWS tells an id it once gave out (gone or not) from one it never did, without looking
 * it up. The last four of the 32 characters are a check over the others; they keep nothing secret.
 */
import { crc32 } from 'node:zlib'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._'
const form = /^[A-Za-z0-9._]{32}$/
const bodyLength = 28

function seal(body: string): string {
  const check = crc32(body)
  let text = ''
  for (let shift = 0; shift < 24; shift += 6) text += alphabet[(check >>> shift) & 63]
  return text
}

/** A version id out of 28 random bytes. */
export function sealedVersionId(random: Uint8Array): string {
  let body = ''
  for (let at = 0; at < bodyLength; at++) body += alphabet[(random[at] as number) & 63]
  return body + seal(body)
}

/** Whether the text has the form of a version id of AWS, ours or not. */
export function hasVersionIdForm(text: string): boolean {
  return form.test(text)
}

/** Whether `sealedVersionId` can have made the text. */
export function isSealedVersionId(text: string): boolean {
  return form.test(text) && seal(text.slice(0, bodyLength)) === text.slice(bodyLength)
}
