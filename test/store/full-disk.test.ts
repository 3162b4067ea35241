/** Not a byte left on the disk: reads and listings go on, writes are refused with 503, and work again when there is room. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { startSandbucket } from '../../src/index.ts'
import { OverlaidCursor } from '../../src/store/kv-cursors.ts'
import type { KvCursor, Mutation } from '../../src/store/kv.ts'
import { pattern, randomNumbers } from './support.ts'

/** A small disk of its own; undefined where this user may not mount one. */
function smallDisk(t: TestContext): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'full-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path])
  t.after(() => {
    if (status === 0) spawnSync('umount', ['-l', path])
    rmSync(path, { recursive: true, force: true })
  })
  return status === 0 ? path : undefined
}

/** Writes until nothing more can be. */
function fillDisk(path: string): string {
  const file = join(path, 'filler')
  const handle = openSync(file, 'w')
  for (const size of [1024 * 1024, 4096, 1]) {
    const bytes = Buffer.alloc(size)
    try {
      while (writeSync(handle, bytes) > 0);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
    }
  }
  closeSync(handle)
  return file
}

describe('a disk without a byte left', () => {
  it('can be read and listed; writes say 503, and work when there is room', { timeout: 60_000 }, async (t) => {
    const disk = smallDisk(t)
    if (disk === undefined) return t.skip('only root can mount a small disk')
    const server = await startSandbucket({ data: join(disk, 'data'), buckets: ['bucket'] })
    t.after(() => server.close())
    const s3 = new S3Client({ ...server.clientConfig(), maxAttempts: 1 })
    const put = (Key: string, size = 1000) =>
      s3.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: pattern(size) }))
    for (let n = 0; n < 20; n++) await put(`key-${String(n).padStart(2, '0')}`, n % 2 === 0 ? 100_000 : 1000)
    // At once: the rows are in the journal, and the database has not got them.
    const filler = fillDisk(disk)
    for (let round = 0; round < 3; round++) {
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'bucket' }))
      assert.equal(Contents?.length, 20)
      const page = await s3.send(new ListObjectsV2Command({ Bucket: 'bucket', MaxKeys: 7, StartAfter: 'key-05' }))
      assert.deepEqual(page.Contents?.map(({ Key }) => Key).at(-1), 'key-12')
      const folders = await s3.send(new ListObjectsV2Command({ Bucket: 'bucket', Delimiter: '1' }))
      assert.deepEqual(
        folders.CommonPrefixes?.map(({ Prefix }) => Prefix),
        ['key-01', 'key-1'],
      )
      assert.equal((await s3.send(new ListObjectVersionsCommand({ Bucket: 'bucket' }))).Versions?.length, 20)
      assert.equal((await s3.send(new ListBucketsCommand())).Buckets?.length, 1)
      for (const Key of ['key-00', 'key-01']) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key }))
        const bytes = await Body?.transformToByteArray()
        assert.ok(pattern(bytes?.length ?? 0).equals(bytes ?? Buffer.alloc(1)))
      }
      for (const size of [10, 20_000, 3_000_000]) {
        await assert.rejects(put('more', size), (error) => {
          const { name, $metadata } = error as { name: string; $metadata: { httpStatusCode: number } }
          assert.deepEqual([name, $metadata.httpStatusCode], ['ServiceUnavailable', 503])
          return true
        })
      }
    }
    rmSync(filler)
    for (let tries = 0; ; tries++) {
      const isDone = await put('more').then(
        () => true,
        () => false,
      )
      if (isDone) break
      assert.ok(tries < 50, 'there is room again')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    assert.equal((await s3.send(new ListObjectsV2Command({ Bucket: 'bucket' }))).KeyCount, 21)
  })
})

describe('rows that the database could not take', () => {
  const row = (key: string, value: string): [Buffer, Buffer] => [Buffer.from(key), Buffer.from(value)]

  class ListCursor implements KvCursor {
    readonly #rows: [Buffer, Buffer][]
    readonly #isReverse: boolean
    #at = 0
    constructor(rows: [Buffer, Buffer][], isReverse: boolean) {
      this.#rows = isReverse ? [...rows].reverse() : rows
      this.#isReverse = isReverse
    }
    async next(limit: number): Promise<[Buffer, Buffer][]> {
      this.#at += limit
      return this.#rows.slice(this.#at - limit, this.#at)
    }
    seek(key: Buffer): void {
      const sign = this.#isReverse ? -1 : 1
      const at = this.#rows.findIndex(([own]) => sign * Buffer.compare(own, key) >= 0)
      this.#at = at === -1 ? this.#rows.length : at
    }
    async close(): Promise<void> {}
  }

  it('are seen in order with those that it has, forwards, backwards and after a seek', async () => {
    const random = randomNumbers(5)
    for (let round = 0; round < 200; round++) {
      const below = new Map<string, string>()
      const over = new Map<string, Mutation>()
      for (let n = random(12); n > 0; n--) below.set(`k${random(20)}`, 'below')
      for (let n = random(12); n > 0; n--) {
        const key = `k${random(20)}`
        const buffer = Buffer.from(key)
        over.set(
          key,
          random(3) === 0 ? { kind: 'delete', key: buffer } : { kind: 'put', key: buffer, value: Buffer.from('over') },
        )
      }
      const merged = new Map(below)
      for (const [key, one] of over) one.kind === 'put' ? merged.set(key, 'over') : merged.delete(key)
      const sorted = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
      const isReverse = random(2) === 0
      const cursor = new OverlaidCursor(
        new ListCursor(
          sorted(below).map(([key, value]) => row(key, value)),
          isReverse,
        ),
        sorted(over).map(([, one]) => one),
        isReverse,
      )
      const expected = isReverse ? sorted(merged).reverse() : sorted(merged)
      const limit = 1 + random(5)
      const readAll = async () => {
        const found: [string, string][] = []
        for (let rows = await cursor.next(limit); rows.length > 0; rows = await cursor.next(limit)) {
          found.push(...rows.map(([key, value]): [string, string] => [key.toString(), value.toString()]))
        }
        return found
      }
      assert.deepEqual(await readAll(), expected)
      const place = `k${random(20)}`
      cursor.seek(Buffer.from(place))
      assert.deepEqual(
        await readAll(),
        expected.filter(([key]) => (isReverse ? key <= place : key >= place)),
      )
    }
  })
})
