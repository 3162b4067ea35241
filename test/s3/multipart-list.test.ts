// Recorded: TestS3ListParts, TestS3ListMultipartUploads, test_multipart_and_list_parts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListMultipartUploadsOutput, ListMultipartUploadsRequest } from '../../src/model/s3.types.gen.ts'
import { Bucket, Key, md5, Upload, withUploads } from './multipart-support.ts'
import { owner, type Refusal, refused, startMs, type World } from './support.ts'

test('parts: the upload as it is', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { StorageClass: 'STANDARD_IA' })
    const none = {
      Bucket,
      Key,
      UploadId: upload.id,
      PartNumberMarker: '0',
      NextPartNumberMarker: '0',
      MaxParts: 1000,
      IsTruncated: false,
      Parts: [],
      Initiator: { ID: owner.canonicalId, DisplayName: 'owner' },
      Owner: { ID: owner.canonicalId },
      StorageClass: 'STANDARD_IA',
      ChecksumAlgorithm: undefined,
      ChecksumType: undefined,
    }
    assert.deepEqual(await upload.list(), none)
    await upload.part(1, 'data', { ChecksumCRC32: 'rfPzYw==' })
    const part = { PartNumber: 1, LastModified: startMs - 678, ETag: `"${md5('data')}"`, Size: 4 }
    assert.deepEqual(await upload.list(), { ...none, Parts: [part], NextPartNumberMarker: '1' })
  }))

test('parts: checksums are shown when the upload names an algorithm', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32' })
    await upload.part(1, 'data', { ChecksumCRC32: 'rfPzYw==' })
    const output = await upload.list()
    assert.deepEqual([output.ChecksumAlgorithm, output.ChecksumType], ['CRC32', 'COMPOSITE'])
    assert.equal(output.Parts?.[0]?.ChecksumCRC32, 'rfPzYw==')
  }))

test('parts: pages', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    for (const number of [1, 2]) await upload.part(number, 'data')
    const page = async (more: object) => {
      const output = await upload.list(more)
      const numbers = output.Parts?.map((part) => part.PartNumber)
      return [numbers, output.IsTruncated, output.NextPartNumberMarker, output.PartNumberMarker, output.MaxParts]
    }
    assert.deepEqual(await page({ MaxParts: 1 }), [[1], true, '1', '0', 1])
    assert.deepEqual(await page({ MaxParts: 1, PartNumberMarker: '1' }), [[2], false, '2', '1', 1])
    assert.deepEqual(await page({ MaxParts: 1, PartNumberMarker: '10' }), [[], false, '0', '10', 1])
    assert.deepEqual(await page({ PartNumberMarker: '' }), [[1, 2], false, '2', '0', 1000])
    assert.deepEqual(await page({ MaxParts: 5000 }), [[1, 2], false, '2', '0', 1000])
    assert.deepEqual(await page({ MaxParts: 0 }), [[], false, '0', '0', 0])
    assert.deepEqual(await page({ PartNumberMarker: '2147483647' }), [[], false, '0', '2147483647', 1000])
  }))

test('parts: bad limits and markers are refused (texts: versitygw#1383, #1804)', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    const cases: [object, Refusal][] = [
      [
        { MaxParts: -1 },
        {
          fields: { ArgumentName: 'max-parts', ArgumentValue: -1 },
          message: 'Argument max-parts must be an integer between 0 and 2147483647',
        },
      ],
      [
        { PartNumberMarker: '-2' },
        {
          fields: { ArgumentName: 'part-number-marker', ArgumentValue: '-2' },
          message: 'Argument part-number-marker must be an integer between 0 and 2147483647',
        },
      ],
      [{ PartNumberMarker: 'x' }, { message: 'Provided part-number-marker not an integer or within integer range' }],
      [
        { PartNumberMarker: '2147483648' },
        { message: 'Provided part-number-marker not an integer or within integer range' },
      ],
    ]
    for (const [more, expected] of cases) await refused(upload.list(more), 'InvalidArgument', expected)
    await refused(upload.list({ Key: 'other' }), 'NoSuchUpload', { fields: { UploadId: upload.id } })
  }))

const list = (world: World, more: Partial<ListMultipartUploadsRequest> = {}) =>
  world.call('ListMultipartUploads', { Bucket, ...more })
const ids = (output: ListMultipartUploadsOutput) => output.Uploads?.map((upload) => upload.UploadId)
const markers = (output: ListMultipartUploadsOutput) => [output.NextKeyMarker, output.NextUploadIdMarker]

