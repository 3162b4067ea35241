/** Listings by the AWS CLI: pages, prefixes, delimiters, tokens, and what `aws s3 ls` makes of them. */
import assert from 'node:assert/strict'
import type { Check } from '../../lib/scenario.ts'
import type { Aws } from './client.ts'

export function listingChecks(aws: Aws): Check[] {
  return [
    ['s3 ls: prefixes, --recursive, --human-readable, --page-size', () => ls(aws)],
    ['s3api list-objects-v2: pages, tokens, delimiter, start-after', () => listV2(aws)],
    ['s3api list-objects: markers and delimiter', () => listV1(aws)],
    ['s3api list-objects-v2 --encoding-type url and --fetch-owner', () => options(aws)],
  ]
}

async function filled(aws: Aws, hint: string): Promise<string> {
  const bucket = await aws.bucket(hint)
  for (let at = 0; at < 25; at++) await aws.file(`${hint}/${folder(at)}f${String(at).padStart(2, '0')}`, 'x'.repeat(at))
  await aws.ok('s3', 'cp', '--recursive', '--quiet', aws.path(hint), `s3://${bucket}`)
  return bucket
}

/** Five keys at the top, ten in each of two folders. */
function folder(at: number): string {
  if (at < 5) return ''
  return at < 15 ? 'one/' : 'two/deep/'
}

const names = Array.from({ length: 25 }, (_, at) => `${folder(at)}f${String(at).padStart(2, '0')}`).sort()

async function ls(aws: Aws): Promise<void> {
  const bucket = await filled(aws, 'ls')
  const top = (await aws.ok('s3', 'ls', `s3://${bucket}/`)).stdout
  assert.match(top, /^ {27}PRE one\/$/m)
  assert.match(top, /^ {27}PRE two\/$/m)
  assert.match(top, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {10}4 f04$/m)
  assert.equal(top.trimEnd().split('\n').length, 7)
  assert.equal((await aws.ok('s3', 'ls', `s3://${bucket}`)).stdout, top)
  const all = (await aws.ok('s3', 'ls', '--recursive', '--page-size', '4', `s3://${bucket}`)).stdout
  assert.deepEqual(
    all
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(31)),
    names,
  )
  const some = (await aws.ok('s3', 'ls', '--recursive', '--human-readable', '--summarize', `s3://${bucket}/two/`))
    .stdout
  assert.match(some, /15 Bytes two\/deep\/f15/)
  assert.match(some, /Total Objects: 10\n\s+Total Size: 195 Bytes/)
  const none = await aws.run('s3', 'ls', `s3://${bucket}/none`)
  assert.deepEqual([none.code, none.stdout, none.stderr], [1, '', ''])
}

async function listV2(aws: Aws): Promise<void> {
  const bucket = await filled(aws, 'list')
  const list = ['s3api', 'list-objects-v2', '--bucket', bucket]
  assert.deepEqual(await aws.query('Contents[].Key', ...list, '--page-size', '3'), names)
  const first = await aws.query('[Contents[].Key, NextToken]', ...list, '--max-items', '7')
  assert.ok(Array.isArray(first))
  assert.deepEqual(first[0], names.slice(0, 7))
  const second = await aws.query('Contents[].Key', ...list, '--starting-token', String(first[1]), '--max-items', '50')
  assert.deepEqual(second, names.slice(7))
  const raw = [...list, '--no-paginate', '--max-keys', '5']
  const page = await aws.query('[KeyCount, MaxKeys, IsTruncated, NextContinuationToken]', ...raw)
  assert.ok(Array.isArray(page))
  assert.deepEqual(page.slice(0, 3), [5, 5, true])
  const next = await aws.query('Contents[].Key', ...raw, '--continuation-token', String(page[3]))
  assert.deepEqual(next, names.slice(5, 10))
  const grouped = await aws.query(
    '[CommonPrefixes[].Prefix, Contents[].Key]',
    ...list,
    '--delimiter',
    '/',
    '--page-size',
    '2',
  )
  assert.deepEqual(grouped, [['one/', 'two/'], names.slice(0, 5)])
  assert.deepEqual(await aws.query('Contents[].Key', ...list, '--start-after', 'two/deep/f20'), names.slice(-4))
  assert.deepEqual(await aws.query('CommonPrefixes[].Prefix', ...list, '--prefix', 'two/', '--delimiter', '/'), [
    'two/deep/',
  ])
  assert.equal((await aws.query('Contents', ...list, '--prefix', 'none')) ?? null, null)
  await aws.refused(
    /InvalidArgument.*The continuation token provided is incorrect/s,
    ...raw,
    '--continuation-token',
    'nonsense',
  )
}

async function listV1(aws: Aws): Promise<void> {
  const bucket = await filled(aws, 'old')
  const list = ['s3api', 'list-objects', '--bucket', bucket]
  assert.deepEqual(await aws.query('Contents[].Key', ...list, '--page-size', '4'), names)
  assert.deepEqual(await aws.query('Contents[].Key', ...list, '--no-paginate', '--marker', 'f03'), names.slice(4))
  const raw = [...list, '--no-paginate', '--max-keys', '6', '--delimiter', '/']
  const page = await aws.query('[IsTruncated, NextMarker, CommonPrefixes[].Prefix]', ...raw)
  assert.deepEqual(page, [true, 'one/', ['one/']])
  assert.deepEqual(await aws.query('CommonPrefixes[].Prefix', ...raw, '--marker', 'one/'), ['two/'])
}

async function options(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('options')
  await aws.ok('s3api', 'put-object', '--bucket', bucket, '--key', 'a b/ü+')
  const list = ['s3api', 'list-objects-v2', '--bucket', bucket, '--no-paginate']
  // Asked for by the caller, the client leaves the encoding to the caller.
  const encoded = await aws.query('[EncodingType, Contents[0].Key]', ...list, '--encoding-type', 'url')
  assert.deepEqual(encoded, ['url', 'a+b/%C3%BC%2B'])
  assert.equal(await aws.query('Contents[0].Key', ...list), 'a b/ü+')
  assert.equal((await aws.query('Contents[0].Owner', ...list)) ?? null, null)
  assert.match(String(await aws.query('Contents[0].Owner.ID', ...list, '--fetch-owner')), /^.{8,}$/)
  assert.equal(
    await aws.query('Contents[0].[Size, StorageClass] | join(`,`, [to_string([0]), [1]])', ...list),
    '0,STANDARD',
  )
}
