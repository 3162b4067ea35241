/**
 * The query string, decoded once: signatures, routing and handlers all read this. Order and repeats are kept; whoever
 * reads a name takes its first value, as S3 does (brekkylab/backlot#204), though SigV4 signs repeats sorted.
 */
import { error } from '../errors.ts'

export interface QueryPair {
  readonly name: string
  readonly value: string
  /** Whether there was an `=`: `?acl=` and `?acl` mean the same but sign differently. */
  readonly hasValue: boolean
}

export type Query = readonly QueryPair[]

const EMPTY: Query = []

/** Assumed: AWS documents no limit; no client comes near, and work per request stays bounded. */
const MAX_PAIRS = 1000

/**
 * Splits and percent-decodes the text after `?`. `+` is a space.
 * @throws InvalidURI for a broken escape or bytes that are not UTF-8. Observed: AWS refuses a broken escape with 400
 * (versity/versitygw#2070); Assumed: with this code, because the front end that recorded one sends no body.
 */
export function parseQuery(rawQuery: string): Query {
  if (rawQuery === '') return EMPTY
  return parsePairs(rawQuery, MAX_PAIRS)
}

/** Splits and decodes a query string or form. @throws InvalidURI as `parseQuery` does */
export function parsePairs(rawQuery: string, maxPairs: number): QueryPair[] {
  const pairs: QueryPair[] = []
  let start = 0
  while (start <= rawQuery.length) {
    let end = rawQuery.indexOf('&', start)
    if (end === -1) end = rawQuery.length
    if (end > start) {
      if (pairs.length === maxPairs) throw error('InvalidURI')
      pairs.push(parsePair(rawQuery.slice(start, end)))
    }
    start = end + 1
  }
  return pairs
}

function parsePair(text: string): QueryPair {
  const equals = text.indexOf('=')
  if (equals === -1) return { name: decode(text), value: '', hasValue: false }
  return { name: decode(text.slice(0, equals)), value: decode(text.slice(equals + 1)), hasValue: true }
}

const ENCODED = /[%+]/
const RAW_BYTES = /[\x80-\xff]/

function decode(text: string): string {
  const hasBytes = RAW_BYTES.test(text)
  if (!hasBytes && !ENCODED.test(text)) return text
  // Bytes that a client sent unescaped arrive as one char each.
  const escaped = hasBytes ? text.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16)}`) : text
  try {
    return decodeURIComponent(escaped.replaceAll('+', ' '))
  } catch (cause) {
    throw error('InvalidURI', {}, { cause })
  }
}

/** The first value of a name; undefined when it is absent. */
export function queryValue(query: Query, name: string): string | undefined {
  for (const pair of query) if (pair.name === name) return pair.value
  return undefined
}
