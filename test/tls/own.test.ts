import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { checkIdentity } from '../../src/http/tls-front.ts'
import { issueCa, issueServer, type Pair, readyCa } from '../../src/tls/certificate.ts'
import { ownIdentity } from '../../src/tls/own.ts'
import { dayMs, directory, nowMs, recordingLog } from './support.ts'

const ca = issueCa(nowMs)
const ready = readyCa(ca, Date.parse(new X509Certificate(ca.cert).validTo))
const server = issueServer(ready, { dns: ['localhost'], ip: [] }, nowMs)
const other = issueServer(ready, { dns: ['localhost'], ip: [] }, nowMs)

const load = (cert: string, key: string, log = recordingLog().log) =>
  ownIdentity({ cert, key }, nowMs, log, checkIdentity)

describe('a certificate of your own', () => {
  it('is read from files, or is given as PEM', async (t) => {
    const folder = directory(t)
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    writeFileSync(cert, server.cert)
    writeFileSync(key, server.key)
    assert.deepEqual((await load(cert, key)).identity, server)
    assert.deepEqual((await load(server.cert, server.key)).identity, server)
  })

  it('tells the CA when the whole chain comes with it, or when it signed itself', async () => {
    assert.equal((await load(server.cert, server.key)).ca, undefined)
    const whole = await load(server.cert + ca.cert, server.key)
    assert.equal(whole.ca, ca.cert)
    assert.equal(whole.identity.cert, server.cert + ca.cert)
    assert.equal((await load(ca.cert, ca.key)).ca, ca.cert)
  })

  it('may have a key of the older kind', async () => {
    const sec1 = createPrivateKey(server.key).export({ type: 'sec1', format: 'pem' }) as string
    assert.equal((await load(server.cert, sec1)).identity.key, sec1)
  })

  it('that has expired is used, with a warning', async () => {
    const { log, lines } = recordingLog()
    const old = issueServer(ready, { dns: ['localhost'], ip: [] }, nowMs - 400 * dayMs)
    await load(old.cert, old.key, log)
    assert.deepEqual(lines, ['the certificate of --tls-cert has expired; clients will refuse it'])
  })

  const encrypted = createPrivateKey(server.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'secret',
  }) as string
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  const mistakes: [string, Pair, RegExp][] = [
    [
      'a file that is not there',
      { cert: '/nonexistent/cert.pem', key: server.key },
      /^--tls-cert: cannot read \/nonexistent\/cert\.pem \(ENOENT.*name a readable PEM file$/,
    ],
    ['a key file that is a folder', { cert: server.cert, key: '/' }, /^--tls-key: cannot read \/ \(EISDIR/],
    [
      'a key for a certificate',
      { cert: server.key, key: server.key },
      /^--tls-cert holds no certificate; it must be PEM/,
    ],
    [
      'a certificate for a key',
      { cert: server.cert, key: server.cert },
      /^--tls-key holds no private key; it must be PEM/,
    ],
    [
      'a broken certificate',
      { cert: server.cert + broken, key: server.key },
      /^--tls-cert: certificate 2 of 2 is broken/,
    ],
    ['a key with a passphrase', { cert: server.cert, key: encrypted }, /^--tls-key is encrypted; .*openssl pkey/],
    [
      'the key of another certificate',
      { cert: server.cert, key: other.key },
      /^--tls-key is not the key of --tls-cert \(CN=Sandbucket\); give the two files of one pair$/,
    ],
    [
      'a chain in the wrong order',
      { cert: ca.cert + server.cert, key: server.key },
      /^--tls-key belongs to certificate 2 of --tls-cert; put this server's certificate first/,
    ],
  ]
  for (const [name, files, message] of mistakes) {
    it(`with ${name} is a usage error that says what to do`, async () => {
      await assert.rejects(load(files.cert, files.key), { name: 'UsageError', exitCode: 2, message })
    })
  }

  it('that OpenSSL refuses is a usage error too', async () => {
    const accepts = (): void => {
      throw new Error('ee key too small')
    }
    await assert.rejects(ownIdentity(server, nowMs, recordingLog().log, accepts), {
      name: 'UsageError',
      message: /^--tls-cert cannot be used \(ee key too small\)/,
    })
  })

  it('never puts a key into a message', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    for (const bad of [key, key.replace('MI', 'XX')]) {
      await assert.rejects(load(server.cert, bad), (cause: Error) => !cause.message.includes(key.slice(40, 60)))
    }
  })
})
