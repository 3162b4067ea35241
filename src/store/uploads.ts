/**
 * Multipart uploads. Parts are rows with bodies of their own; completing makes a segment list of these bodies and takes
 * their references over, so nothing is rewritten. Ending an upload is O(1): its parts are cleared in the background.
 */
import type { Buckets } from './buckets.ts'
import {
  after,
  bodyKey,
  number48,
  objectPartsKey,
  partKey,
  partsPrefix,
  past,
  readNumber48,
  uploadIndexKey,
  uploadKey,
  uploadsOfKeyPrefix,
  uploadsPrefix,
  within,
} from './keys.ts'
import type { Kv } from './kv.ts'
import { listPage } from './listing.ts'
import { expectSource, nextVersionId, type SourceRecord } from './objects.ts'
import { randomId } from './random.ts'
import { decodeJson, encodeJson } from './record-rows.ts'
import type { BodyRef, BucketRecord, ObjectRecord, PartRecord, UploadPartRecord, UploadRecord } from './records.ts'
import { encodeSegments } from './segments.ts'
import { asStaged } from './staged-body.ts'
import type { ListOptions, ListPage, ObjectDraft, StagedBody, UploadStore } from './store.ts'
import { type Engine, type Transaction, transact } from './transaction.ts'
import type { Turns } from './turns.ts'
import { VersionStack } from './versions.ts'

type CompletedDraft = Omit<ObjectDraft, 'body' | 'sizeBytes' | 'partsCount' | 'uploadId'>

export class Uploads implements UploadStore {
  readonly #engine: Engine
  readonly #kv: Kv
  readonly #buckets: Buckets
  readonly #turns: Turns

  constructor({ engine, buckets, turns }: { engine: Engine; buckets: Buckets; turns: Turns }) {
    this.#engine = engine
    this.#kv = engine.kv
    this.#buckets = buckets
    this.#turns = turns
  }

