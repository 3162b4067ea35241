/** Which hosts and origins are known: those that no stranger can own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KnownHosts } from '../../src/http/known-hosts.ts'

const known = new KnownHosts({
  names: ['dev', 'Box.corp.example', 's3.public.example:9000', '::1'],
  domains: ['buckets.example'],
  allowedOrigins: ['https://app.example.com', 'https://*.preview.example'],
  bucketExists: async (name) => name === 'www.site.example' || name === 'photos',
})

const hosts: [host: string, isKnown: boolean][] = [
  // Addresses, in every form that a client may write them.
  ['127.0.0.1', true],
  ['127.0.0.1:9000', true],
  ['192.168.1.20:9000', true],
  ['[::1]', true],
  ['[::1]:9000', true],
  ['[::FFFF:127.0.0.1]:9000', true],
  ['[fe80::1%eth0]:9000', true],
  ['127.1', true],
  ['2130706433', true],
  ['0x7f000001', true],
  ['0x7f.0.0.0x1:9000', true],
  ['0177.0.0.1', true],
  ['127.0.0.1.', true],
  ['1.2.3.4.5', false],
  ['1.2.3.999', false],
  ['evil.1', false],
  ['[::1', false],
  ['[evil.example]', false],
  ['[::1]evil.example', false],
  // Single labels, and names that the public DNS does not have.
  ['', true],
  ['minio', true],
  ['minio:9000', true],
  ['my_app_minio_1:9000', true],
  ['evil-localhost', true],
  ['localhost', true],
  ['LocalHost:9000', true],
  ['localhost.', true],
  ['localhost.:9000', true],
  ['photos.localhost:9000', true],
  ['a.b.s3.localhost', true],
  ['printer.local', true],
  ['s3.example.test', true],
  ['host.docker.internal:9000', true],
  ['minio.default.svc', true],
  ['minio.project_default:9000', true],
  ['evil_host.example', false],
  ['nas.home.arpa', true],
  ['localhost.localdomain:9000', true],
  ['minio.default.svc.cluster.local:9000', true],
  ['s3.amazonaws.com', true],
  ['photos.s3.eu-west-1.amazonaws.com', true],
  ['s3.cn-north-1.amazonaws.com.cn', true],
  ['localhost.localstack.cloud:4566', true],
  ['s3.localhost.localstack.cloud', true],
  // Names of this server, and buckets.
  ['dev', true],
  ['box.corp.example', true],
  ['S3.PUBLIC.example', true],
  ['photos.s3.public.example:1', true],
  ['photos.buckets.example', true],
  ['buckets.example', true],
  ['www.site.example', true],
  ['WWW.site.example.:9000', true],
  // Names that a stranger may have.
  ['evil.example', false],
  ['EVIL.EXAMPLE.', false],
  ['evil.example:9000', false],
  ['evil.dev', false],
  ['photos.evil.example', false],
  ['photos.com', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.nip.io', false],
  ['localhost.nip.io:9000', false],
  ['127-0-0-1.sslip.io', false],
  ['notlocalhost.example', false],
  ['evillocalhost.localstack.cloud', false],
  ['notamazonaws.com', false],
  ['amazonaws.com.evil.example', false],
  ['evilbuckets.example', false],
  ['public.example', false],
  ['site.example', false],
  ['xn--lcalhost-m1a.example', false],
  ['svc.evil.example', false],
  ['test.example', false],
  // What no browser writes.
  ['127.0.0.1:9000@evil.example', false],
  ['evil.example@127.0.0.1', false],
  ['user:password@localhost', false],
  ['localhost/evil.example', false],
  ['localhost\\evil.example', false],
  ['localhost#evil.example', false],
  ['localhost evil.example', false],
  ['localhost,evil.example', false],
  ['localhost, evil.example', false],
  ['127.0.0.1:port', false],
  ['127.0.0.1:9000:9000', false],
  ['::1', false],
  ['evil%2eexample', false],
  ['%6cocalhost', false],
  ['b\u00fccher.localhost', false],
  ['localhost\u3002evil', false],
  ['localhost..', false],
  ['localhost\0.evil.example', false],
]

const origins: [origin: string, isKnown: boolean][] = [
  ['null', true],
  ['file://', true],
  ['http://localhost:5173', true],
  ['https://localhost', true],
  ['HTTP://LocalHost:3000', true],
  ['http://127.0.0.1:8080', true],
  ['http://[::1]:8080', true],
  ['http://192.168.1.20:5173', true],
  ['http://web:3000', true],
  ['http://app.test', true],
  ['capacitor://localhost', true],
  ['vscode-webview://1kq9qq4d', true],
  ['http://www.site.example', true],
  ['https://app.example.com', true],
  ['https://pr-7.preview.example', true],
  // A page of this server itself; other pages of public addresses and of AWS are anybody's.
  ['http://198.51.100.7:9000', true],
  ['http://198.51.100.7:8080', false],
  ['http://203.0.113.5', false],
  ['http://0xcb007105', false],
  ['http://[2001:db8::1]', false],
  ['http://[::ffff:203.0.113.5]', false],
  ['http://[::ffff:127.0.0.1]:3000', true],
  ['http://[fd00::5]:3000', true],
  ['http://10.1.2.3', true],
  ['https://evil.s3.amazonaws.com', false],
  ['http://evil.s3-website-us-east-1.amazonaws.com', false],
  ['http://ec2-203-0-113-5.compute-1.amazonaws.com', false],
  ['chrome-extension://abcdef', false],
  ['http://evil.example', false],
  ['https://evil.example:443', false],
  ['http://localhost.evil.example', false],
  ['http://127.0.0.1.nip.io', false],
  ['http://localhost@evil.example', false],
  ['http://evil.example#localhost', false],
  ['http://evil.example/localhost', false],
  ['http://evil.example?localhost', false],
  ['http://app.example.com', false],
  ['https://app.example.com.evil.example', false],
  ['https://preview.example', false],
  ['http://localhost, http://evil.example', false],
  ['http://localhost http://evil.example', false],
  ['localhost', false],
  ['', false],
  ['http://', false],
  ['//localhost', false],
  ['NULL.example', false],
]

describe('a host', () => {
  for (const [host, isKnown] of hosts) {
    it(`${JSON.stringify(host)} is ${isKnown ? 'known' : 'a stranger'}`, async () => {
      assert.equal(await known.knows(host), isKnown)
      assert.equal(await known.knows(host), isKnown, 'the second time')
    })
  }

  it('that was seen is known at once, without a promise', () => {
    assert.equal(known.knows('127.0.0.1:9000'), true)
  })

  it('is not remembered without bound', async () => {
    for (let at = 0; at < 3000; at++) assert.equal(await known.knows(`b${at}.localhost`), true)
  })
})

describe('an origin', () => {
  for (const [origin, isKnown] of origins) {
    it(`${JSON.stringify(origin)} is ${isKnown ? 'known' : 'a stranger'}`, async () => {
      assert.equal(await known.knowsOrigin(origin, '198.51.100.7:9000'), isKnown)
    })
  }
})
