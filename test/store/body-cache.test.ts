/** Small bodies kept in plain: which ones, for whom, and how much of them. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { wrappingSealer } from '../../src/encryption/sealer.ts'
import { BodyCache } from '../../src/store/body-cache.ts'
import { openWithParts } from '../../src/store/open.ts'
import type { BucketRecord } from '../../src/store/records.ts'
import type { OpenedStore } from '../../src/store/open.ts'
import { bodyKey } from '../../src/store/keys.ts'
import type { Sealer } from '../../src/encryption/sealer.ts'

const bucket: BucketRecord = {
  Name: 'b',
  id: 'b',
  region: 'us-east-1',
  ownerId: 'o',
  createdMs: 0,
  type: 'general',
  documents: {},
}

async function put({ store }: OpenedStore, text: string, sealer: Sealer) {
  const writer = store.bodies.writer(sealer)
  await writer.write(Buffer.from(text))
  const body = await writer.finish()
  const record = await store.objects.put(bucket, 'k', body, () => ({
    Key: 'k',
    lastModifiedMs: 0,
    ETag: 'e',
    sizeBytes: text.length,
    body: body.ref,
    content: {},
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: {},
    ownerId: 'o',
  }))
  assert.ok(typeof record === 'object')
  return record
}

it('a body that is known is read without its row; the sealer of another key still has to open it', async () => {
  const opened = await openWithParts()
  const { store, kv } = opened
  try {
    await store.buckets.create(bucket)
    // Larger than what is embedded.
    const text = `known bytes${' '.repeat(3000)}`
    const own = await put(opened, text, store.keys.s3)
    await kv.commit([], [{ kind: 'delete', key: bodyKey(own.body.id) }])
    assert.equal(String(await store.bodies.read(own.body, 0, text.length, store.keys.s3)), text)
    assert.equal(String(await store.bodies.read(own.body, 6, 11, store.keys.s3)), 'bytes')
    assert.throws(
      () => store.bodies.read(own.body, 0, 11, wrappingSealer(Buffer.alloc(32))),
      /CORRUPT|cannot be opened/,
    )
    const customers = wrappingSealer(Buffer.alloc(32, 1))
    const foreign = await put(opened, text, customers)
    await kv.commit([], [{ kind: 'delete', key: bodyKey(foreign.body.id) }])
    assert.equal(await store.bodies.read(foreign.body, 0, 11, customers), undefined)
  } finally {
    await store.close()
  }
})

it('what is used stays, what is not goes, and what was given out is never overwritten', () => {
  const cache = new BodyCache()
  cache.set('used', Buffer.from('used'))
  cache.set('unused', Buffer.from('unused'))
  const given = cache.get('used', 4)
  // Twice as much as it holds.
  for (let n = 0; n < 2048; n++) {
    cache.set(`n${n}`, Buffer.alloc(8192, n))
    cache.get('used', 4)
  }
  assert.equal(String(given), 'used')
  assert.equal(String(cache.get('used', 4)), 'used')
  assert.equal(cache.get('unused', 6), undefined)
  cache.set('large', Buffer.alloc(8193))
  assert.equal(cache.get('large', 8193), undefined)
})
