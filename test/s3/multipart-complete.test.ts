// Recorded: TestS3MultipartUploadChecksum, test_complete_multipart_parts_order, test_multipart_complete_multipart_*,
// TestS3ObjectWritePrecondition. Known answers: s3-tests test_multipart_use_cksum_helper_*.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompleteMultipartUploadRequest } from '../../src/model/s3.types.gen.ts'
import { Bucket, Key, md5, Upload, withUploads } from './multipart-support.ts'
import { refused, type World } from './support.ts'

const mib5 = 5 * 1024 ** 2

test('the answer names bucket, key, tag, checksum, encryption and Location', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'aaa')
    assert.deepEqual(await upload.complete(), {
      Location: 'http://localhost:9000/bucket/key',
      Bucket,
      Key,
      // Recorded: test_complete_multipart_parts_checksum_default.
      ETag: '"e2c3da976e66ec9e7dc128fbc782fc91-1"',
      ChecksumCRC64NVME: 'Rnr2/5P7Gsk=',
      ChecksumType: 'FULL_OBJECT',
      VersionId: undefined,
      ServerSideEncryption: 'AES256',
    })
  }))

test('recorded values: tag and CRC64NVME of one part (test_multipart_and_list_parts)', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'upload-part-1'.repeat(5))
    const output = await upload.complete()
    assert.equal(output.ETag, '"e747540af6911dbc890f8d3e0b48549b-1"')
    assert.equal(output.ChecksumCRC64NVME, 'CTXktO4pIQs=')
    const head = await world.call('HeadObject', { Bucket, Key, ChecksumMode: 'ENABLED' })
    assert.deepEqual(
      [head.ETag, head.ChecksumCRC64NVME, head.ChecksumType],
      [output.ETag, 'CTXktO4pIQs=', 'FULL_OBJECT'],
    )
  }))

test('Location escapes the key, slashes too (aws-sdk-js#811; recorded: test_multipart_with_unicode_character_location)', () =>
  withUploads(async (world) => {
    const key = 'dir/a b—c'
    const { UploadId = '' } = await world.call('CreateMultipartUpload', { Bucket, Key: key })
    const { ETag = '' } = await world.call('UploadPart', { Bucket, Key: key, UploadId, PartNumber: 1 })
    const input = { Bucket, Key: key, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }
    const output = await world.call('CompleteMultipartUpload', input)
    assert.equal(output.Location, 'http://localhost:9000/bucket/dir%2Fa+b%E2%80%94c')
  }))

const wholes: [algorithm: string, type: string, tag: string, expected: string][] = [
  ['SHA256', 'COMPOSITE', 'b2add96cc9702bbf4efb0ccdfc6b7747-3', 'uWBwpe1dxI4Vw8Gf0X9ynOdw/SS6VBzfWm9giiv1sf4=-3'],
  ['SHA1', 'COMPOSITE', 'b2add96cc9702bbf4efb0ccdfc6b7747-3', 'sizjvY4eud3MrcHdZM3cQ/ol39o=-3'],
  ['CRC32', 'FULL_OBJECT', 'b2add96cc9702bbf4efb0ccdfc6b7747-3', 'WgDhBQ=='],
  ['CRC32C', 'FULL_OBJECT', 'b2add96cc9702bbf4efb0ccdfc6b7747-3', 'xU+Krw=='],
  ['CRC64NVME', 'FULL_OBJECT', 'b2add96cc9702bbf4efb0ccdfc6b7747-3', 'i+6LR0y3eFo='],
]
const partValues: Record<string, string[]> = {
  SHA256: [
    '275VF5loJr1YYawit0XSHREhkFXYkkPKGuoK0x9VKxI=',
    'mrHwOfjTL5Zwfj74F05HOQGLdUb7E5szdCbxgUSq6NM=',
    'Vw7oB/nKQ5xWb3hNgbyfkvDiivl+U+/Dft48nfJfDow=',
  ],
  SHA1: ['iIaTCGbm+vdVjNqIMF2S0T7ibMk=', 'LS/TJ32bAVKEwRu+sE3X7awh/lk=', '6DDwovUaHwrKNXDMzOGbuvj9kxI='],
  CRC32: ['JRTCyQ==', 'QoZTGg==', 'YAgjqw=='],
  CRC32C: ['MDaLrw==', 'TH4EZg==', 'Z7mBIQ=='],
  CRC64NVME: ['L/E4WYn8v98=', 'xW1l19VobYM=', 'cK5MnNaWrW4='],
}
for (const [ChecksumAlgorithm, ChecksumType, tag, expected] of wholes) {
  test(`known answer: ${ChecksumType} ${ChecksumAlgorithm} of three parts of 5 MiB`, () =>
    withUploads(async (world) => {
      const member = `Checksum${ChecksumAlgorithm}`
      const upload = await Upload.begin(world, { ChecksumAlgorithm, ChecksumType })
      for (const [at, letter] of ['A', 'B', 'C'].entries()) {
        await upload.part(at + 1, letter.repeat(mib5), { [member]: partValues[ChecksumAlgorithm]?.[at] })
      }
      const output = await upload.complete({ [member]: expected, ChecksumType })
      assert.equal((output as Record<string, unknown>)[member], expected)
      assert.deepEqual([output.ChecksumType, output.ETag], [ChecksumType, `"${tag}"`])
    }, mib5))
}

