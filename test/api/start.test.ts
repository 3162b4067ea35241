import assert from 'node:assert/strict'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { describe, it, type TestContext } from 'node:test'
import { type Sandbucket, type SandbucketOptions, startSandbucket } from '../../src/index.ts'

async function start(t: TestContext, options?: SandbucketOptions): Promise<Sandbucket> {
  const server = await startSandbucket(options)
  t.after(() => server.close({ graceMs: 0 }))
  return server
}

function clientOf(t: TestContext, server: Sandbucket, key?: Sandbucket['credentials']): S3Client {
  const client = new S3Client(server.clientConfig(key))
  t.after(() => client.destroy())
  return client
}

async function bucketNames(client: S3Client): Promise<(string | undefined)[]> {
  return ((await client.send(new ListBucketsCommand({}))).Buckets ?? []).map((bucket) => bucket.Name)
}

describe('startSandbucket', () => {
  it('gives an endpoint that an SDK client uses with its ready configuration', async (t) => {
    const server = await start(t, { buckets: ['photos'] })
    assert.equal(server.endpoint, `http://127.0.0.1:${server.port}`)
    assert.deepEqual(server.credentials, { accessKeyId: 'sandbucket', secretAccessKey: 'sandbucket' })
    const client = clientOf(t, server)
    await client.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a//b c', Body: 'hello' }))
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'a//b c' }))
    assert.equal(await Body?.transformToString(), 'hello')
  })

  it('runs several at once, each with its own state', async (t) => {
    const [one, two] = await Promise.all([start(t, { buckets: ['only-one'] }), start(t)])
    assert.notEqual(one.port, two.port)
    assert.deepEqual(await bucketNames(clientOf(t, one)), ['only-one'])
    assert.deepEqual(await bucketNames(clientOf(t, two)), [])
  })

  it('reset forgets everything and makes the configured buckets again', async (t) => {
    const server = await start(t, { buckets: ['photos'] })
    const client = clientOf(t, server)
    await client.send(new CreateBucketCommand({ Bucket: 'other' }))
    await client.send(new PutObjectCommand({ Bucket: 'photos', Key: 'k', Body: 'x' }))
    await server.reset()
    assert.deepEqual(await bucketNames(client), ['photos'])
    await assert.rejects(client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'k' })), { name: 'NoSuchKey' })
  })

  it('reset after close says that the server is closed', async (t) => {
    const server = await start(t)
    await server.close({ graceMs: 0 })
    await assert.rejects(
      server.reset(),
      /^Error: The server at http:\/\/127\.0\.0\.1:\d+ is closed\. Reset it before close\(\)/,
    )
  })

  it('an address in use, or none of this machine, says what to do', async (t) => {
    const { port } = await start(t)
    const inUse = {
      code: 'EADDRINUSE',
      port,
      message: new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is in use\\. .*leave port out`),
    }
    await assert.rejects(startSandbucket({ port }), inUse)
    await assert.rejects(startSandbucket({ host: '192.0.2.1' }), {
      code: 'EADDRNOTAVAIL',
      message: /^192\.0\.2\.1 is not an address of this machine\./,
    })
  })

  it('has the accounts that were asked for, and refuses every other key', async (t) => {
    const keys = { accessKeyId: 'me', secretAccessKey: 'mine' }
    const server = await start(t, { accounts: [{ id: '111122223333', displayName: 'Me', keys: [keys] }] })
    assert.deepEqual(await bucketNames(clientOf(t, server)), [])
    assert.equal(
      (await clientOf(t, server).send(new ListBucketsCommand({}))).Owner?.ID,
      server.accounts[0]?.canonicalId,
    )
    const stranger = clientOf(t, server, { accessKeyId: 'sandbucket', secretAccessKey: 'sandbucket' })
    await assert.rejects(stranger.send(new ListBucketsCommand({})), { name: 'InvalidAccessKeyId' })
  })

  it('closes more than once, and by asyncDispose', async () => {
    const server = await startSandbucket()
    await server.close()
    await server[Symbol.asyncDispose]()
    await assert.rejects(fetch(server.endpoint))
  })

  it('says what is wrong with its options', async () => {
    await assert.rejects(startSandbucket({ port: 70_000 }), {
      name: 'UsageError',
      message: /^port in the options must be a whole number/,
    })
    // Of the right shape, and not allowed all the same.
    await assert.rejects(startSandbucket({ buckets: ['a..b'] }), {
      name: 'UsageError',
      message: /^buckets: AWS does not allow the name a\.\.b/,
    })
  })
})
