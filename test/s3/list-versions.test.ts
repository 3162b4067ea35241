// Recorded: TestS3ListObjectVersions; messages of bad markers also versitygw#1808 and #1811 against AWS.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListObjectVersionsOutput } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { owner, refused, startMs, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const list = (world: World, more: object = {}) => world.call('ListObjectVersions', { Bucket, ...more })

/** `key`, `key*` when latest, `key!` for delete markers, in the order of the page's two lists. */
function shown(output: ListObjectVersionsOutput): string[] {
  const flag = (entry: { IsLatest?: boolean | undefined }) => (entry.IsLatest ? '*' : '')
  return [
    ...(output.Versions ?? []).map((entry) => `${entry.Key}${flag(entry)}`),
    ...(output.DeleteMarkers ?? []).map((entry) => `${entry.Key}!${flag(entry)}`),
  ]
}

interface Made {
  /** Version ids by key, newest first. */
  ids: Record<string, string[]>
}

/** test_0 and test_1: version, delete marker, version; test_2: two versions, delete marker. */
async function fill(world: World): Promise<Made> {
  await world.bucket(Bucket, { versioning: 'Enabled' })
  const ids: Record<string, string[]> = {}
  const put = async (key: string) => ids[key]?.unshift((await world.put(key, 'content')).VersionId ?? '')
  const remove = async (Key: string) =>
    ids[Key]?.unshift((await world.call('DeleteObject', { Bucket, Key })).VersionId ?? '')
  for (const key of ['test_0', 'test_1', 'test_2']) {
    ids[key] = []
    await put(key)
  }
  await put('test_2')
  for (const key of ['test_0', 'test_1', 'test_2']) await remove(key)
  for (const key of ['test_0', 'test_1']) await put(key)
  return { ids }
}

test('all versions and delete markers, newest first within a key', () =>
  withWorld(handlers, async (world) => {
    const { ids } = await fill(world)
    const output = await list(world)
    assert.deepEqual(shown(output), [
      'test_0*',
      'test_0',
      'test_1*',
      'test_1',
      'test_2',
      'test_2',
      'test_0!',
      'test_1!',
      'test_2!*',
    ])
    assert.deepEqual(
      [output.KeyMarker, output.VersionIdMarker, output.NextKeyMarker, output.NextVersionIdMarker],
      ['', '', undefined, undefined],
    )
    assert.deepEqual(
      [output.IsTruncated, output.MaxKeys, output.Prefix, output.Delimiter],
      [false, 1000, '', undefined],
    )
    assert.deepEqual(output.DeleteMarkers?.[2], {
      Key: 'test_2',
      VersionId: ids.test_2?.[0],
      IsLatest: true,
      LastModified: startMs - 678,
      Owner: { ID: owner.canonicalId },
    })
    const version = output.Versions?.[0]
    assert.equal(version?.ETag, '"9a0364b9e99bb480dd25e1f0284c8555"')
    assert.deepEqual([version?.Size, version?.StorageClass, version?.ChecksumType], [7, 'STANDARD', 'FULL_OBJECT'])
  }))

test('pages end and go on within a key', () =>
  withWorld(handlers, async (world) => {
    const { ids } = await fill(world)
    const five = await list(world, { MaxKeys: 5 })
    assert.deepEqual(shown(five), ['test_0*', 'test_0', 'test_1*', 'test_0!', 'test_1!'])
    assert.deepEqual(
      [five.IsTruncated, five.NextKeyMarker, five.NextVersionIdMarker],
      [true, 'test_1', ids.test_1?.[1]],
    )
    const rest = await list(world, { KeyMarker: 'test_1', VersionIdMarker: ids.test_1?.[1] })
    assert.deepEqual(shown(rest), ['test_1', 'test_2', 'test_2', 'test_2!*'])
    assert.equal(rest.VersionIdMarker, ids.test_1?.[1])
    const afterNewest = await list(world, { KeyMarker: 'test_2', VersionIdMarker: ids.test_2?.[1], MaxKeys: 1 })
    assert.deepEqual([shown(afterNewest), afterNewest.IsTruncated], [['test_2'], false])
  }))

test('a page walk of every size sees each version once', () =>
  withWorld(handlers, async (world) => {
    const { ids } = await fill(world)
    const all = Object.values(ids).flat().sort()
    for (let MaxKeys = 1; MaxKeys <= 10; MaxKeys++) {
      const seen: string[] = []
      let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}
      while (markers !== undefined) {
        const output: ListObjectVersionsOutput = await list(world, { MaxKeys, ...markers })
        for (const entry of [...(output.Versions ?? []), ...(output.DeleteMarkers ?? [])])
          seen.push(entry.VersionId ?? '')
        markers = output.IsTruncated
          ? { KeyMarker: output.NextKeyMarker ?? '', VersionIdMarker: output.NextVersionIdMarker ?? '' }
          : undefined
      }
      assert.deepEqual(seen.sort(), all, `pages of ${MaxKeys}`)
    }
  }))

test('a key marker alone skips the whole key', () =>
  withWorld(handlers, async (world) => {
    const { ids } = await fill(world)
    const next = await list(world, { KeyMarker: 'test_1', MaxKeys: 1 })
    assert.deepEqual(
      [shown(next), next.NextKeyMarker, next.NextVersionIdMarker],
      [['test_2!*'], 'test_2', ids.test_2?.[0]],
    )
    assert.deepEqual(shown(await list(world, { KeyMarker: 'test_2' })), [])
    const fromStart = await list(world, { KeyMarker: '', MaxKeys: 1 })
    assert.deepEqual(shown(fromStart), ['test_0*'])
  }))