test('parts need not begin at 1 nor be dense (minio-js sends a sole part 2; recorded: complete-multipart-with-step-2)', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    for (const number of [9, 2, 4]) await upload.part(number, `${number}`)
    upload.parts.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0))
    assert.match((await upload.complete()).ETag ?? '', /-3"$/)
    assert.equal(await world.get(Key), '249')
  }))

test('parts that are not listed are left out', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    for (const number of [1, 2, 3]) await upload.part(number, `${number}`)
    await upload.complete({ MultipartUpload: { Parts: [upload.parts[0], upload.parts[2]] as typeof upload.parts } })
    assert.equal(await world.get(Key), '13')
  }))

test('entity tags are taken with and without quotes', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'x')
    await upload.complete({ MultipartUpload: { Parts: [{ PartNumber: 1, ETag: md5('x') }] } })
  }))

test('a missing list is InvalidRequest, an empty one MalformedXML', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'x')
    await refused(upload.complete({ MultipartUpload: undefined }), 'InvalidRequest', {
      message: 'You must specify at least one part',
    })
    await refused(upload.complete({ MultipartUpload: { Parts: [] } }), 'MalformedXML')
  }))

test('the list must ascend, without repeats and from 1', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    for (const number of [1, 2, 3]) await upload.part(number, 'x')
    const listed = (...numbers: number[]) =>
      upload.complete({ MultipartUpload: { Parts: numbers.map((PartNumber) => ({ PartNumber, ETag: md5('x') })) } })
    for (const order of [
      [2, 1, 3],
      [1, 1],
      [1, 3, 2],
    ]) {
      await refused(listed(...order), 'InvalidPartOrder', {
        status: 400,
        fields: { UploadId: upload.id },
        message: 'The list of parts was not in ascending order. Parts must be ordered by part number.',
      })
    }
    // versitygw#1072, against AWS.
    await refused(listed(0, 1), 'InvalidArgument', { message: 'PartNumber must be >= 1' })
    await refused(listed(1, 10_001), 'InvalidPart')
    await listed(1, 2, 3)
  }))

test('a part that was not uploaded, or not with this tag, is InvalidPart', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'data')
    const tries: [number, string][] = [
      [2, md5('data')],
      [1, md5('')],
      [1, 'gibberish'],
    ]
    for (const [PartNumber, ETag] of tries) {
      await refused(
        upload.complete({ MultipartUpload: { Parts: [{ PartNumber, ETag: `"${ETag}"` }] } }),
        'InvalidPart',
        {
          status: 400,
          fields: { UploadId: upload.id, PartNumber, ETag },
          message:
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        },
      )
    }
  }))

test('parts but the last have a least size, the configured one', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'data')
    await upload.part(2, 'data')
    await refused(upload.complete(), 'EntityTooSmall', {
      status: 400,
      fields: { ProposedSize: 4, MinSizeAllowed: 5, PartNumber: 1, ETag: md5('data') },
      message: 'Your proposed upload is smaller than the minimum allowed size',
    })
    upload.parts.length = 0
    await upload.part(1, 'datum')
    await upload.part(2, '')
    await upload.complete()
    assert.equal(await world.get(Key), 'datum')
  }, 5))

test('the size of the object may be claimed', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'test')
    await refused(upload.complete({ MpuObjectSize: 5 }), 'InvalidRequest', {
      message: "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 4",
    })
    await upload.complete({ MpuObjectSize: 4 })
  }))

