/**
 * Encoded words in header text (RFC 2047) with the choices that answers of S3 show: Q for text that is mostly ASCII, B
 * for the rest, UTF-8, `_` for a space.
 * Observed: choices and escapes (recorded, test_user_metadata_rfc2047_encoded; AWS's page "Working with object metadata").
 */

const encodedWord = /=\?([^?]+)\?([bBqQ])\?([^?]*)\?=/
const encodedWords = new RegExp(`${encodedWord.source}(?:[ \\t]+(?==\\?[^?]+\\?[bBqQ]\\?[^?]*\\?=))?`, 'g')

function decodeQ(text: string): Buffer {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === '_') bytes.push(0x20)
    else if (char === '=' && /^[0-9A-Fa-f]{2}$/.test(text.slice(at + 1, at + 3))) {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 3), 16))
      at += 2
    } else bytes.push(text.charCodeAt(at) & 0xff)
  }
  return Buffer.from(bytes)
}

function decodeWord(whole: string, charset: string, coding: string, text: string): string {
  // Observed: padding in front counts as all ones (recorded, test_user_metadata_rfc2047_bad_b64_encoded).
  const bytes = coding === 'q' || coding === 'Q' ? decodeQ(text) : Buffer.from(text.replace(/=(?!=*$)/g, '/'), 'base64')
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return whole
  }
}

/** Text with its encoded words decoded; space between two of them is dropped. Text without any is returned as it is. */
export function decodeEncodedWords(text: string): string {
  return text.includes('=?') ? text.replace(encodedWords, decodeWord) : text
}

const isPlain = (code: number) => (code >= 0x20 && code < 0x7f) || code === 0x09

/** A chunk of an encoded word: RFC 2047 allows 75 characters, `=?UTF-8?Q??=` takes 12. */
const maxEncodedLength = 63

function encodeQ(text: string): string {
  let out = ''
  for (const byte of Buffer.from(text)) {
    if (byte === 0x20) out += '_'
    else if (byte < 0x20 || byte >= 0x7f || byte === 0x3d || byte === 0x3f || byte === 0x5f) {
      out += `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
    } else out += String.fromCharCode(byte)
  }
  return out
}

function encodeInto(words: string[], characters: string[], coding: 'Q' | 'B'): void {
  const text = characters.join('')
  const encoded = coding === 'Q' ? encodeQ(text) : Buffer.from(text).toString('base64')
  if (encoded.length <= maxEncodedLength || characters.length < 2) {
    words.push(`=?UTF-8?${coding}?${encoded}?=`)
    return
  }
  // Assumed: long text becomes several words in one line, halved until each fits, because that is what the mail library
  // whose choices S3 shows does without folding.
  const half = characters.length >> 1
  encodeInto(words, characters.slice(0, half), coding)
  encodeInto(words, characters.slice(half), coding)
}

/** Text that a header can carry: plain ASCII as it is, anything else as encoded words. */
export function encodeHeaderText(text: string): string {
  let special = 0
  for (let at = 0; at < text.length; at++) if (!isPlain(text.charCodeAt(at))) special++
  if (special === 0) return text
  const words: string[] = []
  encodeInto(words, [...text], text.length - special > special ? 'Q' : 'B')
  return words.join(' ')
}