test('bad version-id markers are refused', () =>
  withWorld(handlers, async (world) => {
    const { ids } = await fill(world)
    const id = ids.test_1?.[0]
    for (const KeyMarker of [undefined, '']) {
      await refused(list(world, { KeyMarker, VersionIdMarker: id }), 'InvalidArgument', {
        fields: { ArgumentName: 'version-id-marker', ArgumentValue: id },
        message: 'A version-id marker cannot be specified without a key marker.',
      })
    }
    await refused(list(world, { KeyMarker: 'test_1', VersionIdMarker: 'invalid' }), 'InvalidArgument', {
      fields: { ArgumentName: 'version-id-marker', ArgumentValue: 'invalid' },
      message: 'Invalid version id specified',
    })
    await refused(list(world, { MaxKeys: -1 }), 'InvalidArgument', { message: 'max-keys cannot be negative' })
    await refused(list(world, { EncodingType: '' }), 'InvalidArgument')
  }))

test('a listing goes on after a version that was removed, and knows the new latest (recorded, ..._with_prefix_only_and_pagination)', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled' })
    await world.put('before')
    for (let at = 0; at < 5; at++) await world.put('prefixed_key')
    const first = await list(world, { Prefix: 'prefix', MaxKeys: 3 })
    for (const { VersionId } of first.Versions ?? []) {
      await world.call('DeleteObject', { Bucket, Key: 'prefixed_key', VersionId })
    }
    const markers = { KeyMarker: first.NextKeyMarker, VersionIdMarker: first.NextVersionIdMarker }
    const rest = await list(world, { Prefix: 'prefix', MaxKeys: 5, ...markers })
    assert.deepEqual(shown(rest), ['prefixed_key*', 'prefixed_key'])
  }))

test('groups: one entry each, next marker without version id, markers inside a group skip it', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled' })
    for (const key of ['folder/aSubfolder/subFile1', 'folder/aSubfolder/subFile2', 'folder/file1', 'folder/file2']) {
      await world.put(key)
    }
    const grouped = { Prefix: 'folder/', Delimiter: '/', MaxKeys: 1 }
    const first = await list(world, grouped)
    assert.deepEqual(first.CommonPrefixes, [{ Prefix: 'folder/aSubfolder/' }])
    assert.deepEqual([first.NextKeyMarker, first.NextVersionIdMarker], ['folder/aSubfolder/', undefined])
    for (const KeyMarker of ['folder/aSubfolder/', 'folder/aSubfolder/subFile1']) {
      const next = await list(world, { ...grouped, KeyMarker })
      assert.deepEqual([shown(next), next.CommonPrefixes, next.NextKeyMarker], [['folder/file1*'], [], 'folder/file1'])
    }
    const end = await list(world, { ...grouped, KeyMarker: 'folder/file1' })
    assert.deepEqual([shown(end), end.IsTruncated], [['folder/file2*'], false])
  }))

test('a group of delete markers alone is still a group', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled' })
    await world.call('DeleteObject', { Bucket, Key: 'a/1' })
    assert.deepEqual((await list(world, { Delimiter: '/' })).CommonPrefixes, [{ Prefix: 'a/' }])
  }))

test('without versioning every object is its null version', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    for (const key of ['b', 'a']) await world.put(key)
    const output = await list(world)
    assert.deepEqual(shown(output), ['a*', 'b*'])
    assert.deepEqual(
      output.Versions?.map((entry) => entry.VersionId),
      ['null', 'null'],
    )
    const next = await list(world, { KeyMarker: 'a', VersionIdMarker: 'null' })
    assert.deepEqual(shown(next), ['b*'])
  }))

test('null versions stand where they were written', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    await world.put('k', '1')
    await world.change(Bucket, { versioning: 'Enabled' })
    await world.put('k', '2')
    await world.change(Bucket, { versioning: 'Suspended' })
    await world.put('k', '3')
    const ids = (await list(world)).Versions?.map((entry) => entry.VersionId)
    assert.equal(ids?.length, 2)
    assert.equal(ids?.[0], 'null')
    assert.notEqual(ids?.[1], 'null')
  }))

test('encoding applies to keys, prefix, delimiter and key markers', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    for (const key of ['a b/x', 'a b/y', 'a+c']) await world.put(key)
    const output = await list(world, { EncodingType: 'url', Prefix: 'a ', Delimiter: '/', KeyMarker: '!' })
    assert.deepEqual([output.Prefix, output.Delimiter, output.KeyMarker], ['a+', '/', '%21'])
    assert.deepEqual(output.CommonPrefixes, [{ Prefix: 'a+b/' }])
    const paged = await list(world, { EncodingType: 'url', MaxKeys: 2 })
    assert.deepEqual([shown(paged), paged.NextKeyMarker], [['a+b/x*', 'a+b/y*'], 'a+b/y'])
  }))

test('a page size of 0 is an empty page', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    await world.put('k')
    const output = await list(world, { MaxKeys: 0 })
    assert.deepEqual([shown(output), output.IsTruncated, output.NextKeyMarker], [[], false, undefined])
  }))
