/** The search for what was signed, without a server. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { SignatureV4a } from '@smithy/signature-v4a'
import { adviceOn } from '../../src/auth/advice.ts'
import { diagnoseSignature } from '../../src/auth/diagnose.ts'
import type { Mismatch } from '../../src/auth/faults.ts'
import { accessKeyId, exampleMs, makeRequest, refused, run, Sha256, secretAccessKey, signed } from './support.ts'

/** What is known of a request that is refused for its signature. */
function mismatchOf(request: ReturnType<typeof makeRequest>) {
  const { cause } = refused(() => run(request), { code: 'SignatureDoesNotMatch' })
  const { canonicalRequest = '', ...rest } = cause as Mismatch
  return { canonicalRequest, ...rest }
}

const facts = { secret: secretAccessKey, others: [], hosts: ['proxy.test:8080'] }

describe('the first difference', () => {
  it('of a SigV4A signature', async () => {
    const credentials = { accessKeyId, secretAccessKey }
    const signer = new SignatureV4a({ service: 's3', region: '*', sha256: Sha256, uriEscapePath: false, credentials })
    const { headers } = await signer.sign(
      { method: 'PUT', protocol: 'http:', hostname: 'h', path: '/b/k', headers: { host: 'h' } },
      { signingDate: new Date(exampleMs) },
    )
    const failed = mismatchOf(makeRequest({ method: 'PUT', target: '/b/k/', headers }))
    const { finding, signed: text } = diagnoseSignature(failed, facts)
    assert.equal(finding, 'The path was signed without the slash at its end: /b/k.')
    assert.match(text ?? '', /^PUT\n\/b\/k\n/)
    assert.match(diagnoseSignature(failed, { ...facts, secret: 'x' }).finding, /most likely/)
  })

  it('of a host behind a proxy that is configured', () => {
    const { rawHeaders, ...request } = signed({ headers: { host: 'proxy.test:8080' } })
    const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
    const arrived = rawHeaders.map((text, index) => (index === at + 1 ? 'inner:9000' : text))
    const headers = { ...request.headers, host: 'inner:9000' }
    const { finding } = diagnoseSignature(mismatchOf({ ...request, rawHeaders: arrived, headers }), facts)
    assert.match(finding, /^The host was signed as proxy\.test:8080, and arrived as inner:9000/)
  })

  /** A request that was signed for one host and path and arrives with others. */
  function proxied(sent: { host: string; path: string }, arrived: { host: string; path: string }, more = {}) {
    const request = signed({ target: sent.path, headers: { host: sent.host } })
    const headers = { ...(request.headers as Record<string, string>), host: arrived.host, ...more }
    return diagnoseSignature(mismatchOf(makeRequest({ target: arrived.path, headers })), facts).finding
  }
  const inner = { host: 'inner:9000', path: '/b/k' }

  it('of a path that a proxy cut, by its own word or by what people use', () => {
    const cut = proxied({ host: 'inner:9000', path: '/blobs/b/k' }, inner, { 'x-forwarded-prefix': '/blobs/' })
    assert.match(cut, /^The path was signed as \/blobs\/b\/k, and arrived as \/b\/k: a proxy changed it\. A signature/)
    assert.match(proxied({ host: 'inner:9000', path: '/s3/b/k' }, inner), /^The path was signed as \/s3\/b\/k/)
    const whole = { 'x-original-uri': 'http://files.test/x/y/b/k?q', 'x-forwarded-host': 'files.test' }
    const both = proxied({ host: 'files.test', path: '/x/y/b/k' }, inner, whole)
    assert.match(both, /signed as \/x\/y\/b\/k.*The host was signed as files\.test, and arrived as inner:9000\./)
  })

  it('of a host that a proxy tells, which is no alias because it would be another bucket', () => {
    const bucketHost = { host: 'photos.localhost:9000', path: '/b/k' }
    for (const more of [
      { 'x-forwarded-host': 'photos.localhost:9000' },
      { forwarded: 'for=1.2.3.4;host="photos.localhost:9000";proto=https' },
      { 'x-original-host': 'photos.localhost', 'x-forwarded-port': '9000' },
    ]) {
      assert.match(proxied(bucketHost, inner, more), /^The host was signed as photos\.localhost:9000.*--public-host/)
    }
  })

  it('of a host that nobody tells: forwarding is named, and the secret', () => {
    const hidden = { host: 'hidden.test', path: '/b/k' }
    assert.match(proxied(hidden, inner), /another secret.*Unless a proxy changed the Host.*--public-host/)
    const traced = proxied(hidden, inner, { via: '1.1 nginx' })
    assert.match(traced, /^A proxy is between.*Host.*arrived as inner:9000.*--public-host.*another secret/)
  })

  it('of a parameter that a library of SigV2 does not sign', () => {
    const date = 'Fri, 24 May 2013 00:00:00 GMT'
    const text = `GET\n\n\n${date}\n/b/k?versionId=1`
    const signature = createHmac('sha1', secretAccessKey).update(text).digest('base64')
    const headers = { host: 'h', date, authorization: `AWS ${accessKeyId}:${signature}` }
    const failed = mismatchOf(makeRequest({ target: '/b/k?attributes&versionId=1', headers }))
    assert.match(diagnoseSignature(failed, facts).finding, /without the parameter attributes, which AWS signs too/)
  })

  it('is searched for in whatever text there is, and never throws', () => {
    const texts = [
      '',
      '\n',
      '\n\n\n\n\n',
      'AWS4-HMAC-SHA256\n',
      'GET\n\n\n\n/',
      'AWS4-HMAC-SHA256-PAYLOAD\nx',
      '%zz',
      'a'.repeat(5000),
    ]
    for (const canonicalRequest of texts) {
      for (const stringToSign of texts) {
        for (const isForm of [true, false]) {
          for (const formScope of [undefined, '', 'x/y', '99999999/r/s/t']) {
            const failed = { accessKeyId, canonicalRequest, stringToSign, signature: 'x', isForm, formScope }
            assert.ok(diagnoseSignature(failed, facts).finding.length > 10)
          }
        }
      }
    }
  })
})

describe('advice', () => {
  it('is there for every code, whatever its fields', () => {
    const codes = [
      'SignatureDoesNotMatch',
      'RequestTimeTooSkewed',
      'InvalidAccessKeyId',
      'InvalidClientTokenId',
      'ExpiredToken',
      'InvalidToken',
      'AuthorizationHeaderMalformed',
      'AuthorizationQueryParametersError',
      'IncompleteSignature',
      'MissingAuthenticationToken',
      'AccessDenied',
    ]
    for (const code of codes) assert.match(adviceOn({ code, message: '', fields: {} }) ?? '', /^[A-Z].*[.?]$/, code)
    assert.equal(adviceOn({ code: 'constructor', message: '', fields: {} }), undefined)
  })

  it('names the region to sign for', () => {
    const message = "The authorization header is malformed; the region 'a' is wrong; expecting 'eu-west-1'"
    const fault = { code: 'AuthorizationHeaderMalformed', message, fields: { Region: 'eu-west-1' } }
    assert.match(adviceOn(fault) ?? '', /^Sign for eu-west-1/)
  })
})