/** Three uploads of a, one of b, one of c, a second apart and not in the order of keys. */
async function five(world: World): Promise<Record<'a1' | 'a2' | 'a3' | 'b' | 'c', string>> {
  const begin = async (key: string) => {
    world.clock.nowMs += 1000
    return (await world.call('CreateMultipartUpload', { Bucket, Key: key })).UploadId as string
  }
  return { c: await begin('c'), b: await begin('b'), a1: await begin('a'), a2: await begin('a'), a3: await begin('a') }
}

test('uploads: none', () =>
  withUploads(async (world) => {
    assert.deepEqual(await list(world), {
      Bucket,
      KeyMarker: '',
      UploadIdMarker: '',
      NextKeyMarker: '',
      NextUploadIdMarker: '',
      Prefix: undefined,
      Delimiter: undefined,
      EncodingType: undefined,
      MaxUploads: 1000,
      IsTruncated: false,
      Uploads: [],
      CommonPrefixes: [],
    })
  }))

test('uploads: by key, then by age; next markers are there although nothing is left', () =>
  withUploads(async (world) => {
    const { a1, a2, a3, b, c } = await five(world)
    const output = await list(world)
    assert.deepEqual(ids(output), [a1, a2, a3, b, c])
    assert.deepEqual([output.IsTruncated, ...markers(output)], [false, 'c', c])
    assert.deepEqual(output.Uploads?.[3], {
      UploadId: b,
      Key: 'b',
      Initiated: startMs - 678 + 2000,
      StorageClass: 'STANDARD',
      Owner: { ID: owner.canonicalId },
      Initiator: { ID: owner.canonicalId, DisplayName: 'owner' },
      ChecksumAlgorithm: undefined,
      ChecksumType: undefined,
    })
  }))

test('uploads: pages by one and both markers (recorded, test_list_multiparts_next_marker)', () =>
  withUploads(async (world) => {
    const { a1, a2, a3, b, c } = await five(world)
    const page = async (more: Partial<ListMultipartUploadsRequest>) => {
      const output = await list(world, { MaxUploads: 1, ...more })
      return [ids(output), output.IsTruncated, ...markers(output), output.KeyMarker, output.UploadIdMarker]
    }
    assert.deepEqual(await page({}), [[a1], true, 'a', a1, '', ''])
    assert.deepEqual(await page({ KeyMarker: 'a' }), [[b], true, 'b', b, 'a', ''])
    assert.deepEqual(await page({ KeyMarker: 'c' }), [[], false, '', '', 'c', ''])
    // Alone, an upload id marker means nothing.
    assert.deepEqual(await page({ UploadIdMarker: a1 }), [[a1], true, 'a', a1, '', ''])
    assert.deepEqual(await page({ KeyMarker: '', UploadIdMarker: a1 }), [[a1], true, 'a', a1, '', ''])
    assert.deepEqual(await page({ KeyMarker: 'a', UploadIdMarker: a1 }), [[a2], true, 'a', a2, 'a', a1])
    assert.deepEqual(await page({ KeyMarker: 'a', UploadIdMarker: a3 }), [[b], true, 'b', b, 'a', a3])
    assert.deepEqual(await page({ KeyMarker: 'b', UploadIdMarker: b }), [[c], false, 'c', c, 'b', b])
  }))

test('uploads: an upload id of another key is refused, one that has ended is not', () =>
  withUploads(async (world) => {
    const { a1, a2, a3, b } = await five(world)
    for (const UploadIdMarker of [b, 'made-up', `${a1}x`]) {
      await refused(list(world, { KeyMarker: 'a', UploadIdMarker }), 'InvalidArgument', {
        fields: { ArgumentName: 'upload-id-marker', ArgumentValue: UploadIdMarker },
        message: 'Invalid uploadId marker',
      })
    }
    await world.call('AbortMultipartUpload', { Bucket, Key: 'a', UploadId: a1 })
    const output = await list(world, { KeyMarker: 'a', UploadIdMarker: a1, MaxUploads: 2 })
    assert.deepEqual(ids(output), [a2, a3])
  }))

test('uploads: aborting page by page ends', () =>
  withUploads(async (world) => {
    await five(world)
    let output = await list(world, { MaxUploads: 2 })
    let rounds = 0
    while ((output.Uploads?.length ?? 0) > 0) {
      assert.ok(++rounds < 10)
      for (const { Key = '', UploadId = '' } of output.Uploads ?? []) {
        await world.call('AbortMultipartUpload', { Bucket, Key, UploadId })
      }
      const [KeyMarker, UploadIdMarker] = markers(output)
      output = await list(world, { MaxUploads: 2, KeyMarker, UploadIdMarker })
    }
    assert.deepEqual(ids(await list(world)), [])
  }))

