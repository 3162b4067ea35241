import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GetObjectRequest } from '../../src/model/s3.types.gen.ts'
import { objectAttributes } from '../../src/s3/object-attributes.ts'
import { objectDelete } from '../../src/s3/object-delete.ts'
import { objectRead } from '../../src/s3/object-read.ts'
import { objectWrite } from '../../src/s3/object-write.ts'
import { checksumOf } from '../../src/digest/hasher.ts'
import { multipartETag } from '../../src/s3/lib/etag.ts'
import type { Checksum, ChecksumAlgorithm, UploadPartRecord } from '../../src/store/records.ts'
import { anonymous, bytesOf, type Refusal, refused, startMs, withWorld, type World } from './support.ts'

const handlers = { ...objectWrite, ...objectRead, ...objectAttributes, ...objectDelete }
const Bucket = 'bucket'
const Key = 'key'
const withBucket =
  (run: (w: World) => Promise<void>, changes = {}) =>
  () =>
    withWorld(handlers, async (w) => {
      await w.bucket(Bucket, changes)
      await run(w)
    })

const get = (w: World, input: Partial<GetObjectRequest> = {}) => w.call('GetObject', { Bucket, Key, ...input })
const head = (w: World, input: Partial<GetObjectRequest> = {}) => w.call('HeadObject', { Bucket, Key, ...input })

/** Completes a multipart object straight in the store. */
async function multipart(w: World, texts: string[], type: 'COMPOSITE' | 'FULL_OBJECT', algorithm: ChecksumAlgorithm) {
  const bucket = await w.store.buckets.get(Bucket)
  assert.ok(bucket)
  const upload = {
    Key,
    UploadId: 'upload',
    initiatedMs: startMs,
    ownerId: bucket.ownerId,
    initiatorArn: '',
    content: { ContentType: 'text/x' },
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: { ServerSideEncryption: 'AES256' as const },
  }
  assert.ok(await w.store.uploads.create(bucket, upload))
  const parts: UploadPartRecord[] = []
  for (const [at, text] of texts.entries()) {
    const bytes = Buffer.from(text)
    const writer = w.store.bodies.writer()
    await writer.write(bytes)
    const part = await w.store.uploads.putPart(bucket, upload, await writer.finish(), {
      PartNumber: (at + 1) * 3,
      Size: bytes.length,
      ETag: Buffer.from(await checksumOf('MD5', bytes), 'base64').toString('hex'),
      lastModifiedMs: startMs,
      checksum: { algorithm, value: await checksumOf(algorithm, bytes), type },
    })
    assert.ok(typeof part === 'object')
    parts.push(part)
  }
  const whole = await checksumOf(algorithm, Buffer.from(texts.join('')))
  const checksum: Checksum = {
    algorithm,
    type,
    value: type === 'COMPOSITE' ? `${whole}-${texts.length}` : whole,
  }
  const record = await w.store.uploads.complete(bucket, upload, parts, () => ({
    Key,
    lastModifiedMs: startMs,
    ETag: multipartETag(parts.map((part) => part.ETag)),
    content: upload.content,
    metadata: {},
    checksum,
    StorageClass: 'STANDARD',
    encryption: upload.encryption,
    ownerId: bucket.ownerId,
  }))
  assert.ok(typeof record === 'object')
  return { checksum, parts }
}

describe('GetObject of a range', () => {
  const cases: [string, string, string | undefined, boolean][] = [
    ['bytes=0-8', '012345678', 'bytes 0-8/10', false],
    ['bytes=-2', '89', 'bytes 8-9/10', false],
    ['bytes=-15', '0123456789', 'bytes 0-9/10', true],
    ['bytes=0-100', '0123456789', 'bytes 0-9/10', true],
    ['bytes=0-1,3-4', '0123456789', undefined, true],
    ['nonsense', '0123456789', undefined, true],
  ]
  for (const [Range, text, ContentRange, hasChecksum] of cases) {
    it(
      `${Range}: a checksum only when all bytes are there (recorded, test_get_object_range)`,
      withBucket(async (w) => {
        await w.put(Key, '0123456789', { ChecksumCRC32: 'poTHxg==' })
        const output = await get(w, { Range, ChecksumMode: 'ENABLED' })
        assert.equal((await bytesOf(output.Body)).toString(), text)
        assert.equal(output.ContentLength, text.length)
        assert.equal(output.ContentRange, ContentRange)
        assert.equal(output.ChecksumCRC32, hasChecksum ? 'poTHxg==' : undefined)
        assert.equal(output.ChecksumType, hasChecksum ? 'FULL_OBJECT' : undefined)
      }),
    )
  }
  it(
    'beyond the end is 416 with both sizes (recorded, test_invalid_range_error)',
    withBucket(async (w) => {
      await w.put(Key, 'abcdefgh')
      for (const read of [get, head]) {
        await refused(read(w, { Range: 'bytes=1024-4096' }), 'InvalidRange', {
          status: 416,
          fields: { RangeRequested: 'bytes=1024-4096', ActualObjectSize: 8 },
        })
      }
    }),
  )
  it(
    'of a missing key is NoSuchKey (recorded, test_range_key_not_exists)',
    withBucket((w) => refused(get(w, { Range: 'bytes=1024-4096' }), 'NoSuchKey', { fields: { Key } })),
  )
  it(
    'of a large object streams just those bytes',
    withBucket(async (w) => {
      const bytes = Buffer.alloc(300_000)
      for (let at = 0; at < bytes.length; at++) bytes[at] = at % 251
      await w.put(Key, bytes)
      const output = await get(w, { Range: 'bytes=70000-270000' })
      assert.ok(bytes.subarray(70_000, 270_001).equals(await bytesOf(output.Body)))
    }),
  )
})

