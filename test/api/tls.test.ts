/** The whole server over HTTPS, as clients use it. */
import assert from 'node:assert/strict'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { get, type RequestOptions } from 'node:https'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { type Sandbucket, type SandbucketOptions, startSandbucket } from '../../src/index.ts'
import { issueCa, issueServer, readyCa } from '../../src/tls/certificate.ts'

async function start(t: TestContext, options: SandbucketOptions = {}): Promise<Sandbucket> {
  const server = await startSandbucket({ tls: true, buckets: ['photos'], ...options })
  t.after(() => server.close({ graceMs: 0 }))
  return server
}

function clientOf(t: TestContext, server: Sandbucket): S3Client {
  const client = new S3Client(server.clientConfig())
  t.after(() => client.destroy())
  return client
}

/** Names ending in localhost are not resolved by every system. */
const lookup: RequestOptions['lookup'] = (_host, options, done) => {
  if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
  else done(null, '127.0.0.1', 4)
}

interface Answer {
  status: number | undefined
  headers: IncomingMessage['headers']
  body: string
  certificateOf: string | undefined
}

function fetchWith(ca: string | undefined, url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ...(ca === undefined ? {} : { ca }), lookup, agent: false }, (response) => {
      const certificateOf = (response.socket as import('node:tls').TLSSocket).getPeerCertificate().subjectaltname
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body, certificateOf })
      })
    })
    request.on('error', reject)
  })
}

describe('startSandbucket({ tls: true })', () => {
  it('gives an https endpoint, its CA, and a client configuration that trusts it', async (t) => {
    const server = await start(t)
    assert.equal(server.endpoint, `https://127.0.0.1:${server.port}`)
    assert.ok(new X509Certificate(server.ca ?? '').ca)
    const client = clientOf(t, server)
    await client.send(new PutObjectCommand({ Bucket: 'photos', Key: 'k', Body: 'hello' }))
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'k' }))
    assert.equal(await Body?.transformToString(), 'hello')
    const stranger = new S3Client({ ...server.clientConfig(), requestHandler: {}, maxAttempts: 1 })
    await assert.rejects(stranger.send(new PutObjectCommand({ Bucket: 'photos', Key: 'k' })), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
  })

  it('takes streams with trailing checksums, parts, and names https in locations', async (t) => {
    const client = clientOf(t, await start(t))
    let sent: Record<string, string> = {}
    client.middlewareStack.add(
      (next) => (args) => {
        sent = (args.request as { headers: Record<string, string> }).headers
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    const bytes = Buffer.alloc(300_000, 'x')
    const put = new PutObjectCommand({
      Bucket: 'photos',
      Key: 's',
      Body: Readable.from([bytes]),
      ContentLength: 300_000,
    })
    assert.ok((await client.send(put)).ChecksumCRC32)
    assert.equal(sent['x-amz-content-sha256'], 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'photos', Key: 's', ChecksumMode: 'ENABLED' }))
    assert.ok(bytes.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)))
    const upload = new Upload({ client, params: { Bucket: 'photos', Key: 'm', Body: Buffer.alloc(6_000_000) } })
    const { Location } = await upload.done()
    assert.match(Location ?? '', /^https:\/\/127\.0\.0\.1:\d+\/photos\/m$/)
  })

  it('answers bucket hosts, with one label, with dots, and under localhost alone', async (t) => {
    const server = await start(t, { buckets: ['photos', 'my.dotted.bucket'] })
    for (const host of ['photos.s3.localhost', 'photos.localhost', 'my.dotted.bucket.s3.localhost']) {
      const { status, body } = await fetchWith(server.ca, `https://${host}:${server.port}/`)
      assert.equal(status, 403, body)
      assert.match(body, /<Code>AccessDenied<\/Code>/)
    }
    const { certificateOf } = await fetchWith(server.ca, `https://photos.s3.localhost:${server.port}/`)
    assert.match(certificateOf ?? '', /DNS:\*\.s3\.localhost/)
    await assert.rejects(fetchWith(server.ca, `https://photos.elsewhere.test:${server.port}/`), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  it('has configured domains and public hosts in its certificate', async (t) => {
    const server = await start(t, { domains: ['s3.example.test'], publicHosts: ['sandbucket:9000', '127.0.0.9'] })
    const { certificateOf = '' } = await fetchWith(server.ca, `https://photos.s3.example.test:${server.port}/`)
    for (const name of ['DNS:s3.example.test', 'DNS:*.s3.example.test', 'DNS:sandbucket', 'IP Address:127.0.0.9'])
      assert.ok(certificateOf.includes(name), name)
  })

  it('makes presigned URLs that work, and plain HTTP goes on on the same port', async (t) => {
    const server = await start(t)
    const client = clientOf(t, server)
    await client.send(new PutObjectCommand({ Bucket: 'photos', Key: 'k', Body: 'hello' }))
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: 'photos', Key: 'k' }))
    assert.equal((await fetchWith(server.ca, url)).body, 'hello')
    assert.equal(await (await fetch(url.replace('https:', 'http:'))).text(), 'hello')
    const plain = new S3Client({ ...server.clientConfig(), endpoint: server.endpoint.replace('https:', 'http:') })
    t.after(() => plain.destroy())
    await plain.send(new CreateBucketCommand({ Bucket: 'plain' }))
  })

  it('hands out its CA at /_sandbucket/ca.pem, over both schemes', async (t) => {
    const server = await start(t)
    const response = await fetch(`http://127.0.0.1:${server.port}/_sandbucket/ca.pem`)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/x-pem-file')
    assert.equal(await response.text(), server.ca)
    assert.equal((await fetchWith(server.ca, `${server.endpoint}/_sandbucket/ca.pem`)).body, server.ca)
  })

  it('shows a certificate of your own', async (t) => {
    const now = Date.now()
    const ca = issueCa(now)
    const ready = readyCa(ca, Date.parse(new X509Certificate(ca.cert).validTo))
    const { cert, key } = issueServer(ready, { dns: ['localhost'], ip: ['127.0.0.1'] }, now)
    const whole = await start(t, { tlsCert: cert + ca.cert, tlsKey: key })
    assert.equal(whole.ca, ca.cert)
    assert.equal((await fetchWith(ca.cert, `${whole.endpoint}/_sandbucket/health/live`)).status, 200)
    const alone = await start(t, { tlsCert: cert, tlsKey: key })
    assert.equal(alone.ca, undefined)
    assert.equal((await fetchWith(ca.cert, `${alone.endpoint}/_sandbucket/health/live`)).status, 200)
    const { status, body } = await fetchWith(ca.cert, `${alone.endpoint}/_sandbucket/ca.pem`)
    assert.equal(status, 404)
    assert.match(body, /its CA is not known here/)
  })

  it('refuses one that cannot be used before it listens', async () => {
    const { cert } = issueCa(Date.now())
    await assert.rejects(startSandbucket({ tlsCert: cert, tlsKey: issueCa(Date.now()).key }), {
      name: 'UsageError',
      message: /^--tls-key is not the key of --tls-cert/,
    })
  })
})

describe('startSandbucket without tls', () => {
  it('has no CA', async (t) => {
    const server = await start(t, { tls: false })
    assert.equal(server.endpoint, `http://127.0.0.1:${server.port}`)
    assert.equal(server.ca, undefined)
    assert.equal(server.clientConfig().requestHandler, undefined)
    const response = await fetch(`${server.endpoint}/_sandbucket/ca.pem`)
    assert.equal(response.status, 404)
    assert.match(await response.text(), /TLS is off; sandbucket --tls generates a CA/)
  })
})