test('uploads: prefix, delimiter and encoding', () =>
  withUploads(async (world) => {
    for (const key of ['test/foo/bar/1', 'test/foo/bar/2', 'test/bar/foo/1', 'a b=c']) {
      await world.call('CreateMultipartUpload', { Bucket, Key: key })
    }
    const groups = async (more: object) => (await list(world, more)).CommonPrefixes?.map((group) => group.Prefix)
    assert.deepEqual(await groups({ Prefix: 'test/', Delimiter: '/' }), ['test/bar/', 'test/foo/'])
    assert.deepEqual(await groups({ Prefix: 'test/foo/bar', Delimiter: '/' }), ['test/foo/bar/'])
    const plain = await list(world, { Prefix: 'test/foo' })
    assert.deepEqual([ids(plain)?.length, plain.Prefix, plain.Delimiter], [2, 'test/foo', undefined])
    assert.equal(plain.NextKeyMarker, 'test/foo/bar/2')
    const encoded = await list(world, { EncodingType: 'url', Prefix: 'a ', KeyMarker: 'a', Delimiter: '=' })
    assert.deepEqual([encoded.Prefix, encoded.Delimiter, encoded.EncodingType], ['a+', '%3D', 'url'])
    assert.deepEqual(encoded.CommonPrefixes, [{ Prefix: 'a+b%3D' }])
    const one = await list(world, { EncodingType: 'url', MaxUploads: 1 })
    assert.deepEqual([one.Uploads?.[0]?.Key, one.NextKeyMarker], ['a+b%3Dc', 'a+b%3Dc'])
  }))

test('uploads: a page cut off after a group names it as the next marker; markers inside a group skip it', () =>
  withUploads(async (world) => {
    for (const key of ['folder/aSubfolder/subFile1', 'folder/aSubfolder/subFile2', 'folder/file1', 'folder/file2']) {
      await world.call('CreateMultipartUpload', { Bucket, Key: key })
    }
    const grouped = { Prefix: 'folder/', Delimiter: '/', MaxUploads: 1 }
    const first = await list(world, grouped)
    assert.deepEqual(
      [first.CommonPrefixes, first.IsTruncated, ...markers(first)],
      [[{ Prefix: 'folder/aSubfolder/' }], true, 'folder/aSubfolder/', ''],
    )
    for (const KeyMarker of ['folder/aSubfolder/', 'folder/aSubfolder/subFile1']) {
      const next = await list(world, { ...grouped, KeyMarker })
      assert.deepEqual(
        [next.Uploads?.[0]?.Key, next.CommonPrefixes, next.NextKeyMarker],
        ['folder/file1', [], 'folder/file1'],
      )
    }
  }))

test('uploads: bad limits and encodings are refused', () =>
  withUploads(async (world) => {
    await refused(list(world, { MaxUploads: -1 }), 'InvalidArgument', {
      message: 'Argument max-uploads must be an integer between 0 and 2147483647',
    })
    for (const EncodingType of ['', 'value']) {
      await refused(list(world, { EncodingType }), 'InvalidArgument', {
        fields: { ArgumentName: 'encoding-type', ArgumentValue: EncodingType },
      })
    }
    assert.equal((await list(world, { MaxUploads: 0 })).IsTruncated, false)
    assert.equal((await list(world, { MaxUploads: 5000 })).MaxUploads, 1000)
  }))

test('abort: ends the upload and leaves the object as it was', () =>
  withUploads(async (world) => {
    await world.put(Key, 'before')
    const upload = await Upload.begin(world)
    await upload.part(1, 'x')
    assert.deepEqual(await upload.abort(), {})
    await refused(upload.abort(), 'NoSuchUpload', { status: 404, fields: { UploadId: upload.id } })
    await refused(upload.complete(), 'NoSuchUpload')
    await refused(upload.list(), 'NoSuchUpload')
    assert.equal(await world.get(Key), 'before')
    assert.deepEqual(ids(await list(world)), [])
  }))

test('abort: unknown ids, other keys and completed uploads are NoSuchUpload; a condition is for directory buckets', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    const abort = (more: object) => world.call('AbortMultipartUpload', { Bucket, Key, UploadId: upload.id, ...more })
    await refused(abort({ UploadId: 'fakeid' }), 'NoSuchUpload')
    await refused(abort({ Key: 'other' }), 'NoSuchUpload')
    await refused(abort({ IfMatchInitiatedTime: startMs }), 'NotImplemented', {
      fields: { Header: 'x-amz-if-match-initiated-time' },
    })
    await upload.part(1, 'x')
    await upload.complete()
    await refused(abort({}), 'NoSuchUpload')
  }))
