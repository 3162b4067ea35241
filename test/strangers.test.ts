/**
 * What web pages may do: every kind of Host x Origin x call over a real socket, with the well-known keys and with a key
 * of its own. The tables are what the test expects, and what a reader looks up.
 *
 * `200+`: the page may read the answer (Access-Control-Allow-Origin). `host`: 403 that names --public-host or --domain.
 * `origin`: 403 that names --allow-origin. `link`: 403 that says why links are not taken. `-`: not asked there.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam'
import { type Sandbucket, type SandbucketOptions, startSandbucket } from '../src/index.ts'
import { bytesOf, type RequestShape } from './bad-input/requests.ts'
import { exchange } from './http/raw-client.ts'

/** `photos` and `www.site.example` have no CORS rules; `shop` has some for https://app.example. */
const buckets = ['photos', 'shop', 'www.site.example']
const rules =
  '<CORSConfiguration><CORSRule><AllowedOrigin>https://app.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>' +
  '<AllowedMethod>POST</AllowedMethod></CORSRule></CORSConfiguration>'

type Key = { accessKeyId: string; secretAccessKey: string }

interface Page {
  host: string
  /** The bucket that the host is, if any: its paths have no bucket in front. */
  bucket?: string
  origin?: string
  key: Key
}

const basic = ({ accessKeyId, secretAccessKey }: Key): string =>
  `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`
const preflight = { 'Access-Control-Request-Method': 'GET' }

/** The columns: each request as a page would have it sent, or undefined where it makes no sense. */
const calls: Record<string, (page: Page) => RequestShape | undefined> = {
  get: ({ bucket }) => ({ target: bucket === undefined ? '/photos/a.txt' : '/a.txt' }),
  // Signed in the query, as a form or fetch may send it without asking first.
  post: ({ bucket }) => ({
    method: 'POST',
    target: bucket === undefined ? '/photos/x?uploads' : '/x?uploads',
    sign: 'query',
  }),
  'get rules': ({ bucket }) => (bucket === undefined ? { target: '/shop/a.txt' } : undefined),
  'post rules': ({ bucket }) =>
    bucket === undefined ? { method: 'POST', target: '/shop/x?uploads', sign: 'query' } : undefined,
  preflight: ({ bucket, origin }) =>
    origin === undefined
      ? undefined
      : { method: 'OPTIONS', target: bucket === undefined ? '/photos/a.txt' : '/a.txt', headers: preflight },
  'preflight rules': ({ bucket, origin }) =>
    origin === undefined || bucket !== undefined
      ? undefined
      : { method: 'OPTIONS', target: '/shop/a.txt', headers: preflight },
  buckets: ({ bucket }) => (bucket === undefined ? { target: '/' } : undefined),
  iam: ({ bucket }) =>
    bucket === undefined
      ? {
          method: 'POST',
          target: '/',
          service: 'iam',
          body: 'Action=ListUsers&Version=2010-05-08',
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        }
      : undefined,
  'iam link': ({ bucket, origin }) =>
    bucket === undefined && origin === undefined
      ? {
          target: '/?Action=ListUsers&Version=2010-05-08',
          service: 'iam',
          sign: 'query',
          spoil: { 'Sec-Fetch-Site': 'cross-site', 'User-Agent': 'Mozilla/5.0' },
        }
      : undefined,
  record: ({ bucket }) =>
    bucket === undefined ? { method: 'DELETE', target: '/_sandbucket/record', sign: 'none' } : undefined,
  'record key': ({ bucket, key }) =>
    bucket === undefined
      ? { method: 'DELETE', target: '/_sandbucket/record', sign: 'none', headers: { Authorization: basic(key) } }
      : undefined,
  explain: ({ bucket }) => (bucket === undefined ? { target: '/_sandbucket/record', sign: 'none' } : undefined),
  version: ({ bucket }) => (bucket === undefined ? { target: '/_sandbucket/version', sign: 'none' } : undefined),
}

