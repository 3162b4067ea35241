/** The page at `/`: for browsers, and for nobody else. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Sandbucket, startSandbucket } from '../../src/index.ts'
import { bytesOf, type RequestShape } from '../bad-input/requests.ts'
import { exchange } from '../http/raw-client.ts'

const chrome =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7'
const firefox = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const java = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2'
const key = { accessKeyId: 'AKIAOWN', secretAccessKey: 'own secret' }

describe('GET /', () => {
  let open: Sandbucket
  let own: Sandbucket
  before(async () => {
    open = await startSandbucket({ buckets: ['photos', 'www.site.example'] })
    own = await startSandbucket({ ...key, softMode: true })
  })
  after(async () => {
    await open.close({ graceMs: 0 })
    await own.close({ graceMs: 0 })
  })
  const ask = async (server: Sandbucket, shape: Partial<RequestShape>): Promise<{ head: string; body: string }> => {
    const base = { target: '/', sign: 'none' as const, host: `127.0.0.1:${server.port}` }
    const headers = { Connection: 'close', ...shape.headers }
    const text = await exchange(server.port, bytesOf({ ...base, ...shape, headers }))
    const at = text.indexOf('\r\n\r\n')
    return { head: text.slice(0, at), body: text.slice(at + 4) }
  }

  for (const accept of [chrome, firefox, 'text/html']) {
    it(`is a page for "${accept.slice(0, 40)}"`, async () => {
      const { head, body } = await ask(open, { headers: { Accept: accept } })
      assert.match(head, /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/html; charset=utf-8/)
      assert.match(head, /Content-Security-Policy: default-src 'none'/)
      assert.match(body, /^<!doctype html>.*<h1>Sandbucket<\/h1>/s)
      assert.match(body, new RegExp(`export AWS_ENDPOINT_URL=http://127\\.0\\.0\\.1:${open.port}\n`))
      assert.match(body, /AWS_SECRET_ACCESS_KEY=sandbucket/)
      assert.doesNotMatch(body, /photos\/.*www\.site|<script|https?:\/\/(?!127\.0\.0\.1)/s)
    })
  }

  it('links to pages that are there', async () => {
    const { body } = await ask(open, { headers: { Accept: chrome } })
    const links = [...body.matchAll(/href="([^"]+)"/g)].map(([, path]) => path as string)
    assert.ok(links.length >= 5)
    for (const target of links) assert.match((await ask(open, { target })).head, /^HTTP\/1\.1 200 /, target)
  })

  it('tells no key that somebody chose, and that soft mode is on', async () => {
    const { body } = await ask(own, { headers: { Accept: chrome } })
    assert.doesNotMatch(body, /AKIAOWN|own secret/)
    assert.match(body, /YOUR_KEY_ID/)
    assert.match(body, /Soft mode is on/)
  })

  it('shows what the client says as text', async () => {
    const { head, body } = await ask(own, { host: '"><script>alert(1)</script>', headers: { Accept: chrome } })
    assert.match(head, /^HTTP\/1\.1 200 /)
    assert.doesNotMatch(body, /<script/)
  })

  const clients: [string, Partial<RequestShape>, RegExp][] = [
    ['a signed request', { sign: 'header', key, headers: { Accept: chrome } }, /^HTTP\/1\.1 200 .*application\/xml/s],
    ['a presigned one', { sign: 'query', key, headers: { Accept: chrome } }, /^HTTP\/1\.1 200 .*application\/xml/s],
    ['a request with a query', { target: '/?list-type=2', headers: { Accept: chrome } }, /application\/xml/],
    ['a request without Accept', {}, /application\/xml/],
    ['a request for anything', { headers: { Accept: '*/*' } }, /application\/xml/],
    ["a Java client's", { headers: { Accept: java } }, /application\/xml/],
    ['another method', { method: 'PUT', headers: { Accept: chrome } }, /^HTTP\/1\.1 405 .*application\/xml/s],
    ['HEAD', { method: 'HEAD', headers: { Accept: chrome } }, /application\/xml/],
    ['a bucket by path', { target: '/photos', headers: { Accept: chrome } }, /application\/xml/],
    ['IAM by host', { host: 'iam.amazonaws.com', headers: { Accept: chrome } }, /text\/xml|application\/xml/],
  ]
  for (const [name, shape, expected] of clients) {
    it(`is S3's for ${name}`, async () => {
      const { head, body } = await ask(own, shape)
      assert.match(head, expected)
      assert.doesNotMatch(body, /doctype html/)
    })
  }

  for (const host of ['photos.localhost', 'photos.s3.amazonaws.com', 'www.site.example', 'evil.example']) {
    it(`is S3's where the host is ${host}`, async () => {
      const { head } = await ask(open, { host, headers: { Accept: chrome } })
      assert.match(head, /^HTTP\/1\.1 403 .*application\/xml/s)
    })
  }
})
