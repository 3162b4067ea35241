// Recorded: TestS3ListObjects, TestS3ListObjectsV2; s3-tests test_bucket_list*. Spaces as `+`: backlot#178, measured against AWS.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListObjectsOutput, ListObjectsV2Output } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { anonymous, owner, refused, startMs, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const keys = (output: ListObjectsOutput | ListObjectsV2Output) => output.Contents?.map((entry) => entry.Key)
const prefixes = (output: ListObjectsOutput | ListObjectsV2Output) =>
  output.CommonPrefixes?.map((entry) => entry.Prefix)

/** A bucket with these (empty) objects. */
function withKeys(names: string[], run: (world: World) => Promise<void>): Promise<void> {
  return withWorld(handlers, async (world) => {
    await world.bucket()
    for (const name of names) await world.put(name)
    await run(world)
  })
}

const v1 = (world: World, more: object = {}) => world.call('ListObjects', { Bucket, ...more })
const v2 = (world: World, more: object = {}) => world.call('ListObjectsV2', { Bucket, ...more })

test('an empty bucket', () =>
  withKeys([], async (world) => {
    assert.deepEqual(await v1(world), {
      // Recorded for V2: test_region_header_exists_outside_us_east_1.
      BucketRegion: 'us-east-1',
      Name: Bucket,
      Prefix: '',
      Delimiter: undefined,
      MaxKeys: 1000,
      EncodingType: undefined,
      IsTruncated: false,
      Contents: [],
      CommonPrefixes: [],
      Marker: '',
      NextMarker: undefined,
    })
    const output = await v2(world)
    assert.equal(output.KeyCount, 0)
    assert.equal(output.NextContinuationToken, undefined)
  }))

test('an entry has tag, checksum, size, class and, in V1, its owner; times are whole seconds', () =>
  withKeys([], async (world) => {
    await world.put('k', 'content 123')
    const [entry] = (await v1(world)).Contents ?? []
    assert.equal(entry?.ETag, '"0d9fa06a66933b40f615f530e59edd6b"')
    assert.equal(entry?.Size, 11)
    assert.equal(entry?.StorageClass, 'STANDARD')
    assert.equal(entry?.LastModified, startMs - 678)
    assert.equal(entry?.ChecksumAlgorithm?.length, 1)
    assert.equal(entry?.ChecksumType, 'FULL_OBJECT')
    assert.deepEqual(entry?.Owner, { ID: owner.canonicalId })
    assert.equal((await v2(world)).Contents?.[0]?.Owner, undefined)
    assert.deepEqual((await v2(world, { FetchOwner: true })).Contents?.[0]?.Owner, { ID: owner.canonicalId })
  }))

test('an anonymous caller sees no owners', () =>
  withKeys(['k'], async (world) => {
    const output = await world.call('ListObjects', { Bucket }, { principal: anonymous })
    assert.equal(output.Contents?.[0]?.Owner, undefined)
  }))

test('keys come in UTF-8 byte order', () =>
  withKeys(['b', 'a', 'é', 'B', '\u{1F600}', '\uFF5E', 'a/b', 'a b', 'a+b', 'a-'], async (world) => {
    const expected = ['B', 'a', 'a b', 'a+b', 'a-', 'a/b', 'b', 'é', '\uFF5E', '\u{1F600}']
    assert.deepEqual(keys(await v1(world)), expected)
    assert.deepEqual(keys(await v2(world)), expected)
  }))

test('V1: NextMarker is there only with a delimiter', () =>
  withKeys(['test_0', 'test_1', 'test_2'], async (world) => {
    const delimited = await v1(world, { MaxKeys: 1, Delimiter: '/' })
    assert.deepEqual(keys(delimited), ['test_0'])
    assert.equal(delimited.NextMarker, 'test_0')
    assert.equal(delimited.IsTruncated, true)
    const plain = await v1(world, { MaxKeys: 1, Marker: 'test_0' })
    assert.deepEqual(keys(plain), ['test_1'])
    assert.equal(plain.Marker, 'test_0')
    assert.equal(plain.NextMarker, undefined)
    assert.deepEqual(keys(await v1(world, { MaxKeys: 1, Marker: '' })), ['test_0'])
    const last = await v1(world, { MaxKeys: 3, Delimiter: '/' })
    assert.equal(last.IsTruncated, false)
    assert.equal(last.NextMarker, undefined)
  }))

test('V1: markers that are no key, after all keys, unreadable', () =>
  withKeys(['bar', 'baz', 'foo', 'quxx'], async (world) => {
    assert.deepEqual(keys(await v1(world, { Marker: 'blah' })), ['foo', 'quxx'])
    assert.deepEqual(keys(await v1(world, { Marker: 'zzz' })), [])
    assert.deepEqual(keys(await v1(world, { Marker: '\n' })), ['bar', 'baz', 'foo', 'quxx'])
  }))

const folder = ['folder/aSubfolder/subFile1', 'folder/aSubfolder/subFile2', 'folder/file1', 'folder/file2']
const grouped = { Prefix: 'folder/', Delimiter: '/', MaxKeys: 1 }

