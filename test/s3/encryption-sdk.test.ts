/** Encryption through the SDK and a real server on a data directory: headers on the wire, restart, nothing in plain. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import {
  CopyObjectCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UpdateObjectEncryptionCommand,
} from '@aws-sdk/client-s3'
import { startSandbucket } from '../../src/index.ts'

const Bucket = 'encrypted'

async function isOnDisk(dir: string, bytes: Buffer): Promise<boolean> {
  for (const name of await readdir(dir, { recursive: true })) {
    const path = join(dir, name)
    if ((await stat(path)).isFile() && (await readFile(path)).includes(bytes)) return true
  }
  return false
}

it('objects of all encryptions outlive a restart and are never in plain on the disk', async () => {
  const data = await mkdtemp(join(tmpdir(), 'sandbucket-'))
  const customerKey = randomBytes(32)
  const key = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: customerKey as unknown as string }
  const Body = Buffer.concat([randomBytes(40_000), randomBytes(100)])
  const options = { data, buckets: [Bucket], kmsKeys: ['alias/mine'], allowSseCOverHttp: true }
  try {
    const first = await startSandbucket(options)
    const client = new S3Client(first.clientConfig())
    await client.send(new PutObjectCommand({ Bucket, Key: 's3', Body }))
    const kms = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/mine', BucketKeyEnabled: true } as const
    const put = await client.send(new PutObjectCommand({ Bucket, Key: 'kms', Body, ...kms }))
    assert.match(put.SSEKMSKeyId ?? '', /^arn:aws:kms:us-east-1:000000000000:key\//)
    assert.equal(put.BucketKeyEnabled, true)
    await client.send(new PutObjectCommand({ Bucket, Key: 'customer', Body, ...key }))
    const KMSKeyArn = put.SSEKMSKeyId
    await client.send(new CopyObjectCommand({ Bucket, Key: 'updated', CopySource: `${Bucket}/s3` }))
    await client.send(
      new UpdateObjectEncryptionCommand({ Bucket, Key: 'updated', ObjectEncryption: { SSEKMS: { KMSKeyArn } } }),
    )
    await client.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [
            {
              ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/mine' },
              BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
            },
          ],
        },
      }),
    )
    await assert.rejects(client.send(new PutObjectCommand({ Bucket, Key: 'new', Body, ...key })), /SSE-C/)
    await first.close()

    assert.equal(await isOnDisk(data, Body.subarray(100, 132)), false)
    assert.equal(await isOnDisk(data, customerKey), false)
    assert.equal(await isOnDisk(data, Buffer.from(customerKey.toString('base64'))), false)

    const second = await startSandbucket(options)
    const again = new S3Client(second.clientConfig())
    const rules = (await again.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration
      ?.Rules
    assert.deepEqual(rules?.[0]?.BlockedEncryptionTypes, { EncryptionType: ['SSE-C'] })
    for (const [Key, more] of [['s3'], ['kms'], ['updated'], ['customer', key]] as [string, object?][]) {
      const Range = 'bytes=17-39999'
      const got = await again.send(new GetObjectCommand({ Bucket, Key, Range, ...more }))
      const bytes = await got.Body?.transformToByteArray()
      assert.ok(Body.subarray(17, 40_000).equals(bytes ?? Buffer.alloc(0)), Key)
    }
    const head = await again.send(new HeadObjectCommand({ Bucket, Key: 'updated' }))
    assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId], ['aws:kms', KMSKeyArn])
    const refusal = (name: string) => (error: unknown) => error instanceof S3ServiceException && error.name === name
    const get = (more: object) => again.send(new GetObjectCommand({ Bucket, Key: 'customer', ...more }))
    await assert.rejects(get({}), refusal('InvalidRequest'))
    await assert.rejects(get({ ...key, SSECustomerKey: randomBytes(32) }), refusal('AccessDenied'))
    await second.close()

    const strict = await startSandbucket({ ...options, allowSseCOverHttp: false })
    const plain = new S3Client(strict.clientConfig())
    await assert.rejects(plain.send(new GetObjectCommand({ Bucket, Key: 'customer', ...key })), /secure connection/)
    await strict.close()
  } finally {
    await rm(data, { recursive: true })
  }
})

it('a header of encryption where no object begins is refused (irods_resource_plugin_s3#1838)', async () => {
  await using server = await startSandbucket({ buckets: [Bucket] })
  const client = new S3Client(server.clientConfig())
  await client.send(new PutObjectCommand({ Bucket, Key: 'key', Body: 'text' }))
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-server-side-encryption'] = 'AES256'
      return next(args)
    },
    { step: 'build' },
  )
  await assert.rejects(
    client.send(new GetObjectCommand({ Bucket, Key: 'key' })),
    (error) =>
      error instanceof S3ServiceException &&
      error.name === 'InvalidArgument' &&
      error.message === 'x-amz-server-side-encryption header is not supported for this operation.',
  )
  await client.send(new PutObjectCommand({ Bucket, Key: 'key', Body: 'text' }))
})
