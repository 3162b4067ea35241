/** s3cmd on objects: put, get, cp, mv, del, modify, signed URLs, parts. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { MiB, noise } from '../../lib/bytes.ts'
import { fetchRaw } from '../../lib/http.ts'
import type { Check } from '../../lib/scenario.ts'
import { type S3cmd, sdkFor } from '../s3cmd.ts'

export function objectChecks(s3: S3cmd): Check[] {
  return [
    ['put and get, small and empty, type and headers', () => putGet(s3)],
    ['put from standard input, get to standard output', () => streams(s3)],
    ['put of 20 MB in parts of 15 MB', () => parts(s3)],
    ['multipart, listmp, abortmp', () => uploads(s3)],
    ['get --continue takes the rest', () => resume(s3)],
    ['info of an object', () => info(s3)],
    ['cp, mv, del, del --recursive', () => copyMoveDelete(s3)],
    ['modify replaces headers', () => modify(s3)],
    ['signurl, fetched without credentials', () => signurl(s3)],
    ['names with spaces, plus, percent and unicode', () => names(s3)],
  ]
}

async function putGet(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('put')
  const page = await s3.file('page.html', '<h1>hello</h1>')
  const headers = ['--add-header', 'x-amz-meta-colour:blue', '--add-header', 'Cache-Control:no-cache']
  await s3.ok('put', page, `s3://${bucket}/`, '--mime-type', 'text/html', ...headers)
  await s3.ok('get', `s3://${bucket}/page.html`, s3.path('down.html'))
  assert.equal(await readFile(s3.path('down.html'), 'utf8'), '<h1>hello</h1>')
  const said = (await s3.ok('info', `s3://${bucket}/page.html`)).stdout
  assert.match(said, /MIME type: +text\/html/)
  assert.match(said, /x-amz-meta-colour: blue/)
  await s3.ok('put', await s3.file('empty', ''), `s3://${bucket}/empty`)
  await s3.ok('get', '--force', `s3://${bucket}/empty`, s3.path('empty'))
  assert.equal((await readFile(s3.path('empty'))).length, 0)
  await s3.ok('put', await s3.file('one', '1'), await s3.file('two', '2'), `s3://${bucket}/both/`)
  assert.match((await s3.ok('ls', `s3://${bucket}/both/`)).stdout, /both\/one\n.*both\/two\n/)
}

async function streams(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('streams')
  await s3.piped('from standard input', 'put', '-', `s3://${bucket}/piped`)
  assert.equal((await s3.ok('get', '--quiet', `s3://${bucket}/piped`, '-')).stdout, 'from standard input')
}

async function parts(s3: S3cmd): Promise<void> {
  // s3cmd copies the ACL of the source as well, so the bucket has ACLs.
  const bucket = await s3.bucketWithAcls('parts')
  const body = noise(20 * MiB + 17, 5)
  const put = await s3.ok(
    'put',
    await s3.file('large', body),
    `s3://${bucket}/large`,
    '--multipart-chunk-size-mb=15',
    '--progress',
  )
  assert.match(put.stdout, /part 2 of 2/)
  // It compares the MD5 it noted in the metadata with what it receives.
  await s3.ok('get', `s3://${bucket}/large`, s3.path('large.down'))
  assert.ok(body.equals(await readFile(s3.path('large.down'))))
  await s3.ok('cp', `s3://${bucket}/large`, `s3://${bucket}/copy`)
  assert.match((await s3.ok('ls', `s3://${bucket}/copy`)).stdout, new RegExp(` ${body.length} `))
}

async function uploads(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('uploads')
  const body = noise(6 * MiB, 8)
  const file = await s3.file('unfinished', body)
  const first = await begin(s3, bucket, 'first', body.subarray(0, 5 * MiB))
  const second = await begin(s3, bucket, 'second', body.subarray(0, 5 * MiB))
  const listed = (await s3.ok('multipart', `s3://${bucket}`)).stdout
  assert.match(listed, new RegExp(`s3://${bucket}/first\\s+${first}`))
  const parts = (await s3.ok('listmp', `s3://${bucket}/second`, second)).stdout
  assert.match(parts, new RegExp(`\\s1\\s+"?[0-9a-f]{32}"?\\s+${5 * MiB}`))
  await s3.ok('abortmp', `s3://${bucket}/second`, second)
  assert.doesNotMatch((await s3.ok('multipart', `s3://${bucket}`)).stdout, /second/)
  await s3.refused(/NoSuchUpload|404/, 'listmp', `s3://${bucket}/second`, second)
  const put = ['put', '--continue-put', '--upload-id', first, '--multipart-chunk-size-mb=5']
  await s3.ok(...put, file, `s3://${bucket}/first`)
  const { bytes } = await s3.ok('get', '--quiet', `s3://${bucket}/first`, '-')
  assert.ok(body.equals(bytes))
}

/** An upload that was left after its first part, as by a client that was stopped. @returns its id */
async function begin(s3: S3cmd, bucket: string, key: string, part: Uint8Array): Promise<string> {
  const client = sdkFor(s3.target)
  const { UploadId = '' } = await client.createMultipartUpload({ Bucket: bucket, Key: key })
  await client.uploadPart({ Bucket: bucket, Key: key, UploadId, PartNumber: 1, Body: part })
  client.destroy()
  return UploadId
}

