/** `sandbucket check`: whatever is damaged, it is told, nothing else is lost, and what is left can be served again. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { describe, it } from 'node:test'
import type { CheckReport } from '../../src/store/check.ts'
import { checkDataDir } from '../../src/store/check.ts'
import { blockBytes } from '../../src/store/block-tags.ts'
import { openDiskDatabase } from '../../src/store/disk-database.ts'
import { openWithParts } from '../../src/store/open.ts'
import { StoreError } from '../../src/store/store-error.ts'
import type { Store } from '../../src/store/store.ts'
import { verifyStore } from '../../src/store/verify.ts'
import {
  blobIds,
  bytesOf,
  copy,
  makeBucket,
  must,
  pattern,
  put,
  randomNumbers,
  stage,
  temporaryDir,
  upload,
  draft,
} from './support.ts'

async function inDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await temporaryDir()
  await work(dir).finally(() => rm(dir, { recursive: true, force: true }))
}

const user = (UserName: string) => ({
  UserName,
  UserId: `AIDA${UserName}`,
  Path: '/',
  createdMs: 1,
  inline: {},
  attached: [],
  groups: [],
  accessKeys: [{ AccessKeyId: `AKIA${UserName}`, SecretAccessKey: 'secret', Status: 'Active' as const, createdMs: 1 }],
})

const sizes = [1, 500, 3_000, 20_000, 40_000, 600_000]
const bytesOfKey = (key: string): Buffer =>
  pattern(sizes[Number(key.slice(1)) % sizes.length] as number, Number(key.slice(1)))
const keys = Array.from({ length: 24 }, (_, n) => `k${n}`)

/** One of everything. */
async function fill(store: Store): Promise<void> {
  const bucket = await makeBucket(store, 'photos')
  for (const key of keys) await put(store, bucket, key, bytesOfKey(key))
  for (const key of ['k0', 'k3', 'k4'])
    await copy(store, bucket, must(await store.objects.latest(bucket, key)), `copy-${key}`)
  const versions = await makeBucket(store, 'versions', { versioning: 'Enabled' })
  for (const n of [1, 2, 3]) await put(store, versions, 'v', pattern(3_000, n))
  const begun = upload('parts', 'u1')
  await store.uploads.create(bucket, begun)
  for (const PartNumber of [1, 2]) {
    const bytes = pattern(50_000, PartNumber)
    must(
      await store.uploads.putPart(bucket, begun, await stage(store, bytes), {
        PartNumber,
        Size: 50_000,
        ETag: 'e',
        lastModifiedMs: 1,
      }),
    )
  }
  const parts = await store.uploads.parts(begun, { limit: 2 })
  must(await store.uploads.complete(bucket, begun, parts, () => draft(must(parts[0]).body)))
  await store.uploads.create(bucket, upload('unfinished', 'u2'))
  await store.iam.change('000000000000', (account) => account.put('user', user('alice')))
  await store.iam.secret('session')
}

/** A directory that was closed and opened again, so that it has tables; and, killed, a journal. */
async function makeDir(dir: string, isKilled: boolean): Promise<void> {
  const first = await openWithParts({ dataDir: dir })
  await fill(first.store)
  await first.store.close()
  const second = await openWithParts({ dataDir: dir })
  const bucket = must(await second.store.buckets.get('photos'))
  for (const key of ['k20', 'k21', 'k22']) await put(second.store, bucket, key, bytesOfKey(key))
  await second.swept
  if (isKilled) await cp(dir, `${dir}-killed`, { recursive: true, preserveTimestamps: true })
  await second.store.close()
  if (!isKilled) return
  await rm(dir, { recursive: true })
  await cp(`${dir}-killed`, dir, { recursive: true, preserveTimestamps: true })
  await rm(`${dir}-killed`, { recursive: true })
}

