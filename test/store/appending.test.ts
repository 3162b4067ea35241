import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BucketRecord, ObjectRecord } from '../../src/store/records.ts'
import type { Store } from '../../src/store/store.ts'
import { verifyStore } from '../../src/store/verify.ts'
import { blobIds, draft, makeBucket, must, put, stage, withStore } from './support.ts'

const read = async (store: Store, record: ObjectRecord, sealed: boolean) => {
  const sealer = sealed ? store.keys.s3 : undefined
  const bytes = must(await store.bodies.read(record.body, 0, record.sizeBytes, sealer))
  if (bytes instanceof Uint8Array) return String(bytes)
  let text = ''
  for await (const chunk of bytes) text += chunk
  return text
}

async function staged(store: Store, text: string, sealed: boolean) {
  if (!sealed) return stage(store, text)
  const writer = store.bodies.writer(store.keys.s3)
  await writer.write(Buffer.from(text))
  return writer.finish()
}

const append = async (store: Store, bucket: BucketRecord, text: string, sealed: boolean) => {
  const body = await staged(store, text, sealed)
  const sealer = sealed ? store.keys.s3 : undefined
  const made = await store.objects.append(
    bucket,
    'k',
    body,
    () => sealer,
    () => draft(body.ref),
  )
  assert.ok(made !== 'bucketGone')
  return made
}

for (const sealed of [false, true]) {
  test(`bytes are added behind small and large ones, ${sealed ? 'encrypted' : 'in plain'}, and shared lists stay as they are`, () =>
    withStore('directory', async (opened, dir) => {
      const { store, kv, collector } = opened
      const bucket = await makeBucket(store, 'b')
      const large = 'x'.repeat(50_000)
      let text = ''
      for (const piece of ['one', '', 'two', large, 'three']) {
        text += piece
        assert.equal(await read(store, await append(store, bucket, piece, sealed), sealed), text)
      }
      const before = must(await store.objects.latest(bucket, 'k'))
      const keys = sealed ? [store.keys.s3, store.keys.s3] : []
      const whole = store.bodies.slice(before.body, 0, before.sizeBytes, ...keys)
      await store.objects.put(bucket, 'copy', whole, () => ({
        ...draft(before.body),
        sizeBytes: before.sizeBytes,
      }))
      await append(store, bucket, 'four', sealed)
      assert.equal(await read(store, must(await store.objects.latest(bucket, 'copy')), sealed), text)
      assert.equal(await read(store, must(await store.objects.latest(bucket, 'k')), sealed), `${text}four`)
      await collector.idle()
      assert.deepEqual(await verifyStore(kv, await blobIds(opened, dir)), [])
      await store.objects.delete(bucket, 'k', 1)
      await store.objects.delete(bucket, 'copy', 1)
      await collector.idle()
      assert.deepEqual(await verifyStore(kv, await blobIds(opened, dir)), [])
      assert.deepEqual(await blobIds(opened, dir), [])
    }))
}

test('an object moves to another key in place of what is there; two opposite moves do not wait for each other', () =>
  withStore('memory', async (opened) => {
    const { store, kv, collector } = opened
    const bucket = await makeBucket(store, 'b')
    await put(store, bucket, 'a', 'A')
    await put(store, bucket, 'b', 'B')
    const move = (from: string, to: string) => store.objects.rename(bucket, from, to, (source) => source)
    await Promise.all([move('a', 'b'), move('b', 'a')])
    const left = [await store.objects.latest(bucket, 'a'), await store.objects.latest(bucket, 'b')].filter(Boolean)
    assert.equal(left.length, 1)
    assert.equal(await read(store, must(left[0]), false), 'A')
    assert.equal(await move('none', 'x'), undefined)
    await collector.idle()
    assert.deepEqual(await verifyStore(kv, await blobIds(opened, undefined)), [])
  }))
