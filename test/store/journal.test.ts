/** The journal: what is in it is there again, whole, whatever cut it short. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { Journal, readJournals } from '../../src/store/journal.ts'
import { fileHeadBytes } from '../../src/store/journal-records.ts'
import type { Mutation } from '../../src/store/kv.ts'
import { openWithParts } from '../../src/store/open.ts'
import { StoreError } from '../../src/store/store-error.ts'

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  try {
    run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const put = (key: string, value: string | Buffer = key): Mutation => ({
  kind: 'put',
  key: Buffer.from(key),
  value: Buffer.from(value),
})
const remove = (key: string): Mutation => ({ kind: 'delete', key: Buffer.from(key) })

/** The rows that a journal leaves, as text; a deletion is undefined. */
const rowsOf = (folder: string): Record<string, string | undefined> =>
  Object.fromEntries(
    readJournals(folder).mutations.map((one) => [
      one.key.toString(),
      one.kind === 'put' ? one.value.toString('latin1') : undefined,
    ]),
  )

test('commits come back, the last change of a row alone', () =>
  inFolder((folder) => {
    assert.deepEqual(readJournals(folder).mutations, [])
    const journal = new Journal(folder, readJournals(folder).nextNumber)
    journal.append([[put('a', '1'), put('b')], [put('a', '2')]])
    journal.append([[remove('b'), put('c', '')]])
    const large = 'x'.repeat(300_000)
    journal.append([[put('d', large)]])
    journal.append([[put('zero\0', Buffer.from([0, 255, 0]))]])
    journal.close()
    assert.deepEqual(rowsOf(folder), { a: '2', b: undefined, c: '', d: large, 'zero\0': '\0\u00ff\0' })
  }))

test('of a file cut at any byte, whole records remain and nothing of others', () =>
  inFolder((folder) => {
    const journal = new Journal(folder, 1)
    const ends: number[] = []
    for (let n = 0; n < 5; n++) {
      journal.append([[put(`a${n}`), put(`b${n}`, 'x'.repeat(n))]])
      ends.push(journal.sizeBytes)
    }
    journal.close()
    const file = join(folder, readdirSync(folder)[0] as string)
    const bytes = readFileSync(file)
    assert.equal(bytes.length, ends.at(-1))
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length))
      const whole = ends.filter((end) => end <= length).length
      assert.equal(Object.keys(rowsOf(folder)).length, 2 * whole)
    }
  }))

/** A journal of three records, and where each ends. */
function threeRecords(folder: string): { file: string; bytes: Buffer; ends: number[] } {
  const journal = new Journal(folder, 1)
  const ends = ['first', 'second', 'third'].map((key) => {
    journal.append([[put(key)]])
    return journal.sizeBytes
  })
  journal.close()
  const file = join(folder, readdirSync(folder)[0] as string)
  return { file, bytes: readFileSync(file), ends }
}

test('of a file damaged at any byte, every other record remains, and the damage is told', () =>
  inFolder((folder) => {
    const { file, bytes, ends } = threeRecords(folder)
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ 0x41
      writeFileSync(file, damaged)
      const lost = at < fileHeadBytes ? -1 : ends.findIndex((end) => at < end)
      const left = ['first', 'second', 'third'].filter((_, n) => n !== lost)
      assert.deepEqual(Object.keys(rowsOf(folder)), left, `byte ${at}`)
      assert.equal(readJournals(folder).damage.length, 1, `byte ${at}`)
    }
    // As a power cut leaves it: of the right length, but of zeros. That is no damage.
    writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(5000)]))
    assert.deepEqual(Object.keys(rowsOf(folder)), ['first', 'second', 'third'])
    assert.deepEqual(readJournals(folder).damage, [])
  }))

test('what is torn at its end is no damage, but in a file that others follow', () =>
  inFolder((folder) => {
    const { file, bytes, ends } = threeRecords(folder)
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length))
      assert.deepEqual(readJournals(folder).damage, [], `${length} bytes`)
    }
    writeFileSync(file, bytes)
    const journal = new Journal(folder, 2)
    journal.close()
    // Numbered from the first record of a run on: this file begins with 0, not with 3.
    assert.match(readJournals(folder).damage.join(), /0000000001\.log: its end is missing/)
    rmSync(join(folder, '0000000002.log'))
    rmSync(file)
    const run = new Journal(folder, 1)
    run.append([[put('a')], [put('b')]])
    run.rotate()
    run.append([[put('c')]])
    run.close()
    assert.deepEqual(readJournals(folder).damage, [])
    for (const length of [readFileSync(file).length - 1, (ends[0] as number) - 8, 10]) {
      writeFileSync(file, readFileSync(file).subarray(0, length))
      assert.match(readJournals(folder).damage.join(), /0000000001\.log: its end is missing/)
      assert.ok('c' in rowsOf(folder))
    }
  }))

test('damaged files are kept aside, the others go', () =>
  inFolder((folder) => {
    const journals = join(folder, 'journal')
    mkdirSync(journals)
    const { file, bytes, ends } = threeRecords(journals)
    const damaged = Buffer.from(bytes)
    damaged.writeUInt8(damaged.readUInt8((ends[0] as number) + 20) ^ 1, (ends[0] as number) + 20)
    writeFileSync(file, damaged)
    new Journal(journals, 2).close()
    const aside = join(folder, 'damaged')
    readJournals(journals).remove(aside)
    assert.deepEqual(readdirSync(journals), [])
    const [kept] = readdirSync(aside)
    assert.match(kept ?? '', /^journal-\d+-0000000001\.log$/)
    assert.deepEqual(readFileSync(join(aside, kept as string)), damaged)
  }))

