/**
 * Bodies whose digests are computed in a thread, over a socket with the SDK: what is verified and shown is the same.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { threadDigests } from '../../src/digest/digest-thread.ts'
import { checksumOf } from '../../src/digest/hasher.ts'
import { type Sandbucket, startSandbucket } from '../../src/index.ts'

const Bucket = 'large'
const bytes = randomBytes(6 * 1024 * 1024 + 13)
const md5 = createHash('md5').update(bytes)
const md5Hex = md5.copy().digest('hex')
const md5Base64 = md5.digest('base64')

describe('large uploads', () => {
  let server: Sandbucket
  let client: S3Client

  before(async () => {
    server = await startSandbucket({ buckets: [Bucket] })
    client = new S3Client(server.clientConfig())
    let digests = threadDigests(['MD5'])
    for (let ms = 0; ms < 20_000 && digests === undefined && availableParallelism() > 1; ms += 20) {
      await sleep(20)
      digests = threadDigests(['MD5'])
    }
    digests?.abandon()
  })
  after(async () => {
    client.destroy()
    await server.close()
  })

  it('have the entity tag and the checksum of their bytes, and come back as they were', async () => {
    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'plain',
        Body: bytes,
        ContentMD5: md5Base64,
        ChecksumAlgorithm: 'CRC64NVME',
      }),
    )
    assert.equal(put.ETag, `"${md5Hex}"`)
    assert.equal(put.ChecksumCRC64NVME, await checksumOf('CRC64NVME', bytes))
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'plain' }))
    assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), bytes)
  })

  it('are refused when a declared digest is another one, and leave nothing', async () => {
    const wrongMD5 = createHash('md5').update('other bytes').digest('base64')
    const input = { Bucket, Key: 'refused', Body: bytes }
    await assert.rejects(client.send(new PutObjectCommand({ ...input, ContentMD5: wrongMD5 })), { name: 'BadDigest' })
    const wrong = await checksumOf('XXHASH3', Buffer.from('other bytes'))
    await assert.rejects(client.send(new PutObjectCommand({ ...input, ChecksumXXHASH3: wrong } as never)), {
      name: 'BadDigest',
    })
    await assert.rejects(client.send(new HeadObjectCommand({ Bucket, Key: 'refused' })), { name: 'NotFound' })
  })

  it('of parts give the checksum of the client and the one that the upload needs', async () => {
    const upload = { Bucket, Key: 'parts' }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload))
    const part = await client.send(
      new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: bytes, ChecksumAlgorithm: 'SHA1' }),
    )
    assert.equal(part.ETag, `"${md5Hex}"`)
    assert.equal(part.ChecksumSHA1, await checksumOf('SHA1', bytes))
    const copied = await client.send(
      new UploadPartCopyCommand({
        ...upload,
        ...{ UploadId, PartNumber: 2, CopySource: `${Bucket}/plain`, CopySourceRange: 'bytes=0-5999999' },
      }),
    )
    const range = bytes.subarray(0, 6_000_000)
    assert.equal(copied.CopyPartResult?.ETag, `"${createHash('md5').update(range).digest('hex')}"`)
    const Parts = [part.ETag, copied.CopyPartResult?.ETag].map((ETag, n) => ({ ETag, PartNumber: n + 1 }))
    await client.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }))
    const head = await client.send(new HeadObjectCommand({ ...upload, ChecksumMode: 'ENABLED' }))
    assert.equal(head.ChecksumCRC64NVME, await checksumOf('CRC64NVME', Buffer.concat([bytes, range])))
  })
})
