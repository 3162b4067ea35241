/** Small bodies stand in the rows of their records: where they are, what opens them, and what becomes of them. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Sealer, wrappingSealer } from '../../src/encryption/sealer.ts'
import { EmbeddedBytes, embeddedLimitBytes } from '../../src/store/embedded.ts'
import { type OpenedStore, openWithParts } from '../../src/store/open.ts'
import { decodeObject, encodeObject } from '../../src/store/record-rows.ts'
import type { BodyRef, BucketRecord, ObjectRecord } from '../../src/store/records.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { verifyStore } from '../../src/store/verify.ts'
import { bytesOf, draft, makeBucket, must, setVersioning } from './support.ts'

interface Place {
  opened: OpenedStore
  bucket: BucketRecord
  s3: Sealer
}

async function inMemory(run: (place: Place) => Promise<void>): Promise<void> {
  const opened = await openWithParts()
  try {
    const bucket = await makeBucket(opened.store, 'bucket')
    await run({ opened, bucket, s3: opened.store.keys.s3 })
    await opened.collector.idle()
    assert.deepEqual(await verifyStore(opened.kv, []), [])
  } finally {
    await opened.store.close()
  }
}

async function put({ opened: { store }, bucket }: Place, key: string, bytes: Buffer, sealer?: Sealer) {
  const staged = store.bodies.stage(bytes, sealer)
  const made = await store.objects.put(bucket, key, staged, () => draft(staged.ref))
  assert.ok(typeof made === 'object')
  return made
}

const read = async ({ opened: { store } }: Place, ref: BodyRef, sealer?: Sealer, start = 0, end = ref.sizeBytes) =>
  bytesOf(must(await store.bodies.read(ref, start, end, sealer)))

async function rowsOf({ opened: { kv } }: Place, first: string): Promise<Buffer[]> {
  const cursor = kv.range({ gte: Buffer.from(first), lt: Buffer.of(first.charCodeAt(0) + 1) })
  try {
    return (await cursor.next(100)).map(([, row]) => row)
  } finally {
    await cursor.close()
  }
}

const secret = Buffer.from('nobody may read this on the disk')

test('a body of up to 2 KiB has no row of its own; a larger one has', () =>
  inMemory(async (place) => {
    const small = await put(place, 'small', Buffer.alloc(embeddedLimitBytes, 1), place.s3)
    assert.equal(small.body.kind, 'embedded')
    assert.equal((await rowsOf(place, 'd')).length, 0)
    const larger = await put(place, 'larger', Buffer.alloc(embeddedLimitBytes + 1, 2), place.s3)
    assert.equal(larger.body.kind, 'inline')
    assert.equal((await rowsOf(place, 'd')).length, 1)
    assert.deepEqual(await read(place, small.body, place.s3), Buffer.alloc(embeddedLimitBytes, 1))
  }))

test('it is enciphered in the row, each under a stretch of key stream of its own', () =>
  inMemory(async (place) => {
    await put(place, 'a', secret, place.s3)
    await put(place, 'b', secret, place.s3)
    const rows = await rowsOf(place, 'o')
    assert.equal(rows.length, 2)
    const stored = rows.map((row) => must(decodeObject(row).body.bytes).stored)
    for (const bytes of stored) assert.equal(bytes.length, secret.length)
    assert.ok(!rows.some((row) => row.includes(secret)))
    assert.ok(!must(stored[0]).equals(must(stored[1])))
    const keys = rows.map((row) => decodeObject(row).body.sealedKey)
    assert.notEqual(keys[0], keys[1])
  }))

test('ranges are read from a row as it comes from the disk, with the right key only', () =>
  inMemory(async (place) => {
    const customer = wrappingSealer(Buffer.alloc(32, 1))
    for (const [key, sealer] of [
      ['s3', place.s3],
      ['customer', customer],
      ['plain', undefined],
    ] as const) {
      const made = await put(place, key, secret, sealer)
      const { body } = decodeObject(encodeObject(made))
      assert.equal(String(await read(place, body, sealer, 7, 15)), 'may read')
      assert.deepEqual(await read(place, body, sealer), secret)
      // Known by now.
      assert.equal(String(await read(place, body, sealer, 7, 15)), 'may read')
      const others = [place.s3, customer, wrappingSealer(Buffer.alloc(32, 2))].filter((other) => other !== sealer)
      if (sealer === undefined) continue
      for (const other of others) await assert.rejects(async () => read(place, body, other), StoreError)
      await assert.rejects(async () => read(place, body))
    }
  }))

test('a copy has bytes of its own, under its own key', () =>
  inMemory(async (place) => {
    const { store } = place.opened
    const source = await put(place, 'source', secret, place.s3)
    const customer = wrappingSealer(Buffer.alloc(32, 1))
    for (const to of [place.s3, customer]) {
      const slice = store.bodies.slice(source.body, 7, 15, place.s3, to)
      const made = await store.objects.put(place.bucket, 'copy', slice, () => draft(source.body), {
        ...source,
        bucket: place.bucket,
      })
      assert.ok(typeof made === 'object')
      assert.equal(String(await read(place, made.body, to)), 'may read')
      assert.equal(made.body.kind, 'embedded')
    }
    assert.throws(() => store.bodies.slice(source.body, 0, 2, place.s3))
  }))

test('a change of a version keeps its bytes; another key enciphers them anew', () =>
  inMemory(async (place) => {
    const { store } = place.opened
    const made = await put(place, 'key', secret, place.s3)
    const tagged = must(
      await store.objects.update(place.bucket, 'key', undefined, (record) => ({
        ...record,
        tags: [{ Key: 'k', Value: 'v' }],
      })),
    )
    assert.deepEqual(await read(place, tagged.body, place.s3), secret)
    const kms = wrappingSealer(Buffer.alloc(32, 3), 'context')
    const reseal = (record: ObjectRecord) => ({ ...record, body: store.bodies.reseal(record.body, place.s3, kms) })
    const resealed = must(await store.objects.update(place.bucket, 'key', undefined, reseal))
    const fromRow = decodeObject(must((await rowsOf(place, 'o'))[0]))
    assert.deepEqual(await read(place, fromRow.body, kms), secret)
    await assert.rejects(async () => read(place, fromRow.body, place.s3), StoreError)
    assert.equal(resealed.body.id, made.body.id)
    assert.equal(fromRow.tags?.length, 1)
  }))

test('older versions keep theirs, and get back on top with them', () =>
  inMemory(async (place) => {
    const { store } = place.opened
    place.bucket = await setVersioning(store, place.bucket, 'Enabled')
    const first = await put(place, 'key', secret, place.s3)
    const second = await put(place, 'key', Buffer.from('other'), place.s3)
    const older = must(await store.objects.version(place.bucket, 'key', first.VersionId))
    assert.deepEqual(await read(place, older.body, place.s3), secret)
    await store.objects.deleteVersion(place.bucket, 'key', second.VersionId)
    const newest = must(await store.objects.latest(place.bucket, 'key'))
    assert.equal(newest.VersionId, first.VersionId)
    assert.deepEqual(await read(place, newest.body, place.s3), secret)
  }))

test('bytes added behind it move it out of the record', () =>
  inMemory(async (place) => {
    const { store } = place.opened
    for (const sealer of [place.s3, undefined]) {
      await put(place, 'key', secret, sealer)
      const added = store.bodies.stage(Buffer.from(', ever'), sealer)
      const whole = await store.objects.append(
        place.bucket,
        'key',
        added,
        () => sealer,
        () => draft(added.ref),
      )
      assert.ok(typeof whole === 'object')
      assert.equal(whole.sizeBytes, secret.length + 6)
      assert.equal(String(await read(place, whole.body, sealer)), `${secret}, ever`)
    }
    await store.objects.delete(place.bucket, 'key', 1)
    await place.opened.collector.idle()
    assert.equal((await rowsOf(place, 'd')).length, 0)
  }))

test('bytes that look like anything survive their row', () => {
  const stored = Buffer.from([0, 0x7b, 0x7d, 0xff, 0, 0x22])
  const record = {
    Key: 'ключ "\u0000"',
    body: { id: 'i', kind: 'embedded', sizeBytes: 6, bytes: new EmbeddedBytes(stored) },
  } as unknown as ObjectRecord
  const decoded = decodeObject(Buffer.from(encodeObject(record)))
  assert.equal(decoded.Key, record.Key)
  assert.deepEqual(decoded.body.bytes?.stored, stored)
})

test('a directory of the format before is taken over, and closed to the version that wrote it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'embedded-'))
  try {
    await (await openWithParts({ dataDir: dir })).store.close()
    const file = join(dir, 'format.json')
    const { keys } = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ product: 'sandbucket', version: 2, keys }))
    const opened = await openWithParts({ dataDir: dir })
    await opened.store.close()
    assert.equal(JSON.parse(await readFile(file, 'utf8')).version, 4)
  } finally {
    await rm(dir, { recursive: true })
  }
})