/** What can be served: names of objects whose bytes are right. No wrong byte may ever come. */
async function served(dir: string): Promise<{ names: Set<string>; damage: readonly string[]; refused?: StoreError }> {
  const names = new Set<string>()
  let opened: Awaited<ReturnType<typeof openWithParts>>
  try {
    opened = await openWithParts({ dataDir: dir })
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error))
    return { names, damage: [error.message], refused: error }
  }
  const { store } = opened
  await opened.swept
  const readAs = async (name: string, expected: Buffer, bucketName: string, key: string, versionId?: string) => {
    try {
      const bucket = await store.buckets.get(bucketName)
      if (bucket === undefined) return
      const record = await (versionId === undefined
        ? store.objects.latest(bucket, key)
        : store.objects.version(bucket, key, versionId))
      if (record === undefined) return
      const content = await store.bodies.read(record.body, 0, record.sizeBytes)
      if (content === undefined) return
      assert.ok((await bytesOf(content)).equals(expected), `wrong bytes: ${name}`)
      names.add(name)
    } catch (error) {
      assert.ok(error instanceof StoreError, `${name}: ${error}`)
    }
  }
  for (const key of keys) await readAs(key, bytesOfKey(key), 'photos', key)
  for (const key of ['k0', 'k3', 'k4']) await readAs(`copy-${key}`, bytesOfKey(key), 'photos', `copy-${key}`)
  await readAs('parts', Buffer.concat([pattern(50_000, 1), pattern(50_000, 2)]), 'photos', 'parts')
  const { damage } = opened
  await store.close()
  return { names, damage }
}

const total = keys.length + 4

async function filesOf(dir: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(dir, { recursive: true, encoding: 'utf8' })) {
    const stats = await stat(join(dir, name))
    if (stats.isFile() && stats.size > 0) found.push(join(dir, name))
  }
  return found.sort()
}

/** What nobody needs: LevelDB's reports, the lock, what is noted for people. */
const saysNothing = (file: string): boolean => /^(LOG|LOG\.old|LOCK)$/.test(basename(file))

const isFound = ({ damage, mended, leftOver }: CheckReport): boolean => damage.length + mended.length + leftOver > 0

describe('a check of what is whole', () => {
  for (const isKilled of [false, true]) {
    it(`finds nothing ${isKilled ? 'after a crash' : 'after a stop'}, and changes nothing`, () =>
      inDir(async (root) => {
        const dir = join(root, 'data')
        await makeDir(dir, isKilled)
        for (const repair of [false, true, false]) {
          const progress: string[] = []
          const onProgress = (doing: string) => void progress.push(doing)
          const report = await checkDataDir({ dataDir: dir, repair, onProgress })
          assert.deepEqual([report.damage, report.mended, report.unverified], [[], [], 0])
          assert.ok(report.rows > 60)
          assert.ok(report.bytes > 2_500_000)
          assert.ok(progress.includes('bodies'))
        }
        const { names, damage } = await served(dir)
        assert.equal(names.size, total)
        assert.deepEqual(damage, [])
      }))
  }

  it('is refused while a server has it open, and where there is none', () =>
    inDir(async (root) => {
      const dir = join(root, 'data')
      await assert.rejects(checkDataDir({ dataDir: dir, repair: true }), /There is no data directory/)
      const refused = checkDataDir({ dataDir: root, repair: true })
      await assert.rejects(refused, { message: new RegExp(`^${root} is not a data directory of Sandbucket: nothing`) })
      const opened = await openWithParts({ dataDir: dir })
      for (const repair of [false, true]) {
        await assert.rejects(
          checkDataDir({ dataDir: dir, repair }),
          (error) => error instanceof StoreError && error.code === 'LOCKED',
        )
      }
      await opened.store.close()
    }))
})