  async get(bucket: BucketRecord, key: string, uploadId: string): Promise<UploadRecord | undefined> {
    const rowKey = await this.#find(bucket.id, key, uploadId)
    const row = rowKey && (await this.#kv.get(rowKey))
    return row && decodeJson<UploadRecord>(row)
  }

  create(bucket: BucketRecord, upload: UploadRecord): Promise<boolean> {
    return transact(this.#engine, async (transaction) => {
      if ((await this.#buckets.expectCurrent(bucket, transaction)) === undefined) return false
      transaction.put(uploadIndexKey(bucket.id, upload.UploadId), number48(upload.initiatedMs))
      transaction.put(rowKeyOf(bucket, upload), encodeJson(upload))
      return true
    })
  }

  async putPart(
    bucket: BucketRecord,
    upload: UploadRecord,
    body: StagedBody,
    part: Omit<UploadPartRecord, 'body'>,
    source?: SourceRecord,
  ): Promise<UploadPartRecord | 'uploadGone' | 'sourceGone'> {
    const staged = asStaged(body)
    const key = partKey(upload.UploadId, part.PartNumber)
    const record = { ...part, body: staged.ref }
    try {
      return await transact(this.#engine, async (transaction) => {
        const rowKey = rowKeyOf(bucket, upload)
        if ((await this.#kv.get(rowKey)) === undefined) return 'uploadGone'
        if (source !== undefined && !(await expectSource(this.#kv, source, transaction))) return 'sourceGone'
        const before = await this.#kv.get(key)
        if (!staged.attach(transaction)) return 'sourceGone'
        transaction.expectPresent(rowKey)
        transaction.expect(key, before)
        transaction.put(key, encodeJson(record))
        if (before !== undefined) transaction.release(decodeJson<UploadPartRecord>(before).body)
        return record
      })
    } finally {
      await staged.discard()
    }
  }

  async parts(upload: UploadRecord, options: { after?: number; limit: number }): Promise<UploadPartRecord[]> {
    if ((options.after ?? 0) >= 0xffff) return []
    const { lt } = within(partsPrefix(upload.UploadId))
    const cursor = this.#kv.range({ gte: partKey(upload.UploadId, (options.after ?? 0) + 1), lt })
    try {
      return (await cursor.next(options.limit)).map(([, row]) => decodeJson<UploadPartRecord>(row))
    } finally {
      await cursor.close()
    }
  }

  complete(
    bucket: BucketRecord,
    upload: UploadRecord,
    parts: UploadPartRecord[],
    decide: (latest: ObjectRecord | undefined) => CompletedDraft,
  ): Promise<ObjectRecord | 'bucketGone' | 'uploadGone' | 'partChanged'> {
    return this.#turns.take(`${bucket.id}/${upload.Key}`, () =>
      transact(this.#engine, async (transaction) => {
        const current = await this.#buckets.expectCurrent(bucket, transaction)
        if (current === undefined) return 'bucketGone'
        const rowKey = rowKeyOf(bucket, upload)
        const row = await this.#kv.get(rowKey)
        if (row === undefined) return 'uploadGone'
        const stack = await VersionStack.read(this.#kv, current.id, upload.Key)
        const draft = decide(stack.newest?.record)
        const stored = await this.#partRows(upload)
        if (!parts.every((part) => isSamePart(stored.get(part.PartNumber), part))) return 'partChanged'
        transaction.expect(rowKey, row)
        transaction.delete(rowKey)
        transaction.delete(uploadIndexKey(bucket.id, upload.UploadId))
        takeParts(upload, parts, stored, transaction)
        const body = joinBodies(parts, upload.sealedKey, transaction)
        const record: ObjectRecord = {
          ...draft,
          Key: upload.Key,
          VersionId: nextVersionId(current),
          body,
          sizeBytes: body.sizeBytes,
          partsCount: parts.length,
          uploadId: upload.UploadId,
        }
        return (await stack.push(record, transaction)).record
      }),
    )
  }

  abort(bucket: BucketRecord, key: string, uploadId: string): Promise<boolean> {
    return transact(this.#engine, async (transaction) => {
      const rowKey = await this.#find(bucket.id, key, uploadId)
      const row = rowKey && (await this.#kv.get(rowKey))
      if (rowKey === undefined || row === undefined) return false
      transaction.expect(rowKey, row)
      transaction.delete(rowKey)
      transaction.delete(uploadIndexKey(bucket.id, uploadId))
      // No part can be added any more: that expects the upload's row.
      transaction.discardLater({ uploadId })
      return true
    })
  }

  async list(bucket: BucketRecord, options: ListOptions & { afterUploadId?: string }): Promise<ListPage<UploadRecord>> {
    const layout = {
      rowsOf: (prefix: string) => within(uploadsPrefix(bucket.id, prefix)),
      keyOf: ([, row]: [Buffer, Buffer]) => decodeJson<UploadRecord>(row).Key,
    }
    return listPage<UploadRecord>(this.#kv, layout, options, await this.#listStart(bucket, options), ([, row], page) =>
      page.add(() => ({ record: decodeJson<UploadRecord>(row) })),
    )
  }

  async #listStart(
    bucket: BucketRecord,
    options: { after?: string; afterUploadId?: string },
  ): Promise<Buffer | undefined> {
    if (options.after === undefined) return undefined
    const ofKey = uploadsOfKeyPrefix(bucket.id, options.after)
    if (options.afterUploadId === undefined) return past(ofKey)
    const row = await this.#find(bucket.id, options.after, options.afterUploadId)
    // An upload that has ended meanwhile leaves no place: the others of its key are listed again.
    return row === undefined ? ofKey : after(row)
  }

  /** The row key of an upload. */
  async #find(bucketId: string, key: string, uploadId: string): Promise<Buffer | undefined> {
    const initiated = await this.#kv.get(uploadIndexKey(bucketId, uploadId))
    return initiated && uploadKey(bucketId, key, readNumber48(initiated), uploadId)
  }

  /** All parts by number, with their rows. */
  async #partRows(upload: UploadRecord): Promise<Map<number, StoredPart>> {
    const cursor = this.#kv.range(within(partsPrefix(upload.UploadId)))
    const stored = new Map<number, StoredPart>()
    try {
      for (;;) {
        const rows = await cursor.next(1000)
        for (const [key, row] of rows) {
          const part = decodeJson<UploadPartRecord>(row)
          stored.set(part.PartNumber, { key, row, part })
        }
        if (rows.length < 1000) return stored
      }
    } finally {
      await cursor.close()
    }
  }
}

interface StoredPart {
  key: Buffer
  row: Buffer
  part: UploadPartRecord
}

function rowKeyOf(bucket: BucketRecord, upload: UploadRecord): Buffer {
  return uploadKey(bucket.id, upload.Key, upload.initiatedMs, upload.UploadId)
}

function isSamePart(stored: StoredPart | undefined, part: UploadPartRecord): boolean {
  if (stored === undefined) return false
  return (
    stored.part.body.id === part.body.id &&
    stored.part.ETag === part.ETag &&
    stored.part.lastModifiedMs === part.lastModifiedMs
  )
}

/** The parts' references pass to the object: their rows go, and nothing is given up. Parts not named are cleared later. */
function takeParts(
  upload: UploadRecord,
  parts: UploadPartRecord[],
  stored: Map<number, StoredPart>,
  transaction: Transaction,
): void {
  for (const { PartNumber } of parts) {
    const found = stored.get(PartNumber)
    if (found === undefined) continue
    transaction.expect(found.key, found.row)
    transaction.delete(found.key)
  }
  transaction.discardLater({ uploadId: upload.UploadId })
  const rows: PartRecord[] = parts.map(({ PartNumber, Size, ETag, checksum }) =>
    checksum === undefined ? { PartNumber, Size, ETag } : { PartNumber, Size, ETag, checksum },
  )
  transaction.put(objectPartsKey(upload.UploadId), encodeJson(rows))
}

/**
 * The body of the object: a list of its parts' bodies, under the key of the upload, which no key has to be opened for;
 * in plain also the only part that has bytes.
 */
function joinBodies(parts: UploadPartRecord[], sealedKey: string | undefined, transaction: Transaction): BodyRef {
  const bodies = parts.map((part) => part.body).filter((body) => body.kind !== 'empty')
  const [first, second] = bodies
  if (first === undefined) return { id: '', kind: 'empty', sizeBytes: 0 }
  if (second === undefined && sealedKey === undefined) return first
  const sizeBytes = bodies.reduce((sum, body) => sum + body.sizeBytes, 0)
  const joined: BodyRef = { id: randomId(), kind: 'segments', sizeBytes }
  if (sealedKey !== undefined) joined.sealedKey = sealedKey
  const segments = bodies.map((body) => ({ body, start: 0, length: body.sizeBytes }))
  transaction.put(bodyKey(joined.id), encodeSegments(segments))
  return joined
}
