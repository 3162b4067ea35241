/** The header x-sandbucket-explain tells what /_sandbucket/explain/ID tells, so it is guarded as that is. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { refuseBeside } from '../src/admin/guard.ts'
import { resolveOptions } from '../src/config/resolve.ts'
import { type Sandbucket, startSandbucket } from '../src/index.ts'
import { bytesOf, type RequestShape } from './bad-input/requests.ts'
import { exchange } from './http/raw-client.ts'

const root = { accessKeyId: 'AKIAROOT', secretAccessKey: 'secret of root' }
const user = { accessKeyId: 'AKIAUSER', secretAccessKey: 'secret of alice' }
const policy = { Version: '2012-10-17', Statement: { Sid: 'Own', Effect: 'Deny', Action: 's3:*', Resource: '*' } }

describe('x-sandbucket-explain', () => {
  let server: Sandbucket
  before(async () => {
    const alice = { name: 'alice', keys: [user], policies: { secret: policy } }
    server = await startSandbucket({ ...root, buckets: ['photos'], iam: { users: [alice] } })
  })
  after(() => server.close({ graceMs: 0 }))

  /** The line in the answer, and what GET /_sandbucket/explain/ID answers to the same headers without a key. */
  async function told(headers: Record<string, string>, key: RequestShape['key'] | undefined) {
    const host = headers.Host ?? `127.0.0.1:${server.port}`
    const base = { host, headers: { Connection: 'close', ...headers }, sign: 'none' as const }
    const signed: Partial<RequestShape> = key === undefined ? {} : { sign: 'header', key }
    const asked = { ...base.headers, 'x-sandbucket-explain': '1' }
    const answer = await exchange(server.port, bytesOf({ ...base, target: '/photos/a', headers: asked, ...signed }))
    const line = /^x-sandbucket-explanation: (.*)\r$/m.exec(answer)?.[1] ?? ''
    const path = /^x-sandbucket-explain-path: (.*)\r$/m.exec(answer)?.[1] ?? ''
    const explained = await exchange(server.port, bytesOf({ ...base, target: path }))
    return { line, status: Number(explained.slice(9, 12)) }
  }

  const allowed: [string, Record<string, string>, RequestShape['key'] | undefined][] = [
    ['an anonymous program of this machine', {}, undefined],
    ['a user of this machine', {}, user],
    ['a program behind proxies of this machine', { 'X-Forwarded-For': '127.0.0.1' }, undefined],
  ]
  for (const [who, headers, key] of allowed) {
    it(`tells ${who}`, async () => {
      const { line, status } = await told(headers, key)
      assert.match(
        line,
        /^s3:GetObject on arn:aws:s3:::photos\/a: (?:no resource policy allows it|explicitly denied by )/,
      )
      assert.equal(status, 200)
    })
  }

  const refused: [string, Record<string, string>, RequestShape['key'] | undefined, number][] = [
    ['another machine behind a proxy', { 'X-Forwarded-For': '203.0.113.7' }, undefined, 401],
    ['one that names a proxy of this machine', { 'X-Forwarded-For': '203.0.113.7, 127.0.0.1' }, user, 401],
    ['another machine by Forwarded', { Forwarded: 'for=203.0.113.7' }, user, 401],
    ['a page of another origin', { Origin: 'http://evil.example' }, undefined, 403],
    ['such a page with a root key', { Origin: 'http://evil.example' }, root, 403],
    ['a page of a bucket', { 'Sec-Fetch-Site': 'same-origin' }, user, 401],
    ['a page of another site', { 'Sec-Fetch-Site': 'cross-site' }, user, 403],
    ['a name that was pointed at 127.0.0.1', { Host: 'evil.example' }, user, 403],
  ]
  for (const [who, headers, key, expected] of refused) {
    it(`tells ${who} nothing but that`, async () => {
      const { line, status } = await told(headers, key)
      assert.match(line, /^not told: /)
      assert.doesNotMatch(line, /Deny|Own|secret|Let the/)
      assert.equal(status, expected)
    })
  }

  it('tells root anywhere', async () => {
    const { line } = await told({ 'X-Forwarded-For': '203.0.113.7' }, root)
    assert.doesNotMatch(line, /^not told/)
  })
})

describe('explanations beside answers', () => {
  const { config } = resolveOptions(root)
  const from = (remoteAddress: string, isRoot = false) =>
    refuseBeside({ remoteAddress, headers: { host: '10.0.0.1:9000' } }, isRoot, config)?.status

  it('are for this machine, and for root keys', () => {
    assert.equal(from('127.0.0.1'), undefined)
    assert.equal(from('::1'), undefined)
    assert.equal(from('10.0.0.7'), 401)
    assert.equal(from('::ffff:10.0.0.7'), 401)
    assert.equal(from('10.0.0.7', true), undefined)
  })
})

describe('explanations and records', () => {
  it('are guarded however their path is written', async () => {
    const server = await startSandbucket({ ...root, record: true })
    const paths = [
      'explain/X',
      'EXPLAIN/X',
      'explain/',
      'record',
      'record/',
      'Record',
      '%72ecord',
      'record?x',
      '/record',
    ]
    for (const path of paths) {
      for (const method of ['GET', 'HEAD']) {
        const headers = { Connection: 'close', Origin: 'http://evil.example' }
        const target = `/_sandbucket/${path}`
        const answer = await exchange(server.port, bytesOf({ method, target, sign: 'none', headers }))
        assert.match(answer, /^HTTP\/1.1 (?:403|404) /, `${method} ${target}`)
      }
    }
    await server.close({ graceMs: 0 })
  })
})

describe('a refusal of a stranger', () => {
  it('is explained with the option that admits it', async () => {
    const server = await startSandbucket({ buckets: ['photos'] })
    const own = `127.0.0.1:${server.port}`
    const cases: [Record<string, string>, RegExp][] = [
      [{ Host: 'evil.example' }, /^Start the server with --public-host evil\.example, or configure a key\.$/],
      [{ Host: 'photos.evil.example' }, /^Start the server with --domain evil\.example, or configure a key\.$/],
      [
        { Host: own, Origin: 'https://evil.example' },
        /--allow-origin https:\/\/evil\.example, give the bucket CORS rules/,
      ],
    ]
    for (const [headers, expected] of cases) {
      const shape = { target: '/photos/a', sign: 'none' as const, headers: { Connection: 'close', ...headers } }
      const answer = await exchange(server.port, bytesOf(shape))
      const id = /^x-amz-request-id: (.*)\r$/m.exec(answer)?.[1]
      const told = (await (await fetch(`${server.endpoint}/_sandbucket/explain/${id}`)).json()) as { advice: string }
      assert.match(told.advice, expected)
    }
    await server.close({ graceMs: 0 })
  })
})