describe('damage anywhere', () => {
  for (const isKilled of [false, true]) {
    it(
      `${isKilled ? 'after a crash' : 'after a stop'} never crashes, costs nothing else, is told, and is mended`,
      { timeout: 280_000 },
      () =>
        inDir(async (root) => {
          const whole = join(root, 'whole')
          await makeDir(whole, isKilled)
          const random = randomNumbers(isKilled ? 11 : 12)
          const all = (await filesOf(whole)).map((file) => relative(whole, file))
          const kinds = ['db/', 'journal/', 'blobs/', ''] as const
          for (let round = 0; round < 18; round++) {
            const dir = join(root, `round-${round}`)
            await cp(whole, dir, { recursive: true, preserveTimestamps: true })
            const kind = kinds[round % kinds.length] as string
            const files = all.filter(
              (name) => (kind === '' ? !name.includes('/') : name.startsWith(kind)) && !saysNothing(name),
            )
            if (files.length === 0) continue
            const name = files[random(files.length)] as string
            const file = join(dir, name)
            const { size } = await stat(file)
            const how = round % 9 === 7 ? 'removed' : round % 9 === 8 ? 'cut' : 'flipped'
            const at = random(size)
            if (how === 'removed') await rm(file)
            else if (how === 'cut') await truncate(file, at)
            else {
              const bytes = await readFile(file)
              bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at)
              await writeFile(file, bytes)
            }
            const what = `round ${round}: ${name} ${how} at ${at} of ${size}`
            const copied = `${dir}-checked`
            await cp(dir, copied, { recursive: true, preserveTimestamps: true })
            // A start.
            const started = await served(dir)
            // A check, and a repair, of the same damage.
            const report = await checkDataDir({ dataDir: copied, repair: false }).catch(mustBeOurs(what))
            const repaired = await checkDataDir({ dataDir: copied, repair: true }).catch(mustBeOurs(what))
            const after = await served(copied)
            // The keys, and what tells whether they are the right ones.
            const isKey = name === 'keys.json' || name === 'format.json'
            if (isKey) {
              assert.ok(after.names.size === total || after.refused !== undefined, what)
            } else {
              // The bucket's own row may be what is lost: then its objects are in another bucket.
              const least = name.startsWith('blobs/') ? total - 3 : name.startsWith('db/') ? 0 : total - 3
              assert.ok(after.names.size >= least, `${what}: ${after.names.size} of ${total} left`)
              for (const kept of started.names) assert.ok(after.names.has(kept), `${what}: the repair lost ${kept}`)
            }
            // What is torn at the end of a journal is as a crash leaves it; texts for people may say anything.
            const isSilent =
              (name.startsWith('journal/') && how === 'cut') || name === 'state.json' || name === 'format.json'
            const isWhole = after.names.size === total
            if (!isSilent && !(isKey && isWhole)) {
              assert.ok(report === undefined || isFound(report), `${what}: not told`)
              assert.ok(repaired === undefined || isFound(repaired), `${what}: not told by the repair`)
            }
            if (after.refused === undefined && repaired !== undefined) {
              const again = await checkDataDir({ dataDir: copied, repair: false })
              assert.deepEqual(again.mended, [], what)
            }
            await rm(dir, { recursive: true })
            await rm(copied, { recursive: true })
          }
        }),
    )
  }
})

const mustBeOurs = (what: string) => (error: unknown) => {
  assert.ok(error instanceof StoreError, `${what}: ${error}`)
  return undefined
}

