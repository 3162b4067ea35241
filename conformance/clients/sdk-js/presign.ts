/** Presigned URLs, used without credentials. */
import assert from 'node:assert/strict'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { setTimeout as wait } from 'node:timers/promises'
import { etag } from '../../lib/bytes.ts'
import { fetchRaw } from '../../lib/http.ts'
import { bucket, type Check, client } from './checks.ts'

export const presignChecks: Check[] = [
  ['presigned PUT, HEAD, GET with overrides', methods],
  ['presigned UploadPart', parts],
  ['presigned: altered, wrong header, late', refusals],
]

async function methods(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'signed')
  const key = { Bucket, Key: 'a b+c/ü' }
  // The URL carries the checksum of the empty body that the presigner saw: S3 does not hold it against the upload.
  const put = await fetchRaw(await getSignedUrl(s3, new PutObjectCommand(key)), { method: 'PUT', body: 'body' })
  assert.deepEqual([put.status, put.headers.etag], [200, etag('body')], put.text)
  const head = await fetchRaw(await getSignedUrl(s3, new HeadObjectCommand(key)), { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers['content-length']], [200, '4'])
  const command = new GetObjectCommand({ ...key, ResponseContentDisposition: 'attachment; filename="ü b.txt"' })
  const got = await fetchRaw(await getSignedUrl(s3, command, { expiresIn: 60 }))
  assert.deepEqual([got.status, got.text], [200, 'body'])
  assert.match(String(got.headers['content-disposition']), /attachment; filename=/)
}

async function parts(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'part')
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: 'k' })
  const upload = { Bucket, Key: 'k', UploadId }
  const url = await getSignedUrl(s3, new UploadPartCommand({ ...upload, PartNumber: 1 }))
  const { status, headers, text } = await fetchRaw(url, { method: 'PUT', body: 'part' })
  assert.equal(status, 200, text)
  await s3.completeMultipartUpload({
    ...upload,
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag: String(headers.etag) }] },
  })
  assert.equal((await s3.headObject({ Bucket, Key: 'k' })).ContentLength, 4)
}

async function refusals(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'refused')
  await s3.putObject({ Bucket, Key: 'k', Body: 'body' })
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'k' }))
  const code = async (target: string, method = 'GET', headers = {}) => {
    const answer = await fetchRaw(target, { method, headers })
    return [
      answer.status,
      /<Code>(.*?)<\/Code>/.exec(answer.text)?.[1],
      /<Message>(.*?)<\/Message>/.exec(answer.text)?.[1],
    ]
  }
  const mismatch = [
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ]
  assert.deepEqual(await code(url.replace('/k?', '/K?')), mismatch)
  assert.deepEqual(await code(`${url}&versionId=null`), mismatch)
  assert.deepEqual(await code(url, 'DELETE'), mismatch)
  const signedType = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'k', ContentType: 'text/a' }), {
    signableHeaders: new Set(['content-type']),
  })
  assert.deepEqual(await code(signedType, 'PUT', { 'content-type': 'text/b' }), mismatch)
  const short = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'k' }), { expiresIn: 1 })
  await wait(2100)
  assert.deepEqual(await code(short), [403, 'AccessDenied', 'Request has expired'])
}
