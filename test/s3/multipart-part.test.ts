// Recorded: TestS3MultipartUploadChecksum, test_multipart_no_such_upload, test_multipart_key_validation,
// test_multipart_upload_sse_c_validation. A missing checksum: floci#3093, measured against AWS.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bucket, Key, md5, Upload, withUploads } from './multipart-support.ts'
import { bodyOf, bytesOf, refused } from './support.ts'

test('a part answers its MD5 as entity tag, and only the checksum that was sent', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    assert.deepEqual(await upload.part(1, 'abc'), { ETag: `"${md5('abc')}"`, ServerSideEncryption: 'AES256' })
    const withCrc = await upload.part(2, 'abc', { ChecksumCRC32: 'NSRBwg==' })
    assert.equal(withCrc.ChecksumCRC32, 'NSRBwg==')
  }))

test('part numbers go from 1 to 10,000', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    for (const good of [1, 2, 9999, 10_000]) await upload.part(good, 'x')
    for (const bad of [-1, 0, 10_001, 1.5]) {
      await refused(upload.part(bad, 'x'), 'InvalidArgument', {
        fields: { ArgumentName: 'partNumber', ArgumentValue: bad },
        message: 'Part number must be an integer between 1 and 10000, inclusive',
      })
    }
    assert.deepEqual(
      (await upload.list()).Parts?.map((part) => part.PartNumber),
      [1, 2, 9999, 10_000],
    )
  }))

test('an unknown upload, one of another key, an aborted and a completed one are NoSuchUpload', () =>
  withUploads(async (world) => {
    const put = (UploadId: string, key = Key) =>
      world.call('UploadPart', { Bucket, Key: key, UploadId, PartNumber: 1 }, { body: bodyOf('x') })
    const message =
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.'
    await refused(put('fakeid'), 'NoSuchUpload', { status: 404, fields: { UploadId: 'fakeid' }, message })
    const upload = await Upload.begin(world)
    await refused(put(upload.id, 'other'), 'NoSuchUpload', { fields: { UploadId: upload.id } })
    await upload.part(1, 'x')
    await upload.complete()
    await refused(put(upload.id), 'NoSuchUpload')
    const aborted = await Upload.begin(world)
    await aborted.abort()
    await refused(put(aborted.id), 'NoSuchUpload')
  }))

test('a part sent again replaces the former', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'first')
    const second = await upload.part(1, 'second!')
    const { Parts } = await upload.list()
    assert.deepEqual(
      Parts?.map((part) => [part.Size, part.ETag]),
      [[7, second.ETag]],
    )
    await refused(upload.complete({ MultipartUpload: { Parts: upload.parts.slice(0, 1) } }), 'InvalidPart')
    await upload.complete({ MultipartUpload: { Parts: upload.parts.slice(1) } })
    assert.equal(await world.get(Key), 'second!')
  }))

const good: Record<string, string> = {
  CRC32: 'NSRBwg==',
  CRC32C: 'Nks/tw==',
  SHA1: 'qZk+NkcGgWq6PiVxeFDCbJzQ2J0=',
  SHA256: 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
  CRC64NVME: 'BeXKuz/B+us=',
}
for (const [name, value] of Object.entries(good)) {
  test(`${name} of a part is verified, whatever the upload computes beside it`, () =>
    withUploads(async (world) => {
      const member = `Checksum${name}`
      const upload = await Upload.begin(world)
      const output = (await upload.part(1, 'abc', { [member]: value })) as Record<string, unknown>
      assert.equal(output[member], value)
      await refused(upload.part(1, 'right body', { [member]: value }), 'BadDigest', {
        message: `The ${name} you specified did not match the calculated checksum.`,
      })
      await refused(upload.part(1, 'abc', { [member]: 'abcd' }), 'InvalidRequest', {
        message: `Value for x-amz-checksum-${name.toLowerCase()} header is invalid.`,
      })
    }))
}

