/** What every Kv must do, whatever is behind it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Kv, KvCursor, Mutation, Precondition } from '../../src/store/kv.ts'

const b = (text: string): Buffer => Buffer.from(text)
const put = (key: string, value = key): Mutation => ({ kind: 'put', key: b(key), value: b(value) })
const remove = (key: string): Mutation => ({ kind: 'delete', key: b(key) })
const absent = (key: string): Precondition => ({ kind: 'absent', key: b(key) })
const present = (key: string): Precondition => ({ kind: 'present', key: b(key) })
const equals = (key: string, value: string): Precondition => ({ kind: 'equals', key: b(key), value: b(value) })
const empty = (gte: string, lt: string): Precondition => ({ kind: 'empty', gte: b(gte), lt: b(lt) })

async function keys(cursor: KvCursor, limit = 1000): Promise<string[]> {
  return (await cursor.next(limit)).map(([key]) => key.toString())
}

/** @param withKv runs a test on a fresh, empty Kv. */
export function kvContract(name: string, withKv: (test: (kv: Kv) => Promise<void>) => Promise<void>): void {
  const test = (title: string, run: (kv: Kv) => Promise<void>) => it(title, () => withKv(run))

  describe(`Kv contract: ${name}`, () => {
    test('a missing row is undefined, a written one its bytes, an empty one empty', async (kv) => {
      assert.equal(await kv.get(b('a')), undefined)
      const bytes = Buffer.from([0, 255, 10, 0])
      assert.equal(await kv.commit([], [{ kind: 'put', key: bytes, value: bytes }, put('e', '')]), true)
      assert.deepEqual(await kv.get(bytes), bytes)
      assert.deepEqual(await kv.get(b('e')), b(''))
    })

    test('a commit applies all mutations or none', async (kv) => {
      assert.equal(await kv.commit([absent('x')], [put('x'), put('y')]), true)
      assert.equal(await kv.commit([absent('x')], [put('z'), remove('y')]), false)
      assert.equal(await kv.get(b('z')), undefined)
      assert.notEqual(await kv.get(b('y')), undefined)
    })

    test('each precondition holds and fails', async (kv) => {
      await kv.commit([], [put('a', '1')])
      const outcomes: [Precondition, boolean][] = [
        [present('a'), true],
        [present('b'), false],
        [absent('b'), true],
        [absent('a'), false],
        [equals('a', '1'), true],
        [equals('a', '2'), false],
        [equals('b', ''), false],
        [empty('b', 'c'), true],
        [empty('a', 'b'), false],
        [empty('A', 'a'), true],
      ]
      for (const [condition, outcome] of outcomes) assert.equal(await kv.commit([condition], []), outcome)
    })

    test('many preconditions are all checked', async (kv) => {
      const many = Array.from({ length: 500 }, (_, i) => `k${i}`)
      await kv.commit(
        [],
        many.map((key) => put(key)),
      )
      assert.equal(await kv.commit(many.map(present), [put('done')]), true)
      assert.equal(await kv.commit([...many.map(present), present('k500')], [put('no')]), false)
      assert.equal(await kv.commit([...many.map(present), empty('k', 'l')], [put('no')]), false)
      assert.equal(await kv.get(b('no')), undefined)
    })

    test('a range is in byte order and keeps to its bounds', async (kv) => {
      const all = ['', 'a', 'a\u0000', 'aa', 'b', 'z', 'é', '\uffee', '😀'].map((key) => `r${key}`)
      await kv.commit(
        [],
        [...all].reverse().map((key) => put(key)),
      )
      assert.deepEqual(await keys(kv.range({ gte: b('r'), lt: b('s') })), all)
      assert.deepEqual(await keys(kv.range({ gte: b('ra'), lt: b('rb') })), ['ra', 'ra\u0000', 'raa'])
      assert.deepEqual(await keys(kv.range({ gte: b('ra'), lt: b('rb'), reverse: true })), ['raa', 'ra\u0000', 'ra'])
    })

    test('fewer rows than asked for means the end, also when rows are large', async (kv) => {
      const value = Buffer.alloc(300_000, 1)
      for (let i = 0; i < 9; i++) await kv.commit([], [{ kind: 'put', key: b(`big${i}`), value }])
      const cursor = kv.range({ gte: b('big'), lt: b('bih') })
      assert.equal((await cursor.next(4)).length, 4)
      assert.equal((await cursor.next(4)).length, 4)
      assert.equal((await cursor.next(4)).length, 1)
      assert.equal((await cursor.next(4)).length, 0)
      await cursor.close()
    })

    test('a cursor seeks forwards, backwards, past the end and on again', async (kv) => {
      await kv.commit(
        [],
        Array.from({ length: 100 }, (_, i) => put(`s${String(i).padStart(2, '0')}`)),
      )
      const cursor = kv.range({ gte: b('s00'), lt: b('s90') })
      assert.deepEqual(await keys(cursor, 2), ['s00', 's01'])
      cursor.seek(b('s50x'))
      assert.deepEqual(await keys(cursor, 2), ['s51', 's52'])
      cursor.seek(b('s10'))
      assert.deepEqual(await keys(cursor, 2), ['s10', 's11'])
      cursor.seek(b('s95'))
      assert.deepEqual(await keys(cursor, 2), [])
      cursor.seek(b('s89'))
      assert.deepEqual(await keys(cursor, 2), ['s89'])
      await cursor.close()
    })

    test('a cursor sees the rows of the moment it was opened', async (kv) => {
      await kv.commit([], [put('c1'), put('c2')])
      const cursor = kv.range({ gte: b('c'), lt: b('d') })
      await kv.commit([], [put('c3'), remove('c1')])
      assert.deepEqual(await keys(cursor), ['c1', 'c2'])
      await cursor.close()
    })

    test('of 50 commits that each want to be the first, one wins', async (kv) => {
      const won = await Promise.all(
        Array.from({ length: 50 }, (_, i) => kv.commit([absent('first')], [put('first', String(i))])),
      )
      assert.equal(won.filter(Boolean).length, 1)
      assert.equal(String(await kv.get(b('first'))), String(won.indexOf(true)))
    })

    test('a counter raised by compare-and-set loses no step', async (kv) => {
      await kv.commit([], [put('n', '0')])
      const raise = async () => {
        for (let attempt = 0; attempt < 1000; attempt++) {
          const before = String(await kv.get(b('n')))
          if (await kv.commit([equals('n', before)], [put('n', String(Number(before) + 1))])) return
        }
        assert.fail('starved')
      }
      await Promise.all(Array.from({ length: 40 }, raise))
      assert.equal(String(await kv.get(b('n'))), '40')
    })

    test('removing a parent while it has no children never leaves a child behind', async (kv) => {
      for (let round = 0; round < 30; round++) {
        const parent = `parent${round}`
        await kv.commit([], [put(parent)])
        const [removed, added] = await Promise.all([
          kv.commit([present(parent), empty(`${parent}/`, `${parent}0`)], [remove(parent)]),
          kv.commit([present(parent)], [put(`${parent}/child`)]),
        ])
        assert.notEqual(removed, added)
        assert.equal((await kv.get(b(parent))) === undefined, removed)
        assert.equal((await kv.get(b(`${parent}/child`))) === undefined, !added)
      }
    })

    test('commits that wait for several keys of each other all finish', async (kv) => {
      const names = ['k1', 'k2', 'k3', 'k4']
      const commits = Array.from({ length: 200 }, (_, i) => {
        const [one, two] = [names[i % 4] ?? '', names[(i * 3 + 1) % 4] ?? '']
        return kv.commit(i % 3 === 0 ? [] : [{ kind: 'empty', gte: b('q'), lt: b('r') }], [
          put(one, `${i}`),
          put(two, `${i}`),
        ])
      })
      assert.ok((await Promise.all(commits)).every(Boolean))
    })
  })
}
