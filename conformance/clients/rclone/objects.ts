/** rclone on buckets and single objects: make, list, remove, streams, copies, links, refusals. */
import assert from 'node:assert/strict'
import { fetchRaw } from '../../lib/http.ts'
import { bucketName, type Check } from '../../lib/scenario.ts'
import type { Rclone } from '../rclone.ts'

export function objectChecks(s3: Rclone): Check[] {
  return [
    ['mkdir, lsd, rmdir of buckets', () => buckets(s3)],
    ['rcat and cat, whole and in part', () => streams(s3)],
    ['copyto, moveto and deletefile within and between buckets', () => copies(s3)],
    ['names with spaces, plus, percent, dots and unicode', () => names(s3)],
    ['link, fetched without credentials', () => link(s3)],
    ['times, types and MD5 are kept', () => attributes(s3)],
    ['wrong secret, unknown key, missing bucket and object', () => refusals(s3)],
  ]
}

async function buckets(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('life')
  const name = bucket.slice('s3:'.length)
  // Made again, as rclone does before it uploads.
  await s3.ok('mkdir', bucket)
  assert.match((await s3.ok('lsd', 's3:')).stdout, new RegExp(` ${name}$`, 'm'))
  await s3.piped('x', 'rcat', `${bucket}/x`)
  await s3.refused(/BucketNotEmpty|not empty/, 'rmdir', bucket)
  await s3.ok('deletefile', `${bucket}/x`)
  await s3.ok('rmdir', bucket)
  assert.doesNotMatch((await s3.ok('lsd', 's3:')).stdout, new RegExp(name))
}

async function streams(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('streams')
  await s3.piped('from standard input', 'rcat', `${bucket}/dir/piped`)
  assert.equal((await s3.ok('cat', `${bucket}/dir/piped`)).stdout, 'from standard input')
  assert.equal((await s3.ok('cat', '--offset', '5', '--count', '8', `${bucket}/dir/piped`)).stdout, 'standard')
  assert.equal((await s3.ok('cat', '--tail', '5', `${bucket}/dir/piped`)).stdout, 'input')
}

async function copies(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('from')
  const other = await s3.bucket('to')
  await s3.piped('content', 'rcat', `${bucket}/a`)
  await s3.ok('copyto', `${bucket}/a`, `${other}/sub/b`)
  await s3.ok('moveto', `${bucket}/a`, `${bucket}/moved`)
  assert.equal((await s3.ok('lsf', '-R', bucket)).stdout, 'moved\n')
  assert.equal((await s3.ok('lsf', '-R', '--files-only', other)).stdout, 'sub/b\n')
  assert.equal((await s3.ok('cat', `${other}/sub/b`)).stdout, 'content')
  await s3.ok('deletefile', `${other}/sub/b`)
  assert.equal((await s3.ok('lsf', '-R', other)).stdout, '')
}

async function names(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('names')
  const odd = ['a b', 'c+d', 'e%20f', 'grün 日本', "it's (odd)!~*", '...', 'x..y']
  for (const name of odd) await s3.piped(name, 'rcat', `${bucket}/in/${name}`)
  const listed = (await s3.ok('lsf', `${bucket}/in`)).stdout.trimEnd().split('\n')
  assert.deepEqual(listed.sort(), [...odd].sort())
  for (const name of odd) assert.equal((await s3.ok('cat', `${bucket}/in/${name}`)).stdout, name)
  await s3.ok('purge', bucket)
}

async function link(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('linked')
  await s3.piped('linked', 'rcat', `${bucket}/a b+c`)
  const url = (await s3.ok('link', '--expire', '1h', `${bucket}/a b+c`)).stdout.trim()
  const got = await fetchRaw(url)
  assert.deepEqual([got.status, got.text], [200, 'linked'], `${url}\n${got.text}`)
  const altered = await fetchRaw(url.replace('X-Amz-Expires=3600', 'X-Amz-Expires=3601'))
  assert.equal(altered.status, 403, url)
  assert.match(altered.text, /<Code>SignatureDoesNotMatch<\/Code>/)
}

async function attributes(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('kept')
  await s3.file('page.html', '12345')
  await s3.ok('touch', '--timestamp', '2001-02-03T04:05:06', 'page.html')
  await s3.ok('copy', 'page.html', bucket)
  const [entry] = JSON.parse((await s3.ok('lsjson', '--hash', bucket)).stdout) as Record<string, unknown>[]
  assert.deepEqual(
    [entry?.Size, entry?.MimeType, entry?.ModTime, entry?.Hashes],
    [5, 'text/html; charset=utf-8', '2001-02-03T04:05:06.000000000Z', { md5: '827ccb0eea8a706c4c34a16891f84e7b' }],
  )
}

async function refusals(s3: Rclone): Promise<void> {
  const bucket = await s3.bucket('refused')
  const missing = `s3:${bucketName('missing')}`
  const withKeys = (id: string, secret: string) => [
    '--s3-env-auth=false',
    `--s3-access-key-id=${id}`,
    `--s3-secret-access-key=${secret}`,
  ]
  const { AWS_ACCESS_KEY_ID: id = '' } = s3.target.env
  await s3.refused(/SignatureDoesNotMatch/, 'lsd', 's3:', ...withKeys(id, 'not-the-secret'))
  await s3.refused(/InvalidAccessKeyId/, 'lsd', 's3:', ...withKeys('AKIAUNKNOWNUNKNOWN00', 'x'))
  await s3.refused(/directory not found|NoSuchBucket/, 'lsf', missing)
  await s3.refused(/doesn't exist|not found/, 'deletefile', `${bucket}/none`)
}
