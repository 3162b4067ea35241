/** Which ways of signing are accepted, one at a time, and the codes of IAM and STS. Recorded against AWS unless a case says otherwise. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { authenticate, signedService } from '../../src/auth/authenticate.ts'
import type { WireRequest } from '../../src/http/wire.ts'
import { parseQuery } from '../../src/protocol/query-string.ts'
import {
  accessKeyId,
  emptySha256,
  endedSession,
  exampleMs,
  makeDeps,
  makeRequest,
  type Refusal,
  refused,
  run,
  targetOf,
  session,
  signed,
  type Place,
} from './support.ts'

const malformed = (problem: string): string => `The authorization header is malformed; ${problem}`
const authorization = (value: string) => makeRequest({ headers: { host: 'h', authorization: value } })
const bad = '0'.repeat(64)

describe('what is accepted', () => {
  it('a session with its token', () => {
    const request = signed({ key: session.accessKeyId, headers: { 'x-amz-security-token': 'the/token+of=session' } })
    assert.equal(run(request).principal.accessKeyId, session.accessKeyId)
  })

  it('clocks exactly 15 minutes apart, and any difference without a limit', () => {
    run(signed({ date: '20130524T001500Z' }))
    refused(() => run(signed({ date: '20130524T001501Z' })), { code: 'RequestTimeTooSkewed' })
    run(signed({ date: '20130524T230000Z' }), makeDeps({ maxClockSkewMs: undefined }))
  })

  it('any region when regions are not strict, but not none', () => {
    const deps = makeDeps({ regionStrict: false })
    run(signed({ region: 'mars-1' }), deps)
    refused(() => run(signed({ region: '' }), deps), { code: 'AuthorizationHeaderMalformed' })
    // Recorded: test_create_bucket_aws_global.
    refused(() => run(signed({ region: 'aws-global' }), deps), {
      code: 'AuthorizationHeaderMalformed',
      message: malformed("the region 'aws-global' is wrong; expecting 'us-east-1'"),
    })
  })

  it("the bucket's region counts when it differs from the server's", () => {
    const target: Place = { service: 's3', region: 'eu-west-1' }
    run(signed({ region: 'eu-west-1' }), makeDeps(), target)
    refused(() => run(signed(), makeDeps(), target), {
      code: 'AuthorizationHeaderMalformed',
      message: malformed("the region 'us-east-1' is wrong; expecting 'eu-west-1'"),
    })
  })

  it('the scheme in any case', () => {
    run(signed({ algorithm: 'aws4-hmac-sha256' }))
  })

  it('a source that needs a moment', async () => {
    const sync = makeDeps().credentials
    const deps = makeDeps({ credentials: { find: async (id) => sync.find(id) } })
    const result = authenticate(signed(), targetOf(signed()), deps)
    assert.ok(result instanceof Promise)
    assert.equal((await result).principal.kind, 'root')
  })
})

describe('one mechanism at most', () => {
  const both = {
    code: 'InvalidArgument',
    status: 400,
    message:
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    fields: { ArgumentName: 'Authorization', ArgumentValue: 'AWS x:y' },
  }
  it('a header beside a query signature is refused (case 75)', () => {
    for (const query of ['X-Amz-Algorithm=AWS4-HMAC-SHA256', 'Signature=x', 'a=b&Signature']) {
      refused(() => run(makeRequest({ target: `/?${query}`, headers: { authorization: 'AWS x:y' } })), both)
    }
  })
  it('both query kinds are refused', () => {
    refused(() => run(makeRequest({ target: '/?X-Amz-Algorithm=x&Signature=x' })), { code: 'InvalidArgument' })
  })
  it('a lone X-Amz-Signature or AWSAccessKeyId is anonymous', () => {
    for (const target of ['/', '/?X-Amz-Signature=x', '/?AWSAccessKeyId=x', '/?prefix=Signature']) {
      const { principal, auth } = run(makeRequest({ target }))
      assert.equal(principal.kind, 'anonymous')
      assert.equal(auth.authType, undefined)
    }
  })
  it('anonymous callers cannot sign chunks', () => {
    const headers = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }
    refused(() => run(makeRequest({ headers })), {
      code: 'InvalidRequest',
      message: /^Anonymous requests don't support/,
    })
  })
})

// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
describe('IAM and STS have their own codes', () => {
  const iam: Place = { service: 'iam', payloadSha256Hex: emptySha256 }
  const scope = { service: 'iam', target: '/', method: 'POST' }
  const cases: [string, ReturnType<typeof makeRequest>, Refusal][] = [
    [
      'no signature',
      makeRequest(),
      { code: 'MissingAuthenticationToken', status: 403, message: 'Request is missing Authentication Token' },
    ],
    ['another scheme', authorization('Bearer x'), { code: 'MissingAuthenticationToken' }],
    ['no date', authorization('AWS4-HMAC-SHA256 x'), { code: 'IncompleteSignature', status: 400 }],
    [
      'a missing attribute',
      makeRequest({
        headers: {
          'x-amz-date': '20130524T000000Z',
          authorization: 'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host',
        },
      }),
      { code: 'IncompleteSignature', message: "Authorization header requires 'Signature' parameter." },
    ],
    [
      'an old date',
      signed({ ...scope, date: '20130523T230000Z' }),
      {
        code: 'SignatureDoesNotMatch',
        status: 403,
        message:
          'Signature expired: 20130523T230000Z is now earlier than 20130523T234500Z (20130524T000000Z - 15 min.)',
      },
    ],
    [
      'a date ahead',
      signed({ ...scope, date: '20130524T010000Z' }),
      {
        code: 'SignatureDoesNotMatch',
        message:
          'Signature not yet current: 20130524T010000Z is still later than 20130524T001500Z (20130524T000000Z + 15 min.)',
      },
    ],
    [
      'another service',
      signed({ ...scope, service: 's3' }),
      { code: 'SignatureDoesNotMatch', message: "Credential should be scoped to correct service: 'iam'. " },
    ],
    [
      'an unknown key',
      signed({ ...scope, key: 'AKIANOBODY' }),
      { code: 'InvalidClientTokenId', status: 403, message: 'The security token included in the request is invalid.' },
    ],
    [
      'an ended session',
      signed({ ...scope, key: endedSession.accessKeyId, headers: { 'x-amz-security-token': 'ended' } }),
      { code: 'ExpiredToken', status: 403, message: 'The security token included in the request is expired' },
    ],
    ['a bad signature', signed({ ...scope, signature: bad }), { code: 'SignatureDoesNotMatch', status: 403 }],
  ]
  for (const [name, request, expected] of cases) {
    it(name, () => void refused(() => run(request, makeDeps(), iam), expected))
  }
  it('any region, and no x-amz-content-sha256', () => {
    run(signed({ ...scope, region: 'eu-north-1', signedHeaders: 'host;x-amz-date' }), makeDeps(), iam)
  })
  it('actions that carry their own proof may be unsigned', () => {
    const target: Place = { service: 'sts', payloadSha256Hex: emptySha256, allowsAnonymous: true }
    assert.equal(run(makeRequest(), makeDeps(), target).principal.kind, 'anonymous')
  })
  it('the service is read from a signature of any kind', () => {
    const serviceOf = (request: WireRequest) => signedService(request, parseQuery(request.rawQuery))
    assert.equal(serviceOf(signed({ service: 'sts' })), 'sts')
    for (const name of ['X-Amz-Credential', 'X%2DAmz-Credential']) {
      assert.equal(serviceOf(makeRequest({ target: `/?${name}=a%2F20130524%2Fr%2Fiam%2Faws4_request&x=y` })), 'iam')
    }
    assert.equal(serviceOf(makeRequest({ headers: { authorization: 'AWS a:b' } })), undefined)
    assert.equal(serviceOf(makeRequest()), undefined)
  })
})

it('random headers are answered with an AWS error or a principal, never anything else', () => {
  let seed = 42
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
    return seed % below
  }
  const pieces = [
    'AWS4-HMAC-SHA256',
    'AWS',
    ' ',
    '=',
    ',',
    ';',
    '/',
    ':',
    'Credential',
    'SignedHeaders',
    'Signature',
    accessKeyId,
    '20130524',
    'us-east-1',
    's3',
    'aws4_request',
    'host',
    '__proto__',
    'constructor',
    '%',
    '%ff',
    '+',
    'é',
    '\t',
    '&',
    '?',
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-Expires',
    '20130524T000000Z',
    '-1',
    '1e9',
    '*',
  ]
  const text = (): string => Array.from({ length: random(12) }, () => pieces[random(pieces.length)]).join('')
  for (let round = 0; round < 3000; round++) {
    const request = makeRequest({
      target: `/${text()}?${text()}&${text()}`,
      headers: {
        host: text(),
        'x-amz-date': round % 3 === 0 ? text() : '20130524T000000Z',
        ...(round % 2
          ? {
              authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${text()},Signature=${text()}`,
            }
          : { authorization: text() }),
      },
    })
    try {
      run(request, makeDeps({ nowMs: exampleMs }))
    } catch (cause) {
      assert.equal((cause as Error).name, 'AwsError', String((cause as Error).stack))
    }
  }
})
