/**
 * The request target as signatures see it: one strict encoding of the decoded path and parameters, and the parameters
 * that authenticate. Everything here comes from the decoded `Query` that routing and handlers read too, so no spelling
 * of a parameter is signed as one thing and used as another.
 */
import type { Query, QueryPair } from '../protocol/query-string.ts'

/** The first value of a parameter of exactly this name; undefined when it is absent. */
export function parameter(query: Query, name: string): string | undefined {
  for (const pair of query) if (pair.name === name) return pair.value
  return undefined
}

/** Like `parameter`, whatever the case of the name: headers that a presigner moved into the query. */
export function parameterOfHeader(query: Query, lowerName: string): string | undefined {
  for (const { name, value } of query) {
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return value
  }
  return undefined
}

/** Text as the wire has it: its UTF-8 bytes, one char each. */
export function toLatin1(text: string): string {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) return Buffer.from(text, 'utf8').toString('latin1')
  }
  return text
}

// 1: never encoded (RFC 3986, unreserved). Indexed by char code.
const unreserved = new Uint8Array(128)
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~')
  unreserved[char.charCodeAt(0)] = 1
const slash = 47
const leftByUri = /[!'()*]/g

function isPlain(text: string, keepsSlash: boolean): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (unreserved[code] !== 1 && !(keepsSlash && code === slash)) return false
  }
  return true
}

function escapeByte(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
}

/** Text as SigV4 signs it: everything but `A-Za-z0-9-._~` as upper-case `%XX` of its UTF-8 bytes. */
function strictEncoding(text: string): string {
  return isPlain(text, false) ? text : encodeURIComponent(text).replace(leftByUri, escapeByte)
}

/** A decoded path as S3 signs it: encoded once, slashes kept. */
export function canonicalPath(path: string): string {
  if (path === '') return '/'
  return isPlain(path, true) ? path : strictEncoding(path).replaceAll('%2F', '/')
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
 * @param omit the name of the one parameter that is not signed (`X-Amz-Signature`), or undefined
 */
export function canonicalQuery(query: readonly QueryPair[], omit: string | undefined): string {
  const encoded: Encoded[] = []
  let isSorted = true
  for (const pair of query) {
    if (pair.name === omit) continue
    const one = { name: strictEncoding(pair.name), value: strictEncoding(pair.value) }
    const last = encoded[encoded.length - 1]
    if (isSorted && last !== undefined && byNameThenValue(last, one) > 0) isSorted = false
    encoded.push(one)
  }
  if (!isSorted) encoded.sort(byNameThenValue)
  let text = ''
  for (const { name, value } of encoded) text += text === '' ? `${name}=${value}` : `&${name}=${value}`
  return text
}