const sha256Abc = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='

test('composite: each part must be listed with its checksum', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32' })
    await upload.part(1, 'abc', { ChecksumCRC32: 'NSRBwg==' })
    const listed = (more: object) => ({ MultipartUpload: { Parts: [{ PartNumber: 1, ETag: md5('abc'), ...more }] } })
    await refused(upload.complete(listed({})), 'InvalidRequest', {
      message:
        'The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.',
    })
    await refused(upload.complete(listed({ ChecksumCRC32: 'AAAAAA==' })), 'InvalidPart', {
      fields: { UploadId: upload.id, PartNumber: 1, ETag: md5('abc') },
    })
    await refused(upload.complete(listed({ ChecksumSHA256: sha256Abc })), 'BadDigest', {
      message: 'The sha256 you specified for part 1 did not match what we received.',
    })
    await refused(upload.complete({ ...listed({}), ChecksumType: 'FULL_OBJECT' }), 'InvalidRequest', {
      message:
        'The upload was created using the COMPOSITE checksum mode. The complete request must use the same checksum mode.',
    })
    await refused(upload.complete({ ...listed({}), ChecksumType: 'x' }), 'InvalidRequest', {
      message: 'Value for x-amz-checksum-type header is invalid.',
    })
    await upload.complete(listed({ ChecksumCRC32: 'NSRBwg==' }))
  }))

test('composite: the value of the whole is verified, with and without the number of parts', () =>
  withUploads(async (world) => {
    const begin = async () => {
      const upload = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32C' })
      await upload.part(1, 'this is a part', { ChecksumCRC32C: 'iqJrOQ==' })
      return upload
    }
    const upload = await begin()
    for (const bad of ['iqJrOQ==', 'F9bAnw==-2']) {
      await refused(upload.complete({ ChecksumCRC32C: bad }), 'BadDigest', {
        message: 'The crc32c you specified did not match the calculated checksum.',
      })
    }
    // As PutObject refuses it (recorded, test_multipart_upload_part_checksum_exception).
    for (const malformed of ['bad', '', 'iqJrOQ', 'F9bAnw==-', 'iqJrOQ== ']) {
      await refused(upload.complete({ ChecksumCRC32C: malformed }), 'InvalidRequest', {
        message: 'Value for x-amz-checksum-crc32c header is invalid.',
      })
    }
    // s3-tests test_multipart_checksum_sha256: the whole is looked at before missing parts.
    const without = { MultipartUpload: { Parts: [{ PartNumber: 1, ETag: md5('this is a part') }] } }
    await refused(upload.complete({ ...without, ChecksumCRC32C: 'iqJrOQ==' }), 'BadDigest')
    // Recorded: test_multipart_upload_part_copy_checksum.
    assert.equal((await upload.complete({ ChecksumCRC32C: 'F9bAnw==-1' })).ChecksumCRC32C, 'F9bAnw==-1')
    await (await begin()).complete({ ChecksumCRC32C: 'F9bAnw==' })
  }))

test('full object: a value needs its type and must be that of the whole', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32C', ChecksumType: 'FULL_OBJECT' })
    await upload.part(1, 'abc', { ChecksumCRC32C: 'Nks/tw==' })
    const bad: Partial<CompleteMultipartUploadRequest>[] = [
      { ChecksumCRC32C: 'Nks/tw==' },
      { ChecksumCRC32C: 'Nks/tw==-1' },
      { ChecksumCRC64NVME: 'BeXKuz/B+us=' },
      { ChecksumCRC32C: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' },
      { ChecksumCRC32: 'NSRBwg==', ChecksumType: 'FULL_OBJECT' },
    ]
    for (const more of bad) {
      await refused(upload.complete(more), 'BadDigest', {
        message: 'The crc32c you specified did not match the calculated checksum.',
      })
    }
    await refused(upload.complete({ ChecksumType: 'COMPOSITE' }), 'InvalidRequest', {
      message:
        'The upload was created using the FULL_OBJECT checksum mode. The complete request must use the same checksum mode.',
    })
    await upload.complete({ ChecksumCRC32C: 'Nks/tw==', ChecksumType: 'FULL_OBJECT' })
  }))

