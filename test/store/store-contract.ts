/** What every Store must do: objects, bodies, references, races. Versioning and listings have contracts of their own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Readable } from 'node:stream'
import type { OpenedStore } from '../../src/store/open.ts'
import { verifyStore } from '../../src/store/verify.ts'
import {
  blobIds,
  bytesOf,
  collect,
  copy,
  draft,
  type Mode,
  makeBucket,
  must,
  pattern,
  put,
  read,
  setVersioning,
  stage,
  upload,
  withStore,
} from './support.ts'

type Test = (opened: OpenedStore, dataDir: string | undefined) => Promise<void>

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
    const record = await put(store, bucket, 'k', 'old')
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

const part = (PartNumber: number, lastModifiedMs = 1) => ({
  PartNumber,
  Size: 1,
  ETag: `e${PartNumber}`,
  lastModifiedMs,
})

function uploadTests(test: (title: string, run: Test) => void): void {
  test('completing joins the named parts, frees the others and ends the upload', async (opened, dataDir) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    const begun = upload('k', 'u1')
    await store.uploads.create(bucket, begun)
    assert.deepEqual(await store.uploads.get(bucket, 'k', 'u1'), begun)
    assert.equal(await store.uploads.get(bucket, 'other', 'u1'), undefined)
    const bytes = [pattern(700_000, 1), pattern(20, 2), pattern(300_000, 3), pattern(5, 4), Buffer.alloc(0)]
    for (const [i, body] of bytes.entries()) {
      must(await store.uploads.putPart(bucket, begun, await stage(store, 'replaced'), part(i + 1)))
      must(await store.uploads.putPart(bucket, begun, await stage(store, body), part(i + 1)))
    }
    assert.deepEqual(
      (await store.uploads.parts(begun, { after: 1, limit: 2 })).map(({ PartNumber }) => PartNumber),
      [2, 3],
    )
    const all = await store.uploads.parts(begun, { limit: 10 })
    const chosen = all.filter(({ PartNumber }) => PartNumber !== 3)
    const completeDraft = () => draft({ id: '', kind: 'empty', sizeBytes: 0 })
    const stale = chosen.map((each) => (each.PartNumber === 2 ? { ...each, ETag: 'stale' } : each))
    assert.equal(await store.uploads.complete(bucket, begun, stale, completeDraft), 'partChanged')
    const record = must(await store.uploads.complete(bucket, begun, chosen, completeDraft))
    assert.equal(record.sizeBytes, 700_025)
    assert.equal(record.partsCount, 4)
    assert.equal(record.uploadId, 'u1')
    assert.ok((await read(store, record)).equals(Buffer.concat(bytes.filter((_, i) => i !== 2))))
    assert.ok(
      (await bytesOf(await store.bodies.read(record.body, 699_999, 700_022))).equals(
        Buffer.concat([bytes[0] ?? Buffer.alloc(0), bytes[1] ?? Buffer.alloc(0), bytes[3] ?? Buffer.alloc(0)]).subarray(
          699_999,
          700_022,
        ),
      ),
    )
    assert.deepEqual(
      (await store.objects.parts(record))?.map(({ PartNumber }) => PartNumber),
      [1, 2, 4, 5],
    )
    assert.equal(await store.uploads.complete(bucket, begun, chosen, completeDraft), 'uploadGone')
    assert.equal(await store.uploads.putPart(bucket, begun, await stage(store, 'late'), part(9)), 'uploadGone')
    await collector.idle()
    assert.equal((await blobIds(opened, dataDir)).length, 1)
    // A copy shares the body, and has no parts of its own.
    const copied = must(await copy(store, bucket, record, 'copy'))
    assert.equal(await store.objects.parts(copied), undefined)
    await store.objects.delete(bucket, 'k', 1)
    await collector.idle()
    assert.equal((await read(store, copied)).length, 700_025)
    await store.objects.delete(bucket, 'copy', 1)
    await store.buckets.delete('b')
    await collector.idle()
    await assertNothingStored(opened, dataDir)
  })

  test('an upload of one part hands its body over; of one empty part, none', async (opened) => {
    const { store } = opened
    const bucket = await makeBucket(store, 'b')
    for (const size of [0, 10, 100_000]) {
      const begun = upload('k', `u${size}`)
      await store.uploads.create(bucket, begun)
      const stored = must(await store.uploads.putPart(bucket, begun, await stage(store, pattern(size)), part(1)))
      const record = must(await store.uploads.complete(bucket, begun, [stored], () => draft(stored.body)))
      assert.deepEqual(record.body, stored.body)
      assert.ok((await read(store, record)).equals(pattern(size)))
      assert.equal((await store.objects.parts(record))?.length, 1)
    }
  })

  test('parts that are slices of an object hold it', async (opened, dataDir) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    const bytes = pattern(600_000)
    const source = await put(store, bucket, 'source', bytes)
    const begun = upload('k', 'u1')
    await store.uploads.create(bucket, begun)
    for (const [i, [start, end]] of [
      [0, 100],
      [0, 600_000],
      [599_000, 600_000],
    ].entries()) {
      const slice = store.bodies.slice(source.body, start ?? 0, end ?? 0)
      must(await store.uploads.putPart(bucket, begun, slice, part(i + 1), { ...source, bucket }))
    }
    await store.objects.delete(bucket, 'source', 1)
    await collector.idle()
    const gone = store.bodies.slice(source.body, 0, 10)
    assert.equal(await store.uploads.putPart(bucket, begun, gone, part(9), { ...source, bucket }), 'sourceGone')
    const parts = await store.uploads.parts(begun, { limit: 10 })
    const record = must(await store.uploads.complete(bucket, begun, parts, () => draft(source.body)))
    const expected = Buffer.concat([bytes.subarray(0, 100), bytes, bytes.subarray(599_000)])
    assert.ok((await read(store, record)).equals(expected))
    await store.objects.delete(bucket, 'k', 1)
    await collector.idle()
    assert.deepEqual(await blobIds(opened, dataDir), [])
  })

  test('aborting frees the parts, once', async (opened, dataDir) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    const begun = upload('k', 'u1')
    await store.uploads.create(bucket, begun)
    for (let i = 1; i <= 300; i++) await store.uploads.putPart(bucket, begun, await stage(store, 'x'), part(i))
    await store.uploads.putPart(bucket, begun, await stage(store, pattern(100_000)), part(301))
    const aborted = await Promise.all([1, 2, 3].map(() => store.uploads.abort(bucket, 'k', 'u1')))
    assert.equal(aborted.filter(Boolean).length, 1)
    assert.equal(await store.uploads.abort(bucket, 'other', 'u1'), false)
    await store.buckets.delete('b')
    await collector.idle()
    await assertNothingStored(opened, dataDir)
  })

  test('an upload of 2,000 parts completes and reads', async (opened) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    const begun = upload('k', 'u1')
    await store.uploads.create(bucket, begun)
    for (let i = 1; i <= 2000; i++) {
      await store.uploads.putPart(bucket, begun, await stage(store, String(i % 10)), part(i))
    }
    const parts = await store.uploads.parts(begun, { limit: 2000 })
    const record = must(await store.uploads.complete(bucket, begun, parts, () => draft(begunBody)))
    assert.equal((await read(store, record)).toString(), '1234567890'.repeat(200))
    await store.objects.delete(bucket, 'k', 1)
    await collector.idle()
  })
}

const begunBody = { id: '', kind: 'empty', sizeBytes: 0 } as const

function raceTests(test: (title: string, run: Test) => void): void {
  test('of 50 concurrent writers that each want to be the first, one wins', async ({ store }) => {
    const bucket = await makeBucket(store, 'b')
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, async (_, i) => {
        const staged = await stage(store, pattern(i % 2 === 0 ? 10 : 40_000, i))
        return store.objects.put(bucket, 'k', staged, (latest) => {
          if (latest !== undefined) throw new Error('exists')
          return draft(staged.ref, { ETag: String(i) })
        })
      }),
    )
    const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []))
    assert.equal(winners.length, 1)
    assert.equal((await store.objects.latest(bucket, 'k'))?.ETag, String(winners[0]))
  })

  test('of 50 overwrites one stays, and the bodies of the others are freed', async (opened, dataDir) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    await Promise.all(Array.from({ length: 50 }, (_, i) => put(store, bucket, 'k', pattern(40_000, i))))
    await collector.idle()
    assert.equal((await blobIds(opened, dataDir)).length, 1)
  })

  test('removing a bucket while objects are written never leaves one in a missing bucket', async ({
    store,
    collector,
    kv,
  }) => {
    for (let round = 0; round < 20; round++) {
      const bucket = await makeBucket(store, 'b')
      const staged = await stage(store, 'x')
      const [deleted, written] = await Promise.all([
        store.buckets.delete('b'),
        store.objects.put(bucket, 'k', staged, () => draft(staged.ref)),
      ])
      assert.equal(deleted === 'deleted', written === 'bucketGone', `${deleted} and ${written}`)
      if (deleted !== 'deleted') {
        await store.objects.delete(bucket, 'k', 1)
        assert.equal(await store.buckets.delete('b'), 'deleted')
      }
      await collector.idle()
      assert.deepEqual(await verifyStore(kv, []), [])
    }
  })

  test('parts stored while an upload is completed or aborted are never lost track of', async ({ store }) => {
    const bucket = await makeBucket(store, 'b')
    for (let round = 0; round < 10; round++) {
      const begun = upload('k', `u${round}`)
      await store.uploads.create(bucket, begun)
      const first = must(await store.uploads.putPart(bucket, begun, await stage(store, 'x'), part(1)))
      const late = Array.from({ length: 5 }, async (_, i) =>
        store.uploads.putPart(bucket, begun, await stage(store, pattern(40_000)), part(i + 1, 2)),
      )
      const end =
        round % 2 === 0
          ? store.uploads.complete(bucket, begun, [first], () => draft(begunBody))
          : store.uploads.abort(bucket, 'k', begun.UploadId)
      await Promise.all([...late, end])
      await store.uploads.abort(bucket, 'k', begun.UploadId)
    }
  })

  test('concurrent copies of one source all count', async (opened, dataDir) => {
    const { store, collector } = opened
    const bucket = await makeBucket(store, 'b')
    const source = await put(store, bucket, 'source', pattern(40_000))
    await Promise.all(Array.from({ length: 50 }, (_, i) => copy(store, bucket, source, `k${i}`)))
    await Promise.all(Array.from({ length: 50 }, (_, i) => store.objects.delete(bucket, `k${i}`, 1)))
    await collector.idle()
    assert.ok((await read(store, source)).equals(pattern(40_000)))
    await store.objects.delete(bucket, 'source', 1)
    await collector.idle()
    assert.deepEqual(await blobIds(opened, dataDir), [])
  })

  test('readers and writers of one key always see one whole body', async ({ store }) => {
    const bucket = await makeBucket(store, 'b')
    await put(store, bucket, 'k', Buffer.alloc(600_000, 0))
    let seen = 0
    const reader = async () => {
      for (let i = 0; i < 20; i++) {
        const record = must(await store.objects.latest(bucket, 'k'))
        const content = await store.bodies.read(record.body, 0, record.body.sizeBytes)
        if (content === undefined) continue
        const bytes = content instanceof Readable ? await collect(content) : Buffer.from(content)
        assert.equal(bytes.length, record.sizeBytes)
        assert.ok(bytes.every((byte) => byte === bytes[0]))
        seen++
      }
    }
    const writer = async (n: number) => {
      for (let i = 0; i < 10; i++) await put(store, bucket, 'k', Buffer.alloc(600_000 - n * i * 10_000, n * 16 + i))
    }
    await Promise.all([reader(), reader(), writer(1), writer(2)])
    assert.ok(seen > 0)
  })
}

/** When everything has been deleted, no row and no file may be left. */
async function assertNothingStored(opened: OpenedStore, dataDir: string | undefined): Promise<void> {
  const cursor = opened.kv.range({ gte: Buffer.of(0), lt: Buffer.of(0xff) })
  const rows = await cursor.next(5)
  await cursor.close()
  assert.deepEqual(
    rows.map(([key]) => key.toString()),
    [],
  )
  assert.deepEqual(await blobIds(opened, dataDir), [])
}
