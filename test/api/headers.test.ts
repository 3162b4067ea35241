/** Headers as they are on the wire: CORS on errors, metadata that is sent twice. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { HeadObjectCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3'
import { type Sandbucket, type SandbucketOptions, startSandbucket } from '../../src/index.ts'
import { exchange } from '../http/raw-client.ts'

const Bucket = 'bucket'

async function start(
  t: TestContext,
  options: SandbucketOptions = {},
): Promise<{ server: Sandbucket; client: S3Client }> {
  const server = await startSandbucket({ buckets: [Bucket], ...options })
  const client = new S3Client(server.clientConfig())
  t.after(async () => {
    client.destroy()
    await server.close({ graceMs: 0 })
  })
  return { server, client }
}

describe('CORS on errors', () => {
  const ask = (server: Sandbucket, origin: string) =>
    fetch(`${server.endpoint}/${Bucket}/missing`, { headers: { Origin: origin } })

  it('a rule of the bucket counts for a refusal, too, and for no other origin', async (t) => {
    const { server, client } = await start(t)
    const CORSRules = [{ AllowedOrigins: ['http://app'], AllowedMethods: ['GET'], ExposeHeaders: ['x-amz-request-id'] }]
    await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }))
    const refused = await ask(server, 'http://app')
    assert.equal(refused.status, 403)
    assert.equal(refused.headers.get('access-control-allow-origin'), 'http://app')
    assert.equal(refused.headers.get('access-control-expose-headers'), 'x-amz-request-id')
    assert.equal((await ask(server, 'http://other')).headers.get('access-control-allow-origin'), null)
  })

  it('without rules everybody may read an error, unless CORS is not open', async (t) => {
    const { server } = await start(t)
    assert.notEqual((await ask(server, 'http://app')).headers.get('access-control-allow-origin'), null)
    const strict = await start(t, { openCors: false })
    assert.equal((await ask(strict.server, 'http://app')).headers.get('access-control-allow-origin'), null)
  })
})

// "Amazon S3 combines headers that have the same name (ignoring case) into a comma-delimited list" (UsingMetadata.html,
// 2006-03-01); signed as RESTAuthentication.html says: "without any spaces between values".
it('metadata that is sent twice is a list', async (t) => {
  const { server, client } = await start(t)
  const date = new Date().toUTCString()
  const { accessKeyId, secretAccessKey } = server.credentials
  const text = `PUT\n\n\n\nx-amz-date:${date}\nx-amz-meta-a:1,2\n/${Bucket}/k`
  const signature = createHmac('sha1', secretAccessKey).update(text).digest('base64')
  const lines = [
    `PUT /${Bucket}/k HTTP/1.1`,
    `Host: 127.0.0.1:${server.port}`,
    'Connection: close',
    'Content-Length: 1',
    `x-amz-date: ${date}`,
    'X-Amz-Meta-A: 1',
    'x-amz-meta-a: 2',
    `Authorization: AWS ${accessKeyId}:${signature}`,
  ]
  assert.match(await exchange(server.port, `${lines.join('\r\n')}\r\n\r\nx`), /^HTTP\/1\.1 200/)
  const { Metadata } = await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }))
  assert.deepEqual(Metadata?.a?.split(/, ?/), ['1', '2'])
})