test('full object: parts may be listed without checksums, wrong ones are InvalidPart', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' })
    await upload.part(1, 'abc', { ChecksumCRC32: 'NSRBwg==' })
    const listed = (more: object) => ({ MultipartUpload: { Parts: [{ PartNumber: 1, ETag: md5('abc'), ...more }] } })
    await refused(upload.complete(listed({ ChecksumCRC32: 'AAAAAA==' })), 'InvalidPart')
    assert.equal((await upload.complete(listed({}))).ChecksumCRC32, 'NSRBwg==')
  }))

test('no algorithm: parts have no checksums, types do not match, other values of the whole are ignored', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    await upload.part(1, 'aaa', { ChecksumCRC32C: '45fn2Q==' })
    await refused(upload.complete(), 'InvalidPart')
    upload.parts[0] = { PartNumber: 1, ETag: md5('aaa') }
    for (const ChecksumType of ['FULL_OBJECT', 'COMPOSITE']) {
      await refused(upload.complete({ ChecksumType }), 'InvalidRequest', {
        message:
          'The upload was created using the null checksum mode. The complete request must use the same checksum mode.',
      })
    }
    const output = await upload.complete({ ChecksumCRC32C: 'AAAAAA==-2', ChecksumCRC64NVME: 'AAAAAAAAAAA=' })
    assert.deepEqual([output.ChecksumCRC64NVME, output.ChecksumType], ['Rnr2/5P7Gsk=', 'FULL_OBJECT'])
    assert.equal(output.ETag, '"e2c3da976e66ec9e7dc128fbc782fc91-1"')
  }))

test('completing again answers the same as long as the object is there', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world, { ChecksumAlgorithm: 'SHA256' })
    await upload.part(1, 'abc', { ChecksumSHA256: sha256Abc })
    const first = await upload.complete({ IfNoneMatch: '*' })
    assert.deepEqual(await upload.complete({ IfNoneMatch: '*' }), first)
    await world.put(Key, 'another')
    await refused(upload.complete(), 'NoSuchUpload', { fields: { UploadId: upload.id } })
  }))

test('completing again in a versioned bucket gives the same version', () =>
  withUploads(async (world) => {
    await world.change(Bucket, { versioning: 'Enabled' })
    const upload = await Upload.begin(world)
    await upload.part(1, 'abc')
    const first = await upload.complete()
    assert.ok(first.VersionId)
    assert.equal((await upload.complete()).VersionId, first.VersionId)
    assert.equal((await world.call('ListObjectVersions', { Bucket })).Versions?.length, 1)
  }))

test('of many completions at once all succeed with one object', () =>
  withUploads(async (world) => {
    await world.change(Bucket, { versioning: 'Enabled' })
    const upload = await Upload.begin(world)
    await upload.part(1, 'abc')
    const answers = await Promise.all(Array.from({ length: 10 }, () => upload.complete()))
    assert.equal(new Set(answers.map((answer) => answer.VersionId)).size, 1)
    assert.equal((await world.call('ListObjectVersions', { Bucket })).Versions?.length, 1)
  }))

test('of a completion and an abort at once exactly one wins', () =>
  withUploads(async (world) => {
    for (let round = 0; round < 20; round++) {
      const upload = await Upload.begin(world)
      await upload.part(1, `${round}`)
      const race = round % 2 === 0 ? [upload.complete(), upload.abort()] : [upload.abort(), upload.complete()]
      const outcomes = (await Promise.allSettled(race)).map((outcome) => outcome.status)
      assert.deepEqual(outcomes.sort(), ['fulfilled', 'rejected'])
      await refused(upload.abort(), 'NoSuchUpload')
      assert.deepEqual((await world.call('ListMultipartUploads', { Bucket })).Uploads, [])
    }
  }))

test('a completion against a part that is replaced at once sees one or the other, whole', () =>
  withUploads(async (world) => {
    for (let round = 0; round < 20; round++) {
      const upload = await Upload.begin(world)
      await upload.part(1, 'old')
      const listed = { MultipartUpload: { Parts: [...upload.parts] } }
      const [completed] = await Promise.allSettled([upload.complete(listed), upload.part(1, 'new')])
      if (completed.status === 'fulfilled') assert.equal(await world.get(Key), 'old')
      else assert.equal(completed.reason.code, 'InvalidPart')
    }
  }))

