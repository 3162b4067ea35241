import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { WireResponse } from '../../src/http/wire.ts'
import type { HttpDeps } from '../../src/http/app.ts'
import { exchange, type Running, start } from '../http/raw-client.ts'

const s3 = async (): Promise<WireResponse> => ({ status: 200, headers: {}, body: 'from S3' })
const run = (t: TestContext, more?: Partial<HttpDeps>): Promise<Running> => start(t, s3, more)

interface Answer {
  status: number
  head: string
  body: string
}

async function call(port: number, line: string, headers: Record<string, string> = {}): Promise<Answer> {
  const all = { Host: `127.0.0.1:${port}`, Connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const text = await exchange(port, `${line} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const at = text.indexOf('\r\n\r\n')
  return { status: Number(text.slice(9, 12)), head: text.slice(0, at), body: text.slice(at + 4) }
}

describe('/_sandbucket', () => {
  it('is live from the start and ready when seeded', async (t) => {
    const { port, state } = await run(t)
    state.isReady = false
    assert.equal((await call(port, 'GET /_sandbucket/health/live')).status, 200)
    assert.equal((await call(port, 'GET /_sandbucket/health/ready')).status, 503)
    state.isReady = true
    const ready = await call(port, 'GET /_sandbucket/health/ready')
    assert.equal(ready.status, 200)
    assert.equal(ready.body, '{"status":"ready"}\n')
    assert.equal((await call(port, 'HEAD /_sandbucket/health/ready')).status, 200)
  })

  it('gives version and coverage as JSON', async (t) => {
    const { port } = await run(t)
    assert.equal(JSON.parse((await call(port, 'GET /_sandbucket/version')).body).version, '1.2.3')
    const coverage = await call(port, 'GET /_sandbucket/coverage')
    assert.deepEqual(JSON.parse(coverage.body), { implemented: ['GetObject'] })
    assert.match(coverage.head, /Content-Type: application\/json/)
  })

  it('lists what there is', async (t) => {
    const { port } = await run(t)
    for (const path of ['/_sandbucket', '/_sandbucket/']) {
      const { status, body } = await call(port, `GET ${path}`)
      assert.equal(status, 200)
      const { routes } = JSON.parse(body) as { routes: string[] }
      assert.ok(routes.includes('GET /_sandbucket/health/ready') && routes.includes('POST /_sandbucket/reset'), body)
    }
    assert.match((await call(port, 'GET /_sandbucket/nothing')).body, /GET \/_sandbucket\/ lists/)
  })

  it('answers unknown paths and methods itself', async (t) => {
    const { port } = await run(t)
    assert.equal((await call(port, 'GET /_sandbucket/nothing')).status, 404)
    const wrong = await call(port, 'GET /_sandbucket/reset')
    assert.equal(wrong.status, 405)
    assert.match(wrong.head, /Allow: POST/i)
  })

  it('leaves names that only begin alike to S3', async (t) => {
    const { port } = await run(t)
    assert.equal((await call(port, 'GET /_sandbucketeer/x')).body, 'from S3')
    assert.equal((await call(port, 'GET /b/_sandbucket/health/live')).body, 'from S3')
  })

  it('is a key where the Host names a bucket', async (t) => {
    const { port } = await run(t, { isBucketHost: (host) => host.startsWith('b.') })
    assert.equal((await call(port, 'GET /_sandbucket/health/live', { Host: 'b.localhost' })).body, 'from S3')
    assert.equal((await call(port, 'GET /favicon.ico', { Host: 'b.localhost' })).body, 'from S3')
  })
})

describe('POST /_sandbucket/reset', () => {
  it('is open on loopback', async (t) => {
    const { port, state } = await run(t)
    assert.equal((await call(port, 'POST /_sandbucket/reset')).status, 200)
    assert.equal(state.resets, 1)
  })

  const key = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  const cases: [string, Record<string, string>, number][] = [
    ['a page of another origin may not', { Origin: 'https://evil.test' }, 403],
    ['a page without an origin may not', { Origin: 'null' }, 403],
    ['a cross-site request may not', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a name that was pointed at 127.0.0.1 may not (DNS rebinding)', { Host: 'evil.example' }, 403],
    ['nor one that ends like ours', { Host: 'evil-localhost' }, 403],
    ['nor one that begins like ours', { Host: 'localhost.evil.example' }, 403],
    ['nor one with a user in front', { Host: '127.0.0.1:9000@evil.example' }, 403],
    ['not even with a key that everybody knows', { Host: 'evil.example', Authorization: key('test:test') }, 403],
    ['localhost may', { Host: 'localhost:9000' }, 200],
    ['IPv6 may', { Host: '[::1]:9000' }, 200],
    ['a configured name may', { Host: 's3.example.test:9000' }, 200],
    ['a page of our own may not without a key', { Host: 'localhost:9000', Origin: 'http://localhost:9000' }, 401],
    ['nor when only Sec-Fetch-Site tells it', { 'Sec-Fetch-Site': 'same-origin' }, 401],
    [
      'a page of our own may with a key',
      { Host: 'localhost:9000', Origin: 'http://localhost:9000', Authorization: key('sandbucket:sandbucket') },
      200,
    ],
    ['a proxy lends nobody its address', { 'X-Forwarded-For': '203.0.113.7' }, 401],
    ['a chain of proxies on this machine may', { 'X-Forwarded-For': '127.0.0.1, ::1' }, 200],
    [
      'a root key may, under any known name',
      { Host: 'elsewhere.test', Authorization: key('sandbucket:sandbucket') },
      200,
    ],
    ['a wrong key may not', { Authorization: key('sandbucket:wrong') }, 401],
    [
      'a key does not help another origin',
      { Origin: 'https://evil.test', Authorization: key('sandbucket:sandbucket') },
      403,
    ],
    ['another scheme may not', { Authorization: 'AWS4-HMAC-SHA256 Credential=x' }, 401],
  ]
  for (const [name, headers, status] of cases) {
    it(name, async (t) => {
      const { port, state } = await start(t, s3, { options: { publicHosts: ['s3.example.test'] } })
      const answer = await call(port, 'POST /_sandbucket/reset', headers)
      assert.equal(answer.status, status, answer.body)
      assert.equal(state.resets, status === 200 ? 1 : 0)
    })
  }

  it('that fails says so', async (t) => {
    const { port, logged, state } = await run(t)
    state.resets = Number.NaN
    assert.equal((await call(port, 'POST /_sandbucket/reset')).status, 500)
    assert.deepEqual(logged, ['an admin call failed'])
  })
})

describe('probes of other servers', () => {
  const paths = [
    '/minio/health/live',
    '/minio/health/cluster',
    '/_localstack/health',
    '/_localstack/init',
    '/health',
    '/favicon.ico',
    '/moto-api/',
  ]
  for (const path of paths) {
    it(`GET ${path} is 200 when ready and 503 before`, async (t) => {
      const { port, state } = await run(t)
      assert.equal((await call(port, `GET ${path}`)).status, 200)
      assert.equal((await call(port, `HEAD ${path}`)).status, 200)
      state.isReady = false
      assert.equal((await call(port, `GET ${path}`)).status, 503)
    })
  }

  it('LocalStack clients see their services running', async (t) => {
    const { port } = await run(t)
    assert.equal(JSON.parse((await call(port, 'GET /_localstack/health')).body).services.s3, 'running')
  })

  it('a bucket of that name wins', async (t) => {
    const { port, state } = await run(t)
    state.buckets.add('minio')
    assert.equal((await call(port, 'GET /minio/health/live')).body, 'from S3')
  })

  const ours: [string, string, Record<string, string>][] = [
    ['signed requests', 'GET /minio/health/live', { Authorization: 'AWS4-HMAC-SHA256 ...' }],
    ['presigned requests', 'GET /minio/health/live?X-Amz-Signature=x', {}],
    ['other methods', 'PUT /health', {}],
    ['other paths', 'GET /minio/health/other', {}],
  ]
  for (const [name, line, headers] of ours) {
    it(`${name} go to S3`, async (t) => {
      const { port } = await run(t)
      assert.equal((await call(port, line, headers)).body, 'from S3')
    })
  }
})
