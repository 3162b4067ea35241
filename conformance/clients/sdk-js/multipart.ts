/** Multipart uploads: by hand, by lib-storage, copied parts, aborted ones. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { Upload } from '@aws-sdk/lib-storage'
import { MiB, noise } from '../../lib/bytes.ts'
import { bucket, type Check, client, refused } from './checks.ts'

export const multipartChecks: Check[] = [
  ['multipart: create, parts, list, complete, read by part', byHand],
  ['multipart: parts copied from ranges', copiedParts],
  ['multipart: abort, unknown upload, wrong parts', refusals],
  ['lib-storage Upload: a stream in parts, and one that fits in a request', managed],
  ['lib-storage Upload: abort leaves no upload', abortedUpload],
  ['multipart: If-None-Match on complete', conditional],
]

async function byHand(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'parts')
  const bodies = [noise(5 * MiB, 31), noise(1000, 32)] as const
  const created = await s3.createMultipartUpload({
    Bucket,
    Key: 'k',
    Metadata: { a: '1' },
    ContentType: 'text/x-parts',
    ChecksumAlgorithm: 'CRC32',
  })
  assert.deepEqual([created.Bucket, created.Key, created.ServerSideEncryption], [Bucket, 'k', 'AES256'])
  const upload = { Bucket, Key: 'k', UploadId: created.UploadId }
  const Parts = []
  for (const [at, Body] of bodies.entries()) {
    const { ETag, ChecksumCRC32 } = await s3.uploadPart({ ...upload, PartNumber: at + 1, Body })
    Parts.push({ PartNumber: at + 1, ETag, ChecksumCRC32 })
  }
  const listed = await s3.listParts(upload)
  assert.deepEqual(
    listed.Parts?.map((part) => [part.PartNumber, part.Size, part.ETag]),
    Parts.map((part, at) => [at + 1, bodies[at]?.length, part.ETag]),
  )
  assert.deepEqual(
    (await s3.listMultipartUploads({ Bucket })).Uploads?.map((found) => found.UploadId),
    [created.UploadId],
  )
  const done = await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } })
  const md5s = bodies.map((body) => createHash('md5').update(body).digest())
  assert.equal(done.ETag, `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2"`)
  const got = await s3.getObject({ Bucket, Key: 'k' })
  assert.deepEqual([got.Metadata, got.ContentType], [{ a: '1' }, 'text/x-parts'])
  assert.ok(Buffer.concat(bodies).equals(Buffer.from((await got.Body?.transformToByteArray()) ?? [])))
  const part = await s3.getObject({ Bucket, Key: 'k', PartNumber: 2 })
  assert.deepEqual([part.PartsCount, part.ContentLength, part.$metadata.httpStatusCode], [2, 1000, 206])
  await part.Body?.transformToByteArray()
}

async function copiedParts(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'copied')
  const body = noise(6 * MiB, 33)
  await s3.putObject({ Bucket, Key: 'source ü', Body: body })
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: 'target' })
  const upload = { Bucket, Key: 'target', UploadId }
  const Parts = []
  for (const [at, range] of [`0-${5 * MiB - 1}`, `${5 * MiB}-${6 * MiB - 1}`].entries()) {
    const CopySource = `${Bucket}/${encodeURIComponent('source ü')}`
    const copied = await s3.uploadPartCopy({
      ...upload,
      PartNumber: at + 1,
      CopySource,
      CopySourceRange: `bytes=${range}`,
    })
    Parts.push({ PartNumber: at + 1, ETag: copied.CopyPartResult?.ETag })
  }
  await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } })
  const got = await s3.getObject({ Bucket, Key: 'target' })
  assert.ok(body.equals(Buffer.from((await got.Body?.transformToByteArray()) ?? [])))
}

async function refusals(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'refused')
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: 'k' })
  const upload = { Bucket, Key: 'k', UploadId }
  const { ETag } = await s3.uploadPart({ ...upload, PartNumber: 1, Body: 'small' })
  await s3.uploadPart({ ...upload, PartNumber: 2, Body: 'small' })
  const complete = (...numbers: number[]) =>
    s3.completeMultipartUpload({
      ...upload,
      MultipartUpload: { Parts: numbers.map((PartNumber) => ({ PartNumber, ETag })) },
    })
  await refused('EntityTooSmall', 400, complete(1, 2))
  await refused('InvalidPart', 400, complete(1, 7))
  await refused('InvalidPartOrder', 400, complete(2, 1))
  await refused('InvalidArgument', 400, s3.uploadPart({ ...upload, PartNumber: 10001, Body: 'x' }))
  await s3.abortMultipartUpload(upload)
  await refused('NoSuchUpload', 404, s3.listParts(upload))
  await refused('NoSuchUpload', 404, s3.uploadPart({ ...upload, PartNumber: 1, Body: 'x' }))
  await refused('NoSuchUpload', 404, s3.abortMultipartUpload({ ...upload, UploadId: 'unknown' }))
}

async function managed(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'managed')
  for (const [size, parts] of [
    [17 * MiB + 5, 4],
    [1000, 0],
  ] as const) {
    const body = noise(size, size)
    const pieces = function* () {
      for (let at = 0; at < size; at += 1_000_003) yield body.subarray(at, at + 1_000_003)
    }
    const params = { Bucket, Key: 'k', Body: Readable.from(pieces()), Metadata: { a: '1' } }
    const done = await new Upload({ client: s3, params, queueSize: 4 }).done()
    assert.match(done.ETag ?? '', parts ? new RegExp(`-${parts}"$`) : /^"[0-9a-f]{32}"$/)
    const got = await s3.getObject({ Bucket, Key: 'k' })
    assert.deepEqual(got.Metadata, { a: '1' })
    assert.ok(body.equals(Buffer.from((await got.Body?.transformToByteArray()) ?? [])))
  }
}

async function abortedUpload(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'aborted')
  const upload = new Upload({ client: s3, params: { Bucket, Key: 'k', Body: noise(40 * MiB, 34) }, queueSize: 2 })
  upload.on('httpUploadProgress', () => void upload.abort())
  await assert.rejects(upload.done(), { name: 'AbortError' })
  // It aborts behind the caller's back: give it a moment.
  for (let tries = 0; tries < 50; tries++) {
    if (!(await s3.listMultipartUploads({ Bucket })).Uploads) break
    await wait(100)
  }
  assert.equal((await s3.listMultipartUploads({ Bucket })).Uploads, undefined)
  await refused('NotFound', 404, s3.headObject({ Bucket, Key: 'k' }))
  await s3.deleteBucket({ Bucket })
}

async function conditional(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'conditional')
  const begin = async () => {
    const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: 'k', ChecksumAlgorithm: 'CRC32' })
    const upload = { Bucket, Key: 'k', UploadId }
    const { ETag, ChecksumCRC32 } = await s3.uploadPart({ ...upload, PartNumber: 1, Body: 'part' })
    return { ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] }, IfNoneMatch: '*' }
  }
  const [first, second] = [await begin(), await begin()]
  await s3.completeMultipartUpload(first)
  await refused('PreconditionFailed', 412, s3.completeMultipartUpload(second))
}
