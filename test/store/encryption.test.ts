/** Bodies at rest: what is on the disk, what ranges read, what survives a restart, and what older versions left. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { bodyCipher } from '../../src/encryption/body-cipher.ts'
import { type Sealer, wrappingSealer } from '../../src/encryption/sealer.ts'
import { openStore, openWithParts } from '../../src/store/open.ts'
import type { BodyRef, ObjectRecord } from '../../src/store/records.ts'
import type { Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { bytesOf, draft, makeBucket, must } from './support.ts'

async function inDir(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'encrypted-'))
  try {
    await run(dir)
  } finally {
    await rm(dir, { recursive: true })
  }
}

async function put(store: Store, Key: string, bytes: Buffer, sealer?: Sealer): Promise<ObjectRecord> {
  const bucket = (await store.buckets.get('bucket')) ?? (await makeBucket(store, 'bucket'))
  const writer = store.bodies.writer(sealer)
  for (let at = 0; at < bytes.length; at += 10_001) await writer.write(bytes.subarray(at, at + 10_001))
  const body = await writer.finish()
  const made = await store.objects.put(bucket, Key, body, () => draft(body.ref))
  assert.ok(typeof made === 'object')
  return made
}

const read = async (store: Store, ref: BodyRef, sealer: Sealer | undefined, start = 0, end = ref.sizeBytes) =>
  bytesOf(must(await store.bodies.read(ref, start, end, sealer)))

/** Whether any file below a folder has these bytes in it. */
async function isOnDisk(dir: string, bytes: Buffer): Promise<boolean> {
  for (const name of await readdir(dir, { recursive: true })) {
    const path = join(dir, name)
    if ((await stat(path)).isFile() && (await readFile(path)).includes(bytes)) return true
  }
  return false
}

