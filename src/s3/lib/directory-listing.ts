/**
 * Listings of directory buckets: they come in no order, show folders in which there is nothing but uploads in progress,
 * and page uploads by a marker that is no key.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html
 */
import { crc32 } from 'node:zlib'
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { ObjectRecord, UploadRecord } from '../../store/records.ts'
import type { ListOptions, ListPage } from '../../store/store.ts'
import { decodeToken, encodeToken } from './continuation-token.ts'

type Entry<T> = { record: T } | { prefix: string }

const positionOf = (entry: Entry<{ Key: string }>): string => ('record' in entry ? entry.record.Key : entry.prefix)
const inByteOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/**
 * "ListObjectsV2 does not return objects in lexicographical order": a page's entries as they are shown. Pages follow one
 * another in byte order, which is nobody's business; within a page code that counts on an order finds out.
 */
export function scattered<T extends { Key: string }>(entries: Entry<T>[]): Entry<T>[] {
  const ranked = entries.map((entry) => ({ entry, rank: crc32(positionOf(entry)) }))
  return ranked.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry)
}

/** A page of objects and folders, in byte order. */
export async function listDirectory(ctx: Ctx, options: ListOptions): Promise<ListPage<ObjectRecord>> {
  const page = await ctx.store.objects.list(ctx.bucket, options)
  const { delimiter, limit } = options
  if (delimiter === undefined || limit === 0) return page
  const last = page.isTruncated ? page.entries.at(-1) : undefined
  const folders = await uploadFolders(ctx, options, last && positionOf(last))
  for (const entry of page.entries) if ('prefix' in entry) folders.delete(entry.prefix)
  if (folders.size === 0) return page
  const entries = [...page.entries, ...[...folders].map((prefix) => ({ prefix }))]
  entries.sort((a, b) => inByteOrder(positionOf(a), positionOf(b)))
  return { entries: entries.slice(0, limit), isTruncated: page.isTruncated || entries.length > limit }
}

const batch = 1000

/** Folders of uploads in progress, up to one more than fit on the page, and none beyond `until`. */
async function uploadFolders(ctx: Ctx, options: ListOptions, until: string | undefined): Promise<Set<string>> {
  const folders = new Set<string>()
  let { after } = options
  for (;;) {
    const from = after === undefined ? options : { ...options, after }
    const page = await ctx.store.uploads.list(ctx.bucket, { ...from, limit: batch })
    for (const entry of page.entries) {
      after = positionOf(entry)
      if (folders.size > options.limit || (until !== undefined && inByteOrder(after, until) > 0)) return folders
      if ('prefix' in entry) folders.add(entry.prefix)
    }
    if (!page.isTruncated) return folders
  }
}

/** Where a listing of uploads goes on: "key-marker is obfuscated and isn't a real object key". */
export function uploadsMarker(ctx: Ctx, entry: Entry<UploadRecord>): string {
  const position = 'record' in entry ? [entry.record.Key, entry.record.UploadId] : [entry.prefix, '']
  return encodeToken('uploads', ctx.bucket.id, JSON.stringify(position))
}

/** The position in a marker of `uploadsMarker`; an empty one is none. @throws InvalidArgument. Assumed: the text */
export function readUploadsMarker(ctx: Ctx, marker: string): { key: string; uploadId: string } {
  if (marker === '') return { key: '', uploadId: '' }
  const text = decodeToken('uploads', ctx.bucket.id, marker)
  if (text === undefined) {
    throw error(
      'InvalidArgument',
      { ArgumentName: 'key-marker', ArgumentValue: marker },
      { message: 'Invalid key marker' },
    )
  }
  const [key, uploadId] = JSON.parse(text) as [string, string]
  return { key, uploadId }
}
