/** The search for what was signed, without a server. */
import assert from 'node:assert/strict'
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
