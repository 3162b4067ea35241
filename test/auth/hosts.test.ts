/** Other names of this server under which a signature may be right: presigned in one network, opened from another. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuthDeps, AuthTarget } from '../../src/auth/authenticate.ts'
import { HostAliases } from '../../src/auth/hosts.ts'
import { makeDeps, makeRequest, refused, run, signed } from './support.ts'

/** Signed for one host, received under another. */
function moved(signedFor: string, received: string, more: Record<string, string> = {}) {
  const request = signed({ headers: { host: signedFor } })
  return makeRequest({
    target: '/bucket/key',
    headers: { ...(request.headers as Record<string, string>), host: received, ...more },
  })
}

const alias = (signedFor: string, received: string, deps: AuthDeps, more = {}, target?: AuthTarget) =>
  run(moved(signedFor, received, more), deps, target).hostAlias

describe('host aliases', () => {
  it('the received host is no alias', () => {
    assert.equal(run(signed()).hostAlias, undefined)
  })
  it('names of this machine with the listening, the received and no port', () => {
    const deps = makeDeps()
    assert.equal(alias('localhost:9000', 'minio:9100', deps), 'localhost:9000')
    assert.equal(alias('127.0.0.1:9100', 'minio:9100', deps), '127.0.0.1:9100')
    assert.equal(alias('[::1]:9000', 'minio:9100', deps), '[::1]:9000')
    assert.equal(alias('box:9000', 'localhost:9100', deps), 'box:9000')
    assert.equal(alias('localhost', 'minio:9100', deps), 'localhost')
  })
  it('configured names', () => {
    const deps = makeDeps({ hosts: { publicHosts: ['s3.example.com', 'minio:9000'] } })
    assert.equal(alias('minio:9000', 'localhost:9000', deps), 'minio:9000')
    assert.equal(alias('s3.example.com', 'localhost:9000', deps), 's3.example.com')
  })
  it('X-Forwarded-Host, of which the first is the client', () => {
    assert.equal(alias('public:443', 'inner', makeDeps(), { 'x-forwarded-host': 'public:443, proxy' }), 'public:443')
  })
  it('a host learned from a request that was signed well, not from one that was not', () => {
    const deps = makeDeps()
    refused(() => run(moved('minio:9000', 'localhost:9000'), deps), { code: 'SignatureDoesNotMatch' })
    run(signed({ headers: { host: 'minio:9000' } }), deps)
    assert.equal(alias('minio:9000', 'localhost:9000', deps), 'minio:9000')
    refused(() => run(moved('localhost.evil:1', 'minio:9000'), deps), { code: 'SignatureDoesNotMatch' })
    refused(() => run(moved('localhost.evil:1', 'minio:9000'), deps), { code: 'SignatureDoesNotMatch' })
  })
  it('a bucket in front of the host stays in front', () => {
    const target: AuthTarget = { service: 's3', bucket: 'b', style: 'virtual-host' }
    const deps = makeDeps()
    run(signed({ headers: { host: 'b.minio:9000' } }), deps, target)
    assert.equal(alias('b.minio:9000', 'b.localhost:9000', deps, {}, target), 'b.minio:9000')
    assert.equal(alias('minio:9000', 'localhost:9000', deps), 'minio:9000')
  })
  it('strictHost lets only the received host count', () => {
    const deps = makeDeps({ hosts: { strictHost: true, publicHosts: ['minio:9000'] } })
    run(signed({ headers: { host: 'minio:9000' } }), deps)
    refused(() => run(moved('minio:9000', 'localhost:9000'), deps), { code: 'SignatureDoesNotMatch' })
  })
  it('a mismatch is told for the received host', () => {
    const caught = refused(() => run(moved('elsewhere', 'localhost:9000')), { code: 'SignatureDoesNotMatch' })
    assert.match(String(caught.fields.CanonicalRequest), /\nhost:localhost:9000\n/)
  })
  it('learned hosts are few and the newest stay', () => {
    const hosts = new HostAliases({ publicHosts: [], strictHost: false, hostname: '', port: () => undefined })
    for (let n = 0; n < 100; n++) hosts.learn(`h${n}`, undefined)
    hosts.learn('x'.repeat(300), undefined)
    const learned = hosts.candidates('received', undefined, undefined).filter((name) => /^h\d/.test(name))
    assert.equal(learned.length, 16)
    assert.equal(learned[0], 'h99')
  })
})