describe('bodies at rest', () => {
  it('no plain byte is on the disk, whatever the size and the key', () =>
    inDir(async (dir) => {
      const marker = randomBytes(32)
      const padded = (size: number) => Buffer.concat([randomBytes(size), marker, randomBytes(size)])
      const customer = randomBytes(32)
      const store = await openStore({ dataDir: dir })
      for (const size of [0, 500, 15_000, 100_000]) {
        for (const sealer of [store.keys.s3, wrappingSealer(customer), wrappingSealer(randomBytes(32), 'context')]) {
          await put(store, `key-${size}`, padded(size), sealer)
        }
      }
      await store.close()
      assert.equal(await isOnDisk(dir, marker), false)
      assert.equal(await isOnDisk(dir, customer), false)
      // The search itself works.
      const again = await openStore({ dataDir: dir })
      await put(again, 'plain', padded(100))
      await again.close()
      assert.equal(await isOnDisk(dir, marker), true)
    }))

  it('a range is deciphered at every offset, in rows, files and lists of ranges', () =>
    inDir(async (dir) => {
      for (const dataDir of [undefined, dir]) {
        const store = await openStore({ dataDir })
        const from = store.keys.s3
        const to = wrappingSealer(randomBytes(32))
        for (const size of [100, 40_000]) {
          const bytes = randomBytes(size)
          const { body } = await put(store, 'key', bytes, from)
          for (let start = 0; start < 40; start++) {
            for (const end of [start, start + 1, start + 15, start + 16, start + 33, size - 1, size]) {
              assert.ok((await read(store, body, from, start, end)).equals(bytes.subarray(start, end)))
            }
          }
          // Slices of slices, each under a key of its own.
          const bucket = must(await store.buckets.get('bucket'))
          let source = body
          let sealer: Sealer = from
          let expected = bytes
          for (const cut of [3, 17, 16]) {
            const slice = store.bodies.slice(source, cut, source.sizeBytes - 1, sealer, to)
            expected = expected.subarray(cut, -1)
            const made = await store.objects.put(bucket, `slice-${cut}`, slice, () => draft(slice.ref))
            assert.ok(typeof made === 'object')
            source = made.body
            sealer = to
            assert.notEqual(source.sealedKey, undefined)
            for (const start of [0, 1, 15, 16, 20]) {
              assert.ok((await read(store, source, to, start)).equals(expected.subarray(start)))
            }
            await assert.rejects(read(store, source, from), StoreError)
          }
        }
        await store.close()
      }
    }))

  it('what is stored is the cipher text under the opened key', () =>
    inDir(async (dir) => {
      const opened = await openWithParts({ dataDir: dir })
      const bytes = randomBytes(70_000)
      const { body } = await put(opened.store, 'key', bytes, opened.store.keys.s3)
      const key = opened.store.keys.s3.open(body.sealedKey ?? '')
      await opened.store.close()
      const stored = await readFile(join(dir, 'blobs', body.id.slice(0, 2), body.id))
      assert.ok(bodyCipher(key)(stored).equals(bytes))
    }))

  it('a whole body is shared under another key without new bytes', async () => {
    const { store, blobs } = await openWithParts({})
    const bytes = randomBytes(50_000)
    const from = store.keys.s3
    const { body } = await put(store, 'key', bytes, from)
    const to = wrappingSealer(randomBytes(32))
    const bucket = must(await store.buckets.get('bucket'))
    const shared = store.bodies.slice(body, 0, body.sizeBytes, from, to)
    assert.equal(shared.ref.id, body.id)
    assert.notEqual(shared.ref.sealedKey, body.sealedKey)
    await store.objects.put(bucket, 'copy', shared, () => draft(shared.ref))
    assert.equal((blobs as unknown as { ids(): string[] }).ids().length, 1)
    await store.objects.deleteVersion(bucket, 'key', 'null')
    assert.ok((await read(store, shared.ref, to)).equals(bytes))
    await assert.rejects(read(store, shared.ref, from), StoreError)
    // The same key: not even the seal changes.
    assert.equal(store.bodies.slice(shared.ref, 0, body.sizeBytes, to, to).ref.sealedKey, shared.ref.sealedKey)
    await store.close()
  })

  it('is read after a restart, and refused with other keys', () =>
    inDir(async (dir) => {
      const first = await openStore({ dataDir: dir })
      const small = await put(first, 'small', Buffer.from('small'), first.keys.s3)
      const bytes = randomBytes(100_000)
      const large = await put(first, 'large', bytes, first.keys.s3)
      await first.close()
      const keysFile = join(dir, 'keys.json')
      assert.equal((await stat(keysFile)).mode & 0o777, 0o600)
      const second = await openStore({ dataDir: dir })
      assert.equal((await read(second, small.body, second.keys.s3)).toString(), 'small')
      assert.ok((await read(second, large.body, second.keys.s3)).equals(bytes))
      await second.close()
      const refusal = (error: unknown) =>
        error instanceof StoreError && error.code === 'FORMAT' && /Restore/.test(error.message)
      await rename(keysFile, `${keysFile}.kept`)
      await assert.rejects(openStore({ dataDir: dir }), refusal)
      const other = { version: 1, master: randomBytes(32).toString('base64'), kms: [] }
      await writeFile(keysFile, JSON.stringify(other))
      await assert.rejects(openStore({ dataDir: dir }), refusal)
      await rename(`${keysFile}.kept`, keysFile)
      const third = await openStore({ dataDir: dir })
      assert.ok((await read(third, large.body, third.keys.s3)).equals(bytes))
      await third.close()
    }))

  it('an encrypted body is not read or shared without its key', async () => {
    const store = await openStore({})
    const { body } = await put(store, 'key', Buffer.from('text'), store.keys.s3)
    await assert.rejects(async () => store.bodies.read(body, 0, 4))
    assert.throws(() => store.bodies.slice(body, 0, 2))
    assert.throws(() => store.bodies.slice(body, 0, 2, store.keys.s3))
    await assert.rejects(async () => store.bodies.read(body, 0, 4, wrappingSealer(randomBytes(32))), StoreError)
    await store.close()
  })
})