describe('a repair', () => {
  it('makes a database anew that has lost CURRENT, manifest or a table', { timeout: 120_000 }, () =>
    inDir(async (root) => {
      const whole = join(root, 'whole')
      await makeDir(whole, false)
      for (const name of await readdir(join(whole, 'db'))) {
        if (!/^(CURRENT|MANIFEST-.*|.*\.ldb)$/.test(name)) continue
        const dir = join(root, name)
        await cp(whole, dir, { recursive: true })
        await rm(join(dir, 'db', name))
        const refused = await checkDataDir({ dataDir: dir, repair: false })
        assert.match(refused.damage.join(), /missing/)
        const { mended } = await checkDataDir({ dataDir: dir, repair: true })
        assert.match(mended.join(), /made anew/)
        const { names, refused: stopped } = await served(dir)
        assert.equal(stopped, undefined)
        if (!name.endsWith('.ldb')) {
          assert.equal(names.size, total, name)
          const opened = await openWithParts({ dataDir: dir })
          assert.deepEqual(opened.damage, [])
          assert.deepEqual(await verifyStore(opened.kv, await blobIds(opened, dir)), [])
          await opened.store.close()
          assert.deepEqual((await checkDataDir({ dataDir: dir, repair: false })).damage, [])
        }
        assert.ok((await readdir(join(dir, 'damaged'))).some((kept) => kept.startsWith('db-')))
      }
    }),
  )

  it('puts right what follows from other rows, and says what is lost by bucket, key and version', () =>
    inDir(async (dir) => {
      await makeDir(dir, false)
      const database = await openDiskDatabase(join(dir, 'db'))
      const rows: [Buffer, Buffer][] = []
      const iterator = database.iterator({
        gte: Buffer.of(0),
        lt: Buffer.of(255),
        reverse: false,
        highWaterMarkBytes: 1e7,
      })
      for (let page = await iterator.nextv(500); page.length > 0; page = await iterator.nextv(500)) rows.push(...page)
      await iterator.close()
      const find = (space: string, text: string) =>
        must(rows.find(([key]) => key[0] === space.charCodeAt(0) && key.includes(text)))
      const batch = database.batch()
      const newest = find('o', '\0v')
      // The newest version of versions/v, a bucket, an index, a count, a key's owner, a secret, the row of a file, an inline body.
      batch.put(newest[0], Buffer.from('Ogarbage'))
      batch.del(find('b', 'photos')[0])
      batch.put(find('I', 'AKIAalice')[0], Buffer.from('{'))
      batch.del(must(rows.find(([key]) => key[0] === 0x72))[0])
      batch.put(find('s', 'session')[0], Buffer.from('x'))
      const file = must(rows.find(([key, value]) => key[0] === 0x64 && value.length === 8))
      batch.del(file[0])
      const inline = must(rows.find(([key, value]) => key[0] === 0x64 && value.length === 20_004))
      batch.put(inline[0], Buffer.concat([inline[1].subarray(0, 20_000), Buffer.alloc(4)]))
      batch.del(must(rows.find(([key]) => key[0] === 0x78))[0])
      await batch.write({ sync: true })
      await database.close()
      await rm(join(dir, 'state.json'))
      const told = await checkDataDir({ dataDir: dir, repair: false })
      const report = await checkDataDir({ dataDir: dir, repair: true })
      const damage = report.damage.join('\n')
      assert.deepEqual([...told.damage].sort(), [...report.damage].sort())
      assert.match(damage, /^the newest version of versions\/v cannot be read$/m)
      assert.match(damage, /^the owner of the key AKIAalice cannot be read$/m)
      assert.match(damage, /^the secret "session" of this server cannot be read$/m)
      assert.match(damage, /k(3|9|15|21): its bytes are damaged$/m)
      const mended = report.mended.join('\n')
      assert.match(mended, /a bucket whose name and settings are lost: its objects are in the bucket recovered-/)
      assert.match(mended, /versions\/v \(version .*\): the version after it is lost; it becomes the newest/)
      assert.match(mended, /the row of its file was lost/)
      assert.match(mended, /references to its bytes were counted as/)
      assert.match(mended, /could not be found by its id/)
      const opened = await openWithParts({ dataDir: dir })
      const { store } = opened
      assert.deepEqual(opened.damage, [])
      const versions = must(await store.buckets.get('versions'))
      const left = await store.objects.listVersions(versions, { limit: 10 })
      assert.equal(left.entries.length, 2)
      const name = /recovered-\w+/.exec(mended)?.[0] ?? ''
      const recovered = must(await store.buckets.get(name))
      const page = await store.objects.list(recovered, { limit: 100 })
      assert.equal(page.entries.length, total)
      const large = must(await store.objects.latest(recovered, 'k5'))
      assert.ok((await bytesOf(await store.bodies.read(large.body, 0, large.sizeBytes))).equals(bytesOfKey('k5')))
      assert.equal((await store.iam.secret('session')).length, 32)
      await store.close()
      assert.ok((await readFile(join(dir, 'damaged', 'rows.jsonl'), 'utf8')).split('\n').length > 3)
      // What is lost stays lost; nothing is left to be mended.
      const again = await checkDataDir({ dataDir: dir, repair: false })
      assert.deepEqual(again.mended, [])
      // One body, which a copy may share.
      assert.ok(again.damage.length === 1 || again.damage.length === 2)
      for (const what of again.damage) assert.match(what, /its bytes are damaged$/)
    }))

  it('writes format.json again, and sets files aside that nothing names', () =>
    inDir(async (dir) => {
      await makeDir(dir, false)
      await writeFile(join(dir, 'format.json'), '{"vers')
      const orphan = 'ab'.repeat(16)
      const [folder] = (await readdir(join(dir, 'blobs'))).sort()
      await writeFile(join(dir, 'blobs', folder as string, `${folder}${orphan.slice(2)}`), 'x')
      assert.match((await checkDataDir({ dataDir: dir, repair: false })).damage.join(), /format\.json/)
      const report = await checkDataDir({ dataDir: dir, repair: true })
      assert.deepEqual(report.damage, [])
      assert.deepEqual(report.mended, ['format.json was written again'])
      assert.equal(report.leftOver, 1)
      assert.deepEqual(await readdir(join(dir, 'damaged', 'bodies')), [`${folder}${orphan.slice(2)}`])
      assert.equal((await served(dir)).names.size, total)
    }))
})

