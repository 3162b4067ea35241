/** What every Store must do: objects, bodies, references, races. Versioning and listings have contracts of their own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Readable } from 'node:stream'
import { verifyStore } from '../../src/store/verify.ts'
import {
  assertNothingStored,
  blobIds,
  bytesOf,
  copy,
  draft,
  type Mode,
  makeBucket,
  must,
  part,
  pattern,
  put,
  read,
  setVersioning,
  stage,
  type Test,
  upload,
  withStore,
} from './support.ts'
import { raceTests, uploadTests } from './upload-contract.ts'

/** Sizes on both sides of the inline limit, of a read and of a write. */
const sizes = [0, 1, 32 * 1024, 32 * 1024 + 1, 256 * 1024 + 1, 512 * 1024, 3 * 1024 * 1024 + 7]

export function storeContract(mode: Mode): void {
  /** After each test nothing may be out of order. */
  const test = (title: string, run: Test) =>
    it(title, () =>
      withStore(mode, async (opened, dataDir) => {
        await run(opened, dataDir)
        await opened.collector.idle()
        assert.deepEqual(await verifyStore(opened.kv, await blobIds(opened, dataDir)), [])
      }),
    )

  describe(`Store contract: ${mode}`, () => {
    bucketTests(test)
    bodyTests(test)
    referenceTests(test)
    uploadTests(test)
    raceTests(test)
  })
}

function bucketTests(test: (title: string, run: Test) => void): void {
  test('a bucket is made once, changed, listed by name and removed', async ({ store }) => {
    for (const name of ['b', 'a', 'ab', 'c']) await makeBucket(store, name)
    const bucket = must(await store.buckets.get('a'))
    assert.equal(await store.buckets.create(bucket), false)
    assert.match(bucket.id, /^[0-9a-f]{32}$/)
    const changed = await store.buckets.update('a', (before) => ({ ...before, id: 'other', documents: { cors: [] } }))
    assert.deepEqual(changed, { ...bucket, documents: { cors: [] } })
    assert.deepEqual(await store.buckets.get('a'), changed)
    assert.equal(await store.buckets.update('none', (before) => before), undefined)
    const names = async (options: { prefix?: string; after?: string; limit: number }) =>
      (await store.buckets.list(options)).map(({ Name }) => Name)
    assert.deepEqual(await names({ limit: 10 }), ['a', 'ab', 'b', 'c'])
    assert.deepEqual(await names({ limit: 2, after: 'a' }), ['ab', 'b'])
    assert.deepEqual(await names({ limit: 9, prefix: 'a' }), ['a', 'ab'])
    assert.deepEqual(await names({ limit: 9, prefix: 'a', after: 'b' }), [])
    assert.equal(await store.buckets.delete('a'), 'deleted')
    assert.equal(await store.buckets.delete('a'), 'missing')
  })

  test('a bucket with a version or a delete marker is not empty', async ({ store }) => {
    const bucket = await makeBucket(store, 'b')
    await put(store, bucket, 'k')
    assert.equal(await store.buckets.delete('b'), 'notEmpty')
    await store.objects.delete(bucket, 'k', 2)
    await setVersioning(store, bucket, 'Enabled')
    const { marker } = await store.objects.delete(bucket, 'k', 2)
    assert.equal(await store.buckets.delete('b'), 'notEmpty')
    await store.objects.deleteVersion(bucket, 'k', must(marker).VersionId)
    assert.equal(await store.buckets.delete('b'), 'deleted')
  })

  test('a bucket made again is empty, and writes meant for the former one fail', async ({ store }) => {
    const former = await makeBucket(store, 'b')
    await store.uploads.create(former, upload('k', 'u1'))
    assert.equal(await store.buckets.delete('b'), 'deleted')
    const bucket = await makeBucket(store, 'b')
    const staged = await stage(store, 'x')
    assert.equal(await store.objects.put(former, 'k', staged, () => draft(staged.ref)), 'bucketGone')
    assert.equal(await store.uploads.create(former, upload('k', 'u2')), false)
    assert.deepEqual(await store.objects.delete(former, 'k', 1), {})
    assert.equal(await store.uploads.get(bucket, 'k', 'u1'), undefined)
    assert.deepEqual(await store.objects.list(bucket, { limit: 5 }), { entries: [], isTruncated: false })
  })

  test('reset removes everything', async (opened, dataDir) => {
    const { store } = opened
    const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
    for (let i = 0; i < 600; i++) await put(store, bucket, `k${i % 300}`)
    await put(store, bucket, 'large', pattern(100_000))
    await store.uploads.create(bucket, upload('k', 'u1'))
    await store.uploads.putPart(bucket, upload('k', 'u1'), await stage(store, pattern(90_000)), part(1))
    await makeBucket(store, 'c')
    await store.reset()
    assert.deepEqual(await store.buckets.list({ limit: 10 }), [])
    await opened.collector.idle()
    await assertNothingStored(opened, dataDir)
  })
}

