/** Listings against a naive model over random keys, and the properties that the model does not show. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BucketRecord } from '../../src/store/records.ts'
import type { ListOptions, ListPage, Store } from '../../src/store/store.ts'
import { type Mode, makeBucket, must, put, randomNumbers, upload, withStore } from './support.ts'

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** What a listing should say: keys are `key`, prefixes `prefix/*`. */
function naive(keys: string[], options: ListOptions): { entries: string[]; isTruncated: boolean } {
  const { prefix = '', delimiter, after, limit } = options
  const entries: string[] = []
  for (const key of [...keys].sort(byBytes)) {
    if (!key.startsWith(prefix) || (after !== undefined && byBytes(key, after) <= 0)) continue
    const at = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length)
    const common = at === -1 ? undefined : key.slice(0, at + (delimiter?.length ?? 0))
    if (common !== undefined && common === after) continue
    const entry = common === undefined ? key : `${common}*`
    if (entries.at(-1) !== entry) entries.push(entry)
  }
  if (limit === 0) return { entries: [], isTruncated: false }
  return { entries: entries.slice(0, limit), isTruncated: entries.length > limit }
}

function shown<T extends { Key: string }>(page: ListPage<T>): { entries: string[]; isTruncated: boolean } {
  const entries = page.entries.map((entry) => ('record' in entry ? entry.record.Key : `${entry.prefix}*`))
  return { entries, isTruncated: page.isTruncated }
}

const pieces = ['a', 'b', 'ab', '/', '//', '.', '--', 'é', '\uffee', '😀', 'z'.repeat(40), '\u0000', '\u0001', '%', ' ']

function randomKey(random: (limit: number) => number): string {
  let key = ''
  for (let i = random(6); i >= 0; i--) key += pieces[random(pieces.length)]
  return key
}

