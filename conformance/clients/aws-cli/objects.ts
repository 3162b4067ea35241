/** `aws s3api` on single objects: every header both ways, ranges, conditions, copies, checksums, deletes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { etag } from '../../lib/bytes.ts'
import { describe } from '../../lib/command.ts'
import { bucketName, type Check } from '../../lib/scenario.ts'
import type { Aws } from './client.ts'

export function objectChecks(aws: Aws): Check[] {
  return [
    ['s3api buckets: create with a region, head, location, list, delete', () => buckets(aws)],
    ['s3api put-object: every header comes back', () => headers(aws)],
    ['s3api get-object --range', () => ranges(aws)],
    ['s3api conditional reads', () => conditionalReads(aws)],
    ['s3api get-object: response overrides', () => overrides(aws)],
    ['s3api put-object --checksum-algorithm: all it offers', () => checksums(aws)],
    ['s3api put-object: a wrong checksum is refused', () => wrongChecksums(aws)],
    ['s3api copy-object: metadata directives and conditions', () => copies(aws)],
    ['s3api delete-object and delete-objects', () => deletes(aws)],
    ['s3api wait', () => waits(aws)],
    ...(aws.major === 1
      ? [['s3api put-object --if-none-match, --if-match', () => conditionalWrites(aws)] satisfies Check]
      : []),
  ]
}

async function buckets(aws: Aws): Promise<void> {
  const bucket = bucketName('region')
  const region = ['--create-bucket-configuration', 'LocationConstraint=eu-west-1']
  const args = ['--bucket', bucket]
  const location = await aws.query('Location', 's3api', 'create-bucket', ...args, ...region, '--region', 'eu-west-1')
  // AWS: http://BUCKET.s3.amazonaws.com/; ours names this server instead, so that the URL leads somewhere.
  assert.match(String(location), new RegExp(`^http://(${bucket}\\..*/|.*/${bucket}/)$`))
  assert.equal(await aws.query('LocationConstraint', 's3api', 'get-bucket-location', ...args), 'eu-west-1')
  await aws.ok('s3api', 'head-bucket', ...args)
  const names = await aws.query('Buckets[].Name', 's3api', 'list-buckets')
  assert.ok(Array.isArray(names) && names.includes(bucket))
  const again = ['s3api', 'create-bucket', ...args, ...region, '--region', 'eu-west-1']
  await aws.refused(/BucketAlreadyOwnedByYou/, ...again)
  await aws.ok('s3api', 'delete-bucket', ...args)
  await aws.refused(/\(404\)/, 's3api', 'head-bucket', ...args)
  const here = await aws.bucket('here')
  // In us-east-1 the location is null and making one's own bucket again is no error.
  assert.equal(await aws.query('LocationConstraint', 's3api', 'get-bucket-location', '--bucket', here), null)
  await aws.ok('s3api', 'create-bucket', '--bucket', here)
}

async function headers(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('headers')
  const key = ['--bucket', bucket, '--key', 'k']
  const sent = [
    ['--cache-control', 'max-age=60'],
    ['--content-disposition', 'attachment; filename="x y.txt"'],
    ['--content-encoding', 'gzip'],
    ['--content-language', 'de'],
    ['--content-type', 'application/x-thing; charset=utf-8'],
    ['--expires', '2035-01-02T03:04:05Z'],
    ['--metadata', 'one=1,two=a b'],
    ['--storage-class', 'STANDARD_IA'],
    ['--body', await aws.file('k', 'body')],
  ].flat()
  assert.equal(await aws.query('ETag', 's3api', 'put-object', ...key, ...sent), etag('body'))
  const fields =
    '[CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Metadata, StorageClass, ContentLength, ETag, ServerSideEncryption, AcceptRanges]'
  const expected = [
    ...['max-age=60', 'attachment; filename="x y.txt"', 'gzip', 'de', 'application/x-thing; charset=utf-8'],
    ...[{ one: '1', two: 'a b' }, 'STANDARD_IA', 4, etag('body'), 'AES256', 'bytes'],
  ]
  assert.deepEqual(await aws.query(fields, 's3api', 'head-object', ...key), expected)
  assert.deepEqual(await aws.query(fields, 's3api', 'get-object', ...key, aws.path('k.down')), expected)
  assert.equal(await readFile(aws.path('k.down'), 'utf8'), 'body')
  assert.match(String(await aws.query('Expires', 's3api', 'head-object', ...key)), /2035/)
  await aws.ok('s3api', 'put-object', '--bucket', bucket, '--key', 'plain')
  const plain = await aws.query(
    '[ContentType, ContentLength, StorageClass]',
    's3api',
    'head-object',
    '--bucket',
    bucket,
    '--key',
    'plain',
  )
  assert.deepEqual(plain, ['binary/octet-stream', 0, null])
}

async function ranges(aws: Aws): Promise<void> {
  const { key, down } = await stored(aws, 'ranges', '0123456789')
  const get = async (range: string) => {
    const answer = await aws.query(
      '[ContentRange, ContentLength]',
      's3api',
      'get-object',
      ...key,
      '--range',
      range,
      down,
    )
    return [answer, await readFile(down, 'utf8')]
  }
  assert.deepEqual(await get('bytes=2-4'), [['bytes 2-4/10', 3], '234'])
  assert.deepEqual(await get('bytes=7-'), [['bytes 7-9/10', 3], '789'])
  assert.deepEqual(await get('bytes=-2'), [['bytes 8-9/10', 2], '89'])
  assert.deepEqual(await get('bytes=8-100'), [['bytes 8-9/10', 2], '89'])
  // Several ranges, or nonsense: the whole object, as AWS answers.
  assert.deepEqual(await get('bytes=0-1,4-5'), [[null, 10], '0123456789'])
  assert.deepEqual(await get('lines=0-1'), [[null, 10], '0123456789'])
  await aws.refused(
    /InvalidRange.*The requested range is not satisfiable/s,
    's3api',
    'get-object',
    ...key,
    '--range',
    'bytes=10-',
    down,
  )
  assert.equal(await aws.query('ContentLength', 's3api', 'head-object', ...key, '--range', 'bytes=1-3'), 3)
  assert.equal(await aws.query('ContentLength', 's3api', 'get-object', ...key, '--part-number', '1', down), 10)
}

async function conditionalReads(aws: Aws): Promise<void> {
  const { key, down } = await stored(aws, 'conditions', 'body')
  const tag = etag('body')
  const get = ['s3api', 'get-object', ...key, down]
  await aws.ok(...get, '--if-match', tag)
  await aws.ok(...get, '--if-none-match', '"other"')
  await aws.ok(...get, '--if-modified-since', '2000-01-01T00:00:00Z')
  await aws.ok(...get, '--if-unmodified-since', '2100-01-01T00:00:00Z')
  await aws.refused(
    /PreconditionFailed.*At least one of the pre-conditions you specified did not hold/s,
    ...get,
    '--if-match',
    '"other"',
  )
  await aws.refused(/PreconditionFailed/, ...get, '--if-unmodified-since', '2000-01-01T00:00:00Z')
  await aws.refused(/\(304\).*Not Modified/s, ...get, '--if-none-match', tag)
  await aws.refused(/\(412\)/, 's3api', 'head-object', ...key, '--if-match', '"other"')
}

async function overrides(aws: Aws): Promise<void> {
  const { key, down } = await stored(aws, 'overrides', 'body')
  const set = [
    ['--response-content-type', 'text/x-other'],
    ['--response-content-disposition', 'attachment; filename=other.txt'],
    ['--response-cache-control', 'no-store'],
    ['--response-content-language', 'fr'],
    ['--response-content-encoding', 'identity'],
  ].flat()
  const fields = '[ContentType, ContentDisposition, CacheControl, ContentLanguage, ContentEncoding]'
  const got = await aws.query(fields, 's3api', 'get-object', ...key, ...set, down)
  assert.deepEqual(got, ['text/x-other', 'attachment; filename=other.txt', 'no-store', 'fr', 'identity'])
}

/** Of "123456789", the text whose check values the catalogues of checksums list. */
const checkValues: Record<string, string> = {
  CRC32: 'y/Q5Jg==',
  CRC32C: '4waSgw==',
  CRC64NVME: 'rosUhgp5mIg=',
  SHA1: createHash('sha1').update('123456789').digest('base64'),
  SHA256: createHash('sha256').update('123456789').digest('base64'),
  SHA512: createHash('sha512').update('123456789').digest('base64'),
  MD5: createHash('md5').update('123456789').digest('base64'),
  XXHASH64: 'jLhB20DmroM=',
  XXHASH3: 'ctyxi2ehff8=',
  XXHASH128: 'MxGUd+3l3NXpcWQnaB1YYA==',
}

async function checksums(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('checksums')
  const body = await aws.file('nine', '123456789')
  for (const [algorithm, value] of Object.entries(checkValues)) {
    const field = `Checksum${algorithm}`
    const key = ['--bucket', bucket, '--key', algorithm]
    // An older version has fewer of them, and says so before it sends anything.
    const put = await aws.run('s3api', 'put-object', ...key, '--body', body, '--checksum-algorithm', algorithm)
    if (/Unsupported checksum algorithm|Unable to calculate checksum|Missing Dependency/i.test(put.stderr)) continue
    assert.equal(put.code, 0, describe(put))
    const mode = ['--checksum-mode', 'ENABLED']
    const head = await aws.query(`[${field}, ChecksumType]`, 's3api', 'head-object', ...key, ...mode)
    assert.deepEqual(head, [value, aws.major === 1 ? 'FULL_OBJECT' : null], algorithm)
    await aws.ok('s3api', 'get-object', ...key, ...mode, aws.path('nine.down'))
    const plain = await aws.query(field, 's3api', 'head-object', ...key)
    assert.equal(plain ?? null, null, `${algorithm} is shown only when asked for`)
  }
}

async function wrongChecksums(aws: Aws): Promise<void> {
  const { key } = await stored(aws, 'wrong', 'old')
  const put = ['s3api', 'put-object', ...key, '--body', await aws.file('new', 'new')]
  const other = createHash('sha256').update('other').digest('base64')
  await aws.refused(
    /BadDigest.*The SHA256 you specified did not match the calculated checksum/s,
    ...put,
    '--checksum-sha256',
    other,
  )
  await aws.refused(
    /InvalidRequest.*Value for x-amz-checksum-crc32 header is invalid/s,
    ...put,
    '--checksum-crc32',
    'nonsense',
  )
  const md5 = createHash('md5').update('other').digest('base64')
  await aws.refused(
    /BadDigest.*The Content-MD5 you specified did not match what we received/s,
    ...put,
    '--content-md5',
    md5,
  )
  await aws.refused(/InvalidDigest.*The Content-MD5 you specified was invalid/s, ...put, '--content-md5', 'nonsense')
  assert.equal(await aws.query('ETag', 's3api', 'head-object', ...key), etag('old'))
}

async function copies(aws: Aws): Promise<void> {
  const { bucket, key } = await stored(aws, 'copies', 'body', '--metadata', 'a=1', '--content-type', 'text/x-one')
  const source = ['--copy-source', `${bucket}/k`]
  const to = (name: string) => ['s3api', 'copy-object', '--bucket', bucket, '--key', name, ...source]
  const head = (name: string) =>
    aws.query('[ContentType, Metadata]', 's3api', 'head-object', '--bucket', bucket, '--key', name)
  assert.equal(await aws.query('CopyObjectResult.ETag', ...to('copied')), etag('body'))
  assert.deepEqual(await head('copied'), ['text/x-one', { a: '1' }])
  await aws.ok(
    ...to('replaced'),
    '--metadata-directive',
    'REPLACE',
    '--metadata',
    'b=2',
    '--content-type',
    'text/x-two',
  )
  assert.deepEqual(await head('replaced'), ['text/x-two', { b: '2' }])
  await aws.refused(
    /InvalidRequest.*This copy request is illegal because it is trying to copy an object to itself/s,
    ...to('k'),
  )
  await aws.ok(...to('k'), '--metadata-directive', 'REPLACE', '--metadata', 'c=3')
  assert.deepEqual(await aws.query('Metadata', 's3api', 'head-object', ...key), { c: '3' })
  await aws.ok(...to('if'), '--copy-source-if-match', etag('body'))
  await aws.refused(/PreconditionFailed/, ...to('if'), '--copy-source-if-match', '"other"')
  await aws.refused(/PreconditionFailed/, ...to('if'), '--copy-source-if-none-match', etag('body'))
  const missing = ['s3api', 'copy-object', '--bucket', bucket, '--key', 'x', '--copy-source', `${bucket}/missing`]
  await aws.refused(/NoSuchKey.*The specified key does not exist/s, ...missing)
}

async function deletes(aws: Aws): Promise<void> {
  const { bucket, key } = await stored(aws, 'deletes', 'body')
  await aws.ok('s3api', 'delete-object', ...key)
  await aws.ok('s3api', 'delete-object', ...key)
  await aws.refused(/\(404\)/, 's3api', 'head-object', ...key)
  const names = Array.from({ length: 30 }, (_, at) => `dir/${at} ü&<>"`)
  for (const name of names.slice(0, 3)) await aws.ok('s3api', 'put-object', '--bucket', bucket, '--key', name)
  const request = (quiet: boolean) => JSON.stringify({ Objects: names.map((Key) => ({ Key })), Quiet: quiet })
  const deleted = await aws.query(
    'Deleted[].Key',
    's3api',
    'delete-objects',
    '--bucket',
    bucket,
    '--delete',
    request(false),
  )
  assert.ok(Array.isArray(deleted))
  assert.deepEqual(deleted.sort(), [...names].sort())
  const quiet = await aws.query('Deleted', 's3api', 'delete-objects', '--bucket', bucket, '--delete', request(true))
  assert.equal(quiet ?? null, null)
  assert.equal((await aws.query('Contents', 's3api', 'list-objects-v2', '--bucket', bucket)) ?? null, null)
}

