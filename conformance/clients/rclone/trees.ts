/** rclone on folders: copy, check, sync, parts, clearing up. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { S3 } from '@aws-sdk/client-s3'
import { MiB, noise } from '../../lib/bytes.ts'
import type { Check } from '../../lib/scenario.ts'
import type { Rclone } from '../rclone.ts'

export function treeChecks(s3: Rclone): Check[] {
  return [
    ['copy up in parts, check, copy down', () => parts(s3)],
    ['sync carries over what changed and removes what is gone', () => sync(s3)],
    ['size, delete with a filter, purge', () => clear(s3)],
    ['cleanup of unfinished uploads', () => cleanup(s3)],
  ]
}

const inParts = ['--s3-upload-cutoff', '5Mi', '--s3-chunk-size', '5Mi']

async function parts(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('parts')
  const body = noise(12 * MiB + 17, 3)
  await s3.file('up/deep/er/large', body)
  await s3.file('up/empty', '')
  await s3.file('up/ü b.txt', 'image')
  await s3.ok('copy', 'up', `${bucket}/tree`, ...inParts)
  // By the MD5 that rclone keeps as metadata of what it uploads in parts, then byte by byte.
  assert.match((await s3.ok('check', 'up', `${bucket}/tree`)).stderr, /3 matching files/)
  await s3.ok('check', '--download', 'up', `${bucket}/tree`)
  await s3.ok('copy', `${bucket}/tree`, 'down', '--multi-thread-cutoff', '5Mi', '--multi-thread-streams', '3')
  assert.ok(body.equals(await readFile(s3.path('down/deep/er/large'))))
  // A copy on the server, in parts too.
  await s3.ok('copy', `${bucket}/tree/deep`, `${bucket}/copied`, '--s3-copy-cutoff', '5Mi')
  await s3.ok('check', '--download', 'up/deep', `${bucket}/copied`)
}

async function sync(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('sync')
  await s3.file('site/index.html', 'one')
  await s3.file('site/css/main.css', 'body {}')
  await s3.ok('sync', 'site', bucket)
  const again = await s3.ok('sync', '-v', 'site', bucket)
  assert.match(again.stderr, /There was nothing to transfer/)
  await s3.file('site/index.html', 'two!')
  await s3.ok('delete', 'site/css')
  await s3.ok('sync', 'site', bucket)
  assert.equal((await s3.ok('lsf', '-R', bucket)).stdout, 'index.html\n')
  assert.equal((await s3.ok('cat', `${bucket}/index.html`)).stdout, 'two!')
}

async function clear(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('clear')
  for (const name of ['a.txt', 'b.log', 'd/c.log']) await s3.piped('123', 'rcat', `${bucket}/${name}`)
  assert.deepEqual(JSON.parse((await s3.ok('size', '--json', bucket)).stdout), { count: 3, bytes: 9, sizeless: 0 })
  await s3.ok('delete', '--include', '*.log', bucket)
  assert.equal((await s3.ok('lsf', '-R', '--files-only', bucket)).stdout, 'a.txt\n')
  await s3.ok('purge', bucket)
  assert.doesNotMatch((await s3.ok('lsd', 's3:')).stdout, new RegExp(bucket.slice('s3:'.length)))
}

async function cleanup(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('cleanup')
  const uploads = async () => (await s3.ok('backend', 'list-multipart-uploads', bucket)).stdout
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION = 'us-east-1' } = s3.target.env
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }
  const client = new S3({ endpoint: s3.target.server.url, region: AWS_REGION, forcePathStyle: true, credentials })
  // As a client leaves it that was stopped.
  await client.createMultipartUpload({ Bucket: bucket.slice('s3:'.length), Key: 'unfinished' })
  client.destroy()
  assert.match(await uploads(), /"Key": "unfinished"/)
  await s3.ok('backend', 'cleanup', bucket, '-o', 'max-age=1h')
  assert.match(await uploads(), /"Key": "unfinished"/)
  await s3.ok('backend', 'cleanup', bucket, '-o', 'max-age=0s')
  assert.doesNotMatch(await uploads(), /unfinished/)
}
