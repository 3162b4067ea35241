import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TlsIdentity } from '../../src/http/tls-front.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import { issueCa, type Names } from '../../src/tls/certificate.ts'
import { secretSealer } from '../../src/encryption/secret-sealer.ts'
import { tlsFolder } from '../../src/tls/folder.ts'
import { generatedIdentity } from '../../src/tls/generated.ts'
import { loadTls } from '../../src/tls/load.ts'
import { unprivileged } from '../unprivileged.ts'
import { dayMs, directory, nowMs, recordingLog } from './support.ts'

const names: Names = { dns: ['*.localhost', '*.s3.localhost', 'localhost'], ip: ['127.0.0.1'] }
const isOwnHost = (name: string): boolean => name.endsWith('localhost')

const secrets = secretSealer(Buffer.alloc(32, 7))

interface Made {
  identity: TlsIdentity
  ca: string
  lines: string[]
}

async function make(dataDir: string | undefined, more: { names?: Names; nowMs?: number } = {}): Promise<Made> {
  const { log, lines } = recordingLog()
  return {
    ...(await generatedIdentity({ folder: tlsFolder(dataDir, secrets), names, nowMs, log, isOwnHost, ...more })),
    lines,
  }
}

describe('the generated certificate', () => {
  it('is kept in files that only the owner can read, its keys sealed', async (t) => {
    const data = directory(t)
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    const first = await make(data)
    const second = await make(data)
    assert.equal(second.ca, first.ca)
    assert.equal(second.identity.cert, first.identity.cert)
    assert.equal(second.identity.key, first.identity.key)
    const modes = Object.fromEntries(
      readdirSync(join(data, 'tls')).map((name) => [name, statSync(join(data, 'tls', name)).mode & 0o777]),
    )
    assert.deepEqual(modes, { 'ca.pem': 0o600, 'ca-key.sealed': 0o600, 'cert.pem': 0o600, 'key.sealed': 0o600 })
    assert.equal(readFileSync(join(data, 'tls', 'ca.pem'), 'utf8'), first.ca)
    for (const file of readdirSync(join(data, 'tls'))) {
      assert.equal(readFileSync(join(data, 'tls', file), 'latin1').includes('PRIVATE KEY'), false, file)
    }
  })

  it('is made anew each time when there is no data directory', async () => {
    assert.notEqual((await make(undefined)).ca, (await make(undefined)).ca)
  })

  const more: Names = { ...names, dns: [...names.dns, 's3.example.test'] }
  const renewals: [string, { names?: Names; nowMs?: number }, boolean][] = [
    ['when the names change', { names: more }, true],
    ['with 89 days left', { nowMs: nowMs + (396 - 89) * dayMs }, true],
    ['not with 91', { nowMs: nowMs + (396 - 91) * dayMs }, false],
  ]
  for (const [name, change, isNew] of renewals) {
    it(`is renewed ${name}, by the same CA`, async (t) => {
      const data = directory(t)
      const first = await make(data)
      const second = await make(data, change)
      assert.equal(second.identity.cert !== first.identity.cert, isNew)
      assert.equal(second.ca, first.ca)
      assert.deepEqual(second.lines, [])
      assert.ok(new X509Certificate(second.identity.cert).verify(new X509Certificate(second.ca).publicKey))
      assert.equal((await make(data, change)).identity.cert, second.identity.cert)
    })
  }

  it('ends with its CA, and is kept until that is replaced', async (t) => {
    const data = directory(t)
    const first = await make(data)
    const late = await make(data, { nowMs: nowMs + 3600 * dayMs })
    assert.equal(late.ca, first.ca)
    assert.equal((await make(data, { nowMs: nowMs + 3610 * dayMs })).identity.cert, late.identity.cert)
  })

  const warning = 'made a new CA for TLS: clients must be given the new ca.pem'
  const otherKey = (folder: string): void => {
    const place = Buffer.from('tls/ca-key.sealed')
    writeFileSync(join(folder, 'ca-key.sealed'), secrets.seal(Buffer.from(issueCa(nowMs).key), place))
  }
  const spoilt: [string, (folder: string) => void, number][] = [
    ['expires', () => {}, nowMs + 3625 * dayMs],
    ['is broken', (folder) => writeFileSync(join(folder, 'ca.pem'), 'not a certificate'), nowMs],
    ['has a broken key', (folder) => writeFileSync(join(folder, 'ca-key.sealed'), ''), nowMs],
    ['has another key', otherKey, nowMs],
  ]
  for (const [name, spoil, atMs] of spoilt) {
    it(`has a new CA, and says so, when the old one ${name}`, async (t) => {
      const data = directory(t)
      const first = await make(data)
      spoil(join(data, 'tls'))
      const second = await make(data, { nowMs: atMs })
      assert.notEqual(second.ca, first.ca)
      assert.deepEqual(second.lines, [warning])
      assert.ok(existsSync(join(data, 'tls', 'ca.pem.unusable')))
      assert.ok(new X509Certificate(second.identity.cert).verify(new X509Certificate(second.ca).publicKey))
      assert.deepEqual((await make(data, { nowMs: atMs })).lines, [])
    })
  }

  for (const file of ['cert.pem', 'key.sealed']) {
    it(`is made again when ${file} is broken`, async (t) => {
      const data = directory(t)
      const first = await make(data)
      writeFileSync(join(data, 'tls', file), 'x')
      const second = await make(data)
      assert.equal(second.ca, first.ca)
      assert.notEqual(second.identity.cert, first.identity.cert)
    })
  }

  it('is not kept from being made by what a crash left behind, nor does the leftover give its mode', async (t) => {
    const data = directory(t)
    mkdirSync(join(data, 'tls'))
    writeFileSync(join(data, 'tls', 'ca-key.sealed.new'), 'half', { mode: 0o666 })
    await make(data)
    assert.equal(existsSync(join(data, 'tls', 'ca-key.sealed.new')), false)
    assert.equal(statSync(join(data, 'tls', 'ca-key.sealed')).mode & 0o777, 0o600)
  })

  it('in a directory that cannot be written is a StoreError that says what to do', async (t) => {
    const data = directory(t)
    const { log } = recordingLog()
    const load = (from: string) =>
      loadTls(resolveOptions({ tls: true, data: from }).config, { log, nowMs, secrets, isOwnHost, accepts: () => {} })
    await load(directory(t))
    chmodSync(data, 0o500)
    await unprivileged(() => assert.rejects(load(data), { name: 'StoreError' }))
  })
})

describe('a host that the certificate does not cover', () => {
  it('gets one of its own, once, when it is a host of this server', async () => {
    const { identity, ca } = await make(undefined)
    const forHost = (name: string) => identity.certFor?.(name)
    // OpenSSL and Node refuse `*.localhost` as too wide, and wildcards stand for one label.
    for (const name of ['b.localhost', 'my.dotted.bucket.s3.localhost']) {
      const pair = forHost(name)
      assert.ok(pair, name)
      const cert = new X509Certificate(pair.cert)
      assert.equal(cert.subjectAltName, `DNS:${name}`)
      assert.ok(cert.verify(new X509Certificate(ca).publicKey))
      assert.equal(forHost(name.toUpperCase()), pair)
    }
    for (const name of ['localhost', 'b.s3.localhost', 'elsewhere.test', 'a b.localhost', '']) {
      assert.equal(forHost(name), undefined, name)
    }
  })

  it('is forgotten after many others', async () => {
    const { identity } = await make(undefined)
    const first = identity.certFor?.('b.localhost')
    for (let at = 0; at < 200; at++) identity.certFor?.(`b${at}.localhost`)
    assert.notEqual(identity.certFor?.('b.localhost'), first)
  })
})
