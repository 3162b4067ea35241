/** A damaged data directory: it is told, what can be read is served, and nothing is cleared away on the strength of the rest. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openDiskDatabase } from '../../src/store/disk-database.ts'
import { isRowKey } from '../../src/store/keys.ts'
import { readLevelLog, rowsOfBatch, rowsOfRemains } from '../../src/store/leveldb-log.ts'
import { openStore, openWithParts } from '../../src/store/open.ts'
import { databaseFiles } from '../../src/store/run-state.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { blobIds, makeBucket, must, pattern, put, randomNumbers, read, temporaryDir } from './support.ts'

async function inDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await temporaryDir()
  await work(dir).finally(() => rm(dir, { recursive: true, force: true }))
}

/** A log that keeps what is told as an error. */
function listening() {
  const told: string[] = []
  const log = {
    error: (fields: object, message: string) => void told.push(`${message} ${JSON.stringify(fields)}`),
    warn: () => {},
  }
  return { told, log }
}

const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`)
const bytesOfKey = (key: string): Buffer =>
  pattern(key.endsWith('0') ? 40_000 : 3_000, key.length + Number(key.slice(4)))

/**
 * A directory with objects in rows and files. 'killed': the process that made it had no time to close it, and its commits
 * are in the journal; 'durable': the same, with its commits in LevelDB's log.
 */
async function fill(dir: string, how: 'closed' | 'killed' | 'durable'): Promise<void> {
  if (how !== 'closed') {
    const from = JSON.stringify(new URL('.', import.meta.url).href)
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const script = `
      const { openStore } = await import(${from} + '../../src/store/open.${ending}')
      const { makeBucket, put, pattern } = await import(${from} + 'support.${ending}')
      const store = await openStore({ dataDir: process.argv[1], durable: ${how === 'durable'} })
      const bucket = await makeBucket(store, 'b')
      for (const key of ${JSON.stringify(keys)}) await put(store, bucket, key, (${bytesOfKey.toString()})(key))
      process.kill(process.pid, 'SIGKILL')`
    const child = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', script, dir])
    assert.equal(child.signal, 'SIGKILL', child.stderr.toString())
    return
  }
  const store = await openStore({ dataDir: dir })
  const bucket = await makeBucket(store, 'b')
  for (const key of keys) await put(store, bucket, key, bytesOfKey(key))
  await store.close()
}

/** Names of keys that are there, with their bytes. */
async function readable(dir: string): Promise<{ found: string[]; told: string[]; blobs: string[] }> {
  const { told, log } = listening()
  const opened = await openWithParts({ dataDir: dir, log })
  await opened.swept
  await opened.collector.idle()
  const bucket = await opened.store.buckets.get('b')
  const found: string[] = []
  if (bucket !== undefined) {
    for (const key of keys) {
      const record = await opened.store.objects.latest(bucket, key)
      if (record === undefined) continue
      assert.ok((await read(opened.store, record)).equals(bytesOfKey(key)), key)
      found.push(key)
    }
  }
  const blobs = await blobIds(opened, dir)
  await opened.store.close()
  return { found, told, blobs }
}

const flip = async (file: string, at: number): Promise<void> => {
  const bytes = await readFile(file)
  bytes[at] = (bytes[at] as number) ^ 0x10
  await writeFile(file, bytes)
}

const theOne = async (folder: string, ending: string): Promise<string> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort()
  for (const name of names.reverse()) if ((await stat(join(folder, name))).size > 0) return join(folder, name)
  throw new Error(`no file ${ending} in ${folder}`)
}

for (const [what, how, folder] of [
  ['the journal', 'killed', 'journal'],
  ["LevelDB's log", 'durable', 'db'],
] as const) {
  describe(`a flipped bit in ${what}`, () => {
    it('costs the commit it is in, is told, and nothing is swept, now or at the next start', () =>
      inDir(async (dir) => {
        const whole = join(dir, 'whole')
        await fill(whole, how)
        const before = (await blobIds({} as never, whole)).length
        assert.ok(before >= 4)
        const { size } = await stat(await theOne(join(whole, folder), '.log'))
        const random = randomNumbers(7)
        for (let round = 0; round < 12; round++) {
          const copy = join(dir, `copy-${round}`)
          await cp(whole, copy, { recursive: true, preserveTimestamps: true })
          await flip(await theOne(join(copy, folder), '.log'), random(size))
          const { found, told, blobs } = await readable(copy)
          assert.ok(
            told.some((line) => /damaged/.test(line) && line.includes(`${folder}/`) && /sandbucket check/.test(line)),
            told.join(),
          )
          // The bucket itself may be the commit that is lost.
          assert.ok(found.length >= keys.length - 2 || found.length === 0, `${found.length}`)
          assert.equal(blobs.length, before)
          assert.ok((await readdir(join(copy, 'damaged'))).length > 0)
          const again = await readable(copy)
          assert.deepEqual(again.found, found)
          assert.match(again.told.join(), /damaged/)
          assert.equal(again.blobs.length, before)
        }
      }))
  })
}

describe('a database whose files are not those it was closed with', () => {
  it('with a log cut short is told, the log kept aside, and nothing swept', () =>
    inDir(async (dir) => {
      await fill(dir, 'durable')
      const state = JSON.parse(await readFile(join(dir, 'state.json'), 'utf8'))
      const closed = await databaseFiles(join(dir, 'db'))
      await writeFile(join(dir, 'state.json'), JSON.stringify({ ...state, closed }))
      const before = await blobIds({} as never, dir)
      const log = await theOne(join(dir, 'db'), '.log')
      await truncate(log, Math.floor((await stat(log)).size / 2))
      const { found, told, blobs } = await readable(dir)
      assert.ok(found.length > 5 && found.length < keys.length)
      assert.match(told.join(), /db\/\d+\.log has \d+ bytes instead of \d+/)
      assert.deepEqual(blobs, before)
      assert.equal((await readdir(join(dir, 'damaged'))).length, 1)
    }))

  it('is not opened without CURRENT, manifest or a table: LevelDB would begin anew and delete the rest', () =>
    inDir(async (dir) => {
      const whole = join(dir, 'whole')
      await fill(whole, 'closed')
      // Twice, so that there are tables.
      await (await openStore({ dataDir: whole })).close()
      const names = await readdir(join(whole, 'db'))
      const lost = names.filter((name) => name === 'CURRENT' || name.startsWith('MANIFEST') || name.endsWith('.ldb'))
      assert.ok(lost.length >= 3)
      for (const [at, name] of lost.entries()) {
        for (const how of ['removed', 'cut', 'emptied'] as const) {
          if (how !== 'removed' && name.endsWith('.ldb')) continue
          const copy = join(dir, `copy-${at}-${how}`)
          await cp(whole, copy, { recursive: true })
          const file = join(copy, 'db', name)
          if (how === 'removed') await rm(file)
          else await truncate(file, how === 'cut' ? (await stat(file)).size - 3 : 0)
          const before = await readdir(join(copy, 'db'))
          await assert.rejects(openStore({ dataDir: copy }), (error) => {
            assert.ok(error instanceof StoreError && error.code === 'CORRUPT', String(error))
            assert.match(error.message, /sandbucket check --repair/)
            return true
          })
          assert.deepEqual(await readdir(join(copy, 'db')), before)
        }
      }
      await rm(join(whole, 'db'), { recursive: true })
      await assert.rejects(openStore({ dataDir: whole }), /CURRENT is missing/)
      assert.ok((await blobIds({} as never, whole)).length >= 4)
    }))
})

describe('what is read of a log', () => {
  it('is all but a few rows where a bit of a large batch is wrong', () =>
    inDir(async (dir) => {
      const database = await openDiskDatabase(dir)
      const batch = database.batch()
      const names = Array.from({ length: 400 }, (_, n) => `o${n}`)
      for (const [n, name] of names.entries()) batch.put(Buffer.from(name), pattern(500, n + 1))
      await batch.write({ sync: true })
      const bytes = await readFile(await theOne(dir, '.log'))
      await database.close()
      assert.deepEqual(
        rowsOfBatch(readLevelLog(bytes).records[0] as Buffer).map(({ key }) => key.toString()),
        names,
      )
      const random = randomNumbers(3)
      for (let round = 0; round < 50; round++) {
        const damaged = Buffer.from(bytes)
        const at = random(bytes.length)
        damaged[at] = (damaged[at] as number) ^ (1 << random(8))
        const log = readLevelLog(damaged)
        assert.ok(log.isDamaged)
        const rows = log.remains.flatMap(({ stretches }) => rowsOfRemains(stretches, isRowKey))
        // A piece of a block, 32 KiB, has some 65 of them.
        assert.ok(rows.length >= names.length - 70, `${rows.length} rows, byte ${at}`)
        for (const row of rows) {
          const n = names.indexOf(row.key.toString())
          assert.ok(row.kind === 'put' && row.value.equals(pattern(500, n + 1)), `row ${row.key}, byte ${at}`)
        }
      }
      // Cut anywhere, it is torn, not damaged: such a batch was never acknowledged.
      for (let length = 1; length < bytes.length; length += 999) {
        const log = readLevelLog(bytes.subarray(0, length))
        assert.deepEqual([log.records.length, log.isDamaged, log.isTorn], [0, false, true])
      }
    }))
})

describe('the sweep', () => {
  it('leaves files alone that are older than the run that may have left some, and names that are not ours', () =>
    inDir(async (dir) => {
      await fill(dir, 'closed')
      const old = 'ab'.repeat(16)
      const fresh = 'cd'.repeat(16)
      for (const id of [old, fresh, 'not-ours']) {
        await mkdir(join(dir, 'blobs', id.slice(0, 2)), { recursive: true })
        await writeFile(join(dir, 'blobs', id.slice(0, 2), id), 'x')
      }
      await mkdir(join(dir, 'blobs', 'ee'), { recursive: true })
      await writeFile(join(dir, 'blobs', 'ee', 'note.txt'), 'x')
      await writeFile(join(dir, 'tmp', 'note.txt'), 'x')
      const hourAgo = Date.now() / 1000 - 3600
      await utimes(join(dir, 'blobs', 'ab', old), hourAgo, hourAgo)
      const { blobs } = await readable(dir)
      assert.ok(blobs.includes(old))
      assert.ok(!blobs.includes(fresh))
      assert.ok(blobs.includes('note.txt'))
      assert.deepEqual(await readdir(join(dir, 'tmp')), ['note.txt'])
    }))

  it('does not run when nobody knows how the last run ended', () =>
    inDir(async (dir) => {
      await fill(dir, 'closed')
      const orphan = 'ab'.repeat(16)
      for (const text of ['', '{"sinceMs":', 'null']) {
        await mkdir(join(dir, 'blobs', 'ab'), { recursive: true })
        await writeFile(join(dir, 'blobs', 'ab', orphan), 'x')
        await writeFile(join(dir, 'state.json'), text)
        const { blobs, told, found } = await readable(dir)
        assert.ok(blobs.includes(orphan))
        assert.match(told.join(), /state\.json cannot be read/)
        assert.deepEqual(found, keys)
      }
    }))

  it('does run after a crash, over what that left', () =>
    inDir(async (dir) => {
      await fill(dir, 'killed')
      const orphan = 'ab'.repeat(16)
      await mkdir(join(dir, 'blobs', 'ab'), { recursive: true })
      await writeFile(join(dir, 'blobs', 'ab', orphan), 'x')
      const { blobs, told, found } = await readable(dir)
      assert.ok(!blobs.includes(orphan))
      assert.deepEqual(told, [])
      assert.deepEqual(found, keys)
      const again = await openStore({ dataDir: dir })
      must(await again.buckets.get('b'))
      await again.close()
    }))
})
