/** s3cmd sync, as backups and introductions to S3 use it. */
import assert from 'node:assert/strict'
import { readdir, readFile, rm } from 'node:fs/promises'
import type { Check } from '../../lib/scenario.ts'
import type { S3cmd } from '../s3cmd.ts'

export function syncChecks(s3: S3cmd): Check[] {
  return [
    ['sync -r --skip-existing . s3://bucket/', () => skipExisting(s3)],
    ['sync up: what changed, --delete-removed', () => up(s3)],
    ['sync down and between buckets', () => down(s3)],
  ]
}

async function tree(s3: S3cmd, name: string): Promise<string> {
  await s3.file(`${name}/index.html`, 'one')
  await s3.file(`${name}/css/main.css`, 'body {}')
  await s3.file(`${name}/img/ü b.txt`, 'image')
  return s3.path(name)
}

const uploads = (text: string) => text.split('\n').filter((line) => line.startsWith('upload:')).length

async function skipExisting(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('backup')
  const folder = await tree(s3, 'backup')
  const command = ['sync', '-r', '--skip-existing', '.', `s3://${bucket}/`]
  assert.equal(uploads((await s3.okIn(folder, ...command)).stdout), 3)
  await s3.file('backup/index.html', 'changed, but there already')
  await s3.file('backup/new', 'new')
  assert.equal(uploads((await s3.okIn(folder, ...command)).stdout), 1)
  assert.equal((await s3.ok('get', '--quiet', `s3://${bucket}/index.html`, '-')).stdout, 'one')
}

async function up(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('up')
  const folder = await tree(s3, 'up')
  const command = ['sync', `${folder}/`, `s3://${bucket}/site/`]
  assert.equal(uploads((await s3.ok(...command)).stdout), 3)
  assert.equal(uploads((await s3.ok(...command)).stdout), 0)
  await s3.file('up/index.html', 'two')
  assert.equal(uploads((await s3.ok(...command)).stdout), 1)
  await rm(s3.path('up', 'css'), { recursive: true })
  assert.match(
    (await s3.ok(...command, '--delete-removed')).stdout,
    new RegExp(`delete: 's3://${bucket}/site/css/main.css'`),
  )
  const listed = (await s3.ok('ls', '--recursive', `s3://${bucket}`)).stdout
  assert.equal(listed.trimEnd().split('\n').length, 2, listed)
}

async function down(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucketWithAcls('down')
  const other = await s3.bucketWithAcls('mirror')
  await s3.ok('sync', `${await tree(s3, 'down')}/`, `s3://${bucket}/`)
  await s3.file('copy/stale', 'stale')
  await s3.ok('sync', '--delete-removed', `s3://${bucket}/`, `${s3.path('copy')}/`)
  assert.deepEqual((await readdir(s3.path('copy'))).sort(), ['css', 'img', 'index.html'])
  assert.equal(await readFile(s3.path('copy', 'img', 'ü b.txt'), 'utf8'), 'image')
  await s3.ok('sync', `s3://${bucket}/`, `s3://${other}/`)
  assert.equal((await s3.ok('ls', '--recursive', `s3://${other}`)).stdout.trimEnd().split('\n').length, 3)
}
