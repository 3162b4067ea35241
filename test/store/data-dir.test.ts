/** What only a data directory has: its format, its lock, its leftovers, its files. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { explain } from '../../src/store/data-dir.ts'
import { openStore, openWithParts } from '../../src/store/open.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { verifyStore } from '../../src/store/verify.ts'
import {
  blobIds,
  bytesOf,
  collect,
  copy,
  draft,
  makeBucket,
  must,
  pattern,
  put,
  read,
  stage,
  temporaryDir,
  upload,
} from './support.ts'
import { unprivileged } from '../unprivileged.ts'

async function inDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await temporaryDir()
  await work(dir).finally(() => rm(dir, { recursive: true, force: true }))
}

const refusal =
  (code: string, ...texts: (string | RegExp)[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof StoreError, String(error))
    assert.equal(error.code, code, error.message)
    for (const text of texts) assert.ok(error.message.match(text), error.message)
    return true
  }

function fail(): never {
  throw new Error('missing')
}

describe('data directory', () => {
  it('is created with its parents, and what is written survives closing', () =>
    inDir(async (dir) => {
      const dataDir = join(dir, 'a', 'b')
      const first = await openStore({ dataDir })
      const bucket = await makeBucket(first, 'b')
      await put(first, bucket, 'small', 'small')
      await put(first, bucket, 'large', pattern(100_000))
      await first.close()
      const second = await openStore({ dataDir, durable: true })
      const again = must(await second.buckets.get('b'))
      assert.deepEqual(again, bucket)
      assert.equal((await read(second, must(await second.objects.latest(again, 'small')))).toString(), 'small')
      assert.ok((await read(second, must(await second.objects.latest(again, 'large')))).equals(pattern(100_000)))
      await put(second, again, 'durable', pattern(100_000))
      await second.close()
    }))

  it('that another store has open is refused by name, with what to do', () =>
    inDir(async (dir) => {
      const store = await openStore({ dataDir: dir })
      await assert.rejects(openStore({ dataDir: dir }), refusal('LOCKED', dir, /in use/, /--data\b/))
      await store.close()
      await (await openStore({ dataDir: dir })).close()
    }))

  it('of another process is refused as well', () =>
    inDir(async (dir) => {
      const store = await openStore({ dataDir: dir })
      // As it is under tsx, compiled otherwise.
      const open = `../../src/store/open.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`
      const script = `import { openStore } from ${JSON.stringify(new URL(open, import.meta.url).href)}
        openStore({ dataDir: process.argv[1] }).catch((error) => console.log(error.code))`
      const child = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', script, dir])
      assert.equal(child.stdout.toString().trim(), 'LOCKED', child.stderr.toString())
      await store.close()
    }))

  it('of a newer format is refused, and left alone', () =>
    inDir(async (dir) => {
      await (await openStore({ dataDir: dir })).close()
      await writeFile(join(dir, 'format.json'), '{"product":"sandbucket","version":5,"more":true}')
      await assert.rejects(openStore({ dataDir: dir }), refusal('FORMAT', /format 5/, /newer/))
      for (const text of ['', 'null', '{}', '{"version":"1"}', '{"version":0}']) {
        await writeFile(join(dir, 'format.json'), text)
        await assert.rejects(openStore({ dataDir: dir }), refusal('FORMAT', /format\.json/))
      }
      assert.equal(await readFile(join(dir, 'format.json'), 'utf8'), '{"version":0}')
    }))

  it('with a database of somebody else is refused', () =>
    inDir(async (dir) => {
      await mkdir(join(dir, 'db'))
      await assert.rejects(openStore({ dataDir: dir }), refusal('FORMAT', /not Sandbucket's/))
    }))

  it('that is a file is refused', () =>
    inDir(async (dir) => {
      await writeFile(join(dir, 'file'), '')
      await assert.rejects(openStore({ dataDir: join(dir, 'file') }), refusal('IO', /not a directory/))
      await assert.rejects(openStore({ dataDir: join(dir, 'file', 'sub') }), refusal('IO', /not a directory/))
    }))

  it('with files of others in it is refused, some of which are named', () =>
    inDir(async (dir) => {
      for (const [at, name] of ['notes.txt', 'photos', '.git', 'b', 'c', 'd', 'e'].entries()) {
        await writeFile(join(dir, name), '')
        const named = at === 0 ? /"notes\.txt"/ : at === 6 ? /".git".* and 2 more/ : /other files/
        await assert.rejects(openStore({ dataDir: dir }), refusal('FORMAT', dir, named, /--data\b/))
      }
      assert.equal((await readdir(dir)).length, 7)
    }))

  it('of MinIO is refused as such, with the way to go on', () =>
    inDir(async (dir) => {
      await mkdir(join(dir, '.minio.sys'))
      await mkdir(join(dir, 'photos'))
      await assert.rejects(openStore({ dataDir: dir }), refusal('FORMAT', /MinIO/, /--data\b/, /rclone sync/))
      assert.deepEqual((await readdir(dir)).sort(), ['.minio.sys', 'photos'])
    }))

  it('takes what systems and our own server leave in a folder, and once it is ours only notes what it does not know', () =>
    inDir(async (dir) => {
      const left = [
        '.DS_Store',
        '.gitkeep',
        '.gitignore',
        '._x',
        '.nfs000001',
        'Thumbs.db',
        'server.json',
        'format.json.new',
      ]
      for (const name of left) await writeFile(join(dir, name), '')
      await mkdir(join(dir, 'lost+found'))
      await mkdir(join(dir, '.Trash-1000'))
      const notes: string[] = []
      const log = { error: fail, warn: (_: object, text: string) => void notes.push(text) }
      await (await openStore({ dataDir: dir, log })).close()
      await writeFile(join(dir, 'notes.txt'), '')
      notes.length = 0
      await (await openStore({ dataDir: dir, log })).close()
      assert.match(notes.join('\n'), /has other files in it: "notes\.txt"/)
    }))

  it('that cannot be made is refused at once, with the reason', { timeout: 10_000 }, () =>
    inDir(async (dir) => {
      await symlink(join(dir, 'nowhere'), join(dir, 'dangling'))
      await symlink(join(dir, 'circle'), join(dir, 'circle'))
      const broken: [string, RegExp][] = [
        [join(dir, 'dangling'), /is a link to .*nowhere, which does not exist/],
        [join(dir, 'dangling', 'sub'), /is a link to .*nowhere, which does not exist/],
        [join(dir, 'circle'), /circle of links/],
        [join(dir, 'x'.repeat(300)), /too long/],
        [join(dir, 'x/'.repeat(3000)), /too long/],
      ]
      if (process.platform === 'linux') {
        broken.push(
          ['/proc/x', /takes no folders/],
          ['/proc/x/y/z', /takes no folders/],
          ['/dev/null', /not a directory/],
        )
        broken.push(['/proc/self', /other files/])
      }
      for (const [dataDir, reason] of broken) {
        await assert.rejects(openStore({ dataDir }), refusal(reason.source === 'other files' ? 'FORMAT' : 'IO', reason))
      }
    }),
  )

  it('belongs to its owner alone: folders and files that others could read are tightened, with a note', () =>
    inDir(async (dir) => {
      const first = await openStore({ dataDir: dir })
      const bucket = await makeBucket(first, 'b')
      const { body } = await put(first, bucket, 'large', pattern(100_000))
      await first.close()
      const file = join(dir, 'blobs', body.id.slice(0, 2), body.id)
      assert.equal((await stat(file)).mode & 0o777, 0o600)
      for (const path of [dir, join(dir, 'db'), join(dir, 'db', 'CURRENT'), file]) await chmod(path, 0o755)
      const notes: string[] = []
      const log = { error: fail, warn: (_: object, text: string) => void notes.push(text) }
      await (await openStore({ dataDir: dir, log })).close()
      assert.match(notes.join('\n'), /could be read by other users/)
      for (const path of [dir, join(dir, 'db')]) assert.equal((await stat(path)).mode & 0o777, 0o700)
      assert.equal((await stat(file)).mode & 0o077, 0)
      notes.length = 0
      await (await openStore({ dataDir: dir, log })).close()
      // LevelDB's new files follow the umask of the process.
      assert.doesNotMatch(notes.join('\n'), /the data directory .* could be read/)
      // The mode of a link says nothing of the directory it leads to.
      const link = `${dir}-link`
      await symlink(dir, link)
      try {
        await (await openStore({ dataDir: link, log })).close()
      } finally {
        await rm(link)
      }
      assert.doesNotMatch(notes.join('\n'), /the data directory .* could be read/)
    }))

  it('that cannot be written says who and how to mend it', () =>
    inDir(async (dir) => {
      await (await openStore({ dataDir: join(dir, 'good') })).close()
      await chmod(dir, 0o500)
      await unprivileged(() =>
        assert.rejects(openStore({ dataDir: dir }), refusal('PERMISSION', /uid \d+/, /chown -R/)),
      )
      await chmod(dir, 0o700)
    }))

  it('that cannot be used says what to do about it, whether the system or LevelDB found out', () => {
    const system = (code: string) => Object.assign(new Error(`${code}: no`), { code })
    // As classic-level wraps what LevelDB says.
    const level = (text: string) =>
      Object.assign(new Error('Database failed to open', { cause: new Error(`IO error: /d/db/LOCK: ${text}`) }), {
        code: 'LEVEL_DATABASE_NOT_OPEN',
      })
    for (const error of [system('EACCES'), system('EPERM'), level('Permission denied')])
      assert.ok(refusal('PERMISSION', '/d', /uid \d+/, /mkdir -p \/d && chown -R \d+:\d+ \/d$/)(explain(error, '/d')))
    for (const error of [system('EROFS'), level('Read-only file system')])
      assert.ok(refusal('PERMISSION', /read-only/, /--data\b/)(explain(error, '/d')))
    for (const error of [system('ENOSPC'), level('No space left on device')])
      assert.ok(refusal('NO_SPACE', '/d', /the disk is full/)(explain(error, '/d')))
  })

  it('with a broken database says so', () =>
    inDir(async (dir) => {
      await (await openStore({ dataDir: dir })).close()
      await writeFile(join(dir, 'db', 'CURRENT'), 'MANIFEST-999999\n')
      await assert.rejects(openStore({ dataDir: dir }), (error) => error instanceof StoreError)
    }))
})

describe('leftovers', () => {
  it('of a crash are swept after the start, and nothing else is', () =>
    inDir(async (dir) => {
      const first = await openStore({ dataDir: dir })
      const bucket = await makeBucket(first, 'b')
      const record = await put(first, bucket, 'k', pattern(100_000))
      await first.close()
      const orphan = 'ab'.repeat(16)
      await mkdir(join(dir, 'blobs', 'ab'), { recursive: true })
      await writeFile(join(dir, 'blobs', 'ab', orphan), 'x')
      await writeFile(join(dir, 'tmp', `${'0'.repeat(32)}-${orphan}`), 'x')
      await writeFile(join(dir, 'blobs', '.DS_Store'), '')
      const opened = await openWithParts({ dataDir: dir })
      // Bodies of this run, at every stage.
      const writer = opened.store.bodies.writer()
      await writer.write(pattern(100_000))
      const staged = await stage(opened.store, pattern(50_000))
      const second = await put(opened.store, bucket, 'k2', pattern(60_000))
      await opened.swept
      await rm(join(dir, 'blobs', '.DS_Store'))
      assert.deepEqual(await blobIds(opened, dir), [record.body.id, staged.ref.id, second.body.id].sort())
      assert.equal((await readdir(join(dir, 'tmp'))).length, 1)
      await (await writer.finish()).discard()
      await staged.discard()
      assert.deepEqual(await verifyStore(opened.kv, await blobIds(opened, dir)), [])
      await opened.store.close()
    }))

  it('of more deletions than are kept in memory are all cleared away', () =>
    inDir(async (dir) => {
      const opened = await openWithParts({ dataDir: dir })
      const bucket = await makeBucket(opened.store, 'b')
      const keys = Array.from({ length: 200 }, (_, n) => `k${n}`)
      for (const key of keys) await put(opened.store, bucket, key, pattern(33_000))
      await Promise.all(keys.map((key) => opened.store.objects.delete(bucket, key, 1)))
      await opened.collector.idle()
      assert.deepEqual(await blobIds(opened, dir), [])
      assert.deepEqual(await verifyStore(opened.kv, []), [])
      await opened.store.close()
    }))

  it('of deletions cut short by closing are taken up at the next start', () =>
    inDir(async (dir) => {
      const first = await openWithParts({ dataDir: dir })
      const bucket = await makeBucket(first.store, 'b')
      const source = await put(first.store, bucket, 'k', pattern(100_000))
      must(await copy(first.store, bucket, source, 'copy'))
      for (let i = 0; i < 1000; i++) await put(first.store, bucket, `k${i}`, 'x')
      const reader = await first.store.bodies.read(source.body, 0, 100_000)
      assert.ok(reader !== undefined)
      await first.store.reset()
      await first.store.close()
      const second = await openWithParts({ dataDir: dir })
      await second.swept
      await second.collector.idle()
      assert.deepEqual(await verifyStore(second.kv, await blobIds(second, dir)), [])
      assert.deepEqual(await blobIds(second, dir), [])
      await second.store.close()
    }))
})

describe('files', () => {
  it('a body whose file has vanished or shrunk is an error of the read, never of the process', () =>
    inDir(async (dir) => {
      const opened = await openWithParts({ dataDir: dir })
      const { store } = opened
      const bucket = await makeBucket(store, 'b')
      const path = (id: string) => join(dir, 'blobs', id.slice(0, 2), id)
      for (const size of [100_000, 2_000_000]) {
        const { body } = await put(store, bucket, 'k', pattern(size))
        const half = must(await store.bodies.read(body, 0, size))
        await truncate(path(body.id), size / 2)
        if (half instanceof Readable) await assert.rejects(collect(half), refusal('CORRUPT'))
        await assert.rejects(async () => bytesOf(await store.bodies.read(body, 0, size)), StoreError)
        await rm(path(body.id))
        await assert.rejects(async () => store.bodies.read(body, 0, size), refusal('CORRUPT'))
      }
      // The second part of two is missing: the stream has begun by then.
      const begun = upload('joined', 'u1')
      await store.uploads.create(bucket, begun)
      for (const PartNumber of [1, 2]) {
        const part = { PartNumber, Size: 600_000, ETag: 'e', lastModifiedMs: 1 }
        must(await store.uploads.putPart(bucket, begun, await stage(store, pattern(600_000)), part))
      }
      const parts = await store.uploads.parts(begun, { limit: 2 })
      const joined = must(await store.uploads.complete(bucket, begun, parts, () => draft(parts[0]?.body ?? fail())))
      await rm(path(parts[1]?.body.id ?? ''))
      const stream = await store.bodies.read(joined.body, 0, joined.sizeBytes)
      assert.ok(stream instanceof Readable)
      await assert.rejects(collect(stream), refusal('CORRUPT', /missing/))
      await store.close()
    }))

  it('a disk that refuses a write fails that body alone', () =>
    inDir(async (dir) => {
      const opened = await openWithParts({ dataDir: dir })
      const { store } = opened
      const bucket = await makeBucket(store, 'b')
      await rm(join(dir, 'tmp'), { recursive: true })
      const writer = store.bodies.writer()
      const bytes = pattern(2_000_000)
      await assert.rejects(async () => {
        for (let at = 0; at < bytes.length; at += 65536) await writer.write(bytes.subarray(at, at + 65536))
        await writer.finish()
      }, refusal('IO'))
      await writer.abort()
      await mkdir(join(dir, 'tmp'))
      const staged = await stage(store, bytes)
      must(await store.objects.put(bucket, 'k', staged, () => draft(staged.ref)))
      assert.deepEqual(await verifyStore(opened.kv, await blobIds(opened, dir)), [])
      await store.close()
    }))

  it('an aborted upload leaves no file, however far it was', () =>
    inDir(async (dir) => {
      const store = await openStore({ dataDir: dir })
      for (const size of [40_000, 600_000, 3_000_000]) {
        const writer = store.bodies.writer()
        for (let at = 0; at < size; at += 50_000) void writer.write(pattern(50_000))
        await writer.abort()
      }
      assert.deepEqual(await readdir(join(dir, 'tmp')), [])
      await store.close()
    }))
})