function bodyTests(test: (title: string, run: Test) => void): void {
  test('bodies of all sizes come back, whole and in ranges', async ({ store }) => {
    const bucket = await makeBucket(store, 'b')
    for (const size of sizes) {
      const bytes = pattern(size, size)
      const record = await put(store, bucket, `k${size}`, bytes)
      assert.ok((await read(store, record)).equals(bytes), `size ${size}`)
      for (const [start, end] of [
        [0, 1],
        [size - 1, size],
        [Math.floor(size / 3), Math.floor(size / 2)],
        [1, size - 1],
      ] as const) {
        if (start < 0 || end > size || start > end) continue
        const got = await bytesOf(await store.bodies.read(record.body, start, end))
        assert.ok(got.equals(bytes.subarray(start, end)), `size ${size}, ${start} to ${end}`)
      }
    }
  })

  test('chunks of any size make the same body', async ({ store }) => {
    const bytes = pattern(300_000)
    for (const chunkBytes of [1000, 32 * 1024, 32 * 1024 + 1, 300_000]) {
      const staged = await stage(store, bytes, chunkBytes)
      const bucket = await makeBucket(store, `b${chunkBytes}`)
      const record = must(await store.objects.put(bucket, 'k', staged, () => draft(staged.ref)))
      assert.ok((await read(store, record)).equals(bytes))
    }
  })

  test('a body aborted, discarded or refused leaves nothing', async (opened, dataDir) => {
    const { store } = opened
    const bucket = await makeBucket(store, 'b')
    for (const size of [100, 100_000]) {
      const writer = store.bodies.writer()
      await writer.write(pattern(size))
      await writer.abort()
      await writer.abort()
      await (await stage(store, pattern(size))).discard()
      const staged = await stage(store, pattern(size))
      const refuse = () => {
        throw new Error('refused')
      }
      await assert.rejects(store.objects.put(bucket, 'k', staged, refuse), /refused/)
      await staged.discard()
    }
    await store.buckets.delete('b')
    await opened.collector.idle()
    await assertNothingStored(opened, dataDir)
  })

  test('a reader of an overwritten or deleted object still gets all of the old bytes', async ({ store, collector }) => {
    const bucket = await makeBucket(store, 'b')
    const bytes = pattern(2_000_000)
    const record = await put(store, bucket, 'k', bytes)
    const readers = [
      must(await store.bodies.read(record.body, 0, 2_000_000)),
      must(await store.bodies.read(record.body, 5, 2_000_000)),
    ]
    await put(store, bucket, 'k', 'new')
    await store.objects.delete(bucket, 'k', 1)
    await collector.idle()
    const [whole, rest] = await Promise.all(readers.map(bytesOf))
    assert.ok(whole?.equals(bytes))
    assert.ok(rest?.equals(bytes.subarray(5)))
    await collector.idle()
    assert.equal(await store.bodies.read(record.body, 0, 10), undefined)
  })

  test('a reader that is destroyed frees the body', async (opened, dataDir) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    const record = await put(store, bucket, 'k', pattern(2_000_000))
    const unread = await store.bodies.read(record.body, 0, 2_000_000)
    const begun = await store.bodies.read(record.body, 0, 2_000_000)
    assert.ok(unread instanceof Readable && begun instanceof Readable)
    await new Promise((resolve) => begun.once('data', resolve))
    // Or it may have come to its end by then.
    begun.pause()
    await store.objects.delete(bucket, 'k', 1)
    for (const stream of [unread, begun]) {
      const closed = new Promise((resolve) => stream.once('close', resolve))
      stream.destroy()
      await closed
    }
    await collector.idle()
    assert.deepEqual(await blobIds(opened, dataDir), [])
  })

  test('an inline body that is overwritten is gone at once', async ({ store, kv }) => {
    const bucket = await makeBucket(store, 'b')
    const record = await put(store, bucket, 'k', pattern(5000))
    await put(store, bucket, 'k', 'new')
    assert.equal(await store.bodies.read(record.body, 0, 3), undefined)
    assert.deepEqual(await verifyStore(kv, []), [])
  })
}

