import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import { type CaReady, ipBytes, issueCa, issueServer, type Pair, readyCa } from '../../src/tls/certificate.ts'
import { dayMs, nowMs } from './support.ts'

const read = (pair: Pair): X509Certificate => new X509Certificate(pair.cert)
const days = (cert: X509Certificate): number => (Date.parse(cert.validTo) - Date.parse(cert.validFrom)) / dayMs
const ready = (ca: Pair): CaReady => readyCa(ca, Date.parse(read(ca).validTo))

// OpenSSL, through node:crypto, is the judge of all of these.
describe('the CA', () => {
  const pair = issueCa(nowMs)
  const cert = read(pair)

  it('is a CA that signed itself, for ten years from yesterday', () => {
    assert.equal(cert.ca, true)
    assert.ok(cert.verify(cert.publicKey))
    assert.ok(cert.checkIssued(cert))
    assert.ok(cert.checkPrivateKey(createPrivateKey(pair.key)))
    assert.equal(Date.parse(cert.validFrom), nowMs - dayMs)
    assert.equal(Date.parse(cert.validTo), nowMs + 3650 * dayMs)
  })

  it('has a name and a number of its own, so that two can be trusted at once', () => {
    const other = read(issueCa(nowMs))
    assert.match(cert.subject, /^CN=Sandbucket CA [0-9a-f]{8}$/)
    assert.notEqual(other.subject, cert.subject)
    assert.notEqual(other.serialNumber, cert.serialNumber)
    assert.match(cert.serialNumber, /^[4-7][0-9A-F]{31}$/)
  })
})

describe('the server certificate', () => {
  const ca = issueCa(nowMs)
  const names = {
    dns: ['localhost', '*.s3.localhost', 'under_score.test'],
    ip: ['127.0.0.1', '::1', '2001:db8::8:800:1'],
  }
  const pair = issueServer(ready(ca), names, nowMs)
  const cert = read(pair)

  it('is issued by the CA, for its own key, and is no CA', () => {
    assert.ok(cert.checkIssued(read(ca)))
    assert.ok(cert.verify(read(ca).publicKey))
    assert.ok(cert.checkPrivateKey(createPrivateKey(pair.key)))
    assert.equal(cert.ca, false)
  })

  it('is for servers only', () => {
    assert.deepEqual(cert.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  })

  it('names hosts, wildcards and addresses of both families', () => {
    for (const host of ['localhost', 'b.s3.localhost', 'under_score.test']) assert.ok(cert.checkHost(host), host)
    assert.equal(cert.checkHost('a.b.s3.localhost'), undefined)
    for (const ip of names.ip) assert.ok(cert.checkIP(ip), ip)
    assert.equal(cert.checkIP('127.0.0.2'), undefined)
  })

  // Apple's clients refuse more than 398 days (support.apple.com/en-us/102028).
  it('is valid for 397 days, but never longer than its CA', () => {
    assert.equal(days(cert), 397)
    const late = read(issueServer(ready(ca), names, nowMs + 3600 * dayMs))
    assert.equal(late.validTo, read(ca).validTo)
  })

  it('is right after 2050 too', () => {
    const then = Date.UTC(2049, 11, 1)
    const old = issueCa(then)
    assert.equal(Date.parse(read(issueServer(ready(old), names, then)).validTo), then + 396 * dayMs)
    assert.equal(Date.parse(read(old).validTo), then + 3650 * dayMs)
  })
})

describe('addresses as bytes', () => {
  const cases: [string, string][] = [
    ['192.168.0.255', 'c0a800ff'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::', '20010db8000000000000000000000000'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001'],
  ]
  for (const [address, hex] of cases) {
    it(address, () => assert.equal(ipBytes(address).toString('hex'), hex))
  }
})
