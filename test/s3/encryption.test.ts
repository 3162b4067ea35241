/** Server-side encryption of objects in requests and answers: SSE-S3, SSE-KMS, SSE-C; UpdateObjectEncryption. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { PutObjectRequest } from '../../src/model/s3.types.gen.ts'
import { bodyOf, bytesOf, owner, refused, stranger, type World } from './support.ts'
import {
  arg,
  arnOf,
  Bucket,
  copy,
  customer,
  head,
  inWorld,
  key1,
  key2,
  kms,
  missingKey,
  missingMD5,
  notApplicable,
  shown,
  shownKey1,
  wrongKey,
} from './encryption-support.ts'

describe('what is asked for is stored and shown', () => {
  const context = Buffer.from('{"a":"b"}').toString('base64')
  const cases: [string, Partial<PutObjectRequest>, object, object?][] = [
    ['nothing is SSE-S3', {}, { ServerSideEncryption: 'AES256' }],
    ['AES256', { ServerSideEncryption: 'AES256' }, { ServerSideEncryption: 'AES256' }],
    [
      'a bucket key without KMS is not mentioned',
      { ServerSideEncryption: 'AES256', BucketKeyEnabled: true },
      { ServerSideEncryption: 'AES256' },
    ],
    ['KMS by id (recorded, test_s3_sse_validate_kms_key_state)', kms('one'), kms(arnOf('one'))],
    ['KMS by ARN', kms(arnOf('one')), kms(arnOf('one'))],
    ['KMS by alias', kms('alias/one'), kms(arnOf('one'))],
    ['KMS by ARN of an alias', kms(`arn:aws:kms:us-east-1:${owner.id}:alias/one`), kms(arnOf('one'))],
    [
      "KMS with another account's key, by ARN",
      kms(`arn:aws:kms:us-east-1:${stranger.id}:key/theirs`),
      kms(`arn:aws:kms:us-east-1:${stranger.id}:key/theirs`),
    ],
    [
      'KMS with a bucket key (recorded, test_s3_copy_object_in_place_with_encryption)',
      { ...kms('one'), BucketKeyEnabled: true },
      { ...kms(arnOf('one')), BucketKeyEnabled: true },
    ],
    ['KMS without a bucket key', { ...kms('one'), BucketKeyEnabled: false }, kms(arnOf('one'))],
    [
      'two layers, which have no bucket keys',
      { ServerSideEncryption: 'aws:kms:dsse', SSEKMSKeyId: 'one', BucketKeyEnabled: true },
      { ServerSideEncryption: 'aws:kms:dsse', SSEKMSKeyId: arnOf('one') },
    ],
    [
      'a context, which only the write shows',
      { ...kms('one'), SSEKMSEncryptionContext: context },
      { ...kms(arnOf('one')), SSEKMSEncryptionContext: context },
      kms(arnOf('one')),
    ],
    ["a customer's key (recorded, test_put_object_lifecycle_with_sse_c)", key1, shownKey1],
  ]
  for (const [name, asked, written, read = written] of cases) {
    it(
      name,
      inWorld(async (w) => {
        const given = 'SSECustomerKey' in asked ? key1 : {}
        assert.deepEqual(shown(await w.put('key', 'text', asked)), written)
        assert.deepEqual(shown(await head(w, 'key', given)), read)
        const got = await w.call('GetObject', { Bucket, Key: 'key', ...given })
        assert.deepEqual(shown(got), read)
        assert.equal((await bytesOf(got.Body)).toString(), 'text')
        const upload = await w.call('CreateMultipartUpload', { Bucket, Key: 'mpu', ...asked })
        assert.deepEqual(shown(upload), written)
        const { UploadId = '' } = upload
        const part = await w.call(
          'UploadPart',
          { Bucket, Key: 'mpu', UploadId, PartNumber: 1, ...given },
          { body: bodyOf('part') },
        )
        assert.deepEqual(shown(part), read)
        const Parts = [{ PartNumber: 1, ETag: part.ETag ?? '' }]
        const made = await w.call('CompleteMultipartUpload', {
          Bucket,
          Key: 'mpu',
          UploadId,
          MultipartUpload: { Parts },
        })
        // Recorded: test_multipart_upload_sse_c shows no customer's key here, test_s3_multipart_upload_sse the rest.
        assert.deepEqual(shown(made), 'SSECustomerKey' in asked ? {} : read)
        assert.equal(await w.get('mpu', given), 'part')
      }),
    )
  }

  it(
    'the key of S3 itself is one for all buckets of an account (recorded, test_s3_sse_default_kms_key)',
    inWorld(async (w) => {
      await w.bucket('other')
      const one = shown(await w.put('key', '', kms()))
      const two = shown(await w.put('key', '', { ...kms(), Bucket: 'other' }))
      assert.match(String(one.SSEKMSKeyId), /^arn:aws:kms:us-east-1:111111111111:key\/[0-9a-f-]{36}$/)
      assert.deepEqual(one, two)
      assert.deepEqual(shown(await w.put('key', '', kms('alias/aws/s3'))), one)
    }),
  )
})

describe('entity tags', () => {
  const md5 = createHash('md5').update('text').digest('hex')
  it(
    'are the MD5 under SSE-S3 and tell nothing under other keys',
    inWorld(async (w) => {
      assert.equal((await w.put('key', 'text')).ETag, `"${md5}"`)
      for (const asked of [kms('one'), key1]) {
        const one = await w.put('key', 'text', asked)
        const two = await w.put('key', 'text', asked)
        assert.match(one.ETag ?? '', /^"[0-9a-f]{32}"$/)
        assert.notEqual(one.ETag, `"${md5}"`)
        assert.notEqual(one.ETag, two.ETag)
      }
    }),
  )
  it(
    'the checksum is of the plain bytes, and Content-MD5 is verified all the same',
    inWorld(async (w) => {
      const { ChecksumCRC64NVME } = await w.put('a', 'text')
      assert.equal((await w.put('b', 'text', kms('one'))).ChecksumCRC64NVME, ChecksumCRC64NVME)
      const ContentMD5 = Buffer.from(md5, 'hex').toString('base64')
      await w.put('c', 'text', { ...key1, ContentMD5 })
      await refused(w.put('c', 'tixt', { ...key1, ContentMD5 }), 'BadDigest')
    }),
  )
  it(
    'that of a multipart object is made of its parts, whatever they tell (recorded, test_s3_multipart_upload_sse)',
    inWorld(async (w) => {
      const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'key', ...kms('one') })
      const { ETag = '' } = await w.call(
        'UploadPart',
        { Bucket, Key: 'key', UploadId, PartNumber: 1 },
        { body: bodyOf('text') },
      )
      assert.notEqual(ETag, `"${md5}"`)
      const made = await w.call('CompleteMultipartUpload', {
        Bucket,
        Key: 'key',
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      })
      const whole = createHash('md5').update(ETag.slice(1, -1), 'hex').digest('hex')
      assert.equal(made.ETag, `"${whole}-1"`)
    }),
  )
})

describe("an object under a customer's key", () => {
  // Recorded: test_object_retrieval_sse_c; the last two are of boto3#982 and of no record.
  const reads = ['GetObject', 'HeadObject', 'GetObjectAttributes'] as const
  const read = (w: World, name: (typeof reads)[number], more: object) =>
    w.call(name, {
      Bucket,
      Key: 'key',
      ...(name === 'GetObjectAttributes' && { ObjectAttributes: ['ETag'] }),
      ...more,
    } as never)
  for (const name of reads) {
    it(
      `${name} needs the key`,
      inWorld(async (w) => {
        await w.put('key', 'text', key1)
        await w.put('plain', 'text')
        await refused(read(w, name, {}), 'InvalidRequest', { status: 400, message: missingKey })
        await refused(read(w, name, key2), 'AccessDenied', { status: 403, message: wrongKey })
        // boto3 encodes a key once more that comes without its MD5: 44 bytes, with the right MD5 of these.
        await refused(read(w, name, customer(key1.SSECustomerKey)), 'AccessDenied', { status: 403, message: wrongKey })
        await refused(read(w, name, { ...key1, SSECustomerKeyMD5: undefined }), 'InvalidArgument', arg(missingMD5))
        await refused(read(w, name, { ...key1, SSECustomerAlgorithm: 'KMS' }), 'InvalidEncryptionAlgorithmError', {
          status: 400,
        })
        await refused(read(w, name, { ...key1, SSECustomerKey: undefined }), 'InvalidArgument')
        await refused(read(w, name, { ...key1, SSECustomerKeyMD5: key2.SSECustomerKeyMD5 }), 'InvalidArgument')
        await refused(read(w, name, { Key: 'plain', ...key1 }), 'InvalidRequest', {
          status: 400,
          message: notApplicable,
        })
        await refused(read(w, name, { Key: 'none', ...key1 }), 'NoSuchKey')
        await read(w, name, key1)
      }),
    )
  }

  it(
    'is empty and still needs it',
    inWorld(async (w) => {
      await w.put('key', '', key1)
      await refused(w.get('key'), 'InvalidRequest', { message: missingKey })
      await refused(w.get('key', key2), 'AccessDenied', { message: wrongKey })
      assert.equal(await w.get('key', key1), '')
    }),
  )

  it(
    'has versions under keys of their own (recorded, test_sse_c_with_versioning)',
    inWorld(async (w) => {
      await w.change(Bucket, { versioning: 'Enabled' })
      const { VersionId } = await w.put('key', 'version1', key1)
      await w.put('key', 'version2', key2)
      assert.equal(await w.get('key', key2), 'version2')
      await refused(w.get('key', { ...key2, VersionId }), 'AccessDenied', { message: wrongKey })
      assert.equal(await w.get('key', { ...key1, VersionId }), 'version1')
    }),
  )

  it(
    'is deleted, tagged and listed without it',
    inWorld(async (w) => {
      await w.put('key', 'text', key1)
      await w.call('PutObjectTagging', { Bucket, Key: 'key', Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })
      assert.equal((await w.call('ListObjectsV2', { Bucket })).Contents?.length, 1)
      assert.equal(await w.get('key', key1), 'text')
      await w.call('DeleteObject', { Bucket, Key: 'key' })
    }),
  )
})

describe('UpdateObjectEncryption', () => {
  const update = (w: World, KMSKeyArn: string, more = {}, options = {}) =>
    w.call(
      'UpdateObjectEncryption',
      { Bucket, Key: 'key', ObjectEncryption: { SSEKMS: { KMSKeyArn } }, ...more },
      options,
    )

  it(
    'puts an object under a KMS key and changes nothing else',
    inWorld(async (w) => {
      for (const text of ['text', '', 'large'.repeat(10_000)]) {
        await w.put('key', text, { Metadata: { a: 'b' } })
        const before = await head(w, 'key', { ChecksumMode: 'ENABLED' })
        w.clock.nowMs += 5000
        for (const [id, BucketKeyEnabled] of [
          ['one', true],
          ['two', undefined],
        ] as const) {
          await update(w, arnOf(id), { ObjectEncryption: { SSEKMS: { KMSKeyArn: arnOf(id), BucketKeyEnabled } } })
          const after = await head(w, 'key', { ChecksumMode: 'ENABLED' })
          assert.deepEqual(shown(after), BucketKeyEnabled ? { ...kms(arnOf(id)), BucketKeyEnabled } : kms(arnOf(id)))
          const { ServerSideEncryption: _1, SSEKMSKeyId: _2, BucketKeyEnabled: _3, ...rest } = after
          const { ServerSideEncryption: _4, ...same } = before
          assert.deepEqual(rest, same)
          assert.ok((await w.get('key')) === text)
        }
      }
    }),
  )

  it(
    'updates one version, a multipart object too',
    inWorld(async (w) => {
      await w.change(Bucket, { versioning: 'Enabled' })
      const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'key' })
      const { ETag = '' } = await w.call(
        'UploadPart',
        { Bucket, Key: 'key', UploadId, PartNumber: 1 },
        { body: bodyOf('part') },
      )
      const { VersionId } = await w.call('CompleteMultipartUpload', {
        Bucket,
        Key: 'key',
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      })
      await w.put('key', 'newer')
      await update(w, arnOf('one'), { VersionId })
      assert.equal((await head(w)).ServerSideEncryption, 'AES256')
      assert.deepEqual(shown(await head(w, 'key', { VersionId })), kms(arnOf('one')))
      assert.equal(await w.get('key', { VersionId }), 'part')
    }),
  )

  it(
    'is refused as its page says',
    inWorld(async (w) => {
      await refused(update(w, arnOf('one')), 'NoSuchKey')
      await w.put('key', 'text')
      await refused(update(w, ''), 'InvalidRequest', { message: /require an AWS KMS key Amazon/ })
      for (const arn of ['one', 'alias/one', `arn:aws:kms:us-east-1:${owner.id}:alias/one`, 'arn:aws:s3:::x']) {
        await refused(update(w, arn), 'InvalidRequest', { status: 400, message: /require a valid AWS KMS key/ })
      }
      await refused(update(w, `arn:aws:kms:us-east-1:${stranger.id}:key/theirs`), 'AccessDenied', {
        status: 403,
        message: /owned by the same account as the bucket/,
      })
      await refused(update(w, arnOf('off')), 'KMS.DisabledException')
      await refused(update(w, arnOf('none')), 'KMS.NotFoundException')
      const auth = { authType: 'REST-HEADER', signatureVersion: 'AWS' } as const
      await refused(update(w, arnOf('one'), {}, { auth }), 'InvalidRequest', {
        message: /require AWS Signature Version 4/,
      })
      for (const asked of [key1, { ServerSideEncryption: 'aws:kms:dsse', SSEKMSKeyId: 'one' }]) {
        await w.put('key', 'text', asked)
        await refused(update(w, arnOf('one')), 'InvalidRequest', {
          message: /doesn't support source objects with the encryption type DSSE-KMS or SSE-C/,
        })
      }
      await w.change(Bucket, { objectLockEnabled: true, versioning: 'Enabled' })
      await w.put('key', 'text', {
        ObjectLockLegalHoldStatus: 'ON',
        ContentMD5: createHash('md5').update('text').digest('base64'),
      })
      await refused(update(w, arnOf('one')), 'AccessDenied', { message: /protected by S3 Object Lock/ })
      assert.equal((await head(w)).ServerSideEncryption, 'AES256')
    }),
  )
})

describe('what an older version stored in plain', () => {
  /** An object as it was written before bodies were encrypted. */
  async function putPlain(w: World, Key: string, text: string): Promise<void> {
    const bucket = await w.store.buckets.get(Bucket)
    assert.ok(bucket)
    await w.put(Key, text)
    const record = await w.store.objects.latest(bucket, Key)
    assert.ok(record)
    const writer = w.store.bodies.writer()
    await writer.write(Buffer.from(text))
    await w.store.objects.put(bucket, Key, await writer.finish(), () => ({ ...record }))
  }

  it(
    'is read, and encrypted when it is copied',
    inWorld(async (w) => {
      const bucket = await w.store.buckets.get(Bucket)
      assert.ok(bucket)
      for (const text of ['text', 'large'.repeat(10_000)]) {
        await putPlain(w, 'key', text)
        assert.ok((await w.get('key')) === text)
        for (const asked of [{}, kms('one'), key1]) {
          await copy(w, asked)
          assert.ok((await w.get('copy', asked === key1 ? key1 : {})) === text)
          assert.notEqual((await w.store.objects.latest(bucket, 'copy'))?.body.sealedKey, undefined)
        }
        await refused(
          w.call('UpdateObjectEncryption', {
            Bucket,
            Key: 'key',
            ObjectEncryption: { SSEKMS: { KMSKeyArn: arnOf('one') } },
          }),
          'InvalidRequest',
          { message: /unencrypted source objects/ },
        )
      }
    }),
  )

  it(
    'is an upload that goes on as it began',
    inWorld(async (w) => {
      const bucket = await w.store.buckets.get(Bucket)
      assert.ok(bucket)
      const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'key' })
      const upload = await w.store.uploads.get(bucket, 'key', UploadId)
      assert.ok(upload)
      const { sealedKey: _, ...old } = upload
      const oldId = UploadId.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
      await w.store.uploads.create(bucket, { ...old, UploadId: oldId })
      const input = { Bucket, Key: 'key', UploadId: oldId }
      await w.put('source', 'encrypted')
      const one = await w.call('UploadPart', { ...input, PartNumber: 1 }, { body: bodyOf('part ') })
      const two = await w.call('UploadPartCopy', { ...input, PartNumber: 2, CopySource: 'bucket/source' })
      const Parts = [one.ETag, two.CopyPartResult?.ETag].map((ETag = '', at) => ({ PartNumber: at + 1, ETag }))
      await w.call('CompleteMultipartUpload', { ...input, MultipartUpload: { Parts } })
      assert.equal(await w.get('key'), 'part encrypted')
      await copy(w, kms('one'))
      assert.equal(await w.get('copy'), 'part encrypted')
    }),
  )
})