const write = async (world: World, bytes: string) => (await world.put(Key, bytes)).ETag ?? ''
async function onePart(world: World): Promise<Upload> {
  const upload = await Upload.begin(world)
  await upload.part(1, 'test')
  world.clock.nowMs += 1000
  return upload
}
const lost = (Condition: string) => ({
  status: 409,
  fields: { Condition, Key },
  message: 'The conditional request cannot succeed due to a conflicting operation against this resource.',
})

test('If-Match: the object of the beginning, by its tag', () =>
  withUploads(async (world) => {
    const etag = await write(world, 'old')
    const upload = await onePart(world)
    await refused(upload.complete({ IfMatch: 'wrong' }), 'PreconditionFailed', {
      status: 412,
      fields: { Condition: 'If-Match' },
    })
    const { ETag = '' } = await upload.complete({ IfMatch: etag })
    const second = await onePart(world)
    await refused(second.complete({ IfMatch: etag }), 'PreconditionFailed')
    await second.complete({ IfMatch: ETag })
  }))

test('If-Match: any write since the beginning is a conflict, even of the same bytes', () =>
  withUploads(async (world) => {
    const etag = await write(world, 'test')
    const upload = await onePart(world)
    assert.equal(await write(world, 'test'), etag)
    await refused(upload.complete({ IfMatch: etag }), 'ConditionalRequestConflict', lost('If-Match'))
    await (await onePart(world)).complete({ IfMatch: etag })
  }))

test('If-Match: a write in the same millisecond as the beginning is a conflict too', () =>
  withUploads(async (world) => {
    await write(world, 'old')
    const upload = await Upload.begin(world)
    await upload.part(1, 'x')
    const etag = await write(world, 'new')
    await refused(upload.complete({ IfMatch: etag }), 'ConditionalRequestConflict', lost('If-Match'))
  }))

test('If-Match: nothing there is NoSuchKey; deleted and written again is a conflict', () =>
  withUploads(async (world) => {
    const etag = await write(world, 'test')
    const upload = await onePart(world)
    await world.call('DeleteObject', { Bucket, Key })
    await refused(upload.complete({ IfMatch: etag }), 'NoSuchKey', { status: 404, fields: { Key } })
    await write(world, 'test')
    await refused(upload.complete({ IfMatch: etag }), 'ConditionalRequestConflict')
  }))

for (const versioning of [undefined, 'Enabled'] as const) {
  test(`If-None-Match: fails on an object, conflicts after its removal (versioning: ${versioning ?? 'never on'})`, () =>
    withUploads(async (world) => {
      if (versioning !== undefined) await world.change(Bucket, { versioning })
      await write(world, 'test')
      const upload = await onePart(world)
      await refused(upload.complete({ IfNoneMatch: '*' }), 'PreconditionFailed', {
        fields: { Condition: 'If-None-Match' },
      })
      await world.call('DeleteObject', { Bucket, Key })
      await refused(upload.complete({ IfNoneMatch: '*' }), 'ConditionalRequestConflict', lost('If-None-Match'))
      await (await onePart(world)).complete({ IfNoneMatch: '*' })
      await refused((await onePart(world)).complete({ IfNoneMatch: '*' }), 'PreconditionFailed')
    }))
}

test('of many uploads of one key that must not exist, one is completed', () =>
  withUploads(async (world) => {
    const uploads = await Promise.all(Array.from({ length: 20 }, () => onePart(world)))
    const outcomes = await Promise.allSettled(uploads.map((upload) => upload.complete({ IfNoneMatch: '*' })))
    assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1)
  }))

test('conditions that AWS does not take are NotImplemented', () =>
  withUploads(async (world) => {
    const upload = await onePart(world)
    await refused(upload.complete({ IfNoneMatch: 'tag' }), 'NotImplemented', { status: 501 })
    await refused(upload.complete({ IfMatch: 'a', IfNoneMatch: '*' }), 'NotImplemented')
  }))

test('thousands of parts are completed without reading them', () =>
  withUploads(async (world) => {
    const upload = await Upload.begin(world)
    for (let number = 1; number <= 1500; number++) await upload.part(number, 'x')
    const { read } = world.store.bodies
    world.store.bodies.read = () => assert.fail('a body was read')
    assert.match((await upload.complete({ MpuObjectSize: 1500 })).ETag ?? '', /-1500"$/)
    world.store.bodies.read = read
    assert.equal(await world.get(Key), 'x'.repeat(1500))
  }))