test('V1: pages over common prefixes, also from inside one (recorded, test_list_objects_marker_common_prefixes)', () =>
  withKeys(folder, async (world) => {
    const first = await v1(world, grouped)
    assert.deepEqual(prefixes(first), ['folder/aSubfolder/'])
    assert.deepEqual(keys(first), [])
    assert.equal(first.NextMarker, 'folder/aSubfolder/')
    for (const Marker of ['folder/aSubfolder/', 'folder/aSubfolder/subFile1']) {
      const next = await v1(world, { ...grouped, Marker })
      assert.deepEqual(keys(next), ['folder/file1'])
      assert.deepEqual(prefixes(next), [])
      assert.equal(next.NextMarker, 'folder/file1')
    }
    const end = await v1(world, { ...grouped, Marker: 'folder/file1' })
    assert.deepEqual(keys(end), ['folder/file2'])
    assert.equal(end.IsTruncated, false)
    assert.equal(end.NextMarker, undefined)
  }))

test('V2: pages over common prefixes', () =>
  withKeys(folder, async (world) => {
    const first = await v2(world, grouped)
    assert.deepEqual(prefixes(first), ['folder/aSubfolder/'])
    assert.equal(first.KeyCount, 1)
    const next = await v2(world, { ...grouped, ContinuationToken: first.NextContinuationToken })
    assert.deepEqual(keys(next), ['folder/file1'])
    assert.equal(next.ContinuationToken, first.NextContinuationToken)
    const end = await v2(world, { ...grouped, ContinuationToken: next.NextContinuationToken })
    assert.deepEqual(keys(end), ['folder/file2'])
    assert.equal(end.IsTruncated, false)
    assert.equal(end.NextContinuationToken, undefined)
  }))

test('the key that is the prefix itself is an entry, not a group', () =>
  withKeys(['asdf/', 'asdf/x/y'], async (world) => {
    const output = await v1(world, { Prefix: 'asdf/', Delimiter: '/' })
    assert.deepEqual(keys(output), ['asdf/'])
    assert.deepEqual(prefixes(output), ['asdf/x/'])
    assert.deepEqual(prefixes(await v1(world, { Prefix: 'asdf/', Delimiter: '/', Marker: 'asdf/' })), ['asdf/x/'])
  }))

test('prefixes and keys are merged in order and count together (s3-tests test_bucket_list_delimiter_prefix)', () =>
  withKeys(['asdf', 'boo/bar', 'boo/baz/xyzzy', 'cquux/thud', 'cquux/bla'], async (world) => {
    const seen: string[] = []
    let Marker = ''
    for (let page = 0; page < 3; page++) {
      const output = await v1(world, { Delimiter: '/', MaxKeys: 1, Marker })
      seen.push(...(keys(output) as string[]), ...(prefixes(output) as string[]))
      assert.equal(output.IsTruncated, page < 2)
      Marker = output.NextMarker ?? ''
    }
    assert.deepEqual(seen, ['asdf', 'boo/', 'cquux/'])
    const two = await v2(world, { Delimiter: '/', MaxKeys: 2 })
    assert.deepEqual([keys(two), prefixes(two), two.KeyCount, two.IsTruncated], [['asdf'], ['boo/'], 2, true])
  }))

test('delimiters may be any text; an empty one is none and not echoed', () =>
  withKeys(['bar', 'baz', 'cab', 'foo', 'x--y--z'], async (world) => {
    const byLetter = await v1(world, { Delimiter: 'a' })
    assert.deepEqual(
      [keys(byLetter), prefixes(byLetter)],
      [
        ['foo', 'x--y--z'],
        ['ba', 'ca'],
      ],
    )
    assert.deepEqual(prefixes(await v1(world, { Delimiter: '--' })), ['x--'])
    const empty = await v1(world, { Delimiter: '' })
    assert.equal(empty.Delimiter, undefined)
    assert.equal(keys(empty)?.length, 5)
    assert.equal((await v2(world, { Delimiter: '/' })).Delimiter, '/')
  }))

test('a page size of 0 is an empty page that is not truncated', () =>
  withKeys(['a', 'b'], async (world) => {
    for (const output of [await v1(world, { MaxKeys: 0, Delimiter: '/' }), await v2(world, { MaxKeys: 0 })]) {
      assert.deepEqual([keys(output), output.IsTruncated, output.MaxKeys], [[], false, 0])
    }
  }))

test('a page has at most 1,000 entries, whatever is asked', () =>
  withKeys([], async (world) => {
    for (let at = 0; at < 1001; at++) await world.put(`k${String(at).padStart(4, '0')}`)
    for (const MaxKeys of [undefined, 1000, 1001, 2_147_483_647]) {
      const output = await v2(world, { MaxKeys })
      assert.deepEqual([output.MaxKeys, output.KeyCount, output.IsTruncated], [1000, 1000, true])
    }
    const output = await v2(world, { MaxKeys: 999 })
    assert.deepEqual([output.MaxKeys, output.KeyCount], [999, 999])
  }))

