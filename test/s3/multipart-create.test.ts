// Recorded: TestS3MultipartUploadChecksum, test_multipart_and_list_parts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bucket, Key, Upload, withUploads } from './multipart-support.ts'
import { anonymous, refused, startMs } from './support.ts'

const begin = { Bucket, Key }

test('an upload begins with an id of its own and says how the object will be encrypted', () =>
  withUploads(async (world) => {
    const first = await world.call('CreateMultipartUpload', begin)
    const second = await world.call('CreateMultipartUpload', begin)
    assert.ok(first.UploadId)
    assert.notEqual(first.UploadId, second.UploadId)
    assert.deepEqual([first.Bucket, first.Key, first.ServerSideEncryption], [Bucket, Key, 'AES256'])
    assert.deepEqual([first.ChecksumAlgorithm, first.ChecksumType], [undefined, undefined])
  }))

const defaults = {
  CRC32: 'COMPOSITE',
  CRC32C: 'COMPOSITE',
  SHA1: 'COMPOSITE',
  SHA256: 'COMPOSITE',
  CRC64NVME: 'FULL_OBJECT',
  SHA512: 'COMPOSITE',
  MD5: 'COMPOSITE',
  XXHASH64: 'COMPOSITE',
  XXHASH3: 'COMPOSITE',
  XXHASH128: 'COMPOSITE',
}
for (const [ChecksumAlgorithm, ChecksumType] of Object.entries(defaults)) {
  test(`${ChecksumAlgorithm} without a type is ${ChecksumType}`, () =>
    withUploads(async (world) => {
      const output = await world.call('CreateMultipartUpload', { ...begin, ChecksumAlgorithm })
      assert.deepEqual([output.ChecksumAlgorithm, output.ChecksumType], [ChecksumAlgorithm, ChecksumType])
    }))
}

const types: [algorithm: string, type: string, allowed: boolean][] = [
  ['CRC32', 'COMPOSITE', true],
  ['CRC32', 'FULL_OBJECT', true],
  ['CRC32C', 'COMPOSITE', true],
  ['CRC32C', 'FULL_OBJECT', true],
  ['CRC64NVME', 'COMPOSITE', false],
  ['CRC64NVME', 'FULL_OBJECT', true],
  ['SHA1', 'COMPOSITE', true],
  ['SHA1', 'FULL_OBJECT', false],
  ['SHA256', 'COMPOSITE', true],
  ['SHA256', 'FULL_OBJECT', false],
  ['XXHASH128', 'FULL_OBJECT', false],
]
for (const [ChecksumAlgorithm, ChecksumType, allowed] of types) {
  test(`${ChecksumAlgorithm} ${allowed ? 'can' : 'cannot'} be ${ChecksumType}`, () =>
    withUploads(async (world) => {
      const running = world.call('CreateMultipartUpload', { ...begin, ChecksumAlgorithm, ChecksumType })
      if (allowed) assert.equal((await running).ChecksumType, ChecksumType)
      else {
        await refused(running, 'InvalidRequest', {
          message: `The ${ChecksumType} checksum type cannot be used with the ${ChecksumAlgorithm.toLowerCase()} checksum algorithm.`,
        })
      }
    }))
}

test('a type without an algorithm, unknown algorithms and unknown types are refused', () =>
  withUploads(async (world) => {
    await refused(world.call('CreateMultipartUpload', { ...begin, ChecksumType: 'COMPOSITE' }), 'InvalidRequest', {
      message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    })
    await refused(world.call('CreateMultipartUpload', { ...begin, ChecksumAlgorithm: 'TEST' }), 'InvalidRequest', {
      message:
        'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    })
    const wrongType = { ...begin, ChecksumAlgorithm: 'CRC32', ChecksumType: 'OTHER' }
    await refused(world.call('CreateMultipartUpload', wrongType), 'InvalidRequest', {
      message: 'Value for x-amz-checksum-type header is invalid.',
    })
  }))

test('what the object will be is checked at the beginning, not at the end', () =>
  withUploads(async (world) => {
    const refusals: [object, string][] = [
      [{ ACL: 'public-read' }, 'AccessControlListNotSupported'],
      [{ StorageClass: 'OUTPOSTS' }, 'InvalidStorageClass'],
      [{ Tagging: 'a=1&a=2' }, 'InvalidArgument'],
      [{ WebsiteRedirectLocation: 'ftp://x' }, 'InvalidRedirectLocation'],
      [{ Metadata: { a: 'x'.repeat(2048) } }, 'MetadataTooLarge'],
      [{ ObjectLockLegalHoldStatus: 'ON' }, 'InvalidRequest'],
      [{ SSECustomerAlgorithm: 'AES256' }, 'InvalidRequest'],
    ]
    for (const [more, code] of refusals) await refused(world.call('CreateMultipartUpload', { ...begin, ...more }), code)
    assert.deepEqual((await world.call('ListMultipartUploads', { Bucket })).Uploads, [])
  }))

test('everything said at the beginning is the object’s at the end, dated to the beginning', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, {
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      ContentEncoding: 'aws-chunked,gzip',
      Metadata: { Color: 'blue' },
      StorageClass: 'STANDARD_IA',
      Tagging: 'a=1',
      WebsiteRedirectLocation: '/there',
    })
    world.clock.nowMs += 60_000
    await upload.part(1, 'x')
    await upload.complete()
    const head = await world.call('HeadObject', { Bucket, Key })
    assert.deepEqual(
      [head.ContentType, head.CacheControl, head.ContentEncoding, head.StorageClass, head.WebsiteRedirectLocation],
      ['text/plain', 'no-cache', 'gzip', 'STANDARD_IA', '/there'],
    )
    assert.deepEqual(head.Metadata, { color: 'blue' })
    assert.equal(head.TagCount, 1)
    // User guide, "System-defined object metadata": the creation date is that of the initiation.
    assert.equal(head.LastModified, startMs)
  }))

test('anonymous callers cannot begin uploads', () =>
  withUploads(async (world) => {
    await refused(world.call('CreateMultipartUpload', begin, { principal: anonymous }), 'AccessDenied', {
      message: 'Anonymous users cannot initiate multipart uploads. Please authenticate.',
    })
  }))

test('the bucket may be deleted meanwhile', () =>
  withUploads(async (world) => {
    const before = await world.store.buckets.get(Bucket)
    await world.store.buckets.delete(Bucket)
    world.store.buckets.get = () => before
    await refused(world.call('CreateMultipartUpload', begin), 'NoSuchBucket', { fields: { BucketName: Bucket } })
  }))