async function waits(aws: Aws): Promise<void> {
  const { bucket, key } = await stored(aws, 'waits', 'body')
  await aws.ok('s3api', 'wait', 'bucket-exists', '--bucket', bucket)
  await aws.ok('s3api', 'wait', 'object-exists', ...key)
  await aws.ok('s3api', 'wait', 'object-not-exists', '--bucket', bucket, '--key', 'missing')
  await aws.ok('s3api', 'wait', 'bucket-not-exists', '--bucket', bucketName('missing'))
}

async function conditionalWrites(aws: Aws): Promise<void> {
  const { bucket, key } = await stored(aws, 'writes', 'one')
  const put = ['s3api', 'put-object', ...key, '--body', await aws.file('two', 'two')]
  await aws.refused(
    /PreconditionFailed.*At least one of the pre-conditions you specified did not hold/s,
    ...put,
    '--if-none-match',
    '*',
  )
  await aws.refused(/PreconditionFailed/, ...put, '--if-match', etag('other'))
  await aws.ok(...put, '--if-match', etag('one'))
  const fresh = ['s3api', 'put-object', '--bucket', bucket, '--key', 'fresh']
  await aws.refused(/NoSuchKey/, ...fresh, '--if-match', etag('one'))
  await aws.ok(...fresh, '--if-none-match', '*')
}

/** A bucket with the object `k`; `key` are the arguments that name it, `down` a file to read it into. */
async function stored(aws: Aws, hint: string, body: string, ...args: string[]) {
  const bucket = await aws.bucket(hint)
  const key = ['--bucket', bucket, '--key', 'k']
  await aws.ok('s3api', 'put-object', ...key, '--body', await aws.file('k', body), ...args)
  return { bucket, key, down: aws.path('k.down') }
}
