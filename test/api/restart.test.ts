/** What is under way and what protects objects outlives a restart: nothing of it is only in memory. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { startSandbucket } from '../../src/index.ts'

/** Runs two lives of one data directory, one after the other. */
async function twoLives(
  t: TestContext,
  first: (client: S3Client) => Promise<void>,
  second: (client: S3Client) => Promise<void>,
): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'sandbucket-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  for (const live of [first, second]) {
    const server = await startSandbucket({ data, buckets: ['bucket'], minPartSize: 0 })
    const client = new S3Client(server.clientConfig())
    try {
      await live(client)
    } finally {
      client.destroy()
      await server.close({ graceMs: 0 })
    }
  }
}

it('an upload goes on after a restart: its parts, its checksum, its description', async (t) => {
  const Bucket = 'bucket'
  const Key = 'key'
  let UploadId: string | undefined
  await twoLives(
    t,
    async (client) => {
      const begin = { Bucket, Key, ChecksumAlgorithm: 'SHA256', Metadata: { a: 'b' }, Tagging: 'x=y' } as const
      UploadId = (await client.send(new CreateMultipartUploadCommand(begin))).UploadId
      const part = { Bucket, Key, UploadId, PartNumber: 1, ChecksumAlgorithm: 'SHA256' } as const
      await client.send(new UploadPartCommand({ ...part, Body: 'one' }))
    },
    async (client) => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
      assert.deepEqual(
        Uploads.map((upload) => upload.UploadId),
        [UploadId],
      )
      const part = { Bucket, Key, UploadId, PartNumber: 2, ChecksumAlgorithm: 'SHA256' } as const
      await client.send(new UploadPartCommand({ ...part, Body: 'two' }))
      const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
      const listed = Parts.map(({ PartNumber, ETag, ChecksumSHA256 }) => ({ PartNumber, ETag, ChecksumSHA256 }))
      const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts: listed } }
      const { ChecksumSHA256 } = await client.send(new CompleteMultipartUploadCommand(complete))
      assert.match(ChecksumSHA256 ?? '', /-2$/)
      const read = await client.send(new GetObjectCommand({ Bucket, Key }))
      assert.equal(await read.Body?.transformToString(), 'onetwo')
      assert.deepEqual([read.Metadata, read.TagCount], [{ a: 'b' }, 1])
    },
  )
})

it('versions, delete markers and locks are there after a restart', async (t) => {
  const Bucket = 'locked'
  let held: string | undefined
  await twoLives(
    t,
    async (client) => {
      await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
      const put = { Bucket, Key: 'k', Body: 'x', ObjectLockLegalHoldStatus: 'ON' } as const
      held = (await client.send(new PutObjectCommand(put))).VersionId
      await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))
    },
    async (client) => {
      const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
      assert.deepEqual([Versions.length, DeleteMarkers.length], [1, 1])
      const remove = new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: held })
      await assert.rejects(client.send(remove), { name: 'AccessDenied' })
      const suspend = { Bucket, VersioningConfiguration: { Status: 'Suspended' } } as const
      await assert.rejects(client.send(new PutBucketVersioningCommand(suspend)), { name: 'InvalidBucketState' })
    },
  )
})