test('a journal of format 3 is read, and its damage told', () =>
  inFolder((folder) => {
    const record = (key: string) => {
      const payload = Buffer.alloc(8 + 2 * key.length)
      payload.writeUInt32LE(key.length, 0)
      payload.writeUInt32LE(key.length, 4)
      payload.write(key + key, 8)
      const head = Buffer.alloc(8)
      head.writeUInt32LE(payload.length, 0)
      head.writeUInt32LE(crc32(payload), 4)
      return Buffer.concat([head, payload])
    }
    const records = ['first', 'second', 'third'].map(record)
    const bytes = Buffer.concat(records)
    const file = join(folder, '0000000001.log')
    writeFileSync(file, bytes)
    assert.deepEqual(rowsOf(folder), { first: 'first', second: 'second', third: 'third' })
    assert.deepEqual(readJournals(folder).damage, [])
    for (let at = 0; at < (records[0] as Buffer).length + (records[1] as Buffer).length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ 0x41
      writeFileSync(file, damaged)
      const lost = at < (records[0] as Buffer).length ? 'first' : 'second'
      assert.deepEqual(
        Object.keys(rowsOf(folder)),
        ['first', 'second', 'third'].filter((key) => key !== lost),
        `byte ${at}`,
      )
      assert.equal(readJournals(folder).damage.length, 1)
    }
    writeFileSync(file, bytes.subarray(0, -3))
    assert.deepEqual(readJournals(folder).damage, [])
    assert.deepEqual(Object.keys(rowsOf(folder)), ['first', 'second'])
  }))

test('files follow one another; the oldest goes first, and numbers go on', () =>
  inFolder((folder) => {
    const journal = new Journal(folder, 9)
    journal.append([[put('a', '1'), put('b', '1')]])
    journal.rotate()
    assert.equal(journal.sizeBytes, fileHeadBytes)
    journal.append([[put('a', '2')]])
    journal.rotate()
    journal.append([[remove('c')]])
    assert.deepEqual(rowsOf(folder), { a: '2', b: '1', c: undefined })
    assert.equal(readdirSync(folder).length, 3)
    journal.removeFormer()
    assert.deepEqual(rowsOf(folder), { c: undefined })
    journal.close()
    const left = readJournals(folder)
    assert.equal(left.nextNumber, 12)
    left.remove(join(folder, 'damaged'))
    assert.deepEqual(readdirSync(folder), [])
    new Journal(folder, left.nextNumber).close()
    // Other files are nobody's business.
    writeFileSync(join(folder, 'note.txt'), 'x')
    assert.equal(readJournals(folder).nextNumber, 13)
  }))

test('what cannot be written says so', () =>
  inFolder((folder) => {
    const journal = new Journal(folder, 1)
    journal.append([[put('kept')]])
    mkdirSync(join(folder, '0000000002.log'))
    assert.throws(() => journal.rotate(), { code: 'EEXIST' })
    journal.append([[put('kept too')]])
    journal.close()
    assert.throws(
      () => journal.append([[put('lost')]]),
      (error) => error instanceof StoreError && error.code === 'CLOSED' && /journal/.test(error.message),
    )
    rmSync(join(folder, '0000000002.log'), { recursive: true })
    assert.deepEqual(Object.keys(rowsOf(folder)), ['kept', 'kept too'])
  }))

test('what only the journal has is there again after the process was killed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'killed-'))
  try {
    const open = JSON.stringify(new URL('../../src/store/open.js', import.meta.url).href)
    // Every commit is acknowledged; then there is no time left for anything.
    const script = `
      const { openWithParts } = await import(${open})
      const { kv } = await openWithParts({ dataDir: process.argv[1] })
      for (let n = 0; n < 300; n++) {
        const key = Buffer.from('k' + n)
        if (!(await kv.commit([], [{ kind: 'put', key, value: key }]))) process.exit(3)
        if (n % 3 === 0) await kv.commit([], [{ kind: 'delete', key }])
      }
      process.kill(process.pid, 'SIGKILL')`
    const child = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', script, dir])
    assert.equal(child.signal, 'SIGKILL', child.stderr.toString())
    assert.equal(readdirSync(join(dir, 'journal')).length, 1)
    const { kv, store } = await openWithParts({ dataDir: dir })
    for (let n = 0; n < 300; n++) {
      const key = Buffer.from(`k${n}`)
      assert.equal((await kv.get(key))?.toString(), n % 3 === 0 ? undefined : `k${n}`)
    }
    const cursor = kv.range({ gte: Buffer.from('k'), lt: Buffer.from('l') })
    assert.equal((await cursor.next(1000)).length, 200)
    await cursor.close()
    await store.close()
    assert.deepEqual(readdirSync(join(dir, 'journal')), [])
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('a file that was begun and has no head yet is no damage, of it or of the file before', () =>
  inFolder((folder) => {
    const journal = new Journal(folder, 1)
    journal.append([[put('a', '1')]])
    journal.close()
    for (const size of [0, 1, fileHeadBytes - 1]) {
      writeFileSync(join(folder, '0000000002.log'), Buffer.alloc(size, 'S'))
      assert.deepEqual(readJournals(folder).damage, [])
      assert.deepEqual(rowsOf(folder), { a: '1' })
    }
  }))