test('a checksum in a trailer counts like one in a header', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32' })
    const input = { Bucket, Key, UploadId: upload.id, PartNumber: 1 }
    const body = () => bodyOf('abc', { trailers: { 'x-amz-checksum-crc32': 'NSRBwg==' } })
    assert.equal((await world.call('UploadPart', input, { body: body() })).ChecksumCRC32, 'NSRBwg==')
    const wrong = bodyOf('abd', { trailers: { 'x-amz-checksum-crc32': 'NSRBwg==' } })
    await refused(world.call('UploadPart', input, { body: wrong }), 'BadDigest')
  }))

test('the algorithm of a part is that of its upload', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { ChecksumAlgorithm: 'SHA256' })
    await refused(upload.part(1, 'abc', { ChecksumCRC32: 'NSRBwg==' }), 'InvalidRequest', {
      message: 'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32',
    })
    await refused(upload.part(1, 'abc'), 'InvalidRequest', {
      message: 'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null',
    })
    const full = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32C', ChecksumType: 'FULL_OBJECT' })
    await refused(full.part(1, 'abc', { ChecksumCRC32: 'NSRBwg==' }), 'InvalidRequest', {
      message: 'Checksum Type mismatch occurred, expected checksum Type: crc32c, actual checksum Type: crc32',
    })
  }))

test('a FULL_OBJECT upload takes parts without checksum and computes them (versitygw#1342)', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32C', ChecksumType: 'FULL_OBJECT' })
    await upload.part(1, 'abc')
    assert.equal((await upload.list()).Parts?.[0]?.ChecksumCRC32C, 'Nks/tw==')
  }))

test('Content-MD5 of a part is verified and shown in Base64 when wrong', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    const ContentMD5 = Buffer.from(md5('abc'), 'hex').toString('base64')
    await upload.part(1, 'abc', { ContentMD5 })
    await refused(upload.part(1, 'abd', { ContentMD5 }), 'BadDigest', {
      fields: {
        ExpectedDigest: ContentMD5,
        CalculatedDigest: Buffer.from(md5('abd'), 'hex').toString('base64'),
      },
    })
    await refused(upload.part(1, 'abc', { ContentMD5: 'bad' }), 'InvalidDigest')
  }))

test('parts of a locked object need an integrity check', () =>
  withUploads(async (world) => {
    await world.change(Bucket, { versioning: 'Enabled', objectLockEnabled: true })
    const upload = await Upload.begin(world, { ObjectLockLegalHoldStatus: 'ON' })
    await refused(upload.part(1, 'abc'), 'InvalidRequest', {
      message:
        'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters',
    })
    await upload.part(1, 'abc', { ChecksumCRC32: 'NSRBwg==' })
  }))

test('a refused or broken part leaves the former one as it was', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'good')
    await refused(upload.part(1, 'bad', { ChecksumCRC32: 'NSRBwg==' }), 'BadDigest')
    const input = { Bucket, Key, UploadId: upload.id, PartNumber: 1 }
    const body = bodyOf('half', { failure: new Error('connection lost') })
    await assert.rejects(world.call('UploadPart', input, { body }), /connection lost/)
    await upload.complete()
    assert.equal(await world.get(Key), 'good')
  }))

test('an upload aborted while a part arrives gives NoSuchUpload', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    const body = bodyOf('x')
    const { forEach } = body
    body.forEach = async (sink) => {
      await forEach(sink)
      await upload.abort()
    }
    const input = { Bucket, Key, UploadId: upload.id, PartNumber: 1 }
    await refused(world.call('UploadPart', input, { body }), 'NoSuchUpload', { fields: { UploadId: upload.id } })
  }))

test('large parts are streamed into the object in order', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    const chunk = (fill: number) => Buffer.alloc(70_000, fill)
    for (const number of [1, 2, 3]) {
      const input = { Bucket, Key, UploadId: upload.id, PartNumber: number }
      const body = bodyOf('', { chunks: [chunk(number), chunk(number + 10)] })
      const { ETag = '' } = await world.call('UploadPart', input, { body })
      upload.parts.push({ PartNumber: number, ETag })
    }
    await upload.complete()
    const output = await world.call('GetObject', { Bucket, Key })
    const expected = Buffer.concat([1, 2, 3].flatMap((number) => [chunk(number), chunk(number + 10)]))
    assert.ok((await bytesOf(output.Body)).equals(expected))
  }))
