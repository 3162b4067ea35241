/** ListObjects and ListObjectVersions over the rows of versions. */
import {
  after,
  keyOfNewest,
  newestKey,
  olderIndexKey,
  olderKey,
  olderPrefix,
  past,
  readNumber48,
  versionsRange,
  within,
} from './keys.ts'
import type { Kv } from './kv.ts'
import { type ListLayout, listPage, type PageBuilder } from './listing.ts'
import { decodeObject, isMarkerRow } from './record-rows.ts'
import type { BucketRecord, ObjectRecord } from './records.ts'
import type { RowWalk } from './row-walk.ts'
import type { ListOptions, ListPage } from './store.ts'

type Version = ObjectRecord & { isLatest: boolean }

function layoutOf(bucketId: string): ListLayout {
  return { rowsOf: (prefix) => within(newestKey(bucketId, prefix)), keyOf: ([key]) => keyOfNewest(key) }
}

/** Newest versions that are not delete markers. */
export function listObjects(kv: Kv, bucket: BucketRecord, options: ListOptions): Promise<ListPage<ObjectRecord>> {
  const layout = { ...layoutOf(bucket.id), isHidden: ([, value]: [Buffer, Buffer]) => isMarkerRow(value) }
  const start = options.after === undefined ? undefined : after(newestKey(bucket.id, options.after))
  return listPage<ObjectRecord>(kv, layout, options, start, ([, value], page) =>
    page.add(() => ({ record: decodeObject(value) })),
  )
}

/** All versions, newest first within a key. */
export function listVersions(
  kv: Kv,
  bucket: BucketRecord,
  options: ListOptions & { afterVersionId?: string },
): Promise<ListPage<Version>> {
  const layout = { ...layoutOf(bucket.id), reach: versionsRange(bucket.id).lt }
  const { after: afterKey, afterVersionId } = options
  const marker = afterKey === undefined ? undefined : newestKey(bucket.id, afterKey)
  const start = marker === undefined || afterVersionId !== undefined ? marker : after(marker)
  return listPage<Version>(kv, layout, options, start, async ([key, value], page, walk) => {
    const record = decodeObject(value)
    const isMarker = afterVersionId !== undefined && marker?.equals(key) === true
    const from = isMarker ? await positionAfter(kv, bucket.id, record, afterVersionId) : undefined
    if (from === undefined && !page.add(() => ({ record: { ...record, isLatest: true } }))) return false
    if (record.hasOlder !== true) return true
    return addOlder(bucket.id, record.Key, from, page, walk)
  })
}

/**
 * The first row of older versions that comes after a version. Undefined when that version has gone meanwhile: then the
 * whole key is listed again, because whoever deletes what a page showed must still be shown the rest.
 */
async function positionAfter(
  kv: Kv,
  bucketId: string,
  newest: ObjectRecord,
  versionId: string,
): Promise<Buffer | undefined> {
  if (newest.VersionId === versionId) return olderPrefix(bucketId, newest.Key)
  const sequence = await kv.get(olderIndexKey(bucketId, newest.Key, versionId))
  return sequence && after(olderKey(bucketId, newest.Key, readNumber48(sequence)))
}

async function addOlder(
  bucketId: string,
  key: string,
  from: Buffer | undefined,
  page: PageBuilder<Version>,
  walk: RowWalk,
): Promise<boolean> {
  const prefix = olderPrefix(bucketId, key)
  const lt = past(prefix)
  let gte = from ?? prefix
  for (;;) {
    const limit = Math.min(page.room + 1, 1000)
    const rows = await walk.aside({ gte, lt }, limit)
    for (const [row, value] of rows) {
      if (!page.add(() => ({ record: { ...decodeObject(value), isLatest: false } }))) return false
      gte = after(row)
    }
    if (rows.length < limit) return true
  }
}
