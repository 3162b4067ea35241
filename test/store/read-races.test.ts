/** Reads beside writes of the same key: LevelDB shows a batch before its write is reported, and nothing may be stale then. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { openStore } from '../../src/store/open.ts'
import type { BucketRecord } from '../../src/store/records.ts'

it('a record read again after its bytes were gone is a newer one', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sandbucket-races-'))
  const store = await openStore({ dataDir, durable: false })
  try {
    const base = { region: 'us-east-1', ownerId: 'o', createdMs: 0, type: 'general' as const, documents: {} }
    const bucket: BucketRecord = { ...base, Name: 'races', id: 'races' }
    await store.buckets.create(bucket)
    let isWriting = true
    const put = async (text: string) => {
      const writer = store.bodies.writer()
      await writer.write(Buffer.from(text))
      const body = await writer.finish()
      await store.objects.put(bucket, 'k', body, () => ({
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
    }
    await put('first')
    const writers = Array.from({ length: 8 }, async (_, lane) => {
      for (let n = 0; n < 150; n++) await put(`${lane} ${n} ${'x'.repeat(3000)}`)
    })
    const reader = (async () => {
      let stale = 0
      while (isWriting) {
        for (let n = 0; n < 50; n++) {
          const record = await store.objects.latest(bucket, 'k')
          assert.ok(record)
          if ((await store.bodies.read(record.body, 0, record.sizeBytes)) !== undefined) continue
          const again = await store.objects.latest(bucket, 'k')
          if (again?.body.id === record.body.id) stale++
        }
        await new Promise(setImmediate)
      }
      return stale
    })()
    await Promise.all(writers)
    isWriting = false
    assert.equal(await reader, 0)
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})
