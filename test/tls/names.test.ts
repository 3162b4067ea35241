import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Options } from '../../src/config/options.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import type { Names } from '../../src/tls/certificate.ts'
import { isHostName, serverNames } from '../../src/tls/names.ts'

const machine = { hostname: 'Laptop', addresses: ['127.0.0.1', '192.168.0.7', '2001:db8::7'] }
const namesOf = (options: Options): Names => serverNames(resolveOptions(options).config, machine)

describe('the names of the certificate', () => {
  it('are those of this machine by default', () => {
    assert.deepEqual(namesOf({}), {
      dns: ['*.localhost', '*.s3.localhost', 'laptop', 'localhost'],
      ip: ['127.0.0.1', '::1'],
    })
  })

  it('are domains and public hosts too, each with a wildcard for buckets', () => {
    const { dns, ip } = namesOf({
      domains: ['s3.example.test'],
      publicHosts: ['https://minio:9000', 'S3.Example.test', '10.0.0.9:9000', '[fd00::9]:9000'],
    })
    for (const name of ['s3.example.test', '*.s3.example.test', 'minio', '*.minio']) assert.ok(dns.includes(name), name)
    assert.equal(new Set(dns).size, dns.length)
    assert.deepEqual(ip, ['10.0.0.9', '127.0.0.1', '::1', 'fd00::9'])
  })

  it('are all addresses of the machine when it listens on all, else the one it listens on', () => {
    assert.deepEqual(namesOf({ host: '0.0.0.0' }).ip, ['127.0.0.1', '192.168.0.7', '2001:db8::7', '::1'])
    assert.deepEqual(namesOf({ host: '192.168.0.7' }).ip, ['127.0.0.1', '192.168.0.7', '::1'])
    assert.ok(namesOf({ host: 'Laptop.lan' }).dns.includes('laptop.lan'))
  })

  it('leave out what no certificate can hold', () => {
    for (const hostname of ['', 'büro', 'a b', '-a', `${'a'.repeat(64)}.test`, `a${'.a'.repeat(130)}`]) {
      assert.equal(isHostName(hostname), false, hostname)
      const { dns } = serverNames(resolveOptions({}).config, { hostname, addresses: [] })
      assert.deepEqual(dns, ['*.localhost', '*.s3.localhost', 'localhost'])
    }
  })
})
