/** What LevelKv adds to its database: groups, claims, and recovery from a failed write. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { MemoryLevel } from 'memory-level'
import { Claims } from '../../src/store/claims.ts'
import { Journal } from '../../src/store/journal.ts'
import { type LevelDatabase, LevelKv } from '../../src/store/level-kv.ts'
import { StoreError } from '../../src/store/store-error.ts'

const b = (text: string): Buffer => Buffer.from(text)
const put = (key: string) => [{ kind: 'put', key: b(key), value: b(key) } as const]

/** A database whose next writes can be made to fail; it counts what is asked of it. */
async function fragile() {
  const inner = new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await inner.open()
  const state = { failures: 0, openFailures: 0, writes: 0, opened: 0, closed: 0, hasRoom: true }
  const database: LevelDatabase = {
    getSync: (key) => inner.getSync(key),
    getMany: (keys) => inner.getMany(keys),
    iterator: (options) => inner.iterator(options),
    batch() {
      const batch = inner.batch()
      return {
        put: (key, value) => batch.put(key, value),
        del: (key) => batch.del(key),
        async write() {
          state.writes++
          if (state.failures-- > 0) {
            await batch.close()
            throw new Error('IO error: 000003.log: No space left on device')
          }
          await batch.write()
        },
      }
    },
    async open() {
      state.opened++
      if (state.openFailures-- > 0) throw new Error('IO error: still full')
    },
    async close() {
      state.closed++
    },
  }
  return { kv: new LevelKv(database, { sync: true, canReopen: async () => state.hasRoom }), state, database }
}

describe('LevelKv', () => {
  it('writes commits that come together in one batch', async () => {
    const { kv, state } = await fragile()
    await Promise.all(Array.from({ length: 100 }, (_, i) => kv.commit([], put(`k${i}`))))
    assert.equal(state.writes, 1)
    assert.equal(String(await kv.get(b('k99'))), 'k99')
  })

  it('closing waits for commits that have been asked for', async () => {
    const { kv, state } = await fragile()
    const commits = [kv.commit([], put('a')), kv.commit([], put('b'))]
    await kv.close()
    assert.deepEqual(await Promise.all(commits), [true, true])
    assert.equal(state.writes, 1)
  })

  it('commits are acknowledged from a journal, and its failures are those of a commit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kv-journal-'))
    try {
      const { database, state } = await fragile()
      const journal = new Journal(folder, 1)
      const kv = new LevelKv(database, { sync: false, journal, canReopen: async () => state.hasRoom })
      assert.equal(await kv.commit([], put('a')), true)
      assert.equal(state.writes, 0)
      assert.equal(String(await kv.get(b('a'))), 'a')
      assert.equal(await kv.commit([{ kind: 'absent', key: b('a') }], put('b')), false)
      const cursor = kv.range({ gte: b('a'), lt: b('z') })
      assert.deepEqual((await cursor.next(9)).map(String), ['a,a'])
      await cursor.close()
      assert.equal(state.writes, 1)
      // The database cannot take it: a range shows it nevertheless, the commit stays, and goes there when it can.
      state.failures = 1
      assert.equal(await kv.commit([], put('c')), true)
      const over = kv.range({ gte: b('a'), lt: b('z') })
      assert.deepEqual((await over.next(9)).map(String), ['a,a', 'c,c'])
      await over.close()
      assert.equal(String(await kv.get(b('c'))), 'c')
      const again = kv.range({ gte: b('a'), lt: b('z') })
      assert.equal((await again.next(9)).length, 2)
      await again.close()
      await kv.commit([], put('d'))
      journal.close()
      await assert.rejects(kv.commit([], put('e')), StoreError)
      assert.equal(await kv.get(b('e')), undefined)
      assert.equal(String(await kv.get(b('d'))), 'd')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('a write that fails for want of space says so, changes nothing, and the next one works again', async () => {
    const { kv, state } = await fragile()
    await kv.commit([], put('before'))
    state.failures = 1
    await assert.rejects(
      kv.commit([], put('lost')),
      (error) => error instanceof StoreError && error.code === 'NO_SPACE',
    )
    assert.equal(await kv.get(b('lost')), undefined)
    assert.equal(await kv.commit([{ kind: 'absent', key: b('lost') }], put('after')), true)
    assert.equal(state.opened, 1)
  })

  it('all commits of a failed batch fail, also while the database cannot be opened again', async () => {
    const { kv, state } = await fragile()
    state.failures = 2
    state.openFailures = 1
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => kv.commit([], put(`k${i}`))))
    assert.ok(outcomes.every(({ status }) => status === 'rejected'))
    await assert.rejects(kv.commit([], put('x')), StoreError)
    await kv.close()
  })

  it('without room to open the database again goes on reading, and writes once there is room', async () => {
    const { kv, state } = await fragile()
    await kv.commit([], put('before'))
    state.failures = 1
    state.hasRoom = false
    const isFull = (error: unknown) => error instanceof StoreError && error.code === 'NO_SPACE'
    await assert.rejects(kv.commit([], put('lost')), isFull)
    await assert.rejects(kv.commit([], put('lost')), isFull)
    assert.equal(String(await kv.get(b('before'))), 'before')
    assert.deepEqual([state.closed, state.opened], [0, 0])
    state.hasRoom = true
    const commit = () => kv.commit([], put('after')).catch(() => false)
    while (!(await commit())) await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual([state.closed, state.opened], [1, 1])
    assert.equal(String(await kv.get(b('after'))), 'after')
  })
})

describe('Claims', () => {
  it('shares shared claims, orders exclusive ones, and lets nobody overtake', async () => {
    const claims = new Claims()
    const order: string[] = []
    const take = (name: string, ...keys: [string, boolean][]) => {
      const set = new Map(keys)
      const waiting = claims.acquire(set)
      if (waiting === undefined) order.push(name)
      else void waiting.then(() => order.push(name))
      return () => claims.release(set)
    }
    const settled = () => new Promise((resolve) => setImmediate(resolve))
    const one = take('one', ['a', false])
    const two = take('two', ['a', false], ['b', true])
    const three = take('three', ['a', true])
    const four = take('four', ['a', false])
    const five = take('five', ['c', true])
    assert.deepEqual(order, ['one', 'two', 'five'])
    one()
    await settled()
    assert.equal(order.length, 3)
    two()
    await settled()
    assert.deepEqual(order.slice(3), ['three'])
    three()
    await settled()
    assert.deepEqual(order.slice(4), ['four'])
    four()
    five()
    assert.equal(claims.acquire(new Map([['a', true]])), undefined)
  })
})
