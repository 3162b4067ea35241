/** Integrity of documents: whose checksum the headers are. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { WireRequest } from '../src/http/wire.ts'
import { verifyPayloadDigest } from '../src/payload-digest.ts'
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

test('DeleteObjects demands one of them', async () => {
  await assert.rejects(verify('DeleteObjects', {}), { code: 'InvalidRequest' })
  await verify('DeleteObjects', { 'content-md5': md5 })
})
