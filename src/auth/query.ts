/**
 * The query string as signatures see it: raw pairs, one strict encoding, and the few parameters that authenticate.
 * Routing and binding read the query elsewhere; here nothing may be normalised that a signature still covers.
 */
import { hexDigit } from './bytes.ts'

/** One `name=value` of the query, still encoded. `value` is undefined where there was no `=`. */
export interface RawPair {
  name: string
  value: string | undefined
}

/** Splits a raw query. Empty pieces (`a&&b`) are dropped. */
export function rawPairs(rawQuery: string): RawPair[] {
  const pairs: RawPair[] = []
  let from = 0
  while (from <= rawQuery.length) {
    let to = rawQuery.indexOf('&', from)
    if (to < 0) to = rawQuery.length
    if (to > from) {
      const equals = rawQuery.indexOf('=', from)
      if (equals < 0 || equals >= to) pairs.push({ name: rawQuery.slice(from, to), value: undefined })
      else pairs.push({ name: rawQuery.slice(from, equals), value: rawQuery.slice(equals + 1, to) })
    }
    from = to + 1
  }
  return pairs
}

/** Whether a parameter of exactly this (plainly written) name is present. */
export function hasParameter(rawQuery: string, name: string): boolean {
  let at = rawQuery.indexOf(name)
  while (at >= 0) {
    const before = at === 0 ? 38 : rawQuery.charCodeAt(at - 1)
    const end = at + name.length
    const after = end === rawQuery.length ? 38 : rawQuery.charCodeAt(end)
    if (before === 38 && (after === 61 || after === 38)) return true
    at = rawQuery.indexOf(name, at + 1)
  }
  return false
}

/** The decoded value (Latin-1 text) of the first parameter of this name; `+` stays `+`. Undefined when absent. */
export function parameter(pairs: readonly RawPair[], name: string): string | undefined {
  for (const pair of pairs) if (pair.name === name) return percentDecode(pair.value ?? '')
  return undefined
}

/** Like `parameter`, whatever the case of the name: headers that a presigner moved into the query. */
export function parameterOfHeader(pairs: readonly RawPair[], lowerName: string): string | undefined {
  for (const pair of pairs) {
    if (pair.name.length === lowerName.length && pair.name.toLowerCase() === lowerName) {
      return percentDecode(pair.value ?? '')
    }
  }
  return undefined
}

/** Percent-decodes to Latin-1 text; malformed escapes stay as they are. */
export function percentDecode(raw: string): string {
  let at = raw.indexOf('%')
  if (at < 0) return raw
  let text = ''
  let from = 0
  while (at >= 0) {
    const high = hexDigit(raw.charCodeAt(at + 1))
    const low = hexDigit(raw.charCodeAt(at + 2))
    if (high >= 0 && low >= 0) {
      text += raw.slice(from, at) + String.fromCharCode(high * 16 + low)
      from = at + 3
    }
    at = raw.indexOf('%', at + 1)
  }
  return text + raw.slice(from)
}

// 1: never encoded (RFC 3986 unreserved). Indexed by byte.
const unreserved = new Uint8Array(256)
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~')
  unreserved[char.charCodeAt(0)] = 1

const slash = 47
const percent = 37
const plus = 43
const escapes = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)

/** Whether the escape at `at` is the one this encoding would write: upper case, for a byte that needs it. */
function isCanonicalEscape(raw: string, at: number, keepSlash: boolean): boolean {
  const high = raw.charCodeAt(at + 1)
  const low = raw.charCodeAt(at + 2)
  if (high > 96 || low > 96) return false
  const byte = hexDigit(high) * 16 + hexDigit(low)
  return byte >= 0 && hexDigit(low) >= 0 && unreserved[byte] !== 1 && !(keepSlash && byte === slash)
}

/**
 * Decodes once and encodes again as S3 signs it: everything but `A-Za-z0-9-._~` (and `/` in paths) as upper-case
 * `%XX`. Text that is already so, the usual case, is returned as it is.
 */
export function canonicalEncoding(raw: string, keepSlash: boolean, plusIsSpace: boolean): string {
  let at = 0
  for (; at < raw.length; at++) {
    const code = raw.charCodeAt(at)
    if (unreserved[code] === 1 || (keepSlash && code === slash)) continue
    if (code === percent && isCanonicalEscape(raw, at, keepSlash)) at += 2
    else break
  }
  if (at >= raw.length) return raw
  let text = raw.slice(0, at)
  for (; at < raw.length; at++) {
    let byte = raw.charCodeAt(at) & 0xff
    if (byte === percent) {
      const high = hexDigit(raw.charCodeAt(at + 1))
      const low = hexDigit(raw.charCodeAt(at + 2))
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low
        at += 2
      }
    } else if (byte === plus && plusIsSpace) byte = 32
    text += unreserved[byte] === 1 || (keepSlash && byte === slash) ? String.fromCharCode(byte) : escapes[byte]
  }
  return text
}

interface Encoded {
  name: string
  value: string
}

function byNameThenValue(a: Encoded, b: Encoded): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  if (a.value === b.value) return 0
  return a.value < b.value ? -1 : 1
}

/**
 * The canonical query of SigV4: encoded strictly, sorted by name, then value; `name=` where there was no value.
 * @param omit the encoded name of the one parameter that is not signed (`X-Amz-Signature`), or undefined
 * @param plusIsSpace how to read an unencoded `+`: clients differ
 */
export function canonicalQuery(pairs: readonly RawPair[], omit: string | undefined, plusIsSpace: boolean): string {
  const encoded: Encoded[] = []
  let isSorted = true
  for (const pair of pairs) {
    const name = canonicalEncoding(pair.name, false, plusIsSpace)
    if (name === omit) continue
    const one = { name, value: pair.value === undefined ? '' : canonicalEncoding(pair.value, false, plusIsSpace) }
    const last = encoded[encoded.length - 1]
    if (isSorted && last !== undefined && byNameThenValue(last, one) > 0) isSorted = false
    encoded.push(one)
  }
  if (!isSorted) encoded.sort(byNameThenValue)
  let text = ''
  for (const { name, value } of encoded) text += text === '' ? `${name}=${value}` : `&${name}=${value}`
  return text
}
