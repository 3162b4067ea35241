/** Percent-decoding of request targets: once, to bytes, then as strict UTF-8. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The value of an ASCII hex digit, or -1. */
function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 65 && code <= 70) return code - 55
  if (code >= 97 && code <= 102) return code - 87
  return -1
}

/**
 * Decodes one path or path segment. `+` stays `+`. Characters above 0x7f are bytes received unencoded (Latin-1 text of the wire).
 * Undefined when an escape is malformed or the bytes are not UTF-8.
 */
export function decodePath(raw: string): string | undefined {
  let plain = true
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at)
    if (code === 37 || code > 0x7e) {
      plain = false
      break
    }
  }
  if (plain) return raw
  const bytes = Buffer.allocUnsafe(raw.length)
  let size = 0
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at)
    if (code === 37) {
      const high = hexValue(raw.charCodeAt(at + 1))
      const low = hexValue(raw.charCodeAt(at + 2))
      if (high < 0 || low < 0) return undefined
      bytes[size++] = high * 16 + low
      at += 2
    } else bytes[size++] = code
  }
  try {
    return utf8.decode(bytes.subarray(0, size))
  } catch {
    return undefined
  }
}
