/** Rows between the journal and the database. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Journal, readJournals } from '../../src/store/journal.ts'
import type { Mutation } from '../../src/store/kv.ts'
import { WriteBehind, type WriteBehindLimits } from '../../src/store/write-behind.ts'

const nameOf = (key: Buffer): string => key.toString('latin1')
const put = (key: string, value = key): Mutation => ({ kind: 'put', key: Buffer.from(key), value: Buffer.from(value) })
const textOf = (one: Mutation | undefined): string | undefined => (one?.kind === 'put' ? String(one.value) : one?.kind)

/** A database that is a map, and fails when told to. */
async function withParts(
  limits: Partial<WriteBehindLimits>,
  run: (parts: {
    behind: WriteBehind
    rows: Map<string, string>
    batches: { count: number; isSynced: boolean }[]
    state: { failures: number; gate: Promise<void> | undefined }
    folder: string
  }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'behind-'))
  const rows = new Map<string, string>()
  const batches: { count: number; isSynced: boolean }[] = []
  const state = { failures: 0, gate: undefined as Promise<void> | undefined }
  const apply = async (mutations: Iterable<Mutation>, isSynced: boolean): Promise<void> => {
    const all = [...mutations]
    await state.gate
    if (state.failures-- > 0) throw new Error('no room')
    for (const one of all) {
      if (one.kind === 'put') rows.set(nameOf(one.key), String(one.value))
      else rows.delete(nameOf(one.key))
    }
    batches.push({ count: all.length, isSynced })
  }
  try {
    await run({ behind: new WriteBehind(new Journal(folder, 1), apply, limits), rows, batches, state, folder })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const journaled = (folder: string): string[] => readJournals(folder).mutations.map(({ key }) => String(key))

test('a row is known until the database has it, the last change of it only', () =>
  withParts({}, async ({ behind, rows, batches }) => {
    assert.ok(behind.isEmpty)
    behind.add([[put('a', '1')], [put('a', '2'), put('b')]], nameOf)
    behind.add([[{ kind: 'delete', key: Buffer.from('b') }]], nameOf)
    assert.equal(textOf(behind.get('a')), '2')
    assert.equal(textOf(behind.get('b')), 'delete')
    assert.equal(behind.get('c'), undefined)
    await behind.flush()
    assert.ok(behind.isEmpty)
    assert.equal(behind.get('a'), undefined)
    assert.deepEqual([...rows], [['a', '2']])
    assert.deepEqual(batches, [{ count: 2, isSynced: false }])
    await behind.flush()
    assert.equal(batches.length, 1)
  }))

test('rows on their way are still known, and whoever asks meanwhile waits for them and what came since', () =>
  withParts({}, async ({ behind, rows, state }) => {
    let open = (): void => {}
    state.gate = new Promise((resolve) => {
      open = resolve
    })
    behind.add([[put('a', '1')]], nameOf)
    const first = behind.flush()
    await Promise.resolve()
    assert.equal(textOf(behind.get('a')), '1')
    assert.ok(!behind.isEmpty)
    const waiting = behind.flush()
    behind.add([[put('a', '2'), put('b')]], nameOf)
    assert.equal(textOf(behind.get('a')), '2')
    const second = behind.flush()
    open()
    await first
    assert.equal(rows.get('a'), '1')
    await Promise.all([waiting, second])
    assert.deepEqual(Object.fromEntries(rows), { a: '2', b: 'b' })
  }))

test('a database that cannot take them is tried again, with what came since on top', () =>
  withParts({}, async ({ behind, rows, state }) => {
    behind.add([[put('a', '1'), put('b', '1')]], nameOf)
    state.failures = 1
    const failing = behind.flush()
    await Promise.resolve()
    behind.add([[put('a', '2')]], nameOf)
    const next = behind.flush()
    await assert.rejects(failing, /no room/)
    await next
    assert.deepEqual(Object.fromEntries(rows), { a: '2', b: '1' })
    assert.ok(behind.isEmpty)
  }))

test('at its limit the journal is emptied, once the database has all on the disk', () =>
  withParts({ journalBytes: 1000 }, async ({ behind, rows, batches, folder }) => {
    for (let n = 0; n < 100; n++) behind.add([[put(`k${n}`, 'x'.repeat(20))]], nameOf)
    assert.equal(readdirSync(folder).length, 1)
    await delay(20)
    assert.equal(rows.size, 100)
    assert.deepEqual(
      batches.map(({ isSynced }) => isSynced),
      [true],
    )
    assert.deepEqual(journaled(folder), [])
    assert.equal(readdirSync(folder).length, 1)
  }))

test('whoever writes faster than the database takes it is held up', () =>
  withParts({ journalBytes: 1000 }, async ({ behind, rows, state }) => {
    let open = (): void => {}
    state.gate = new Promise((resolve) => {
      open = resolve
    })
    behind.add([[put('first', 'x'.repeat(1000))]], nameOf)
    assert.equal(behind.overflow(), undefined)
    // The first file is being emptied.
    await delay(5)
    behind.add([[put('more', 'x'.repeat(2000))]], nameOf)
    assert.equal(behind.overflow(), undefined)
    behind.add([[put('much more', 'x'.repeat(1000))]], nameOf)
    const waiting = behind.overflow()
    assert.ok(waiting)
    open()
    await waiting
    assert.ok(rows.has('first'))
    assert.equal(behind.overflow(), undefined)
    await behind.end()
  }))

test('a file whose rows could not be written stays, and goes before those behind it', () =>
  withParts({ journalBytes: 1 }, async ({ behind, rows, state, folder }) => {
    state.failures = 1
    behind.add([[put('a', '1')]], nameOf)
    await delay(10)
    assert.deepEqual(journaled(folder), ['a'])
    assert.equal(rows.size, 0)
    behind.add([[put('a', '2')]], nameOf)
    assert.equal(textOf(behind.get('a')), '2')
    await delay(10)
    assert.equal(rows.get('a'), '2')
    assert.deepEqual(journaled(folder), [])
    assert.equal(readdirSync(folder).length, 1)
  }))

test('rows do not wait for ever', () =>
  withParts({ delayMs: 5 }, async ({ behind, rows, folder }) => {
    behind.add([[put('a')]], nameOf)
    await delay(50)
    assert.deepEqual([...rows.keys()], ['a'])
    // The journal stays: the database has not synced them.
    assert.deepEqual(journaled(folder), ['a'])
    behind.add([[put('b')]], nameOf)
    await delay(50)
    assert.deepEqual([...rows.keys()], ['a', 'b'])
  }))

test('in the end the database has all, and the journal goes; what it could not take stays in the journal', () =>
  withParts({}, async ({ behind, rows, folder }) => {
    behind.add([[put('a')]], nameOf)
    assert.equal(await behind.end(), true)
    assert.equal(rows.size, 1)
    behind.removeJournal()
    assert.deepEqual(readdirSync(folder), [])
  }).then(() =>
    withParts({}, async ({ behind, state, folder }) => {
      behind.add([[put('a')]], nameOf)
      state.failures = 9
      assert.equal(await behind.end(), false)
      assert.deepEqual(journaled(folder), ['a'])
    }),
  ))

test('a database that takes nothing is not waited for without end: commits are refused, and go on when it takes them', () =>
  withParts({ journalBytes: 1000, delayMs: 60_000, waitingBytes: 8000 }, async ({ behind, rows, state, folder }) => {
    state.failures = Number.POSITIVE_INFINITY
    let refused = 0
    for (let n = 0; n < 200; n++) {
      try {
        behind.add([[put(`k${n}`, 'x'.repeat(100))]], nameOf)
      } catch (error) {
        assert.match(String(error), /no room/)
        refused++
      }
      await delay(0)
    }
    assert.ok(refused > 50, `${refused}`)
    assert.equal(behind.within({ gte: Buffer.from('k'), lt: Buffer.from('l') }).length, 200 - refused)
    state.failures = 0
    await behind.flush()
    assert.equal(rows.size, 200 - refused)
    behind.add([[put('after')]], nameOf)
    assert.ok(journaled(folder).includes('after'))
  }))
