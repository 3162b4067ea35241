/** Checksums: the defaults, every algorithm the SDK has, its own validation when reading. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { bucket, type Check, client, refused } from './checks.ts'

export const integrityChecks: Check[] = [
  ['checksums: a default, validated by the client when it reads', byDefault],
  ['checksums: CRC32, CRC32C, CRC64NVME, SHA1, SHA256', every],
  ['checksums: wrong ones are refused and store nothing', wrong],
  ['checksums: only when required', whenRequired],
]

async function byDefault(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'default')
  const put = await s3.putObject({ Bucket, Key: 'k', Body: 'body' })
  assert.deepEqual([put.ChecksumCRC32, put.ChecksumType], ['26gLsg==', 'FULL_OBJECT'])
  const got = await s3.getObject({ Bucket, Key: 'k' })
  assert.equal(got.ChecksumCRC32, put.ChecksumCRC32)
  assert.equal(await got.Body?.transformToString(), 'body')
  // Of a range there is nothing to validate.
  const part = await s3.getObject({ Bucket, Key: 'k', Range: 'bytes=1-2' })
  assert.deepEqual([part.ChecksumCRC32, await part.Body?.transformToString()], [undefined, 'od'])
}

async function every(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'every')
  for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    const field = `Checksum${ChecksumAlgorithm}` as const
    const put = await s3.putObject({ Bucket, Key: ChecksumAlgorithm, Body: '123456789', ChecksumAlgorithm })
    assert.ok(put[field], ChecksumAlgorithm)
    const got = await s3.getObject({ Bucket, Key: ChecksumAlgorithm, ChecksumMode: 'ENABLED' })
    assert.equal(got[field], put[field])
    assert.equal(await got.Body?.transformToString(), '123456789')
    const head = await s3.headObject({ Bucket, Key: ChecksumAlgorithm, ChecksumMode: 'ENABLED' })
    assert.deepEqual([head[field], head.ChecksumType], [put[field], 'FULL_OBJECT'])
    const plain = await s3.headObject({ Bucket, Key: ChecksumAlgorithm })
    assert.deepEqual([plain[field], plain.ChecksumType], [undefined, undefined])
  }
  const { Contents = [] } = await s3.listObjectsV2({ Bucket, Prefix: 'SHA' })
  assert.deepEqual(
    Contents.map((object) => object.ChecksumAlgorithm),
    [['SHA1'], ['SHA256']],
  )
}

async function wrong(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'wrong')
  const put = { Bucket, Key: 'k', Body: 'body' }
  const ChecksumSHA256 = createHash('sha256').update('other').digest('base64')
  await refused('BadDigest', 400, s3.putObject({ ...put, ChecksumSHA256 }))
  const ContentMD5 = createHash('md5').update('other').digest('base64')
  await refused('BadDigest', 400, s3.putObject({ ...put, ContentMD5 }))
  assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 0)
}

async function whenRequired(): Promise<void> {
  const s3 = client({ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' })
  const Bucket = await bucket(s3, 'required')
  const put = await s3.putObject({ Bucket, Key: 'k', Body: 'body' })
  // The client sends none: S3 makes one of its own.
  assert.ok(put.ChecksumCRC64NVME)
  assert.equal(await (await s3.getObject({ Bucket, Key: 'k' })).Body?.transformToString(), 'body')
  await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'k' }] } })
  assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 0)
}
