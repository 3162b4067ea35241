import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { CopyObjectRequest } from '../../src/model/s3.types.gen.ts'
import { checksumOf } from '../../src/digest/hasher.ts'
import { multipartETag } from '../../src/s3/lib/etag.ts'
import { objectCopy } from '../../src/s3/object-copy.ts'
import { objectDelete } from '../../src/s3/object-delete.ts'
import { objectRead } from '../../src/s3/object-read.ts'
import { objectWrite } from '../../src/s3/object-write.ts'
import { tagging } from '../../src/s3/tagging.ts'
import type { ChecksumAlgorithm, UploadPartRecord } from '../../src/store/records.ts'
import { Upload, withUploads } from './multipart-support.ts'
import { anonymous, bodyOf, type Refusal, refused, startMs, withWorld, type World } from './support.ts'

const handlers = { ...objectCopy, ...objectDelete, ...objectRead, ...objectWrite, ...tagging }
const withBucket =
  (run: (w: World) => Promise<void>, changes = {}) =>
  () =>
    withWorld(handlers, async (w) => {
      await w.bucket('bucket', changes)
      await run(w)
    })
const copy = (w: World, input: Partial<CopyObjectRequest> = {}, options = {}) =>
  w.call('CopyObject', { Bucket: 'bucket', Key: 'copy', CopySource: 'bucket/key', ...input }, options)
const headOf = (w: World, Key: string) => w.call('HeadObject', { Bucket: 'bucket', Key, ChecksumMode: 'ENABLED' })
const selfCopy =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."

describe('CopyObject', () => {
  it(
    'shares bytes, ETag and checksum and says so (recorded, test_s3_copy_object_with_default_checksum)',
    withBucket(async (w) => {
      await w.put('key', '{"key": "value"}', { ChecksumCRC32: 'MzVIGw==' })
      w.clock.nowMs += 1000
      const output = await copy(w)
      assert.deepEqual(output.CopyObjectResult, {
        ETag: '"88bac95f31528d13a072c05f2a1cf371"',
        LastModified: startMs + 1000,
        ChecksumCRC32: 'MzVIGw==',
        ChecksumType: 'FULL_OBJECT',
      })
      assert.equal(output.ServerSideEncryption, 'AES256')
      assert.equal(output.VersionId, undefined)
      assert.equal(output.CopySourceVersionId, undefined)
      await w.call('DeleteObject', { Bucket: 'bucket', Key: 'key' })
      assert.equal(await w.get('copy'), '{"key": "value"}')
    }),
  )
  // Recorded: test_s3_copy_object_with_checksum.
  const wanted: [ChecksumAlgorithm, string][] = [
    ['CRC32C', '078Ilw=='],
    ['SHA1', '5zXdjmjYk4EJ8Cw4PMnQVslCpRQ='],
    ['SHA256', 'lyTB4g5uPk1/V+0l+dTvsAblCFkNUoyQ2ll/andcE+U='],
    ['CRC64NVME', 'pX30eiUx5C0='],
  ]
  for (const [algorithm, value] of wanted) {
    it(
      `computes ${algorithm} when asked`,
      withBucket(async (w) => {
        await w.put('key', '{"key": "value"}', { ChecksumCRC32: 'MzVIGw==' })
        const { CopyObjectResult } = await copy(w, { ChecksumAlgorithm: algorithm })
        assert.equal(CopyObjectResult?.[`Checksum${algorithm}`], value)
        assert.equal(CopyObjectResult?.ChecksumCRC32, undefined)
        assert.equal((await headOf(w, 'copy'))[`Checksum${algorithm}`], value)
      }),
    )
  }
  it(
    'computes a checksum of a large object from its stream',
    withBucket(async (w) => {
      const bytes = Buffer.alloc(400_000, 'abc')
      await w.put('key', bytes)
      const { CopyObjectResult } = await copy(w, { ChecksumAlgorithm: 'SHA256' })
      assert.equal(CopyObjectResult?.ChecksumSHA256, await checksumOf('SHA256', bytes))
    }),
  )

  it(
    'takes metadata along, or replaces it, and never the redirect, class or lock (recorded, test_s3_copy_metadata_replace and others)',
    withBucket(async (w) => {
      await w.put('key', 'x', {
        ContentType: 'application/json',
        ContentLanguage: 'en-US',
        Metadata: { key: 'value' },
        WebsiteRedirectLocation: '/there',
        StorageClass: 'STANDARD_IA',
      })
      await copy(w, { Metadata: { ignored: 'x' }, ContentType: 'image/jpg' })
      let head = await headOf(w, 'copy')
      assert.equal(head.ContentType, 'application/json')
      assert.equal(head.ContentLanguage, 'en-US')
      assert.deepEqual({ ...head.Metadata }, { key: 'value' })
      assert.equal(head.WebsiteRedirectLocation, undefined)
      assert.equal(head.StorageClass, undefined)
      await copy(w, { MetadataDirective: 'REPLACE', Metadata: { 'Another-Key': 'value' }, ContentType: 'image/jpg' })
      head = await headOf(w, 'copy')
      assert.equal(head.ContentType, 'image/jpg')
      assert.equal(head.ContentLanguage, undefined)
      assert.deepEqual({ ...head.Metadata }, { 'another-key': 'value' })
      await copy(w, { MetadataDirective: 'REPLACE', StorageClass: 'GLACIER_IR', WebsiteRedirectLocation: '/x' })
      head = await headOf(w, 'copy')
      assert.equal(head.ContentType, 'binary/octet-stream')
      assert.equal(head.StorageClass, 'GLACIER_IR')
      assert.equal(head.WebsiteRedirectLocation, '/x')
    }),
  )
  it(
    'takes tags along unless told to replace them (recorded, test_s3_copy_tagging_directive)',
    withBucket(async (w) => {
      await w.put('key', 'x', { Tagging: 'key1=value1' })
      const tagsAfter = async (input: Partial<CopyObjectRequest>) => {
        await copy(w, input)
        return (await w.call('GetObjectTagging', { Bucket: 'bucket', Key: 'copy' })).TagSet
      }
      const original = [{ Key: 'key1', Value: 'value1' }]
      for (const TaggingDirective of [undefined, 'COPY']) {
        assert.deepEqual(await tagsAfter({ TaggingDirective, Tagging: 'key2=value2' }), original)
        assert.deepEqual(await tagsAfter({ TaggingDirective, Tagging: '' }), original)
      }
      assert.deepEqual(await tagsAfter({ TaggingDirective: 'REPLACE', Tagging: 'key2=value2' }), [
        { Key: 'key2', Value: 'value2' },
      ])
      assert.deepEqual(await tagsAfter({ TaggingDirective: 'REPLACE', Tagging: '' }), [])
    }),
  )
  it(
    'asks for permission on the source and on its tags',
    withBucket(async (w) => {
      await w.put('key', 'x', { Tagging: 'a=b' })
      const asked: string[] = []
      await copy(w, {}, { authorize: (action: string, resource: string) => asked.push(`${action} ${resource}`) })
      assert.deepEqual(asked, [
        's3:GetObject arn:aws:s3:::bucket/key',
        's3:GetObjectTagging arn:aws:s3:::bucket/key',
        's3:PutObjectTagging arn:aws:s3:::bucket/copy',
      ])
    }),
  )
})