test('a negative page size is InvalidArgument', () =>
  withKeys([], async (world) => {
    for (const running of [v1(world, { MaxKeys: -1 }), v2(world, { MaxKeys: -1 })]) {
      await refused(running, 'InvalidArgument', {
        fields: { ArgumentName: 'max-keys', ArgumentValue: -1 },
        message: 'Argument max-keys must be an integer between 0 and 2147483647',
      })
    }
  }))

test('an encoding type but url is InvalidArgument, the empty one too', () =>
  withKeys([], async (world) => {
    for (const EncodingType of ['value', '']) {
      for (const running of [v1(world, { EncodingType }), v2(world, { EncodingType })]) {
        await refused(running, 'InvalidArgument', {
          fields: { ArgumentName: 'encoding-type', ArgumentValue: EncodingType },
          message: 'Invalid Encoding Method specified in Request',
        })
      }
    }
  }))

test('encoding-type=url encodes keys, prefixes, delimiter and markers as AWS does', () =>
  withKeys(['a b/x', 'a+b', '100%', 'date=1/', 'ü', "~!*'()", 'a&b'], async (world) => {
    const output = await v1(world, { EncodingType: 'url', Delimiter: '/', Marker: '!' })
    assert.deepEqual(keys(output), ['100%25', 'a%26b', 'a%2Bb', '%7E%21*%27%28%29', '%C3%BC'])
    assert.deepEqual(prefixes(output), ['a+b/', 'date%3D1/'])
    assert.deepEqual([output.Delimiter, output.Marker, output.EncodingType], ['/', '%21', 'url'])
    const paged = await v1(world, { EncodingType: 'url', Delimiter: '=', MaxKeys: 1, Prefix: 'd' })
    assert.deepEqual([paged.Delimiter, paged.Prefix], ['%3D', 'd'])
    assert.deepEqual(prefixes(paged), ['date%3D'])
    const started = await v2(world, { EncodingType: 'url', StartAfter: 'a b', Prefix: 'a+' })
    assert.deepEqual([started.StartAfter, started.Prefix, keys(started)], ['a+b', 'a%2B', ['a%2Bb']])
  }))

test('a delimiter that is an escape is text (recorded, test_list_objects_with_prefix[%2F])', () =>
  withKeys(['test/foo/bar/123'], async (world) => {
    const output = await v1(world, { EncodingType: 'url', Delimiter: '%2F', Prefix: 'test/' })
    assert.equal(output.Delimiter, '%252F')
    assert.deepEqual(keys(output), ['test/foo/bar/123'])
  }))

test('V2: start-after, and a token that makes it void (recorded, test_list_objects_v2_continuation_start_after)', () =>
  withKeys(
    Array.from({ length: 12 }, (_, at) => `test_${at}`),
    async (world) => {
      const first = await v2(world, { MaxKeys: 5 })
      assert.deepEqual(keys(first), ['test_0', 'test_1', 'test_10', 'test_11', 'test_2'])
      const started = await v2(world, { StartAfter: 'test_7', MaxKeys: 2 })
      assert.deepEqual(
        [keys(started), started.IsTruncated, started.StartAfter],
        [['test_8', 'test_9'], false, 'test_7'],
      )
      const both = await v2(world, { StartAfter: 'test_7', ContinuationToken: first.NextContinuationToken })
      assert.equal(both.KeyCount, 7)
      assert.equal(both.StartAfter, undefined)
      assert.equal(both.ContinuationToken, first.NextContinuationToken)
    },
  ))

test('V2: a token that is empty, made up, changed or of another bucket is refused', () =>
  withKeys(['a', 'b', 'c'], async (world) => {
    await world.bucket('other')
    const token = (await v2(world, { MaxKeys: 1 })).NextContinuationToken ?? ''
    const changed = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')
    for (const ContinuationToken of [
      '',
      'x',
      'Zm9vYmFy',
      `${token}A`,
      changed,
      token.slice(1),
      `${token}=`,
      `${token} `,
    ]) {
      await refused(v2(world, { ContinuationToken }), 'InvalidArgument', {
        fields: { ArgumentName: 'continuation-token' },
        message: 'The continuation token provided is incorrect',
      })
    }
    await refused(world.call('ListObjectsV2', { Bucket: 'other', ContinuationToken: token }), 'InvalidArgument')
  }))

test('V2: a token survives the removal of the key it was made for', () =>
  withKeys(['a', 'b', 'c'], async (world) => {
    const { NextContinuationToken } = await v2(world, { MaxKeys: 2 })
    await world.call('DeleteObject', { Bucket, Key: 'b' })
    assert.deepEqual(keys(await v2(world, { ContinuationToken: NextContinuationToken })), ['c'])
  }))

test('keys behind a delete marker are not listed', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled' })
    for (const key of ['a', 'b/1', 'b/2', 'c']) await world.put(key)
    for (const Key of ['b/1', 'b/2', 'c']) await world.call('DeleteObject', { Bucket, Key })
    const output = await v1(world, { Delimiter: '/' })
    assert.deepEqual([keys(output), prefixes(output)], [['a'], []])
  }))