export function listingContract(mode: Mode): void {
  describe(`listing: ${mode}`, () => {
    it('pages of random keys are those of a sorted list', () =>
      withStore(mode, async ({ store }) => {
        const random = randomNumbers(mode.length)
        const bucket = await makeBucket(store, 'b')
        await makeBucket(store, 'c').then((other) => put(store, other, 'a'))
        const keys = [...new Set(Array.from({ length: 400 }, () => randomKey(random)))]
        await Promise.all(keys.map((key) => put(store, bucket, key, 'x')))
        await Promise.all(
          keys.map((key, i) => store.uploads.create(bucket, upload(key, `u${i}`, { initiatedMs: random(1000) }))),
        )
        for (let round = 0; round < 400; round++) {
          const options: ListOptions = { limit: [0, 1, 2, 3, 7, 50, 1000][random(7)] ?? 1 }
          if (random(2) === 0) options.prefix = [...randomKey(random)].slice(0, random(4)).join('')
          if (random(3) > 0) options.delimiter = ['/', '//', 'a', '--', 'b/', 'é'][random(6)] ?? '/'
          if (random(2) === 0) options.after = random(2) === 0 ? randomKey(random) : (keys[random(keys.length)] ?? '')

          const expected = naive(keys, options)
          assert.deepEqual(shown(await store.objects.list(bucket, options)), expected, JSON.stringify(options))
          assert.deepEqual(shown(await store.objects.listVersions(bucket, options)), expected, JSON.stringify(options))
          assert.deepEqual(shown(await store.uploads.list(bucket, options)), expected, JSON.stringify(options))
        }
        for (const delimiter of [undefined, '/', 'a']) {
          const paged = await allPages(store, bucket, delimiter === undefined ? { limit: 7 } : { limit: 7, delimiter })
          const whole = naive(keys, delimiter === undefined ? { limit: 9999 } : { limit: 9999, delimiter })
          assert.deepEqual(paged, whole.entries)
        }
      }))

    it('keys are in the order of their UTF-8 bytes, where UTF-16 differs', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b')
        for (const key of ['😀', '\uffee', 'a']) await put(store, bucket, key)
        assert.deepEqual(shown(await store.objects.list(bucket, { limit: 9 })).entries, ['a', '\uffee', '😀'])
      }))

    it('keys of 1,024 bytes are listed', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
        const keys = ['x'.repeat(1024), `${'x'.repeat(1023)}y`, 'é'.repeat(512)]
        for (const key of [...keys, ...keys]) await put(store, bucket, key, 'x')
        assert.deepEqual(shown(await store.objects.list(bucket, { limit: 9 })).entries, keys)
        assert.equal((await store.objects.listVersions(bucket, { limit: 9 })).entries.length, 6)
      }))

    it('delete markers are walked over, and make no common prefix', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
        for (let i = 0; i < 1500; i++) await store.objects.delete(bucket, `gone/${i}`, 1)
        await put(store, bucket, 'mixed/b')
        await store.objects.delete(bucket, 'mixed/a', 1)
        await put(store, bucket, 'z')
        const options = { limit: 2, delimiter: '/' }
        assert.deepEqual(shown(await store.objects.list(bucket, options)), {
          entries: ['mixed/*', 'z'],
          isTruncated: false,
        })
        assert.deepEqual(shown(await store.objects.list(bucket, { limit: 1 })), {
          entries: ['mixed/b'],
          isTruncated: true,
        })
        assert.deepEqual(shown(await store.objects.listVersions(bucket, options)).entries, ['gone/*', 'mixed/*'])
      }))

    it('pages of versions follow each other without gap or overlap', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
        const expected: string[] = []
        for (const key of ['a', 'a/b', 'b', 'c\u0000', 'd']) {
          const ids: string[] = []
          for (let i = 0; i <= key.length * 5; i++) ids.unshift((await put(store, bucket, key, 'x')).VersionId)
          expected.push(...ids)
        }
        for (const limit of [1, 2, 5, 6, 1000]) {
          const seen: string[] = []
          let marker: { after?: string; afterVersionId?: string } = {}
          for (let pages = 0; pages < 200; pages++) {
            const page = await store.objects.listVersions(bucket, { limit, ...marker })
            for (const entry of page.entries) if ('record' in entry) seen.push(entry.record.VersionId)
            const last = page.entries.at(-1)
            if (!page.isTruncated || last === undefined || !('record' in last)) break
            marker = { after: last.record.Key, afterVersionId: last.record.VersionId }
          }
          assert.deepEqual(seen, expected, `limit ${limit}`)
        }
      }))

    it('a client that deletes each page of versions it was shown gets to see them all', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
        for (let i = 0; i < 60; i++) await put(store, bucket, `k${i % 3}`, 'x')
        let marker: { after?: string; afterVersionId?: string } = {}
        for (let pages = 0; pages < 100; pages++) {
          const page = await store.objects.listVersions(bucket, { limit: 7, ...marker })
          for (const entry of page.entries) {
            if (!('record' in entry)) continue
            await store.objects.deleteVersion(bucket, entry.record.Key, entry.record.VersionId)
            marker = { after: entry.record.Key, afterVersionId: entry.record.VersionId }
          }
          if (!page.isTruncated) break
        }
        assert.equal(await store.buckets.delete('b'), 'deleted')
      }))

    it('uploads are ordered by key, then by age, and continue after one of them', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b')
        const rows: [string, string, number][] = [
          ['a', 'u5', 5],
          ['a', 'u1', 9],
          ['a\u0000', 'u0', 1],
          ['b', 'u2', 2],
          ['b', 'u3', 2],
        ]
        for (const [key, id, initiatedMs] of [...rows].reverse()) {
          await store.uploads.create(bucket, upload(key, id, { initiatedMs }))
        }
        const ids = async (options: ListOptions & { afterUploadId?: string }) =>
          (await store.uploads.list(bucket, options)).entries.map((entry) =>
            'record' in entry ? entry.record.UploadId : entry.prefix,
          )
        assert.deepEqual(await ids({ limit: 9 }), ['u5', 'u1', 'u0', 'u2', 'u3'])
        assert.deepEqual(await ids({ limit: 9, after: 'a', afterUploadId: 'u5' }), ['u1', 'u0', 'u2', 'u3'])
        assert.deepEqual(await ids({ limit: 9, after: 'a' }), ['u0', 'u2', 'u3'])
        assert.deepEqual(await ids({ limit: 9, after: 'b', afterUploadId: 'u2' }), ['u3'])
        await store.uploads.abort(bucket, 'b', 'u2')
        assert.deepEqual(await ids({ limit: 9, after: 'b', afterUploadId: 'u2' }), ['u3'])
      }))
  })
}

async function allPages(store: Store, bucket: BucketRecord, options: ListOptions): Promise<string[]> {
  const seen: string[] = []
  let after: string | undefined
  for (let pages = 0; pages < 1000; pages++) {
    const page = shown(await store.objects.list(bucket, after === undefined ? options : { ...options, after }))
    seen.push(...page.entries)
    if (!page.isTruncated) return seen
    after = must({ last: page.entries.at(-1) ?? '' }).last.replace(/\*$/, '')
  }
  return assert.fail('the pages never end')
}
