/** Integrity of documents: whose checksum the headers are. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { WireRequest } from '../src/http/wire.ts'
import { verifyPayloadDigest } from '../src/payload-digest.ts'
import { operationNames } from '../src/model/index.ts'
import { planOf } from '../src/protocol/index.ts'

const bytes = Buffer.from('<a/>')
const verify = (operation: string, headers: Record<string, string>) =>
  verifyPayloadDigest({ headers } as unknown as WireRequest, { trailers: new Map() }, bytes, planOf(operation))
const md5 = createHash('md5').update(bytes).digest('base64')
// CRC32 of `abc`.
const other = { 'x-amz-checksum-crc32': 'NSRBwg==' }

test('the checksum of a document is held against the document', async () => {
  await assert.rejects(verify('DeleteObjects', other), { code: 'BadDigest' })
  await assert.rejects(verify('PutBucketTagging', other), { code: 'BadDigest' })
})

// Recorded: test_complete_multipart_parts_checksum_full_object; a composite value has `-N`, test_complete_multipart_parts_checksum_default.
test('those of CompleteMultipartUpload are about the object', async () => {
  await verify('CompleteMultipartUpload', other)
  await verify('CompleteMultipartUpload', { 'x-amz-checksum-crc32': 'NSRBwg==-2' })
})

test('Content-MD5 is always about the document', async () => {
  await verify('CompleteMultipartUpload', { 'content-md5': md5 })
  await assert.rejects(verify('CompleteMultipartUpload', { 'content-md5': md5.replace(/^./, 'A') }), {
    code: 'BadDigest',
  })
})

// Recorded for DeleteObjects, PutBucketTagging and Object Lock; SDKs of before 2020 sent a digest for the other three.
const demanding = [
  'DeleteObjects',
  'PutBucketCors',
  'PutBucketLifecycleConfiguration',
  'PutBucketReplication',
  'PutBucketTagging',
  'PutObjectLegalHold',
  'PutObjectLockConfiguration',
  'PutObjectRetention',
]

test('a few operations demand a digest of their document', async () => {
  for (const operation of demanding) {
    await assert.rejects(
      verify(operation, {}),
      { code: 'InvalidRequest', message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*' },
      operation,
    )
    await verify(operation, { 'content-md5': md5 })
  }
})

test('every other operation takes a document without a digest, and verifies one that is sent', async () => {
  const others = operationNames('s3').filter((name) => planOf(name).bodyKind === 'xml' && !demanding.includes(name))
  assert.ok(others.includes('PutBucketAcl') && others.includes('PutBucketVersioning'))
  for (const operation of [...others, 'PutBucketPolicy']) {
    await verify(operation, {})
    await assert.rejects(verify(operation, { 'content-md5': md5.replace(/^./, 'A') }), { code: 'BadDigest' }, operation)
    await assert.rejects(verify(operation, { 'content-md5': 'nonsense' }), { code: 'InvalidDigest' }, operation)
    if (planOf(operation).isChecksumOfObject) continue
    await assert.rejects(verify(operation, other), { code: 'BadDigest' }, operation)
    await assert.rejects(verify(operation, { 'x-amz-checksum-crc32': 'x' }), { code: 'InvalidRequest' }, operation)
  }
})

test('a trailer is verified as a header is', async () => {
  const withTrailer = (value: string) =>
    verifyPayloadDigest(
      { headers: {} } as WireRequest,
      { trailers: new Map([['x-amz-checksum-crc32', value]]), trailerNames: ['x-amz-checksum-crc32'] },
      bytes,
      planOf('PutBucketPolicy'),
    )
  await assert.rejects(withTrailer('NSRBwg=='), { code: 'BadDigest' })
  await assert.rejects(withTrailer('NSRB'), { code: 'InvalidRequest' })
})
