/** The headers a signature covers: which ones, in what order, and their values as the canonical request has them. */
import type { WireRequest } from '../http/wire.ts'
import { Lru } from './lru.ts'

/** A `SignedHeaders` list, put in order. AWS sorts, lower-cases and removes duplicates itself. */
export interface SignedHeaders {
  readonly names: readonly string[]
  /** `names` joined by `;`, the line of the canonical request. */
  readonly text: string
  readonly hasHost: boolean
}

// Few programs, few lists: each is parsed once. Longer texts are somebody's experiment and not remembered.
const known = new Lru<SignedHeaders>(256)
const longestKnown = 1024

/** Parses `host;x-amz-date`. */
export function readSignedHeaders(text: string): SignedHeaders {
  const hit = known.get(text)
  if (hit !== undefined) return hit
  const names = [...new Set(text.toLowerCase().split(';'))].filter((name) => name !== '').sort()
  const parsed = { names, text: names.join(';'), hasHost: names.includes('host') }
  if (text.length <= longestKnown) known.set(text, parsed)
  return parsed
}

/** Trims, and makes one space of each run of spaces and tabs. Only those: 0xA0 is half of a UTF-8 letter here. */
function collapse(value: string): string {
  if (!value.includes('  ') && !value.includes('\t') && !value.startsWith(' ') && !value.endsWith(' ')) return value
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')
}

/** Whether Node merged or dropped a repeated header, so that only `rawHeaders` has every value. */
function hasRepeats(request: WireRequest): boolean {
  let count = 0
  for (const _ in request.headers) count++
  return count * 2 !== request.rawHeaders.length
}

function repeatedValue(rawHeaders: readonly string[], name: string): string | undefined {
  let joined: string | undefined
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const rawName = rawHeaders[at] as string
    if (rawName.length !== name.length || rawName.toLowerCase() !== name) continue
    const value = collapse(rawHeaders[at + 1] as string)
    joined = joined === undefined ? value : `${joined},${value}`
  }
  return joined
}

function plainValue(request: WireRequest, name: string): string | undefined {
  const value = request.headers[name]
  if (typeof value === 'string') return collapse(value)
  // Node makes lists of a few headers even when they come once. Anything else is Object.prototype's.
  return Array.isArray(value) ? value.map(collapse).join(',') : undefined
}

/**
 * The `name:value` lines, each with its line end, apart from host: `before` and `after` surround it, because a host
 * may be tried under several names.
 */
export interface CanonicalHeaders {
  before: string
  /** The host received; undefined when it is not signed. */
  host: string | undefined
  after: string
}

/**
 * @param missing what to take for a signed header that the request does not have: empty, or for presigned URLs the
 * query parameter of that name (SDKs move headers there and still list them)
 */
export function canonicalHeaders(
  request: WireRequest,
  signed: SignedHeaders,
  missing: (name: string) => string,
): CanonicalHeaders {
  const repeats = hasRepeats(request)
  let before = ''
  let host: string | undefined
  let after = ''
  for (const name of signed.names) {
    const value = (repeats ? repeatedValue(request.rawHeaders, name) : plainValue(request, name)) ?? missing(name)
    if (name === 'host') host = value
    else if (host === undefined) before += `${name}:${value}\n`
    else after += `${name}:${value}\n`
  }
  return { before, host, after }
}

/**
 * Names of `host` and `x-amz-*` headers that came but are not signed, sorted, joined by `, `; undefined when all are.
 * x-amz-content-sha256 may stay unsigned: the payload hash is part of every signature.
 */
export function unsignedHeaders(request: WireRequest, signed: SignedHeaders): string | undefined {
  let missed: string[] | undefined
  for (const name in request.headers) {
    const isCovered = name.charCodeAt(0) === 120 ? name.startsWith('x-amz-') : name === 'host'
    if (!isCovered || name === 'x-amz-content-sha256' || signed.names.includes(name)) continue
    missed ??= []
    missed.push(name)
  }
  return missed?.sort().join(', ')
}
