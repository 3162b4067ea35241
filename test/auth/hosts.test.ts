/** Other names of this server under which a signature may be right: presigned in one network, opened from another. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuthDeps } from '../../src/auth/authenticate.ts'
import { HostAliases } from '../../src/auth/hosts.ts'
import { Addresser, hostRules } from '../../src/address.ts'
import { bucketNames, makeDeps, makeRequest, refused, run, signed, type Place } from './support.ts'

/** Signed for one host, received under another. */
function moved(signedFor: string, received: string, more: Record<string, string> = {}) {
  const request = signed({ headers: { host: signedFor } })
  return makeRequest({
    target: '/bucket/key',
    headers: { ...(request.headers as Record<string, string>), host: received, ...more },
  })
}

const alias = (signedFor: string, received: string, deps: AuthDeps, more = {}, target?: Place) =>
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
    const target: Place = { service: 's3', bucket: 'photos', style: 'virtual-host' }
    const deps = makeDeps()
    run(signed({ headers: { host: 'photos.minio:9000' } }), deps, target)
    assert.equal(alias('photos.minio:9000', 'photos.localhost:9000', deps, {}, target), 'photos.minio:9000')
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
  it('a host that was a bucket as a whole is no name of this server', () => {
    const deps = makeDeps()
    const domain: Place = { service: 's3', bucket: 'www.example.org', style: 'virtual-host' }
    run(signed({ headers: { host: 'www.example.org' } }), deps, domain)
    assert.ok(!deps.hosts.candidates('127.0.0.1', undefined, undefined).includes('www.example.org'))
  })
  it('a bucket in capitals in front of a host is taken off', () => {
    const deps = makeDeps()
    const photos: Place = { service: 's3', bucket: 'photos', style: 'virtual-host' }
    run(signed({ headers: { host: 'PHOTOS.inner:9000' } }), deps, photos)
    const names = deps.hosts.candidates('127.0.0.1', undefined, undefined)
    assert.ok(names.includes('inner:9000') && !names.includes('PHOTOS.inner:9000'))
  })
  it('learned hosts are few and the newest stay', () => {
    const hosts = new HostAliases({
      publicHosts: [],
      strictHost: false,
      hostname: '',
      port: () => undefined,
      isAlias: () => true,
    })
    for (let n = 0; n < 100; n++) hosts.learn(`h${n}`, undefined)
    hosts.learn('x'.repeat(300), undefined)
    const learned = hosts.candidates('received', undefined, undefined).filter((name) => /^h\d/.test(name))
    assert.equal(learned.length, 16)
    assert.equal(learned[0], 'h99')
  })
})

/**
 * Under the signature of one bucket nothing else may be opened: whatever host was signed, another one that arrives in
 * its place is refused unless it addresses the same bucket in the same style.
 */
describe('no alias opens another bucket', () => {
  interface Odd {
    name: string
    /** The host that was signed, `/secret/a.txt` being the path. */
    signedFor: string
    received: string
    /** As X-Forwarded-Host, when it is not the signed host. */
    forwarded?: string
    publicHosts?: string[]
    isAlias?: boolean
    /** How the server comes to know the signed host. */
    ways?: readonly ('forwarded' | 'learned')[]
  }
  const cases: Odd[] = [
    { name: 'a bucket under localhost', signedFor: 'photos.localhost:9000', received: '127.0.0.1:9000' },
    { name: 'in capitals', signedFor: 'PHOTOS.localhost:9000', received: '127.0.0.1:9000' },
    { name: 'with a dot at its end', signedFor: 'photos.localhost.:9000', received: '127.0.0.1:9000' },
    { name: 'without a port', signedFor: 'photos.localhost', received: '127.0.0.1' },
    { name: 'with an S3 label', signedFor: 'photos.s3.localhost:9000', received: 'localhost:9000' },
    { name: 'with a region', signedFor: 'photos.s3.eu-west-1.amazonaws.com', received: 's3.amazonaws.com' },
    { name: 'accelerated', signedFor: 'photos.s3-accelerate.amazonaws.com', received: 'localhost' },
    {
      name: 'accelerated, in the same bucket',
      signedFor: 'photos.s3-accelerate.amazonaws.com',
      received: 'photos.localhost',
    },
    { name: 'a website', signedFor: 'photos.s3-website.localhost', received: 'photos.localhost' },
    { name: 'a bucket under an unknown host', signedFor: 'photos.inner:9000', received: '127.0.0.1:9000' },
    { name: 'a bucket that is a host', signedFor: 'www.example.org', received: '127.0.0.1:9000' },
    { name: 'that in capitals', signedFor: 'WWW.Example.ORG:80', received: '127.0.0.1:9000' },
    { name: 'another bucket', signedFor: 'photos.localhost:9000', received: 'other.localhost:9000' },
    { name: 'path style in place of a bucket host', signedFor: 'localhost:9000', received: 'photos.localhost:9000' },
    {
      name: 'a public name in place of a bucket host',
      signedFor: 's3.example.com',
      received: 'photos.localhost',
      publicHosts: ['s3.example.com'],
    },
    {
      name: 'a list of proxies',
      signedFor: 'photos.localhost',
      received: 'localhost',
      forwarded: 'photos.localhost, proxy',
    },
    {
      name: 'the account of S3 Control',
      signedFor: '000000000000.s3-control.us-east-1.amazonaws.com',
      received: 'localhost',
    },
    { name: 'the host of IAM', signedFor: 'iam.amazonaws.com', received: 'localhost', ways: ['forwarded'] },
    {
      name: 'the same bucket under another suffix',
      signedFor: 'photos.localhost:9000',
      received: 'photos.s3.amazonaws.com',
      isAlias: true,
    },
    {
      name: 'the same bucket in capitals',
      ways: ['forwarded'],
      signedFor: 'PHOTOS.localhost:9000',
      received: 'photos.localhost:9000',
      isAlias: true,
    },
    {
      name: 'a public name',
      signedFor: 's3.example.com',
      received: '10.0.0.7',
      publicHosts: ['s3.example.com'],
      isAlias: true,
    },
    {
      name: 'a public name in capitals',
      signedFor: 'S3.Example.COM',
      received: '10.0.0.7',
      publicHosts: ['s3.example.com'],
      isAlias: true,
    },
    {
      name: 'a host that no bucket is called like',
      signedFor: 'cdn.example.net',
      received: '127.0.0.1:9000',
      isAlias: true,
    },
  ]
  for (const { name, signedFor, received, forwarded = signedFor, publicHosts = [], isAlias = false, ways } of cases) {
    for (const way of ways ?? ['forwarded', 'learned']) {
      it(`${name}, ${way}`, async () => {
        const addresser = new Addresser(hostRules([], ['box', ...publicHosts]), (bucket) => bucketNames.has(bucket))
        const deps = makeDeps({ hosts: { publicHosts } })
        const target = '/secret/a.txt'
        const headers = (host: string) => ({ host, 'x-amz-date': '20130524T000000Z' })
        const original = signed({ target, headers: headers(signedFor) })
        if (way === 'learned') run(original, deps, await addresser.address(original))
        const moved = makeRequest({
          target,
          headers: {
            ...(original.headers as Record<string, string>),
            host: received,
            ...(way === 'forwarded' && { 'x-forwarded-host': forwarded }),
          },
        })
        const addressed = await addresser.address(moved)
        if (isAlias) assert.equal(run(moved, deps, addressed).hostAlias, signedFor)
        else refused(() => run(moved, deps, addressed), { code: 'SignatureDoesNotMatch' })
      })
    }
  }
})
