/** Pages of IAM's lists: Marker and MaxItems. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html */
import { invalid } from './find.ts'

export interface PageRequest {
  Marker?: string | undefined
  MaxItems?: number | undefined
}

export interface Page<T> {
  items: T[]
  /** To be spread into the answer. */
  more: { IsTruncated: boolean; Marker?: string }
}

const defaultMaxItems = 100
const prefix = 'after:'

/**
 * A page of a list. The marker names the last item given, so that changes in between neither skip nor repeat others.
 * @param keyOf unique in the list; lists that are in order of it continue even when that item has gone
 * @throws AwsError ValidationError when the marker is not one of ours
 */
export function pageOf<T>(items: readonly T[], request: PageRequest, keyOf: (item: T) => string): Page<T> {
  const from = request.Marker === undefined ? 0 : startAfter(items, readMarker(request.Marker), keyOf)
  const to = from + (request.MaxItems ?? defaultMaxItems)
  const page = items.slice(from, to)
  const last = page.at(-1)
  if (to >= items.length || last === undefined) return { items: page, more: { IsTruncated: false } }
  const Marker = Buffer.from(prefix + keyOf(last)).toString('base64url')
  return { items: page, more: { IsTruncated: true, Marker } }
}

function startAfter<T>(items: readonly T[], last: string, keyOf: (item: T) => string): number {
  const at = items.findIndex((item) => keyOf(item) === last)
  if (at !== -1) return at + 1
  const next = items.findIndex((item) => keyOf(item).toLowerCase() > last.toLowerCase())
  return next === -1 ? items.length : next
}

function readMarker(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString()
  // Assumed: the wording, because AWS documents none.
  if (!text.startsWith(prefix)) throw invalid('Invalid Marker.')
  return text.slice(prefix.length)
}
