/** Entity tags: stored bare, shown quoted, compared leniently (clients send them with and without quotes). */
import { createHash } from 'node:crypto'

/** As in headers and most XML: with its quotes. */
export function quoteETag(etag: string): string {
  return `"${etag}"`
}

/**
 * An entity tag as a client wrote it, without quotes, weakness mark and surrounding space.
 * Observed: If-Match and If-None-Match with one quote missing compare as if it were there (tried on AWS with PutObject).
 */
export function unquoteETag(text: string): string {
  let tag = text.trim()
  if (tag.startsWith('W/')) tag = tag.slice(2)
  const start = tag.startsWith('"') ? 1 : 0
  const end = tag.length > start && tag.endsWith('"') ? tag.length - 1 : tag.length
  return tag.slice(start, end)
}

/** Whether a condition (`*`, one tag, or a list) names this entity tag. */
export function matchesETag(condition: string, etag: string): boolean {
  if (!condition.includes(',')) {
    const tag = unquoteETag(condition)
    return tag === '*' || tag === etag
  }
  return condition.split(',').some((tag) => matchesETag(tag, etag))
}

/** The entity tag of a multipart object: MD5 of the parts' MD5s, and how many there were. Parts are hex, in order. */
export function multipartETag(partETags: readonly string[]): string {
  const md5 = createHash('md5')
  for (const etag of partETags) md5.update(etag, 'hex')
  return `${md5.digest('hex')}-${partETags.length}`
}