describe('CopyObject onto itself', () => {
  const same = { Key: 'key' }
  const refusals: [string, Partial<CopyObjectRequest>][] = [
    ['without any change', {}],
    ['with an ACL only (recorded, test_s3_copy_object_in_place)', { ACL: 'bucket-owner-full-control' }],
    ['with metadata but no directive', { Metadata: { a: 'b' }, ContentType: 'x/y' }],
  ]
  for (const [name, input] of refusals) {
    it(
      `${name} is refused`,
      withBucket(async (w) => {
        await w.put('key', 'x', { StorageClass: 'STANDARD_IA' })
        await refused(copy(w, { ...same, ...input }), 'InvalidRequest', { status: 400, message: selfCopy })
      }),
    )
  }
  const accepted: [string, Partial<CopyObjectRequest>][] = [
    ['replaced metadata', { MetadataDirective: 'REPLACE' }],
    ['a storage class, even the same', { StorageClass: 'STANDARD' }],
    ['a redirect', { WebsiteRedirectLocation: '/x' }],
    ['encryption', { ServerSideEncryption: 'AES256' }],
  ]
  for (const [name, input] of accepted) {
    it(
      `with ${name} is a copy (recorded, test_s3_copy_object_in_place*)`,
      withBucket(async (w) => {
        await w.put('key', 'x')
        await copy(w, { ...same, ...input })
        assert.equal(await w.get('key'), 'x')
      }),
    )
  }
  it(
    'is allowed where the bucket has an encryption configuration (recorded, test_copy_in_place_with_bucket_encryption)',
    withBucket(
      async (w) => {
        await w.put('key', 'x')
        await copy(w, same)
      },
      { documents: { encryption: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] } } },
    ),
  )
  it(
    'from an older version makes that version the newest',
    withBucket(
      async (w) => {
        const { VersionId } = await w.put('key', 'old')
        await w.put('key', 'new')
        const output = await copy(w, { ...same, CopySource: `bucket/key?versionId=${VersionId}` })
        assert.equal(output.CopySourceVersionId, VersionId)
        assert.equal(await w.get('key'), 'old')
      },
      { versioning: 'Enabled' },
    ),
  )
})

