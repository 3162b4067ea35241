// https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { it, test } from 'node:test'
import { PutBucketAccelerateConfigurationCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { startSandbucket } from '../../src/index.ts'
import { handlers } from '../../src/s3/index.ts'
import { exchange } from '../http/raw-client.ts'
import { refused, type World, withWorld } from './support.ts'

const set = (world: World, Status: string, Bucket = 'bucket') =>
  world.call('PutBucketAccelerateConfiguration', { Bucket, AccelerateConfiguration: { Status } })

// Recorded: test_bucket_acceleration_configuration_crud, test_bucket_acceleration_configuration_exc.
test('acceleration is enabled, suspended, and nothing at first', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    const get = () => world.call('GetBucketAccelerateConfiguration', { Bucket: 'bucket' })
    assert.deepEqual(await get(), {})
    for (const Status of ['Enabled', 'Suspended']) {
      await set(world, Status)
      assert.deepEqual(await get(), { Status })
    }
    for (const Status of ['enabled', 'random', '']) await refused(set(world, Status), 'MalformedXML', { status: 400 })
    await world.bucket('a.b')
    await refused(set(world, 'random', 'a.b'), 'InvalidRequest', {
      message: 'S3 Transfer Acceleration is not supported for buckets with periods (.) in their names',
    })
  }))

it('an accelerate endpoint is there for buckets that have it enabled', async (t) => {
  const server = await startSandbucket({ buckets: ['fast', 'with.dots'] })
  const client = new S3Client(server.clientConfig())
  t.after(async () => {
    client.destroy()
    await server.close({ graceMs: 0 })
  })
  const { accessKeyId, secretAccessKey } = server.credentials
  const read = (path: string, host: string) => {
    const date = new Date().toUTCString()
    const text = `GET\n\n\n\nx-amz-date:${date}\n/fast/k`
    const signature = createHmac('sha1', secretAccessKey).update(text).digest('base64')
    const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', `x-amz-date: ${date}`]
    return exchange(server.port, `${[...lines, `Authorization: AWS ${accessKeyId}:${signature}`].join('\r\n')}\r\n\r\n`)
  }
  const status = (Status: 'Enabled' | 'Suspended') =>
    client.send(new PutBucketAccelerateConfigurationCommand({ Bucket: 'fast', AccelerateConfiguration: { Status } }))
  await client.send(new PutObjectCommand({ Bucket: 'fast', Key: 'k', Body: 'text' }))
  const host = 'fast.s3-accelerate.localhost'
  const refusal = (reason: string) =>
    new RegExp(`^HTTP/1.1 400 .*<Code>InvalidRequest</Code><Message>S3 Transfer Acceleration ${reason}</Message>`, 's')
  assert.match(await read('/k', host), refusal('is not configured on this bucket'))
  await status('Enabled')
  assert.match(await read('/k', host), /^HTTP\/1.1 200 .*text$/s)
  assert.match(await read('/k', 'fast.s3-accelerate.dualstack.localhost'), /^HTTP\/1.1 200 .*text$/s)
  assert.match(
    await read('/fast/k', 's3-accelerate.localhost'),
    refusal('endpoint only supports virtual style requests'),
  )
  await status('Suspended')
  assert.match(await read('/k', host), refusal('is disabled on this bucket'))
  assert.match(await read('/k', 'fast.s3.localhost'), /^HTTP\/1.1 200 .*text$/s)
  // The name of the bucket is looked at before the status.
  const wrong = (Bucket: string) =>
    client.send(
      new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration: { Status: 'x' as 'Enabled' } }),
    )
  await assert.rejects(wrong('fast'), { name: 'MalformedXML' })
  await assert.rejects(wrong('with.dots'), { name: 'InvalidRequest' })
})
