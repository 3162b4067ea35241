/** Server-side encryption of parts and copies, and the default of a bucket. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { anonymous, bodyOf, owner, refused, type World } from './support.ts'
import {
  argument,
  arnOf,
  Bucket,
  copy,
  head,
  inWorld,
  key1,
  key2,
  kms,
  missingKey,
  notApplicable,
  shown,
  shownKey1,
  sourceKey,
  withDefault,
  wrongKey,
} from './encryption-support.ts'

describe('parts', () => {
  const upload = async (w: World, asked = {}) => {
    const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'key', ...asked })
    return (more = {}, text = 'text', PartNumber = 1) =>
      w.call('UploadPart', { Bucket, Key: 'key', UploadId, PartNumber, ...more }, { body: bodyOf(text) })
  }
  // Recorded: test_multipart_upload_sse_c_validation.
  const requested =
    'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.'
  it(
    "carry the customer's key that their upload began with",
    inWorld(async (w) => {
      const plain = await upload(w)
      await refused(plain(key1), 'InvalidRequest', { status: 400, message: requested })
      await refused(plain({ SSECustomerAlgorithm: 'AES256' }), 'InvalidRequest', { message: requested })
      const own = await upload(w, key1)
      await refused(own(), 'InvalidRequest', { message: requested })
      await refused(own(key2), 'InvalidRequest', {
        status: 400,
        message: 'The provided encryption parameters did not match the ones used originally.',
      })
      await refused(own({ ...key1, SSECustomerKeyMD5: undefined }), 'InvalidArgument')
      assert.deepEqual(shown(await own(key1)), shownKey1)
    }),
  )

  it(
    'make an object that is read at any offset with the key',
    inWorld(async (w) => {
      const part = await upload(w, key1)
      const texts = ['x'.repeat(50_000), 'y', 'z'.repeat(20_000)]
      const Parts: { PartNumber: number; ETag: string }[] = []
      for (const [at, text] of texts.entries())
        Parts.push({ PartNumber: at + 1, ETag: (await part(key1, text, at + 1)).ETag ?? '' })
      const [{ UploadId = '' } = {}] = (await w.call('ListMultipartUploads', { Bucket })).Uploads ?? []
      const complete = (more = {}) =>
        w.call('CompleteMultipartUpload', { Bucket, Key: 'key', UploadId, MultipartUpload: { Parts }, ...more })
      await refused(complete(key2), 'InvalidRequest', {
        message: 'The provided encryption parameters did not match the ones used originally.',
      })
      await complete(key1)
      const whole = texts.join('')
      assert.equal(await w.get('key', key1), whole)
      for (const [first, last] of [
        [0, 0],
        [49_990, 50_010],
        [50_000, 50_000],
        [50_001, 50_017],
        [13, 70_000],
        [69_999, 70_000],
      ] as const) {
        assert.equal(await w.get('key', { ...key1, Range: `bytes=${first}-${last}` }), whole.slice(first, last + 1))
      }
      assert.equal(await w.get('key', { ...key1, PartNumber: 2 }), 'y')
      await refused(w.get('key', key2), 'AccessDenied')
    }),
  )

  it(
    "need the customer's key again to be completed when they began with a checksum algorithm (API_CompleteMultipartUpload), otherwise not (recorded, test_multipart_upload_sse_c)",
    inWorld(async (w) => {
      const complete = async (more: object, key: object) => {
        const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'key', ...key1, ...more })
        const part = { Bucket, Key: 'key', UploadId, PartNumber: 1 }
        const sent = await w.call('UploadPart', { ...part, ...key1 }, { body: bodyOf('text') })
        const Parts = [{ PartNumber: 1, ETag: sent.ETag ?? '' }]
        return w.call('CompleteMultipartUpload', { ...part, ...key, MultipartUpload: { Parts } })
      }
      await complete({}, {})
      await refused(complete({ ChecksumAlgorithm: 'CRC64NVME' }, {}), 'InvalidRequest', {
        status: 400,
        message: requested,
      })
      await complete({ ChecksumAlgorithm: 'CRC64NVME' }, key1)
    }),
  )

  it(
    'add no CRC64NVME to what they make unless they begin with it (recorded, test_multipart_upload_sse_c)',
    inWorld(async (w) => {
      const checksums = (output: object) => Object.keys(output).filter((name) => name.startsWith('Checksum'))
      const made = async (more: object) => {
        const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'key', ...key1, ...more })
        const part = { Bucket, Key: 'key', UploadId, PartNumber: 1, ...key1 }
        const { ETag } = await w.call('UploadPart', part, { body: bodyOf('text') })
        const Parts = [{ PartNumber: 1, ETag: ETag ?? '' }]
        const output = await w.call('CompleteMultipartUpload', { ...part, MultipartUpload: { Parts } })
        const head = await w.call('HeadObject', { Bucket, Key: 'key', ChecksumMode: 'ENABLED', ...key1 })
        assert.deepEqual(checksums(head), checksums(output))
        return checksums(output)
      }
      assert.deepEqual(await made({}), [])
      const { CopyObjectResult = {} } = await w.call('CopyObject', {
        ...{ Bucket, Key: 'copy', CopySource: 'bucket/key', ...sourceKey(key1) },
      })
      assert.deepEqual(checksums(CopyObjectResult), ['ChecksumCRC64NVME', 'ChecksumType'])
      assert.deepEqual(await made({ ChecksumAlgorithm: 'CRC64NVME' }), ['ChecksumCRC64NVME', 'ChecksumType'])
    }),
  )

  it(
    'under KMS have a CRC64NVME that only their completion does not tell (recorded, test_s3_multipart_upload_sse)',
    inWorld(async (w) => {
      const made = async (more: object) => {
        const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'key', ...kms('one'), ...more })
        const part = { Bucket, Key: 'key', UploadId, PartNumber: 1 }
        const { ETag } = await w.call('UploadPart', part, { body: bodyOf('test-sse') })
        const complete = { ...part, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: ETag ?? '' }] } }
        const answers = [await w.call('CompleteMultipartUpload', complete)]
        answers.push(await w.call('CompleteMultipartUpload', complete))
        const head = await w.call('HeadObject', { Bucket, Key: 'key', ChecksumMode: 'ENABLED' })
        return [...answers, head].map(({ ChecksumCRC64NVME, ChecksumCRC32 }) => ChecksumCRC64NVME ?? ChecksumCRC32)
      }
      assert.deepEqual(await made({}), [undefined, undefined, 'Kr7StX/uFlQ='])
      const named = await made({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' })
      assert.equal(new Set(named).size, 1)
      assert.notEqual(named[0], undefined)
    }),
  )

  it(
    'are copied from and to any encryption',
    inWorld(async (w) => {
      const text = 'abcdefghij'.repeat(5000)
      const kinds = { s3: {}, kms: kms('one'), customer: key1 }
      for (const [name, asked] of Object.entries(kinds)) await w.put(name, text, asked)
      for (const asked of [{}, kms('two'), key2]) {
        const given = 'SSECustomerKey' in asked ? key2 : {}
        const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'made', ...asked })
        const Parts: { PartNumber: number; ETag: string }[] = []
        let expected = ''
        for (const name of Object.keys(kinds)) {
          for (const CopySourceRange of [undefined, 'bytes=7-40017']) {
            const PartNumber = Parts.length + 1
            const source = name === 'customer' ? sourceKey(key1) : {}
            const input = { Bucket, Key: 'made', UploadId, PartNumber, CopySource: `bucket/${name}`, CopySourceRange }
            const { CopyPartResult } = await w.call('UploadPartCopy', { ...input, ...given, ...source })
            Parts.push({ PartNumber, ETag: CopyPartResult?.ETag ?? '' })
            expected += CopySourceRange === undefined ? text : text.slice(7, 40_018)
            if (name === 'customer')
              await refused(w.call('UploadPartCopy', { ...input, ...given }), 'InvalidRequest', { message: missingKey })
          }
        }
        await w.call('CompleteMultipartUpload', { Bucket, Key: 'made', UploadId, MultipartUpload: { Parts } })
        assert.ok((await w.get('made', given)) === expected)
        assert.equal(await w.get('made', { ...given, Range: 'bytes=89990-90020' }), expected.slice(89_990, 90_021))
        // A copy of all that, under yet another key.
        const source = given === key2 ? sourceKey(key2) : {}
        await copy(w, { CopySource: 'bucket/made', ...key1, ...source })
        assert.ok((await w.get('copy', key1)) === expected)
      }
    }),
  )
})

describe('CopyObject', () => {
  const kinds = { 'SSE-S3': {}, 'SSE-KMS': kms('one'), 'SSE-C': key1 }
  const md5 = createHash('md5').update('text').digest('hex')
  for (const [from, asked] of Object.entries(kinds)) {
    for (const [to, wanted] of Object.entries({ 'SSE-S3': {}, 'SSE-KMS': kms('two'), 'SSE-C': key2 })) {
      it(
        `from ${from} to ${to}: the same bytes, readable when the source has gone (recorded, test_copy_object_with_sse_c)`,
        inWorld(async (w) => {
          const source = from === 'SSE-C' ? sourceKey(key1) : {}
          const given = to === 'SSE-C' ? key2 : {}
          for (const text of ['text', 'large'.repeat(20_000), '']) {
            await w.put('key', text, asked)
            const output = await copy(w, { ...wanted, ...source })
            const tag = output.CopyObjectResult?.ETag
            if (text === 'text') assert.equal(tag === `"${md5}"`, to === 'SSE-S3')
            assert.deepEqual(shown(output), shown(await head(w, 'copy', given)))
            await w.call('DeleteObject', { Bucket, Key: 'key' })
            assert.ok((await w.get('copy', given)) === text)
            if (to === 'SSE-C') await refused(w.get('copy'), 'InvalidRequest', { message: missingKey })
          }
        }),
      )
    }
  }

  it(
    'needs the key of the source (recorded, test_copy_object_with_sse_c)',
    inWorld(async (w) => {
      await w.put('key', 'text', key1)
      await refused(copy(w, key1), 'InvalidRequest', { status: 400, message: missingKey })
      await refused(copy(w, sourceKey(key2)), 'AccessDenied', { message: wrongKey })
      await refused(
        copy(w, { ...sourceKey(key1), CopySourceSSECustomerAlgorithm: 'KMS' }),
        'InvalidEncryptionAlgorithmError',
        { fields: { ArgumentName: argument, ArgumentValue: 'KMS' } },
      )
      await w.put('key', 'text')
      await refused(copy(w, sourceKey(key1)), 'InvalidRequest', { message: notApplicable })
    }),
  )

  it(
    'onto itself changes the encryption (recorded, test_s3_copy_object_in_place_with_encryption)',
    inWorld(async (w) => {
      await w.put('key', 'test', { ...kms('one'), BucketKeyEnabled: true })
      const self = { Key: 'key' }
      const managed = await copy(w, { ...self, ServerSideEncryption: 'aws:kms' })
      assert.equal(managed.ServerSideEncryption, 'aws:kms')
      assert.notEqual(managed.SSEKMSKeyId, arnOf('one'))
      assert.equal(managed.BucketKeyEnabled, undefined)
      // A source that is not under SSE-S3 may be copied without any change.
      const plain = await copy(w, self)
      assert.deepEqual(shown(plain), { ServerSideEncryption: 'AES256' })
      assert.equal(plain.CopyObjectResult?.ETag, '"098f6bcd4621d373cade4e832627b4f6"')
      await refused(copy(w, self), 'InvalidRequest')
      await copy(w, { ...self, ...key1 })
      assert.equal(await w.get('key', key1), 'test')
    }),
  )

  it(
    'of a disabled key is refused',
    inWorld(async (w) => {
      await w.put('key', 'text', kms('one'))
      const record = await w.store.objects.latest((await w.store.buckets.get(Bucket)) as never, 'key')
      assert.ok(record)
      await w.store.objects.update((await w.store.buckets.get(Bucket)) as never, 'key', undefined, (before) => ({
        ...before,
        encryption: { ...before.encryption, SSEKMSKeyId: arnOf('off') },
      }))
      // Recorded: test_s3_sse_validate_kms_key_state, get-obj-disabled-key.
      await refused(w.get('key'), 'KMS.DisabledException', { status: 400, message: `${arnOf('off')} is disabled.` })
      await refused(copy(w), 'KMS.DisabledException')
      await head(w)
      await refused(head(w, 'key', { ChecksumMode: 'ENABLED' }), 'KMS.DisabledException')
    }),
  )
})

describe('the default encryption of a bucket', () => {
  it(
    'applies to writes that say nothing (recorded, test_s3_sse_bucket_key_default)',
    inWorld(async (w) => {
      await w.put('before', 'text')
      await withDefault(w, { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'one' }, { BucketKeyEnabled: true })
      const expected = { ...kms(arnOf('one')), BucketKeyEnabled: true }
      assert.deepEqual(shown(await head(w, 'before')), { ServerSideEncryption: 'AES256' })
      assert.deepEqual(shown(await w.put('key', 'text')), expected)
      assert.deepEqual(shown(await copy(w, { CopySource: 'bucket/before' })), expected)
      assert.deepEqual(shown(await w.call('CreateMultipartUpload', { Bucket, Key: 'mpu' })), expected)
      assert.deepEqual(shown(await w.put('key', '', { BucketKeyEnabled: false })), kms(arnOf('one')))
      assert.deepEqual(shown(await w.put('key', '', { ServerSideEncryption: 'AES256' })), {
        ServerSideEncryption: 'AES256',
      })
      assert.deepEqual(shown(await w.put('key', '', key1)), shownKey1)
      // The bucket's key is not taken for a request that names the method; its bucket key is.
      const named = shown(await w.put('key', '', { ServerSideEncryption: 'aws:kms' }))
      assert.notEqual(named.SSEKMSKeyId, arnOf('one'))
      assert.equal(named.BucketKeyEnabled, true)
      await w.call('DeleteBucketEncryption', { Bucket })
      assert.deepEqual(shown(await w.put('key', 'text')), { ServerSideEncryption: 'AES256' })
    }),
  )

  it(
    'names a KMS key that is looked up when it is used',
    inWorld(async (w) => {
      await withDefault(w, { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'nowhere' })
      await refused(w.put('key', 'text'), 'KMS.NotFoundException', { message: "Invalid keyId 'nowhere'" })
    }),
  )

  it(
    'is stored as given, with the bucket key off unless said otherwise',
    inWorld(async (w) => {
      const get = async () => (await w.call('GetBucketEncryption', { Bucket })).ServerSideEncryptionConfiguration?.Rules
      const byDefault = { SSEAlgorithm: 'AES256' }
      assert.deepEqual(await get(), [{ ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled: false }])
      await withDefault(w, { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'one' }, { BucketKeyEnabled: true })
      assert.deepEqual(await get(), [
        {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'one' },
          BucketKeyEnabled: true,
        },
      ])
      await withDefault(w, undefined, { BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } })
      assert.deepEqual(await get(), [
        {
          ApplyServerSideEncryptionByDefault: byDefault,
          BucketKeyEnabled: false,
          BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
        },
      ])
    }),
  )

  // Recorded: test_s3_default_bucket_encryption_exc.
  it(
    'is refused when it says nothing, too much or what cannot be',
    inWorld(async (w) => {
      const put = (Rules: object[]) =>
        w.call('PutBucketEncryption', { Bucket, ServerSideEncryptionConfiguration: { Rules } })
      const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }
      await refused(put([]), 'MalformedXML')
      await refused(put([rule, rule]), 'MalformedXML')
      await refused(put([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:fsx' } }]), 'MalformedXML')
      await refused(put([{ ...rule, BlockedEncryptionTypes: { EncryptionType: ['AES256'] } }]), 'MalformedXML')
      await refused(put([{ ...rule, BlockedEncryptionTypes: { EncryptionType: ['NONE', 'SSE-C'] } }]), 'MalformedXML')
      await refused(
        put([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256', KMSMasterKeyID: 'x' } }]),
        'InvalidArgument',
        {
          message: 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
          fields: { ArgumentName: 'ApplyServerSideEncryptionByDefault' },
        },
      )
    }),
  )

  it(
    "blocks customers' keys on every way in, not out",
    inWorld(async (w) => {
      await w.put('key', 'text', key1)
      const { UploadId = '' } = await w.call('CreateMultipartUpload', { Bucket, Key: 'mpu', ...key1 })
      await withDefault(w, undefined, { BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } })
      const message = (Key: string) =>
        `User: arn:aws:iam::${owner.id}:root is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::bucket/${Key}" because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys (SSE-C). Please specify a different server-side encryption type`
      await refused(w.put('new', 'text', key1), 'AccessDenied', { status: 403, message: message('new') })
      await refused(w.put('new', 'text', key1, { principal: anonymous }), 'AccessDenied', { message: 'Access Denied' })
      await refused(w.call('CreateMultipartUpload', { Bucket, Key: 'new', ...key1 }), 'AccessDenied', {
        message: message('new'),
      })
      await refused(
        w.call('UploadPart', { Bucket, Key: 'mpu', UploadId, PartNumber: 1, ...key1 }, { body: bodyOf('') }),
        'AccessDenied',
        { message: message('mpu') },
      )
      await refused(copy(w, { ...key1, ...sourceKey(key1) }), 'AccessDenied', { message: message('copy') })
      assert.equal(await w.get('key', key1), 'text')
      await copy(w, sourceKey(key1))
      await withDefault(w, undefined, { BlockedEncryptionTypes: { EncryptionType: ['NONE'] } })
      await w.put('new', 'text', key1)
    }),
  )
})
