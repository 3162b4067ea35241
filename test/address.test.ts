import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Addresser, hostName, hostRules, readHost } from '../src/address.ts'
import { AwsError } from '../src/errors.ts'
import { fakeRequest } from './support/wire.ts'

const rules = hostRules(['s3.test', 'minio.example.com'], ['box', 'storage'])

describe('readHost', () => {
  // Forms: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html and .../userguide/WebsiteEndpoints.html
  const cases: [host: string, expected: string][] = [
    ['127.0.0.1', 'path'],
    ['[::1]', 'path'],
    ['10.0.0.7', 'path'],
    ['localhost', 'path'],
    ['box', 'path'],
    ['storage', 'path'],
    ['s3.test', 'path'],
    ['b.s3.test', 's3 b'],
    ['my.bucket.s3.test', 's3 my.bucket'],
    ['b.localhost', 's3 b'],
    ['b.s3.localhost', 's3 b'],
    ['s3.localhost', 's3 -'],
    ['s3-foo.localhost', 's3 s3-foo'],
    ['s3.eu-west-1.localhost', 's3 -'],
    ['b.s3.eu-west-1.localhost', 's3 b'],
    ['s3.localhost.localstack.cloud', 's3 -'],
    ['b.s3.localhost.localstack.cloud', 's3 b'],
    ['b.localhost.localstack.cloud', 's3 b'],
    ['s3.us-east-2.localhost.localstack.cloud', 's3 -'],
    ['b.s3-website.localhost.localstack.cloud', 'website b'],
    ['b.s3-website-us-west-2.amazonaws.com', 'website b'],
    ['b.s3-website.eu-central-1.amazonaws.com', 'website b'],
    ['s3.amazonaws.com', 's3 -'],
    ['b.s3.amazonaws.com', 's3 b'],
    ['a.b.c.s3.amazonaws.com', 's3 a.b.c'],
    ['b.s3.us-west-2.amazonaws.com', 's3 b'],
    ['b.s3-us-west-2.amazonaws.com', 's3 b'],
    ['b.s3.dualstack.us-west-2.amazonaws.com', 's3 b'],
    ['b.s3-accelerate.amazonaws.com', 's3 b'],
    ['s3.dualstack.us-west-2.amazonaws.com', 's3 -'],
    ['iam.amazonaws.com', 'iam -'],
    ['sts.amazonaws.com', 'sts -'],
    ['sts.eu-west-1.amazonaws.com', 'sts -'],
    ['000000000000.s3-control.us-east-1.amazonaws.com', 's3control -'],
    ['warehouse.minio', 'unknown'],
    ['cdn.example.org', 'unknown'],
  ]
  for (const [host, expected] of cases) {
    it(`${host} is ${expected}`, () => {
      const meaning = readHost(host, rules)
      const text =
        meaning === undefined
          ? 'unknown'
          : meaning.service === undefined
            ? 'path'
            : `${meaning.surface === 'website' ? 'website' : meaning.service} ${meaning.bucket ?? '-'}`
      assert.equal(text, expected)
    })
  }

  it('a host name loses its port, its case and a trailing dot', () => {
    assert.equal(hostName('B.S3.Localhost.:9000'), 'b.s3.localhost')
    assert.equal(hostName('[::1]:9000'), '[::1]')
    assert.equal(hostName('127.0.0.1'), '127.0.0.1')
  })
})

