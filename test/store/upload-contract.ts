/** The parts of the store's contract about multipart uploads and races. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { verifyStore } from '../../src/store/verify.ts'
import {
  assertNothingStored,
  blobIds,
  bytesOf,
  collect,
  copy,
  draft,
  makeBucket,
  must,
  part,
  pattern,
  put,
  read,
  stage,
  type Test,
  upload,
} from './support.ts'

export function uploadTests(test: (title: string, run: Test) => void): void {
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

export function raceTests(test: (title: string, run: Test) => void): void {
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