describe('the command', () => {
  it('says it in lines and in JSON, with its own exit code', () =>
    inDir(async (root) => {
      const dir = join(root, 'data')
      await makeDir(dir, false)
      const main = new URL(`../../src/main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url).pathname
      const loader = process.execArgv.filter((argument) => !argument.startsWith('--test'))
      const run = (...argv: string[]) => {
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          [...loader, main, 'check', '--data', dir, ...argv],
          { cwd: root },
        )
        return { status, out: stdout.toString(), err: stderr.toString() }
      }
      const fine = run()
      assert.deepEqual([fine.status, fine.err], [0, ''])
      assert.match(fine.out, /^Checked 2 buckets, 29 objects \(\d+ records, \d+\.\d MiB\) in .*\nAll is well\.\n$/)
      const opened = await openWithParts({ dataDir: dir })
      const locked = run()
      assert.equal(locked.status, 4)
      assert.match(locked.err, /Stop it first/)
      const bucket = must(await opened.store.buckets.get('photos'))
      const { body } = must(await opened.store.objects.latest(bucket, 'k5'))
      await opened.store.close()
      await rm(join(dir, 'blobs', body.id.slice(0, 2), body.id))
      const lost = run()
      assert.equal(lost.status, 5)
      assert.match(lost.out, /^damaged: photos\/k5: its file is missing$/m)
      assert.match(lost.out, /^This cannot be mended: upload photos\/k5 again, or delete it\.$/m)
      assert.doesNotMatch(lost.out, /--repair/)
      const repaired = run('--repair')
      assert.equal(repaired.status, 5)
      assert.match(repaired.out, /^Nothing could be mended\. Upload what is named above again, or delete it\.$/m)
      assert.doesNotMatch(repaired.out, /whole again/)
      assert.equal(run().out, lost.out)
      const json = run('--json', '--repair')
      assert.equal(json.status, 5)
      assert.deepEqual(JSON.parse(json.out).damage, ['photos/k5: its file is missing'])
      assert.equal(run('--endpoint', 'http://x').status, 2)
      // With something beside it that can be mended.
      await rm(join(dir, 'format.json'))
      assert.match(run().out, /^Nothing was changed\. To mend what can be: sandbucket check --repair --data /m)
      const mended = run('--repair')
      assert.match(mended.out, /^mended: format\.json was written again$/m)
      assert.match(mended.out, /^What can be read is whole again\./m)
      await rm(join(dir, 'keys.json'))
      const keyless = run()
      assert.match(keyless.out, /^damaged: keys\.json is missing/)
      assert.match(keyless.out, /\nNothing was changed\. A repair cannot mend this\.\n$/)
      assert.match(run('--repair').out, /\nNothing could be mended\.\n$/)
    }))

  it('names the blocks of a body that are damaged', () =>
    inDir(async (dir) => {
      const opened = await openWithParts({ dataDir: dir })
      const bucket = await makeBucket(opened.store, 'photos')
      const { body } = await put(opened.store, bucket, 'big', pattern(3 * blockBytes + 7, 1))
      await opened.store.close()
      const file = join(dir, 'blobs', body.id.slice(0, 2), body.id)
      const damage = async (at: number) => {
        const bytes = await readFile(file)
        bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
        await writeFile(file, bytes)
        return checkDataDir({ dataDir: dir, repair: false })
      }
      const one = await damage(blockBytes + 3)
      assert.deepEqual(one.damage, [`photos/big: 1 of 4 blocks is damaged, at byte ${blockBytes}`])
      assert.deepEqual([one.lost, one.isMendable, one.buckets, one.objects], [['photos/big'], false, 1, 1])
      const two = await damage(0)
      assert.deepEqual(two.damage, ['photos/big: 2 of 4 blocks are damaged, the first one at byte 0'])
    }))
})