describe('reads', () => {
  it(
    'show a checksum only when asked',
    withBucket(async (w) => {
      await w.put(Key, 'x')
      assert.equal((await get(w)).ChecksumType, undefined)
      assert.equal((await head(w, { ChecksumMode: 'ENABLED' })).ChecksumType, 'FULL_OBJECT')
      // Recorded: test_s3_get_object_checksum.
      assert.equal((await get(w, { ChecksumMode: 'enabled' })).ChecksumType, 'FULL_OBJECT')
      assert.equal((await get(w, { ChecksumMode: 'DISABLED' })).ChecksumType, undefined)
    }),
  )
  it(
    'override headers by response-* (recorded, test_s3_get_object_header_overrides)',
    withBucket(async (w) => {
      await w.put(Key, 'x', { CacheControl: 'no-cache', ContentType: 'text/plain' })
      const output = await get(w, {
        ResponseCacheControl: 'max-age=74',
        ResponseContentDisposition: 'attachment; filename="foo.jpg"',
        ResponseContentEncoding: 'identity',
        ResponseContentLanguage: 'de-DE',
        ResponseContentType: 'image/jpeg',
      })
      assert.equal(output.CacheControl, 'max-age=74')
      assert.equal(output.ContentDisposition, 'attachment; filename="foo.jpg"')
      assert.equal(output.ContentEncoding, 'identity')
      assert.equal(output.ContentLanguage, 'de-DE')
      assert.equal(output.ContentType, 'image/jpeg')
      assert.equal((await get(w)).ContentType, 'text/plain')
    }),
  )
  it(
    'refuse overrides of anonymous callers and text beyond Latin-1 (recorded, test_get_response_overrides_unicode_metadata_with_sig_s3)',
    withBucket(async (w) => {
      await w.put(Key, 'x')
      await refused(
        w.call('GetObject', { Bucket, Key, ResponseContentType: 'a' }, { principal: anonymous }),
        'InvalidRequest',
        { message: 'Request specific response headers cannot be used for anonymous GET requests.' },
      )
      await refused(get(w, { ResponseCacheControl: 'non-ascii-—' }), 'InvalidArgument', {
        message: 'Header value cannot be represented using ISO-8859-1.',
        fields: { ArgumentName: 'response-cache-control', ArgumentValue: 'non-ascii-—' },
      })
      await refused(get(w, { ResponseCacheControl: 'a\r\nb: c' }), 'InvalidArgument')
    }),
  )
  it(
    'answer 304 and 412 by conditions',
    withBucket(async (w) => {
      const { ETag } = await w.put(Key, 'x')
      await refused(get(w, { IfNoneMatch: ETag }), 'NotModified', { status: 304 })
      await refused(head(w, { IfMatch: '"x"' }), 'PreconditionFailed', { status: 412 })
      await get(w, { IfMatch: ETag })
    }),
  )
  for (const StorageClass of ['GLACIER', 'DEEP_ARCHIVE']) {
    it(
      `of ${StorageClass} must be restored first (recorded, test_put_object_storage_class)`,
      withBucket(async (w) => {
        await w.put(Key, 'x', { StorageClass })
        await refused(get(w), 'InvalidObjectState', {
          status: 403,
          message: "The operation is not valid for the object's storage class",
          fields: { StorageClass },
        })
        assert.equal((await head(w)).StorageClass, StorageClass)
      }),
    )
  }
  it(
    'of an object replaced in between give one object or the other',
    withBucket(async (w) => {
      const texts = [Buffer.alloc(50_000, 'a'), Buffer.alloc(50_000, 'b')]
      await w.put(Key, texts[0])
      await Promise.all(
        Array.from({ length: 40 }, async (_, at) => {
          if (at % 2 === 0) await w.put(Key, texts[(at / 2) % 2])
          else {
            const bytes = await bytesOf((await get(w)).Body)
            assert.ok(texts.some((text) => text.equals(bytes)))
          }
        }),
      )
    }),
  )
})