async function resume(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('resume')
  const body = noise(100_000, 6)
  await s3.ok('put', await s3.file('whole', body), `s3://${bucket}/whole`)
  await writeFile(s3.path('partial'), body.subarray(0, 40_000))
  await s3.ok('get', '--continue', `s3://${bucket}/whole`, s3.path('partial'))
  assert.ok(body.equals(await readFile(s3.path('partial'))))
}

async function info(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('object')
  await s3.ok('put', await s3.file('k', '12345'), `s3://${bucket}/k`, '--storage-class', 'STANDARD_IA')
  const said = (await s3.ok('info', `s3://${bucket}/k`)).stdout
  assert.match(said, /File size: 5\n/)
  assert.match(said, /Last mod: +\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\n/)
  assert.match(said, /Storage: +STANDARD_IA\n/)
  assert.match(said, /MD5 sum: +827ccb0eea8a706c4c34a16891f84e7b\n/)
  assert.match(said, /SSE: +AES256\n/)
  assert.match(said, /x-amz-meta-s3cmd-attrs: .*md5:827ccb0eea8a706c4c34a16891f84e7b/)
}

async function copyMoveDelete(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucketWithAcls('from')
  const other = await s3.bucketWithAcls('to')
  for (const name of ['a', 'd/b', 'd/c']) await s3.ok('put', await s3.file(name, name), `s3://${bucket}/${name}`)
  await s3.ok('cp', `s3://${bucket}/a`, `s3://${other}/a`)
  await s3.ok('cp', '--recursive', `s3://${bucket}/d`, `s3://${other}/`)
  await s3.ok('mv', `s3://${bucket}/a`, `s3://${other}/moved`)
  assert.equal((await s3.ok('get', '--quiet', `s3://${other}/moved`, '-')).stdout, 'a')
  assert.doesNotMatch((await s3.ok('ls', `s3://${bucket}`)).stdout, /\/a\n/)
  const listed = (await s3.ok('ls', '--recursive', `s3://${other}`)).stdout
  assert.equal(listed.trimEnd().split('\n').length, 4, listed)
  await s3.ok('del', `s3://${other}/moved`)
  await s3.ok('del', '--recursive', '--force', `s3://${other}`)
  assert.equal((await s3.ok('ls', `s3://${other}`)).stdout, '')
}

async function modify(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucketWithAcls('modify')
  await s3.ok('put', await s3.file('k', 'k'), `s3://${bucket}/k`)
  await s3.ok('modify', '--add-header=x-amz-meta-later:yes', '--mime-type=text/x-later', `s3://${bucket}/k`)
  const said = (await s3.ok('info', `s3://${bucket}/k`)).stdout
  assert.match(said, /x-amz-meta-later: yes/)
  assert.match(said, /MIME type: +text\/x-later/)
}

async function signurl(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('signed')
  await s3.ok('put', await s3.file('k', 'signed'), `s3://${bucket}/a b+c`)
  const url = (await s3.ok('signurl', `s3://${bucket}/a b+c`, '+3600')).stdout.trim()
  const got = await fetchRaw(url)
  assert.deepEqual([got.status, got.text], [200, 'signed'], `${url}\n${got.text}`)
  const late = (
    await s3.ok('signurl', `s3://${bucket}/a b+c`, String(Math.floor(Date.now() / 1000) - 60))
  ).stdout.trim()
  const refused = await fetchRaw(late)
  assert.equal(refused.status, 403)
  assert.match(refused.text, /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/)
  const altered = await fetchRaw(url.replace(/Expires=(\d+)/, (_, at: string) => `Expires=${Number(at) + 1}`))
  assert.equal(altered.status, 403)
  assert.match(altered.text, /<Code>SignatureDoesNotMatch<\/Code>/)
}

async function names(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('names')
  const odd = ['a b', 'c+d', 'e%20f', 'grün 日本', "it's (odd)!~*"]
  for (const name of odd) await s3.ok('put', await s3.file('body', name), `s3://${bucket}/in/${name}`)
  const listed = (await s3.ok('ls', `s3://${bucket}/in/`)).stdout
  for (const name of odd) {
    assert.ok(listed.includes(`s3://${bucket}/in/${name}\n`), listed)
    assert.equal((await s3.ok('get', '--quiet', `s3://${bucket}/in/${name}`, '-')).stdout, name)
  }
  await s3.ok('del', '--recursive', '--force', `s3://${bucket}/in`)
  await s3.ok('rb', `s3://${bucket}`)
}
