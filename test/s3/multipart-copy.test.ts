// Recorded: TestS3Multipart::test_upload_part_copy_*, test_multipart_upload_part_copy_checksum.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UploadPartCopyRequest } from '../../src/model/s3.types.gen.ts'
import { checkCopySize, copyRange } from '../../src/s3/multipart-copy.ts'
import { Bucket, Key, md5, Upload, withUploads } from './multipart-support.ts'
import { refused, startMs } from './support.ts'

const copy = (upload: Upload, more: Partial<UploadPartCopyRequest> = {}) =>
  upload.world.call('UploadPartCopy', {
    Bucket,
    Key,
    UploadId: upload.id,
    PartNumber: 1,
    CopySource: 'bucket/source',
    ...more,
  })
const digits = '0123456789'

test('a part is the whole source, or a range of it', () =>
  withUploads(async (world) => {
    await world.put('source', digits)
    const upload = await Upload.begin(world)
    const whole = await copy(upload)
    assert.deepEqual(whole, {
      CopySourceVersionId: undefined,
      CopyPartResult: { ETag: `"${md5(digits)}"`, LastModified: startMs - 678 },
      ServerSideEncryption: 'AES256',
    })
    const parts = [{ PartNumber: 1, ETag: whole.CopyPartResult?.ETag ?? '' }]
    for (const [at, range] of ['0-8', '1-1', '0-0'].entries()) {
      const output = await copy(upload, { PartNumber: at + 2, CopySourceRange: `bytes=${range}` })
      parts.push({ PartNumber: at + 2, ETag: output.CopyPartResult?.ETag ?? '' })
    }
    // Recorded tags of the three ranges of another text; here computed.
    assert.deepEqual(
      parts.slice(1).map((part) => part.ETag),
      ['012345678', '1', '0'].map((text) => `"${md5(text)}"`),
    )
    await upload.complete({ MultipartUpload: { Parts: parts } })
    assert.equal(await world.get(Key), `${digits}01234567810`)
  }))

const form =
  'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy'
for (const header of [
  '0-8',
  'bytes=1-0',
  'bytes=-1-',
  'bytes=0--1',
  'bytes=0-1,3-4,7-9',
  'bytes=-',
  'bytes=-0',
  'bytes=1-',
  'bytes=-2',
  'bytes=-15',
  'bytes=0',
  'bytes=hello-world',
  'bytes=0-bar',
  'Bytes=0-1',
  '',
]) {
  test(`the range ${JSON.stringify(header)} is of the wrong form`, () => {
    assert.throws(() => copyRange(header, 10), {
      code: 'InvalidArgument',
      message: form,
      fields: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header },
    })
  })
}

test('ranges must lie within the source', () => {
  assert.deepEqual(copyRange('bytes=0-9', 10), { start: 0, end: 10 })
  assert.deepEqual(copyRange('bytes=9-9', 10), { start: 9, end: 10 })
  assert.deepEqual(copyRange(undefined, 0), { start: 0, end: 0 })
  for (const header of ['bytes=0-10', 'bytes=0-100', 'bytes=9-10']) {
    assert.throws(() => copyRange(header, 10), {
      code: 'InvalidArgument',
      message: 'Range specified is not valid for source object of size: 10',
    })
  }
  for (const [header, size] of [
    ['bytes=10-10', 10],
    ['bytes=100-200', 10],
    ['bytes=0-0', 0],
  ] as const) {
    assert.throws(() => copyRange(header, size), {
      code: 'InvalidRequest',
      message: 'The specified copy range is invalid for the source object size',
    })
  }
})

test('5 GiB are copied, a byte more is refused', () => {
  const limit = 5 * 1024 ** 3
  checkCopySize({ start: 0, end: limit })
  checkCopySize({ start: limit, end: 2 * limit })
  assert.throws(() => checkCopySize({ start: 0, end: limit + 1 }), {
    code: 'InvalidRequest',
    message: 'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
  })
})

test('checksums are those of the upload and shown only when it named one', () =>
  withUploads(async (world) => {
    await world.put('source', 'this is a part')
    for (const [ChecksumType, whole] of [
      ['COMPOSITE', 'F9bAnw==-1'],
      ['FULL_OBJECT', 'iqJrOQ=='],
    ] as const) {
      const upload = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32C', ChecksumType })
      const { CopyPartResult } = await copy(upload)
      assert.equal(CopyPartResult?.ChecksumCRC32C, 'iqJrOQ==')
      assert.equal(CopyPartResult?.ETag, '"11df95d595559285eb2b042124e74f09"')
      assert.equal((await upload.list()).Parts?.[0]?.ChecksumCRC32C, 'iqJrOQ==')
      const part = { PartNumber: 1, ETag: CopyPartResult?.ETag ?? '', ChecksumCRC32C: 'iqJrOQ==' }
      const output = await upload.complete({ MultipartUpload: { Parts: [part] } })
      assert.deepEqual([output.ChecksumCRC32C, output.ETag], [whole, '"395d97c07920de036bfa21e7568a2e9f-1"'])
    }
  }))

test('a whole source with the right checksum is copied without reading it', () =>
  withUploads(async (world) => {
    await world.put('source', digits)
    const upload = await Upload.begin(world)
    world.store.bodies.read = () => assert.fail('the source was read')
    await copy(upload)
  }))