describe('versions of a copy', () => {
  it(
    'are named, null versions only as the result (recorded, test_s3_copy_object_in_place_versioned)',
    withBucket(
      async (w) => {
        const put = await w.put('key', 'x')
        const first = await copy(w, { Key: 'key', MetadataDirective: 'REPLACE' })
        assert.equal(first.CopySourceVersionId, put.VersionId)
        assert.notEqual(first.VersionId, put.VersionId)
        await w.change('bucket', { versioning: 'Suspended' })
        const second = await copy(w, { Key: 'key', MetadataDirective: 'REPLACE' })
        assert.equal(second.CopySourceVersionId, first.VersionId)
        assert.equal(second.VersionId, 'null')
        await w.change('bucket', { versioning: 'Enabled' })
        const third = await copy(w, { Key: 'key', MetadataDirective: 'REPLACE' })
        assert.equal(third.CopySourceVersionId, undefined)
        assert.match(String(third.VersionId), /^.{32}$/)
      },
      { versioning: 'Enabled' },
    ),
  )
})

describe('CopyObject refuses', () => {
  it(
    'sources that are not there (recorded, test_s3_copy_object_src_not_exists)',
    withBucket(
      async (w) => {
        await refused(copy(w, { CopySource: 'nowhere/key' }), 'NoSuchBucket', {
          status: 404,
          fields: { BucketName: 'nowhere' },
        })
        await refused(copy(w), 'NoSuchKey', { status: 404, fields: { Key: 'key' } })
        const { VersionId } = await w.put('key', 'x')
        const marker = await w.call('DeleteObject', { Bucket: 'bucket', Key: 'key' })
        const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.VersionId as string }
        await refused(copy(w), 'NoSuchKey', { fields: { Key: 'key' }, headers })
        await refused(copy(w, { CopySource: `bucket/key?versionId=${marker.VersionId}` }), 'InvalidRequest', {
          status: 400,
          headers,
          message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
        })
        const output = await copy(w, { CopySource: `bucket/key?versionId=${VersionId}` })
        assert.equal(output.CopySourceVersionId, VersionId)
        await refused(copy(w, { CopySource: 'bucket/key?versionId=abc' }), 'InvalidRequest', { status: 400 })
        await refused(copy(w, { CopySource: 'bucket/key?versionId=v5n1PPUjOCMHLyyfq0ayjoZ5RZLfVQKA' }), 'NoSuchVersion')
      },
      { versioning: 'Enabled' },
    ),
  )
  const cases: [string, Partial<CopyObjectRequest>, string, Refusal][] = [
    [
      'an unknown metadata directive',
      { MetadataDirective: 'MOVE' },
      'InvalidArgument',
      { message: 'Unknown metadata directive.' },
    ],
    [
      'an unknown tagging directive',
      { TaggingDirective: 'MOVE' },
      'InvalidArgument',
      { message: 'Unknown tagging directive.' },
    ],
    ['an unknown algorithm', { ChecksumAlgorithm: 'CRC16' }, 'InvalidRequest', {}],
    [
      'metadata that is too large, though it is not taken',
      { Metadata: { k: 'x'.repeat(2048) } },
      'MetadataTooLarge',
      {},
    ],
    [
      "a customer's key over plain HTTP",
      { CopySourceSSECustomerAlgorithm: 'AES256' },
      'InvalidRequest',
      { status: 400 },
    ],
    ['another owner of the source', { ExpectedSourceBucketOwner: '999999999999' }, 'AccessDenied', { status: 403 }],
    ['an owner that is no account', { ExpectedSourceBucketOwner: 'me' }, 'InvalidBucketOwnerAWSAccountID', {}],
    [
      'a failed condition of the source',
      { CopySourceIfMatch: '"x"' },
      'PreconditionFailed',
      { fields: { Condition: 'x-amz-copy-source-If-Match' } },
    ],
    // Recorded: test_copy_object_if_none_match, test_copy_object_if_match.
    [
      'an existing destination',
      { Key: 'there', IfNoneMatch: '*' },
      'PreconditionFailed',
      { fields: { Condition: 'If-None-Match' } },
    ],
    [
      'another destination',
      { Key: 'there', IfMatch: '"x"' },
      'PreconditionFailed',
      { fields: { Condition: 'If-Match' } },
    ],
    [
      'a missing destination',
      { Key: 'missing', IfMatch: '"x"' },
      'NoSuchKey',
      { status: 404, fields: { Key: 'missing' } },
    ],
    [
      'two conditions',
      { IfMatch: 'x', IfNoneMatch: '*' },
      'NotImplemented',
      {
        fields: {
          Header: 'If-Match,If-None-Match',
          additionalMessage: 'Multiple conditional request headers present in the request',
        },
      },
    ],
  ]
  for (const [name, input, code, expected] of cases) {
    it(
      name,
      withBucket(async (w) => {
        await w.put('key', 'x')
        await w.put('there', 'y')
        await refused(copy(w, input), code, expected)
        assert.equal(await w.get('there'), 'y')
      }),
    )
  }
  it(
    'anonymous callers, in words of their own',
    withBucket((w) =>
      refused(copy(w, {}, { principal: anonymous }), 'AccessDenied', {
        message: 'Anonymous users cannot copy objects. Please authenticate.',
      }),
    ),
  )
  it(
    'archived sources',
    withBucket(async (w) => {
      await w.put('key', 'x', { StorageClass: 'DEEP_ARCHIVE' })
      await refused(copy(w), 'InvalidObjectState', { status: 403 })
    }),
  )
})