describe('versions', () => {
  const versioned = (run: (w: World) => Promise<void>) => withBucket(run, { versioning: 'Enabled' })

  it(
    'a deleted key is 404 with the marker named; the marker by id is 405 (recorded, test_delete_object_versioned)',
    versioned(async (w) => {
      const put = await w.put(Key, 'x')
      const marker = await w.call('DeleteObject', { Bucket, Key })
      const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': String(marker.VersionId) }
      await refused(get(w), 'NoSuchKey', { status: 404, fields: { Key }, headers })
      await refused(get(w, { VersionId: marker.VersionId }), 'MethodNotAllowed', {
        status: 405,
        message: 'The specified method is not allowed against this resource.',
        fields: { Method: 'GET', ResourceType: 'DeleteMarker' },
        headers: { ...headers, Allow: 'DELETE', 'Last-Modified': 'Fri, 02 Jan 2026 03:04:05 GMT' },
      })
      assert.equal(await w.get(Key, { VersionId: put.VersionId }), 'x')
      await w.call('DeleteObject', { Bucket, Key, VersionId: put.VersionId })
      await refused(get(w, { VersionId: put.VersionId }), 'NoSuchVersion', {
        status: 404,
        message: 'The specified version does not exist.',
        fields: { Key, VersionId: put.VersionId },
      })
    }),
  )
  it(
    'an unversioned bucket knows only null, and does not show it (recorded, test_get_object_with_version_unversioned_bucket)',
    withBucket(async (w) => {
      await w.put(Key, 'x')
      assert.equal((await get(w, { VersionId: 'null' })).VersionId, undefined)
      const id = 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'
      await refused(get(w, { VersionId: id }), 'InvalidArgument', {
        status: 400,
        message: 'Invalid version id specified',
        fields: { ArgumentName: 'versionId', ArgumentValue: id },
      })
      await refused(get(w, { VersionId: '' }), 'InvalidArgument')
    }),
  )
})

describe('reads of a part', () => {
  it(
    'a plain object has one part (recorded, test_get_object_part)',
    withBucket(async (w) => {
      await w.put(Key, 'test-123', { ChecksumCRC32: 'MAPXAg==' })
      const output = await get(w, { PartNumber: 1, ChecksumMode: 'ENABLED' })
      assert.equal(output.ContentRange, 'bytes 0-7/8')
      assert.equal(output.ChecksumCRC32, 'MAPXAg==')
      assert.equal(output.PartsCount, undefined)
      await refused(get(w, { PartNumber: 2 }), 'InvalidPartNumber', {
        status: 416,
        message: 'The requested partnumber is not satisfiable',
        fields: { PartNumberRequested: 2, ActualPartCount: 1 },
      })
      await refused(get(w, { PartNumber: 1, Range: 'bytes=0-1' }), 'InvalidRequest', {
        message: 'Cannot specify both Range header and partNumber query parameter',
      })
      for (const PartNumber of [0, 10_001]) await refused(get(w, { PartNumber }), 'InvalidArgument')
    }),
  )
  it(
    'of a composite object shows its own checksum (recorded, test_complete_multipart_parts_checksum_composite)',
    withBucket(async (w) => {
      const { checksum } = await multipart(w, ['one', 'two', 'three'], 'COMPOSITE', 'SHA256')
      const part = await get(w, { PartNumber: 3, ChecksumMode: 'ENABLED' })
      assert.equal((await bytesOf(part.Body)).toString(), 'three')
      assert.equal(part.ContentRange, 'bytes 6-10/11')
      assert.equal(part.PartsCount, 3)
      assert.equal(part.ChecksumSHA256, await checksumOf('SHA256', Buffer.from('three')))
      assert.equal(part.ChecksumType, 'COMPOSITE')
      const whole = await head(w, { ChecksumMode: 'ENABLED' })
      assert.equal(whole.ChecksumSHA256, checksum.value)
      assert.equal(whole.PartsCount, undefined)
    }),
  )
  it(
    'of a full-object one shows none (recorded, test_complete_multipart_parts_checksum_full_object)',
    withBucket(async (w) => {
      await multipart(w, ['one', 'two'], 'FULL_OBJECT', 'CRC32C')
      const part = await head(w, { PartNumber: 2, ChecksumMode: 'ENABLED' })
      assert.equal(part.ContentLength, 3)
      assert.equal(part.ChecksumCRC32C, undefined)
      assert.equal(part.ChecksumType, undefined)
      await refused(get(w, { PartNumber: 10 }), 'InvalidPartNumber', {
        fields: { PartNumberRequested: 10, ActualPartCount: 2 },
      })
    }),
  )
})