test('the tag of a copied multipart object is the MD5 of its bytes', () =>
  withUploads(async (world) => {
    const source = await Upload.begin(world)
    await source.part(1, 'ab')
    await source.part(2, 'c')
    await source.complete()
    const upload = await Upload.begin(world)
    const { CopyPartResult } = await copy(upload, { CopySource: `${Bucket}/${Key}` })
    assert.equal(CopyPartResult?.ETag, `"${md5('abc')}"`)
  }))

test('conditions on the source', () =>
  withUploads(async (world) => {
    const { ETag = '' } = await world.put('source', digits)
    world.clock.nowMs += 10_000
    const upload = await Upload.begin(world)
    const cases: [Partial<UploadPartCopyRequest>, string | undefined][] = [
      [{ CopySourceIfMatch: ETag }, undefined],
      [{ CopySourceIfMatch: 'x' }, 'If-Match'],
      [{ CopySourceIfNoneMatch: 'x' }, undefined],
      [{ CopySourceIfNoneMatch: ETag }, 'If-None-Match'],
      [{ CopySourceIfModifiedSince: startMs - 5000 }, undefined],
      [{ CopySourceIfModifiedSince: startMs + 5000 }, 'If-Modified-Since'],
      [{ CopySourceIfModifiedSince: startMs + 60_000 }, undefined],
      [{ CopySourceIfUnmodifiedSince: startMs + 5000 }, undefined],
      [{ CopySourceIfUnmodifiedSince: startMs - 5000 }, 'If-Unmodified-Since'],
      [{ CopySourceIfMatch: ETag, CopySourceIfUnmodifiedSince: startMs - 5000 }, undefined],
      [{ CopySourceIfNoneMatch: 'x', CopySourceIfUnmodifiedSince: startMs - 5000 }, 'If-Unmodified-Since'],
    ]
    for (const [conditions, failing] of cases) {
      if (failing === undefined) await copy(upload, conditions)
      else {
        await refused(copy(upload, conditions), 'PreconditionFailed', {
          status: 412,
          fields: { Condition: `x-amz-copy-source-${failing}` },
        })
      }
    }
  }))

test('the source: bucket, key, version and permission are looked at', () =>
  withUploads(async (world) => {
    await world.bucket('versioned', { versioning: 'Enabled' })
    const first = await world.call('PutObject', { Bucket: 'versioned', Key: 'k' })
    await world.call('DeleteObject', { Bucket: 'versioned', Key: 'k' })
    const upload = await Upload.begin(world)
    const output = await copy(upload, { CopySource: `versioned/k?versionId=${first.VersionId}` })
    assert.equal(output.CopySourceVersionId, first.VersionId)
    await refused(copy(upload, { CopySource: 'versioned/k' }), 'NoSuchKey', { fields: { Key: 'k' } })
    await refused(copy(upload, { CopySource: 'nowhere/k' }), 'NoSuchBucket', { fields: { BucketName: 'nowhere' } })
    await refused(copy(upload, { CopySource: 'nokey' }), 'InvalidArgument')
    const asked: string[] = []
    const authorize = (action: string, resource: string) => void asked.push(`${action} ${resource}`)
    await world.put('source', 'x')
    const input = { Bucket, Key, UploadId: upload.id, PartNumber: 1, CopySource: 'bucket/source' }
    await world.call('UploadPartCopy', input, { authorize })
    assert.deepEqual(asked, ['s3:GetObject arn:aws:s3:::bucket/source'])
  }))

test('the upload and its part numbers are looked at', () =>
  withUploads(async (world) => {
    await world.put('source', digits)
    const upload = await Upload.begin(world)
    await refused(copy(upload, { PartNumber: 10_001 }), 'InvalidArgument')
    await refused(copy(upload, { UploadId: 'fakeid' }), 'NoSuchUpload', { fields: { UploadId: 'fakeid' } })
    await refused(copy(upload, { SSECustomerAlgorithm: 'AES256' }), 'InvalidRequest')
    await refused(copy(upload, { CopySourceSSECustomerAlgorithm: 'AES256' }), 'InvalidRequest')
    await upload.abort()
    await refused(copy(upload), 'NoSuchUpload')
  }))

test('a source that is overwritten during the copy is copied whole, old or new', () =>
  withUploads(async (world) => {
    for (let round = 0; round < 20; round++) {
      await world.put('source', 'old-old-old')
      const upload = await Upload.begin(world)
      const [output] = await Promise.all([
        copy(upload, { CopySourceRange: 'bytes=4-6' }),
        world.put('source', 'new-new-new'),
      ])
      const ETag = output.CopyPartResult?.ETag ?? ''
      await upload.complete({ MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } })
      const text = await world.get(Key)
      assert.ok(text === 'old' || text === 'new', text)
      assert.equal(ETag, `"${md5(text)}"`)
    }
  }))

test('a part outlives its source', () =>
  withUploads(async (world) => {
    await world.put('source', 'x'.repeat(100_000))
    const upload = await Upload.begin(world)
    const output = await copy(upload, { CopySourceRange: 'bytes=10-99' })
    await world.call('DeleteObject', { Bucket, Key: 'source' })
    await upload.complete({ MultipartUpload: { Parts: [{ PartNumber: 1, ETag: output.CopyPartResult?.ETag ?? '' }] } })
    assert.equal(await world.get(Key), 'x'.repeat(90))
  }))
