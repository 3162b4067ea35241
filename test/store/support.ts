/** Stores to test on, in memory and in a directory, and shorthands for what tests do with them. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { MemoryBlobs } from '../../src/store/memory-blobs.ts'
import { type OpenedStore, openWithParts, type StoreOptions } from '../../src/store/open.ts'
import type { BodyRef, BucketRecord, ObjectRecord, UploadRecord } from '../../src/store/records.ts'
import type { BodyContent, ObjectDraft, StagedBody, Store } from '../../src/store/store.ts'

export type Mode = 'memory' | 'directory'

/** Runs a test on a fresh store and clears up behind it. */
export async function withStore(
  mode: Mode,
  test: (opened: OpenedStore, dataDir: string | undefined) => Promise<void>,
  options: StoreOptions = {},
): Promise<void> {
  await withDir(mode === 'directory', async (dataDir) => {
    const opened = await openWithParts({ log: { error: fail, warn: () => {} }, ...options, dataDir })
    try {
      await test(opened, dataDir)
    } finally {
      await opened.store.close()
    }
  })
}

async function withDir(wanted: boolean, work: (dir: string | undefined) => Promise<void>): Promise<void> {
  if (!wanted) return work(undefined)
  const dir = await temporaryDir()
  try {
    await work(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

export const temporaryDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'sandbucket-'))

function fail(fields: object, message: string): never {
  throw new Error(message, { cause: fields })
}

export async function makeBucket(
  store: Store,
  name: string,
  fields: Partial<BucketRecord> = {},
): Promise<BucketRecord> {
  await store.buckets.create({
    Name: name,
    id: '',
    region: 'us-east-1',
    ownerId: 'owner',
    createdMs: 1,
    type: 'general',
    documents: {},
    ...fields,
  })
  return must(await store.buckets.get(name))
}

/** Changes a bucket's versioning state and gives the record back. */
export async function setVersioning(
  store: Store,
  bucket: BucketRecord,
  versioning: 'Enabled' | 'Suspended',
): Promise<BucketRecord> {
  return must(await store.buckets.update(bucket.Name, (before) => ({ ...before, versioning })))
}

export async function stage(store: Store, bytes: Buffer | string, chunkBytes = 64 * 1024): Promise<StagedBody> {
  const writer = store.bodies.writer()
  const all = Buffer.from(bytes)
  for (let at = 0; at < all.length; at += chunkBytes) await writer.write(all.subarray(at, at + chunkBytes))
  return writer.finish()
}

export function draft(body: BodyRef, fields: Partial<ObjectDraft> = {}): ObjectDraft {
  return {
    Key: '',
    lastModifiedMs: 1,
    ETag: 'etag',
    sizeBytes: body.sizeBytes,
    content: {},
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: {},
    ownerId: 'owner',
    ...fields,
  }
}

/** Stores an object; throws unless it was written. */
export async function put(
  store: Store,
  bucket: BucketRecord,
  key: string,
  bytes: Buffer | string = key,
  fields: Partial<ObjectDraft> = {},
): Promise<ObjectRecord> {
  const staged = await stage(store, bytes)
  return must(await store.objects.put(bucket, key, staged, () => draft(staged.ref, fields)))
}

/** A copy of a version under another key. */
export async function copy(
  store: Store,
  bucket: BucketRecord,
  source: ObjectRecord,
  key: string,
): Promise<ObjectRecord | 'bucketGone' | 'sourceGone'> {
  const whole = store.bodies.slice(source.body, 0, source.sizeBytes)
  return store.objects.put(bucket, key, whole, () => draft(source.body), { ...source, bucket })
}

export function upload(key: string, id: string, fields: Partial<UploadRecord> = {}): UploadRecord {
  return {
    Key: key,
    UploadId: id,
    initiatedMs: 1,
    ownerId: 'owner',
    initiatorArn: 'arn:aws:iam::000000000000:root',
    content: {},
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: {},
    ...fields,
  }
}

/** The result, when it is neither missing nor one of the refusals. */
export function must<T>(value: T): Exclude<T, undefined | string | false> {
  if (value === undefined || value === false || typeof value === 'string') throw new Error(`got ${value}`)
  return value as Exclude<T, undefined | string | false>
}

export async function bytesOf(content: BodyContent | undefined): Promise<Buffer> {
  if (content === undefined) throw new Error('the body has gone')
  if (content instanceof Uint8Array) return Buffer.from(content)
  return collect(content)
}

export async function collect(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

/** All bytes of an object. */
export async function read(store: Store, record: { body: BodyRef }): Promise<Buffer> {
  return bytesOf(await store.bodies.read(record.body, 0, record.body.sizeBytes))
}

/** Repeatable bytes that differ from place to place. */
export function pattern(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(sizeBytes)
  let state = seed * 2654435761
  for (let i = 0; i < sizeBytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** Names of all stored blobs. */
export async function blobIds(opened: OpenedStore, dataDir: string | undefined): Promise<string[]> {
  if (opened.blobs instanceof MemoryBlobs) return opened.blobs.ids().sort()
  const ids: string[] = []
  for (const folder of await readdir(join(dataDir ?? '', 'blobs'))) {
    ids.push(...(await readdir(join(dataDir ?? '', 'blobs', folder))))
  }
  return ids.sort()
}

/** A small repeatable generator of numbers in [0, limit). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x100000000) * limit)
  }
}

/** When everything has been deleted, no row and no file may be left. */
export async function assertNothingStored(opened: OpenedStore, dataDir: string | undefined): Promise<void> {
  const cursor = opened.kv.range({ gte: Buffer.of(0), lt: Buffer.of(0xff) })
  const rows = await cursor.next(5)
  await cursor.close()
  assert.deepEqual(
    rows.map(([key]) => key.toString()),
    [],
  )
  assert.deepEqual(await blobIds(opened, dataDir), [])
}

/** A part as a handler would store it. */
export const part = (PartNumber: number, lastModifiedMs = 1) => ({
  PartNumber,
  Size: 1,
  ETag: `e${PartNumber}`,
  lastModifiedMs,
})

/** A test on a fresh store. */
export type Test = (opened: OpenedStore, dataDir: string | undefined) => Promise<void>
