/** s3fs, as Debian packages it: a bucket mounted as a folder. It needs /dev/fuse and the right to mount. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MiB, noise } from '../lib/bytes.ts'
import { describe, run } from '../lib/command.ts'
import { bucketName, type Check, type Client, runChecks, succeed, type Target } from '../lib/scenario.ts'
import { baseEnv } from '../lib/server.ts'
import { sdkFor } from './s3cmd.ts'

const program = process.env.CONFORMANCE_S3FS ?? '/usr/bin/s3fs'

export const s3fs: Client = {
  name: 's3fs',
  styles: ['path'],
  install: 'apt-get install -y s3fs fuse, on a machine with /dev/fuse',
  async version() {
    if (!existsSync('/dev/fuse')) return undefined
    const result = await run([program, '--version'], { env: baseEnv('/nonexistent') })
    return result.code === 0 ? result.stdout.split('\n')[0] : undefined
  },
  run: (target, report) => runChecks(s3fsChecks(target), `s3fs/${target.style}`, report),
}

function s3fsChecks(target: Target): Check[] {
  return [
    ['files and folders: write, list, rename, remove', () => mounted(target, 'files', files)],
    ['append, truncate, mode, symbolic link', () => mounted(target, 'change', change)],
    ['a file of 30 MiB in parts, read by an SDK', () => mounted(target, 'large', large)],
    ['what an SDK wrote is there', () => mounted(target, 'foreign', foreign)],
    ['a wrong key cannot mount', () => wrongKey(target)],
  ]
}

/** Runs `steps` with a new bucket mounted at `folder`; the folder is unmounted however they end. */
async function mounted(
  target: Target,
  hint: string,
  steps: (folder: string, bucket: string, target: Target) => Promise<void>,
): Promise<void> {
  const bucket = bucketName(hint)
  const client = sdkFor(target)
  await client.createBucket({ Bucket: bucket })
  client.destroy()
  const folder = join(target.dir, bucket)
  await mkdir(folder)
  const options = `url=${target.endpoint},use_path_request_style`
  await succeed([program, bucket, folder, '-o', options], { env: target.env, cwd: target.dir })
  try {
    await mountIsThere(folder)
    await steps(folder, bucket, target)
  } finally {
    const result = await run(['fusermount', '-u', folder], { env: target.env })
    if (result.code !== 0) await run(['fusermount', '-u', '-z', folder], { env: target.env })
  }
}

/** s3fs goes into the background before the folder is mounted. */
async function mountIsThere(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await readFile('/proc/mounts', 'utf8')).includes(` ${folder} `)) return
    await sleep(50)
  }
  throw new Error(`${folder} was not mounted within 5 s`)
}

async function files(folder: string): Promise<void> {
  await writeFile(join(folder, 'a.txt'), 'a')
  await mkdir(join(folder, 'sub'))
  await writeFile(join(folder, 'sub', 'ü b'), 'b')
  assert.deepEqual((await readdir(folder)).sort(), ['a.txt', 'sub'])
  await rename(join(folder, 'sub'), join(folder, 'moved'))
  assert.deepEqual(await readdir(join(folder, 'moved')), ['ü b'])
  assert.equal(await readFile(join(folder, 'moved', 'ü b'), 'utf8'), 'b')
  await rm(join(folder, 'moved'), { recursive: true })
  assert.deepEqual(await readdir(folder), ['a.txt'])
}

async function change(folder: string): Promise<void> {
  const file = join(folder, 'log')
  await writeFile(file, 'one\n')
  await writeFile(file, 'two\n', { flag: 'a' })
  assert.equal(await readFile(file, 'utf8'), 'one\ntwo\n')
  await truncate(file, 3)
  assert.equal(await readFile(file, 'utf8'), 'one')
  await chmod(file, 0o600)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  await symlink('log', join(folder, 'link'))
  assert.equal(await readlink(join(folder, 'link')), 'log')
  assert.equal(await readFile(join(folder, 'link'), 'utf8'), 'one')
}

async function large(folder: string, bucket: string, target: Target): Promise<void> {
  const body = noise(30 * MiB + 3, 31)
  await writeFile(join(folder, 'large'), body)
  const client = sdkFor(target)
  const { Body, ETag } = await client.getObject({ Bucket: bucket, Key: 'large' })
  const bytes = await Body?.transformToByteArray()
  client.destroy()
  assert.match(ETag ?? '', /-\d+"$/)
  const digest = (of: Uint8Array) => createHash('sha256').update(of).digest('hex')
  assert.equal(digest(bytes ?? new Uint8Array()), digest(body))
  assert.equal(digest(await readFile(join(folder, 'large'))), digest(body))
}

async function foreign(folder: string, bucket: string, target: Target): Promise<void> {
  const client = sdkFor(target)
  await client.putObject({ Bucket: bucket, Key: 'deep/er/file', Body: 'by an SDK' })
  client.destroy()
  assert.equal(await readFile(join(folder, 'deep', 'er', 'file'), 'utf8'), 'by an SDK')
}

async function wrongKey(target: Target): Promise<void> {
  const folder = join(target.dir, 'refused')
  await mkdir(folder)
  const env = { ...target.env, AWS_SECRET_ACCESS_KEY: 'not-the-secret' }
  const options = `url=${target.endpoint},use_path_request_style`
  const result = await run([program, 'any-bucket', folder, '-o', options, '-f'], { env, timeoutMs: 20_000 })
  assert.match(result.stdout + result.stderr, /invalid credentials/, describe(result))
}
