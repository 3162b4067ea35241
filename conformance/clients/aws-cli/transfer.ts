/** `aws s3`: the commands that people type. */
import assert from 'node:assert/strict'
import { readdir, readFile, rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { etag, MiB, noise } from '../../lib/bytes.ts'
import { fetchRaw } from '../../lib/http.ts'
import { bucketName, type Check } from '../../lib/scenario.ts'
import type { Aws } from './client.ts'

export function transferChecks(aws: Aws): Check[] {
  return [
    ['mb, ls, rb', () => makeAndRemove(aws)],
    ['cp up and down, with type and metadata', () => copySmall(aws)],
    ['cp of 20 MB goes in parts and comes back the same', () => copyLarge(aws)],
    ['cp from standard input and to standard output', () => copyStreams(aws)],
    ['cp --recursive of 60 files with --exclude and --include', () => copyTree(aws)],
    ['cp between buckets, small and in parts', () => copyBetween(aws)],
    ['sync up: all, nothing, what changed, --delete', () => syncUp(aws)],
    ['sync down and between buckets with --delete', () => syncDown(aws)],
    ['mv up, within, down', () => move(aws)],
    ['rm of one key and --recursive', () => remove(aws)],
    ['presign, fetched without credentials', () => presign(aws)],
    ['presign --expires-in: late and altered URLs are refused', () => presignRefused(aws)],
  ]
}

async function makeAndRemove(aws: Aws): Promise<void> {
  const bucket = bucketName('make')
  const made = await aws.ok('s3', 'mb', `s3://${bucket}`)
  assert.equal(made.stdout.trim(), `make_bucket: ${bucket}`)
  assert.match(
    (await aws.ok('s3', 'ls')).stdout,
    new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d ${bucket}$`, 'm'),
  )
  await aws.ok('s3', 'cp', await aws.file('x', 'x'), `s3://${bucket}/x`)
  await aws.refused(/BucketNotEmpty.*The bucket you tried to delete is not empty/s, 's3', 'rb', `s3://${bucket}`)
  await aws.ok('s3', 'rb', '--force', `s3://${bucket}`)
  assert.doesNotMatch((await aws.ok('s3', 'ls')).stdout, new RegExp(bucket))
}

async function copySmall(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('small')
  const text = '<h1>hello</h1>'
  const page = await aws.file('page.html', text)
  await aws.ok('s3', 'cp', page, `s3://${bucket}/`, '--metadata', 'colour=blue,Size=XL', '--cache-control', 'no-cache')
  const fields = '[ContentType, ContentLength, CacheControl, Metadata, ETag]'
  const head = await aws.query(fields, 's3api', 'head-object', '--bucket', bucket, '--key', 'page.html')
  // Metadata names come back in lower case, as HTTP headers do.
  assert.deepEqual(head, ['text/html', 14, 'no-cache', { colour: 'blue', size: 'XL' }, etag(text)])
  await aws.ok('s3', 'cp', `s3://${bucket}/page.html`, aws.path('down.html'))
  assert.equal(await readFile(aws.path('down.html'), 'utf8'), text)
  await aws.ok('s3', 'cp', await aws.file('empty', ''), `s3://${bucket}/empty`)
  await aws.ok('s3', 'cp', `s3://${bucket}/empty`, aws.path('empty.down'))
  assert.equal((await readFile(aws.path('empty.down'))).length, 0)
}

async function copyLarge(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('large')
  const body = noise(20 * MiB + 1)
  await aws.ok('s3', 'cp', await aws.file('large', body), `s3://${bucket}/large`, '--metadata', 'kind=large')
  const head = await aws.query(
    '[ContentLength, Metadata, ETag]',
    's3api',
    'head-object',
    '--bucket',
    bucket,
    '--key',
    'large',
  )
  assert.ok(Array.isArray(head))
  assert.deepEqual(head.slice(0, 2), [body.length, { kind: 'large' }])
  // Parts of 8 MiB: three of them, and the ETag counts them.
  assert.match(String(head[2]), /^"[0-9a-f]{32}-3"$/)
  await aws.ok('s3', 'cp', `s3://${bucket}/large`, aws.path('large.down'))
  assert.ok(body.equals(await readFile(aws.path('large.down'))))
}

async function copyStreams(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('streams')
  const body = noise(9 * MiB, 7)
  await aws.piped(body, 's3', 'cp', '-', `s3://${bucket}/stream`)
  const { bytes } = await aws.ok('s3', 'cp', `s3://${bucket}/stream`, '-')
  assert.ok(body.equals(bytes))
  await aws.piped('few bytes', 's3', 'cp', '-', `s3://${bucket}/few`)
  assert.equal((await aws.ok('s3', 'cp', `s3://${bucket}/few`, '-')).stdout, 'few bytes')
}

async function copyTree(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('tree')
  for (let at = 0; at < 60; at++) await aws.file(`tree/d${at % 3}/f${at}.${at % 2 ? 'txt' : 'log'}`, `content ${at}`)
  await aws.ok('s3', 'cp', '--recursive', aws.path('tree'), `s3://${bucket}/tree`)
  const listed = await aws.ok('s3', 'ls', '--recursive', '--summarize', `s3://${bucket}/`)
  assert.match(listed.stdout, /Total Objects: 60\n/)
  const some = ['--exclude', '*', '--include', 'd1/*.txt']
  await aws.ok('s3', 'cp', '--recursive', `s3://${bucket}/tree`, aws.path('some'), ...some)
  assert.deepEqual(await readdir(aws.path('some')), ['d1'])
  assert.equal((await readdir(aws.path('some', 'd1'))).length, 10)
  assert.equal(await readFile(aws.path('some', 'd1', 'f1.txt'), 'utf8'), 'content 1')
}

async function copyBetween(aws: Aws): Promise<void> {
  const from = await aws.bucket('from')
  const to = await aws.bucket('to')
  await aws.ok('s3', 'cp', await aws.file('small', 'small'), `s3://${from}/small`, '--metadata', 'a=1')
  await aws.ok('s3', 'cp', `s3://${from}/small`, `s3://${to}/small`)
  assert.deepEqual(await aws.query('Metadata', 's3api', 'head-object', '--bucket', to, '--key', 'small'), { a: '1' })
  const body = noise(12 * MiB, 3)
  await aws.ok('s3', 'cp', await aws.file('big', body), `s3://${from}/big`)
  // Version 2 copies the tags of a large source by itself: that is not of this scenario.
  const properties = aws.major === 2 ? ['--copy-props', 'metadata-directive'] : []
  await aws.ok('s3', 'cp', `s3://${from}/big`, `s3://${to}/big`, ...properties)
  await aws.ok('s3', 'cp', `s3://${to}/big`, aws.path('big.down'))
  assert.ok(body.equals(await readFile(aws.path('big.down'))))
}

async function syncUp(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('sync')
  const to = `s3://${bucket}/site`
  await aws.file('site/index.html', 'one')
  await aws.file('site/css/main.css', 'body {}')
  assert.equal(count((await aws.ok('s3', 'sync', aws.path('site'), to)).stdout, 'upload:'), 2)
  assert.equal((await aws.ok('s3', 'sync', aws.path('site'), to)).stdout.trim(), '')
  await aws.file('site/index.html', 'longer than before')
  assert.equal(count((await aws.ok('s3', 'sync', aws.path('site'), to)).stdout, 'upload:'), 1)
  await rm(aws.path('site', 'css'), { recursive: true })
  const last = await aws.ok('s3', 'sync', aws.path('site'), to, '--delete')
  assert.equal(last.stdout.trim(), `delete: s3://${bucket}/site/css/main.css`)
  assert.deepEqual(await keys(aws, bucket), ['site/index.html'])
}

async function syncDown(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('down')
  const other = await aws.bucket('other')
  for (const name of ['a', 'b/c', 'b/d']) await aws.file(`up/${name}`, name)
  await aws.ok('s3', 'sync', aws.path('up'), `s3://${bucket}`)
  await aws.file('mirror/stale', 'stale')
  await aws.ok('s3', 'sync', `s3://${bucket}`, aws.path('mirror'), '--delete')
  assert.deepEqual((await readdir(aws.path('mirror'))).sort(), ['a', 'b'])
  assert.equal((await aws.ok('s3', 'sync', `s3://${bucket}`, aws.path('mirror'), '--delete')).stdout.trim(), '')
  await aws.ok('s3', 'cp', aws.path('up', 'a'), `s3://${other}/stale`)
  await aws.ok('s3', 'sync', `s3://${bucket}`, `s3://${other}`, '--delete')
  assert.deepEqual(await keys(aws, other), ['a', 'b/c', 'b/d'])
}

async function move(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('move')
  await aws.ok('s3', 'mv', await aws.file('moved', 'moved'), `s3://${bucket}/first`)
  await aws.ok('s3', 'mv', `s3://${bucket}/first`, `s3://${bucket}/dir/second`)
  assert.deepEqual(await keys(aws, bucket), ['dir/second'])
  await aws.ok('s3', 'mv', `s3://${bucket}/dir/second`, aws.path('moved'))
  assert.equal(await readFile(aws.path('moved'), 'utf8'), 'moved')
  assert.equal(await keys(aws, bucket), null)
}

async function remove(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('remove')
  for (const name of ['a', 'd/b', 'd/c', 'e']) await aws.file(`rm/${name}`, name)
  await aws.ok('s3', 'cp', '--recursive', aws.path('rm'), `s3://${bucket}`)
  await aws.ok('s3', 'rm', `s3://${bucket}/a`)
  assert.deepEqual(await keys(aws, bucket), ['d/b', 'd/c', 'e'])
  await aws.ok('s3', 'rm', '--recursive', `s3://${bucket}/d`)
  assert.deepEqual(await keys(aws, bucket), ['e'])
  // A key that is not there: S3 says that it is gone, and it is.
  await aws.ok('s3', 'rm', `s3://${bucket}/never`)
}

async function presign(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('presign')
  const key = 'a b+c/ü.txt'
  await aws.ok('s3', 'cp', await aws.file('signed', 'signed'), `s3://${bucket}/${key}`)
  const url = (await aws.ok('s3', 'presign', `s3://${bucket}/${key}`)).stdout.trim()
  const got = await fetchRaw(url)
  assert.equal(got.status, 200, got.text)
  assert.equal(got.text, 'signed')
  const part = await fetchRaw(url, { headers: { range: 'bytes=1-2' } })
  assert.deepEqual([part.status, part.text, part.headers['content-range']], [206, 'ig', 'bytes 1-2/6'])
}

async function presignRefused(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('late')
  await aws.ok('s3', 'cp', await aws.file('signed', 'signed'), `s3://${bucket}/signed`)
  const presigned = async (...args: string[]) =>
    (await aws.ok('s3', 'presign', `s3://${bucket}/signed`, ...args)).stdout.trim()
  const altered = await fetchRaw((await presigned()).replace('/signed?', '/signee?'))
  assert.equal(altered.status, 403)
  assert.match(altered.text, /<Code>SignatureDoesNotMatch<\/Code>/)
  const short = await presigned('--expires-in', '1')
  await wait(2100)
  const late = await fetchRaw(short)
  assert.equal(late.status, 403)
  assert.match(late.text, /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/)
}

/** The keys of a bucket, in order; null when there are none. */
function keys(aws: Aws, bucket: string): Promise<unknown> {
  return aws.query('Contents[].Key', 's3api', 'list-objects-v2', '--bucket', bucket).then((value) => value ?? null)
}

/** How often `word` occurs: progress is printed without line ends. */
function count(text: string, word: string): number {
  return text.split(word).length - 1
}