function referenceTests(test: (title: string, run: Test) => void): void {
  for (const size of [0, 10, 100_000]) {
    test(`a copy of ${size} bytes outlives its source, and the other way round`, async (opened, dataDir) => {
      const { store, collector } = opened
      const bucket = await makeBucket(store, 'b')
      const bytes = pattern(size)
      const source = await put(store, bucket, 'source', bytes)
      for (const name of ['one', 'two', 'three']) must(await copy(store, bucket, source, name))
      await store.objects.delete(bucket, 'source', 1)
      await store.objects.delete(bucket, 'two', 1)
      await collector.idle()
      const one = must(await store.objects.latest(bucket, 'one'))
      assert.ok((await read(store, one)).equals(bytes))
      assert.deepEqual(await verifyStore(opened.kv, await blobIds(opened, dataDir)), [])
      for (const name of ['one', 'three']) await store.objects.delete(bucket, name, 1)
      await store.buckets.delete('b')
      await collector.idle()
      await assertNothingStored(opened, dataDir)
    })
  }

  test('a copy of an object onto itself keeps the body', async ({ store, collector }) => {
    const bucket = await makeBucket(store, 'b')
    const source = await put(store, bucket, 'k', pattern(100_000))
    const copied = must(await copy(store, bucket, source, 'k'))
    await collector.idle()
    assert.ok((await read(store, copied)).equals(pattern(100_000)))
  })

  test('a copy fails when its source has gone or is another by now', async ({ store }) => {
    const bucket = await makeBucket(store, 'b')
    const source = await put(store, bucket, 'k', 'old')
    await put(store, bucket, 'k', 'new', { lastModifiedMs: 2 })
    assert.equal(await copy(store, bucket, source, 'copy'), 'sourceGone')
    await store.objects.delete(bucket, 'k', 1)
    assert.equal(await copy(store, bucket, source, 'copy'), 'sourceGone')
    assert.equal(await store.objects.latest(bucket, 'copy'), undefined)
  })

  test('tags put on the source do not stop a copy', async ({ store }) => {
    const bucket = await makeBucket(store, 'b')
    const source = await put(store, bucket, 'k', 'old')
    await store.objects.update(bucket, 'k', undefined, (record) => ({ ...record, tags: [{ Key: 'a', Value: 'b' }] }))
    must(await copy(store, bucket, source, 'copy'))
  })

  test('slices of slices read the right bytes and hold their source', async (opened, dataDir) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    const bytes = pattern(1_000_000)
    let source = await put(store, bucket, 'k0', bytes)
    let expected = bytes
    for (let i = 1; i <= 5; i++) {
      const slice = store.bodies.slice(source.body, 1000 * i, source.body.sizeBytes - 500)
      expected = expected.subarray(1000 * i, expected.length - 500)
      source = must(await store.objects.put(bucket, `k${i}`, slice, () => draft(slice.ref), { ...source, bucket }))
      await store.objects.delete(bucket, `k${i - 1}`, 1)
    }
    await collector.idle()
    assert.ok((await read(store, source)).equals(expected))
    assert.ok((await bytesOf(await store.bodies.read(source.body, 7, 9))).equals(expected.subarray(7, 9)))
    await store.objects.delete(bucket, 'k5', 1)
    await collector.idle()
    assert.deepEqual(await blobIds(opened, dataDir), [])
  })

  test('a slice that is not used gives its source back', async (opened, dataDir) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    const record = await put(store, bucket, 'k', pattern(100_000))
    const slice = store.bodies.slice(record.body, 10, 20)
    await store.objects.delete(bucket, 'k', 1)
    await collector.idle()
    assert.equal((await blobIds(opened, dataDir)).length, 1)
    await slice.discard()
    await collector.idle()
    assert.deepEqual(await blobIds(opened, dataDir), [])
    const late = store.bodies.slice(record.body, 10, 20)
    assert.deepEqual(
      await store.objects.put(bucket, 'k2', late, () => draft(late.ref), { ...record, bucket }),
      'sourceGone',
    )
  })
}
