import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BucketRecord, ObjectRecord } from '../../src/store/records.ts'
import type { Store } from '../../src/store/store.ts'
import { verifyStore } from '../../src/store/verify.ts'
import { blobIds, draft, makeBucket, must, put, stage, withStore } from './support.ts'

const content = { lastModifiedMs: 1, ETag: 'e', encryption: {} }
const checksum = { algorithm: 'CRC32', value: 'v', type: 'FULL_OBJECT' } as const
const annotate = async (store: Store, bucket: BucketRecord, name: string, bytes: string, versionId?: string) =>
  store.annotations.put(bucket, { key: 'k', versionId }, name, await stage(store, bytes), () => ({
    ...content,
    checksum,
    sizeBytes: bytes.length,
  }))
const names = async (store: Store, record: ObjectRecord, options = {}) =>
  (await store.annotations.list(record, { limit: 10, ...options })).map(({ Name }) => Name)

for (const mode of ['memory', 'directory'] as const) {
  test(`annotations stay with their version and go with it (${mode})`, () =>
    withStore(mode, async (opened, dir) => {
      const { store, kv, collector } = opened
      const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
      assert.equal(await annotate(store, bucket, 'x', 'nothing there'), undefined)
      const first = await put(store, bucket, 'k', 'one')
      await annotate(store, bucket, 'b', 'B')
      await annotate(store, bucket, 'a', 'large '.repeat(10_000))
      await annotate(store, bucket, 'a', 'A')
      await put(store, bucket, 'k', 'two')
      await annotate(store, bucket, 'c', 'C')
      await annotate(store, bucket, 'ab', 'AB', first.VersionId)
      const newest = must(await store.objects.latest(bucket, 'k'))
      const older = must(await store.objects.version(bucket, 'k', first.VersionId))
      assert.deepEqual(await names(store, newest), ['c'])
      assert.deepEqual(await names(store, older), ['a', 'ab', 'b'])
      assert.deepEqual(await names(store, older, { prefix: 'a' }), ['a', 'ab'])
      assert.deepEqual(await names(store, older, { after: 'a', limit: 1 }), ['ab'])
      assert.equal(older.annotationCount, 3)
      const found = must(await store.annotations.get(older, 'a'))
      assert.equal(String(await store.bodies.read(found.body, 0, 9)), 'A')
      await store.objects.update(bucket, 'k', first.VersionId, ({ annotationsId: _, ...record }) => record)
      assert.deepEqual(await verifyStore(kv, await blobIds(opened, dir)), [])

      await store.annotations.delete(bucket, { key: 'k', versionId: first.VersionId }, 'b', () => {})
      await store.annotations.delete(bucket, { key: 'k', versionId: first.VersionId }, 'none', () => {})
      assert.equal((await store.objects.version(bucket, 'k', first.VersionId))?.annotationCount, 2)
      await store.objects.deleteVersion(bucket, 'k', first.VersionId)
      await collector.idle()
      assert.deepEqual(await verifyStore(kv, await blobIds(opened, dir)), [])
      await store.reset()
      await collector.idle()
      assert.deepEqual(await verifyStore(kv, await blobIds(opened, dir)), [])
    }))
}

test('a new version brings copies of annotations, sharing their bytes', () =>
  withStore('memory', async (opened) => {
    const { store, kv, collector } = opened
    const bucket = await makeBucket(store, 'b')
    await put(store, bucket, 'k', 'one')
    await annotate(store, bucket, 'a', 'A')
    const source = must(await store.objects.latest(bucket, 'k'))
    const copied = (await store.annotations.list(source, { limit: 9 })).map(({ body, ...annotation }) => ({
      annotation,
      body: store.bodies.slice(body, 0, body.sizeBytes),
    }))
    const body = store.bodies.slice(source.body, 0, source.sizeBytes)
    const made = await store.objects.put(bucket, 'copy', body, () => draft(source.body), { ...source, bucket }, copied)
    assert.ok(typeof made === 'object')
    assert.deepEqual(await names(store, made), ['a'])
    await store.objects.delete(bucket, 'k', 2)
    await collector.idle()
    const kept = must(await store.annotations.get(made, 'a'))
    assert.equal(String(await store.bodies.read(kept.body, 0, 1)), 'A')
    assert.deepEqual(await verifyStore(kv, await blobIds(opened, undefined)), [])
  }))