describe('GetObjectAttributes', () => {
  const attributes = (w: World, ObjectAttributes: string[], more = {}) =>
    w.call('GetObjectAttributes', { Bucket, Key, ObjectAttributes, ...more })
  const shown = (output: object) =>
    Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined))

  it('a delete marker, newest or by its id, is no such key', () =>
    withWorld(handlers, async (w) => {
      await w.bucket('bucket', { versioning: 'Enabled' })
      await w.put('key', 'x')
      const { VersionId } = await w.call('DeleteObject', { Bucket: 'bucket', Key: 'key' })
      for (const more of [{}, { VersionId }]) {
        const input = { Bucket: 'bucket', Key: 'key', ObjectAttributes: ['ETag'], ...more }
        await refused(w.call('GetObjectAttributes', input), 'NoSuchKey', {
          status: 404,
          fields: { Key: 'key' },
          headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': VersionId as string },
        })
      }
    }))
  it(
    'answers what is asked, the ETag unquoted, the class even if STANDARD (recorded, test_get_object_attributes)',
    withBucket(async (w) => {
      await w.put(Key, '0123456789', { ChecksumCRC32: 'poTHxg==' })
      const all = await attributes(w, ['ETag', ' Checksum,ObjectParts ', 'StorageClass', 'ObjectSize'])
      assert.deepEqual(shown(all), {
        LastModified: startMs,
        ETag: '781e5e245d69b566979b86e28d23f2c7',
        Checksum: { ChecksumCRC32: 'poTHxg==', ChecksumType: 'FULL_OBJECT' },
        StorageClass: 'STANDARD',
        ObjectSize: 10,
      })
      assert.deepEqual(shown(await attributes(w, ['ObjectSize'])), { LastModified: startMs, ObjectSize: 10 })
    }),
  )
  it(
    'lists the parts of a composite object, paged (recorded, test_list_parts_via_object_attrs_pagination)',
    withBucket(async (w) => {
      const { checksum, parts } = await multipart(w, ['one', 'two', 'three'], 'COMPOSITE', 'SHA256')
      const output = await attributes(w, ['Checksum', 'ObjectParts'], { MaxParts: 2 })
      assert.equal(output.Checksum?.ChecksumSHA256, checksum.value.replace('-3', ''))
      assert.deepEqual(output.ObjectParts, {
        TotalPartsCount: 3,
        PartNumberMarker: '0',
        NextPartNumberMarker: '6',
        MaxParts: 2,
        IsTruncated: true,
        Parts: parts.slice(0, 2).map((part) => ({
          PartNumber: part.PartNumber,
          Size: part.Size,
          ChecksumSHA256: part.checksum?.value,
        })),
      })
      const rest = await attributes(w, ['ObjectParts'], { PartNumberMarker: '6' })
      assert.deepEqual(
        rest.ObjectParts?.Parts?.map((part) => part.PartNumber),
        [9],
      )
      const none = await attributes(w, ['ObjectParts'], { PartNumberMarker: '10', MaxParts: 1 })
      assert.equal(none.ObjectParts?.NextPartNumberMarker, '0')
      assert.equal(none.ObjectParts?.IsTruncated, false)
    }),
  )
  it(
    'only counts the parts of a full-object one (recorded, test_complete_multipart_parts_checksum_full_object)',
    withBucket(async (w) => {
      await multipart(w, ['one', 'two'], 'FULL_OBJECT', 'CRC32C')
      assert.deepEqual((await attributes(w, ['ObjectParts'])).ObjectParts, { TotalPartsCount: 2 })
    }),
  )
  const refusals: [string, string[], string, Refusal][] = [
    ['an unknown attribute', ['Color'], 'InvalidArgument', { message: 'Invalid attribute name specified.' }],
    ['none', [' '], 'InvalidRequest', {}],
  ]
  for (const [name, names, code, expected] of refusals) {
    it(
      `${name} is refused`,
      withBucket(async (w) => {
        await w.put(Key)
        await refused(attributes(w, names), code, expected)
      }),
    )
  }
})