describe('CopyObject of a multipart object', () => {
  /** Parts as UploadPart leaves them, completed with the given checksum type. */
  async function multipart(w: World, texts: string[], algorithm: ChecksumAlgorithm, type: 'COMPOSITE' | 'FULL_OBJECT') {
    const bucket = await w.store.buckets.get('bucket')
    assert.ok(bucket)
    const shared = { content: {}, metadata: {}, StorageClass: 'STANDARD', encryption: {}, ownerId: bucket.ownerId }
    const upload = { Key: 'key', UploadId: 'u', initiatedMs: startMs, initiatorArn: '', ...shared }
    await w.store.uploads.create(bucket, upload)
    const parts: UploadPartRecord[] = []
    for (const [at, text] of texts.entries()) {
      const writer = w.store.bodies.writer()
      await writer.write(Buffer.from(text))
      const part = await w.store.uploads.putPart(bucket, upload, await writer.finish(), {
        PartNumber: at + 1,
        Size: text.length,
        ETag: createHash('md5').update(text).digest('hex'),
        lastModifiedMs: startMs,
        checksum: { algorithm, value: await checksumOf(algorithm, Buffer.from(text)), type },
      })
      assert.ok(typeof part === 'object')
      parts.push(part)
    }
    const value =
      type === 'COMPOSITE' ? `AAAA-${texts.length}` : await checksumOf(algorithm, Buffer.from(texts.join('')))
    const made = await w.store.uploads.complete(bucket, upload, parts, () => ({
      Key: 'key',
      lastModifiedMs: startMs,
      ETag: multipartETag(parts.map((part) => part.ETag)),
      checksum: { algorithm, value, type },
      ...shared,
    }))
    assert.ok(typeof made === 'object')
  }
  const cases: [string[], ChecksumAlgorithm, 'COMPOSITE' | 'FULL_OBJECT'][] = [
    [['test content 123'], 'CRC64NVME', 'FULL_OBJECT'],
    [['test content 123'], 'SHA256', 'COMPOSITE'],
    [['one', 'two', 'three'], 'CRC32', 'COMPOSITE'],
    [['one', 'two', 'three'], 'SHA256', 'COMPOSITE'],
    [['one', 'two', 'three'], 'CRC32C', 'FULL_OBJECT'],
  ]
  for (const [texts, algorithm, type] of cases) {
    it(
      `of ${texts.length} part(s) with ${type} ${algorithm} gets a plain MD5 and a full-object checksum (recorded, test_multipart_copy_object_etag, test_complete_multipart_parts_checksum_composite)`,
      withBucket(async (w) => {
        await multipart(w, texts, algorithm, type)
        const { CopyObjectResult } = await copy(w)
        const whole = texts.join('')
        assert.equal(CopyObjectResult?.ETag, `"${createHash('md5').update(whole).digest('hex')}"`)
        assert.equal(CopyObjectResult?.[`Checksum${algorithm}`], await checksumOf(algorithm, Buffer.from(whole)))
        assert.equal(CopyObjectResult?.ChecksumType, 'FULL_OBJECT')
        assert.equal(await w.get('copy'), whole)
        await refused(w.call('HeadObject', { Bucket: 'bucket', Key: 'copy', PartNumber: 2 }), 'InvalidPartNumber')
      }),
    )
  }
  it('is read for its MD5 once, however often and however many at a time copy it', () =>
    withUploads(async (w) => {
      const upload = await Upload.begin(w)
      await upload.part(1, 'one')
      await upload.part(2, 'two')
      await upload.complete()
      const { read } = w.store.bodies
      let reads = 0
      w.store.bodies.read = (...args) => {
        reads++
        return read.apply(w.store.bodies, args)
      }
      const tags = await Promise.all([copy(w), copy(w, { Key: 'b' }), copy(w, { Key: 'c' })])
      assert.equal(new Set(tags.map(({ CopyObjectResult }) => CopyObjectResult?.ETag)).size, 1)
      await copy(w, { Key: 'd' })
      assert.equal(reads, 1)
      const bytes = Buffer.from('onetwo')
      for (const algorithm of ['SHA256', 'CRC32C'] as const) {
        const { CopyObjectResult } = await copy(w, { Key: 'e', ChecksumAlgorithm: algorithm })
        assert.equal(CopyObjectResult?.[`Checksum${algorithm}`], await checksumOf(algorithm, bytes))
      }
      assert.equal(reads, 3)
    }))

  it('of more than 256 MiB is not read: its copy keeps what is true of its bytes', () =>
    withUploads(async (w) => {
      await w.put('piece', 'x'.repeat(2 ** 20))
      const upload = await Upload.begin(w)
      const { read } = w.store.bodies
      for (let PartNumber = 1; PartNumber <= 257; PartNumber++) {
        const input = { Bucket: 'bucket', Key: 'key', UploadId: upload.id, PartNumber, CopySource: 'bucket/piece' }
        const { CopyPartResult } = await w.call('UploadPartCopy', input)
        upload.parts.push({ PartNumber, ETag: CopyPartResult?.ETag ?? '' })
      }
      await upload.complete()
      w.store.bodies.read = () => Promise.reject(new Error('it was read'))
      const { CopyObjectResult } = await copy(w)
      assert.match(CopyObjectResult?.ETag ?? '', /^"[0-9a-f]{32}-257"$/)
      w.store.bodies.read = read
      const { CopyObjectResult: asked } = await copy(w, { ChecksumAlgorithm: 'CRC32C' })
      assert.equal(asked?.ChecksumType, 'FULL_OBJECT')
    }))

  // "The entity tag (ETag) is not an MD5 of the object" (s3-express-differences.html).
  it(
    'and of any object has an MD5 only outside of directory buckets',
    withBucket(async (w) => {
      const directory = 'd--use1-az4--x-s3'
      await w.bucket(directory, { type: 'directory' })
      const md5 = `"${createHash('md5').update('text').digest('hex')}"`
      await w.put('key', 'text')
      const there = await copy(w, { Bucket: directory })
      assert.notEqual(there.CopyObjectResult?.ETag, md5)
      const back = await copy(w, { CopySource: `${directory}/copy`, Key: 'back' })
      assert.equal(back.CopyObjectResult?.ETag, md5)
    }),
  )
})

describe('copies under way', () => {
  it(
    'of a source that is being replaced are of one of its contents',
    withBucket(async (w) => {
      await w.put('key', Buffer.alloc(50_000, 'a'))
      await Promise.all(
        Array.from({ length: 30 }, async (_, at) => {
          if (at % 3 === 0) await w.put('key', '', {}, { body: bodyOf(Buffer.alloc(50_000, at % 2 ? 'a' : 'b')) })
          else {
            await copy(w, { Key: `copy-${at}`, ChecksumAlgorithm: 'SHA1' })
            const text = await w.get(`copy-${at}`)
            assert.ok(text === 'a'.repeat(50_000) || text === 'b'.repeat(50_000))
            const sha1 = createHash('sha1').update(text).digest('base64')
            assert.equal((await headOf(w, `copy-${at}`)).ChecksumSHA1, sha1)
          }
        }),
      )
    }),
  )
})
