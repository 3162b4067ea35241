/**
 * Text as bytes: everything a signature covers is handled as Latin-1 text, one char per byte on the wire, so that
 * hashing it as Latin-1 hashes exactly what the client sent.
 */

/** Compares without leaving early: the time tells nothing about where two signatures of one length differ. */
export function equalsInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at)
  return difference === 0
}

/** Lower-case hex of each byte, separated by spaces: AWS's StringToSignBytes and CanonicalRequestBytes. */
export function spacedHex(latin1: string): string {
  const hex = Buffer.from(latin1, 'latin1').toString('hex')
  let spaced = ''
  for (let at = 0; at < hex.length; at += 2) spaced += at === 0 ? hex.slice(0, 2) : ` ${hex.slice(at, at + 2)}`
  return spaced
}

/** The text that the wire's bytes mean, for error documents; bytes that are not UTF-8 become U+FFFD. */
export function readable(latin1: string): string {
  for (let at = 0; at < latin1.length; at++) {
    if (latin1.charCodeAt(at) > 0x7f) return Buffer.from(latin1, 'latin1').toString('utf8')
  }
  return latin1
}

/** The value of an ASCII hex digit, or -1. */
export function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  if (code >= 65 && code <= 70) return code - 55
  return -1
}

/** Whether the text is lower- or upper-case hex of exactly `length` digits. */
export function isHex(text: string, length: number): boolean {
  if (text.length !== length) return false
  for (let at = 0; at < length; at++) if (hexDigit(text.charCodeAt(at)) < 0) return false
  return true
}

/** A whole number of one to fifteen decimal digits, or undefined. */
export function wholeNumber(text: string): number | undefined {
  if (text.length === 0 || text.length > 15) return undefined
  let value = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value
}