/** Sends the call and says in a word what came back. */
async function outcome(port: number, page: Page, name: string): Promise<string> {
  const shape = calls[name]?.(page)
  if (shape === undefined) return '-'
  const origin = page.origin === undefined ? {} : { Origin: page.origin }
  const spoil = { ...shape.spoil, Connection: 'close', ...origin }
  const text = await exchange(port, bytesOf({ ...shape, host: page.host, key: page.key, spoil }))
  const status = text.slice(9, 12)
  const isReadable = /^access-control-allow-origin: /im.test(text)
  if (status === '403') {
    assert.ok(!isReadable, 'a refusal is not readable')
    if (/--(?:public-host|domain) /.test(text) && text.includes('no key is configured')) return 'host'
    if (text.includes('--allow-origin ')) return 'origin'
    if (text.includes('links of web pages')) return 'link'
  }
  return status + (isReadable ? '+' : '')
}

async function start(options: SandbucketOptions): Promise<Sandbucket> {
  const server = await startSandbucket({ buckets, ...options })
  const host = `127.0.0.1:${server.port}`
  const send = async (shape: RequestShape) => {
    const spoil = { Connection: 'close' }
    const text = await exchange(server.port, bytesOf({ host, key: server.credentials, spoil, ...shape }))
    assert.match(text, /^HTTP\/1.1 200 /)
  }
  for (const bucket of buckets) await send({ method: 'PUT', target: `/${bucket}/a.txt`, body: 'a' })
  const digest = createHash('md5').update(rules).digest('base64')
  await send({ method: 'PUT', target: '/shop?cors', body: rules, headers: { 'Content-MD5': digest } })
  return server
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

/** Asks for every cell of a table whose first columns are Host and Origin; `PORT` stands for the server's. */
async function check(server: Sandbucket, table: string): Promise<void> {
  const [head = '', , ...lines] = table.trim().split('\n')
  const names = cellsOf(head).slice(2)
  const place = (text: string): string => text.replace('PORT', String(server.port))
  const wrong: string[] = []
  for (const line of lines) {
    const [host = '', origin = '', ...expected] = cellsOf(line)
    const bucket = buckets.find((name) => host === name || host.startsWith(`${name}.`))
    const page: Page = { host: place(host), key: server.credentials }
    if (bucket !== undefined) page.bucket = bucket
    if (origin !== 'none') page.origin = place(origin)
    for (const [at, name] of names.entries()) {
      const actual = await outcome(server.port, page, name)
      if (actual !== expected[at]) wrong.push(`${host}, ${origin}, ${name}: ${actual} instead of ${expected[at]}`)
    }
  }
  assert.deepEqual(wrong, [])
}

const withWellKnownKeys = `
| Host                        | Origin                | get    | post   | get rules | post rules | preflight | preflight rules | buckets | iam    | iam link | record | record key | explain | version |
|-----------------------------|-----------------------|--------|--------|-----------|------------|-----------|-----------------|---------|--------|----------|--------|------------|---------|---------|
| 127.0.0.1:PORT              | none                  | 200    | 200    | 200       | 200        | -         | -               | 200     | 200    | link     | 200    | 200        | 200     | 200     |
| 127.0.0.1:PORT              | null                  | 200+   | 200+   | 200       | 200        | 200+      | 403             | 200+    | 200+   | -        | 403    | 403        | 403     | 200     |
| 127.0.0.1:PORT              | http://127.0.0.1:PORT | 200+   | 200+   | 200       | 200        | 200+      | 403             | 200+    | 200+   | -        | 401    | 200        | 401     | 200     |
| 127.0.0.1:PORT              | http://localhost:5173 | 200+   | 200+   | 200       | 200        | 200+      | 403             | 200+    | 200+   | -        | 403    | 403        | 403     | 200     |
| 127.0.0.1:PORT              | https://app.example   | origin | origin | 200+      | 200+       | origin    | 200+            | origin  | origin | -        | 403    | 403        | 403     | 200     |
| 127.0.0.1:PORT              | http://evil.example   | origin | origin | 200       | origin     | origin    | 403             | origin  | origin | -        | 403    | 403        | 403     | 200     |
| minio:PORT                  | none                  | 200    | 200    | 200       | 200        | -         | -               | 200     | 200    | link     | 403    | 200        | 403     | 200     |
| minio:PORT                  | http://localhost:5173 | 200+   | 200+   | 200       | 200        | 200+      | 403             | 200+    | 200+   | -        | 403    | 403        | 403     | 200     |
| minio:PORT                  | http://evil.example   | origin | origin | 200       | origin     | origin    | 403             | origin  | origin | -        | 403    | 403        | 403     | 200     |
| photos.localhost:PORT       | none                  | 200    | 200    | -         | -          | -         | -               | -       | -      | -        | -      | -          | -       | -       |
| photos.localhost:PORT       | null                  | 200+   | 200+   | -         | -          | 200+      | -               | -       | -      | -        | -      | -          | -       | -       |
| photos.localhost:PORT       | http://localhost:5173 | 200+   | 200+   | -         | -          | 200+      | -               | -       | -      | -        | -      | -          | -       | -       |
| photos.localhost:PORT       | http://evil.example   | origin | origin | -         | -          | origin    | -               | -       | -      | -        | -      | -          | -       | -       |
| www.site.example            | none                  | 200    | 200    | -         | -          | -         | -               | -       | -      | -        | -      | -          | -       | -       |
| www.site.example            | http://evil.example   | origin | origin | -         | -          | origin    | -               | -       | -      | -        | -      | -          | -       | -       |
| photos.s3.amazonaws.com     | none                  | 200    | 200    | -         | -          | -         | -               | -       | -      | -        | -      | -          | -       | -       |
| photos.s3.amazonaws.com     | http://evil.example   | origin | origin | -         | -          | origin    | -               | -       | -      | -        | -      | -          | -       | -       |
| evil.example                | none                  | host   | host   | host      | host       | -         | -               | host    | host   | host     | host   | host       | host    | host    |
| evil.example                | http://127.0.0.1:PORT | host   | host   | host      | host       | host      | host            | host    | host   | -        | host   | host       | host    | host    |
| evil.example                | http://evil.example   | host   | host   | host      | host       | host      | host            | host    | host   | -        | host   | host       | host    | host    |
| photos.evil.example         | none                  | host   | host   | -         | -          | -         | -               | -       | -      | -        | -      | -          | -       | -       |
| photos.evil.example         | http://127.0.0.1:PORT | host   | host   | -         | -          | host      | -               | -       | -      | -        | -      | -          | -       | -       |
| photos.evil.example         | http://evil.example   | host   | host   | -         | -          | host      | -               | -       | -      | -        | -      | -          | -       | -       |
| localhost.evil.example:PORT | none                  | host   | host   | host      | host       | -         | -               | host    | host   | host     | host   | host       | host    | host    |
| localhost.evil.example:PORT | http://127.0.0.1:PORT | host   | host   | host      | host       | host      | host            | host    | host   | -        | host   | host       | host    | host    |
| localhost.evil.example:PORT | http://evil.example   | host   | host   | host      | host       | host      | host            | host    | host   | -        | host   | host       | host    | host    |
| 127.0.0.1.nip.io:PORT       | none                  | host   | host   | host      | host       | -         | -               | host    | host   | host     | host   | host       | host    | host    |
| 127.0.0.1.nip.io:PORT       | http://127.0.0.1:PORT | host   | host   | host      | host       | host      | host            | host    | host   | -        | host   | host       | host    | host    |
| 127.0.0.1.nip.io:PORT       | http://evil.example   | host   | host   | host      | host       | host      | host            | host    | host   | -        | host   | host       | host    | host    |
| 127.0.0.1:PORT@evil.example | none                  | host   | host   | host      | host       | -         | -               | host    | host   | host     | host   | host       | host    | host    |
| 127.0.0.1:PORT@evil.example | http://127.0.0.1:PORT | host   | host   | host      | host       | host      | host            | host    | host   | -        | host   | host       | host    | host    |
| 127.0.0.1:PORT@evil.example | http://evil.example   | host   | host   | host      | host       | host      | host            | host    | host   | -        | host   | host       | host    | host    |
`

const withOwnKey = `
| Host                | Origin                | get  | post | get rules | post rules | preflight | preflight rules | buckets | iam  | iam link | record | record key | explain | version |
|---------------------|-----------------------|------|------|-----------|------------|-----------|-----------------|---------|------|----------|--------|------------|---------|---------|
| 127.0.0.1:PORT      | none                  | 200  | 200  | 200       | 200        | -         | -               | 200     | 200  | 200      | 200    | 200        | 200     | 200     |
| 127.0.0.1:PORT      | null                  | 200+ | 200+ | 200       | 200        | 200+      | 403             | 200+    | 200+ | -        | 403    | 403        | 403     | 200     |
| 127.0.0.1:PORT      | http://127.0.0.1:PORT | 200+ | 200+ | 200       | 200        | 200+      | 403             | 200+    | 200+ | -        | 401    | 200        | 401     | 200     |
| 127.0.0.1:PORT      | http://localhost:5173 | 200+ | 200+ | 200       | 200        | 200+      | 403             | 200+    | 200+ | -        | 403    | 403        | 403     | 200     |
| 127.0.0.1:PORT      | https://app.example   | 200+ | 200+ | 200+      | 200+       | 200+      | 200+            | 200+    | 200+ | -        | 403    | 403        | 403     | 200     |
| 127.0.0.1:PORT      | http://evil.example   | 200+ | 200+ | 200       | 200        | 200+      | 403             | 200+    | 200+ | -        | 403    | 403        | 403     | 200     |
| evil.example        | none                  | 200  | 200  | 200       | 200        | -         | -               | 200     | 200  | 200      | 403    | 200        | 403     | 200     |
| evil.example        | http://127.0.0.1:PORT | 200+ | 200+ | 200       | 200        | 200+      | 403             | 200+    | 200+ | -        | 403    | 403        | 403     | 200     |
| evil.example        | http://evil.example   | 200+ | 200+ | 200       | 200        | 200+      | 403             | 200+    | 200+ | -        | 401    | 200        | 401     | 200     |
| photos.evil.example | none                  | 200  | 200  | -         | -          | -         | -               | -       | -    | -        | -      | -          | -       | -       |
| photos.evil.example | http://127.0.0.1:PORT | 200+ | 200+ | -         | -          | 200+      | -               | -       | -    | -        | -      | -          | -       | -       |
| photos.evil.example | http://evil.example   | 200+ | 200+ | -         | -          | 200+      | -               | -       | -    | -        | -      | -          | -       | -       |
`

describe('while no key is configured', () => {
  let server: Sandbucket
  before(async () => {
    server = await start({})
  })
  after(() => server.close({ graceMs: 0 }))

  it('known hosts and origins are answered, others are refused before a key is asked', async () => {
    await check(server, withWellKnownKeys)
  })
})

describe('with a key of its own', () => {
  let server: Sandbucket
  before(async () => {
    server = await start({ accessKeyId: 'AKIAOWN', secretAccessKey: 'own secret' })
  })
  after(() => server.close({ graceMs: 0 }))

  it('every host and origin is answered as on AWS, and admin calls stay guarded', async () => {
    await check(server, withOwnKey)
  })
})

/** A page sends HEAD to another site without asking first and without an Origin. */
it('a HEAD of a web page runs no call of IAM, with any keys', async (t) => {
  for (const options of [{}, { accessKeyId: 'own', secretAccessKey: 'own-secret' }]) {
    const server = await start(options)
    t.after(() => server.close({ graceMs: 0 }))
    const shape: RequestShape = {
      method: 'HEAD',
      host: `iam.localhost:${server.port}`,
      key: server.credentials,
      target: '/?Action=CreateUser&UserName=mallory&Version=2010-05-08',
      service: 'iam',
      sign: 'query',
      spoil: { Connection: 'close', 'Sec-Fetch-Site': 'cross-site', 'User-Agent': 'Mozilla/5.0' },
    }
    assert.match(await exchange(server.port, bytesOf(shape)), /^HTTP\/1.1 40[35] /)
    const iam = new IAMClient(server.clientConfig())
    t.after(() => iam.destroy())
    assert.deepEqual((await iam.send(new ListUsersCommand({}))).Users, [])
  }
})