describe('address', () => {
  const buckets = new Set(['warehouse', 'www.example.org'])
  const addresser = new Addresser(rules, (name) => buckets.has(name))
  const at = (host: string, rawPath: string, headers = {}) =>
    addresser.address(fakeRequest({ rawPath, headers: { host, ...headers } }))

  it('a bucket is found by the first label of an unknown host, or by the whole name', async () => {
    assert.deepEqual(pick(await at('warehouse.minio:9000', '/k')), ['virtual-host', 'warehouse', 'k'])
    assert.deepEqual(pick(await at('www.example.org', '/k')), ['virtual-host', 'www.example.org', 'k'])
    assert.deepEqual(pick(await at('nothing.minio', '/b/k')), ['path', 'b', 'k'])
  })

  const keys: [rawPath: string, key: string | undefined][] = [
    ['/b', undefined],
    ['/b/', undefined],
    ['/b/k', 'k'],
    ['/b//k', '/k'],
    ['/b/a//k/', 'a//k/'],
    ['/b/a/../k', 'a/../k'],
    ['/b/a/b/../../k', 'a/b/../../k'],
    ['/b/a/..k/.../..', 'a/..k/.../..'],
    ['/b/./k', './k'],
    ['/b/a+b', 'a+b'],
    ['/b/a%2Bb', 'a+b'],
    ['/b/a%20b', 'a b'],
    ['/b/a%2Fb', 'a/b'],
    ['/b/%25', '%'],
    ['/b/%2525', '%25'],
    ['/b/%C3%A9', 'é'],
    ['/b/\u00c3\u00a9', 'é'],
    ['/b/%F0%9F%98%80', '😀'],
    ['/b/%EF%BB%BFk', '\ufeffk'],
  ]
  for (const [rawPath, key] of keys) {
    it(`${rawPath} keeps its key byte for byte in both styles`, async () => {
      assert.deepEqual(pick(await at('127.0.0.1:9000', rawPath)), ['path', 'b', key])
      assert.deepEqual(pick(await at('b.localhost:9000', rawPath.slice(2) || '/')), ['virtual-host', 'b', key])
    })
  }

  for (const rawPath of ['/b/%zz', '/b/%', '/b/%a', '/b/%ff', '/b/%C3', '/%ff/k']) {
    it(`${rawPath} is InvalidURI`, async () => {
      await assert.rejects(
        async () => at('127.0.0.1', rawPath),
        (e) => e instanceof AwsError && e.code === 'InvalidURI',
      )
    })
  }

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (relative path elements)
  for (const key of [
    '..',
    '../k',
    'a/../../k',
    'a/..%2F../k',
    '%2e%2e/k',
    './../k',
    'a/b/../../../a/k',
    'a//../../k',
  ]) {
    it(`the key ${key} climbs out of its bucket: 400 without a document`, async () => {
      for (const [host, path] of [
        ['127.0.0.1', `/b/${key}`],
        ['b.localhost', `/${key}`],
      ] as const) {
        await assert.rejects(
          async () => at(host, path),
          (e) => e instanceof AwsError && e.code === 'BadRequest' && e.status === 400 && e.isBare,
        )
      }
    })
  }

  it('no spelling of the path addresses anything else, since signatures cover the decoded path', async () => {
    assert.deepEqual(pick(await at('127.0.0.1', '/b%2Fk')), ['path', 'b', 'k'])
    assert.deepEqual(pick(await at('127.0.0.1', '/%62/%6B')), ['path', 'b', 'k'])
    assert.deepEqual(pick(await at('127.0.0.1', '/b--az--x-s3/%2Fk')), ['path', 'b--az--x-s3', 'k'])
    const control = { 'x-amz-account-id': '000000000000' }
    assert.equal((await at('localhost', '/v2018082%30/tags/arn', control)).service, 's3control')
    assert.equal((await at('localhost', '/v20180820%2Ftags%2Farn', control)).path, '/v20180820/tags/arn')
  })

  it('a key of 1,024 bytes is taken and one of 1,025 is KeyTooLongError', async () => {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    assert.equal((await at('x', `/b/${'é'.repeat(512)}`.replaceAll('é', '%C3%A9'))).key?.length, 512)
    await assert.rejects(
      async () => at('x', `/b/${'%C3%A9'.repeat(512)}a`),
      (e) => e instanceof AwsError && e.code === 'KeyTooLongError',
    )
  })

  it('S3 Control is told by its path and account header, so that a bucket of that name still works', async () => {
    const header = { 'x-amz-account-id': '000000000000' }
    assert.equal((await at('localhost', '/v20180820/tags/arn', header)).service, 's3control')
    assert.equal((await at('localhost', '/v20180820/tags')).service, 's3')
  })
})

function pick(target: { style: string; bucket: string | undefined; key: string | undefined }) {
  return [target.style, target.bucket, target.key]
}
