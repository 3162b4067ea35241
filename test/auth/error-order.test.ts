/** In which order AWS reports faults of the Authorization header, and in which words. Recorded against AWS unless a case says otherwise. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  accessKeyId,
  emptySha256,
  endedSession,
  exampleMs,
  inactive,
  makeRequest,
  type Refusal,
  refused,
  run,
  session,
  type SignOptions,
  signed,
} from './support.ts'

const malformed = (problem: string): string => `The authorization header is malformed; ${problem}`
const authorization = (value: string) => makeRequest({ headers: { host: 'h', authorization: value } })
const bad = '0'.repeat(64)
const skewed = '20130524T002000Z'

describe('faults of the Authorization header', () => {
  const three = malformed(
    'the authorization header requires three components: Credential, SignedHeaders, and Signature.',
  )
  const date = { host: 'h', 'x-amz-date': '20130524T000000Z' }
  const attributes = (text: string) => makeRequest({ headers: { ...date, authorization: `AWS4-HMAC-SHA256 ${text}` } })
  const cases: [string, ReturnType<typeof makeRequest>, Refusal][] = [
    [
      'no space after the scheme',
      authorization('AWS4-HMAC-SHA256'),
      {
        code: 'InvalidArgument',
        status: 400,
        message: "Authorization header is invalid -- one and only one ' ' (space) required",
        fields: { ArgumentName: 'Authorization', ArgumentValue: 'AWS4-HMAC-SHA256' },
      },
    ],
    ['an empty header', authorization(''), { code: 'InvalidArgument', status: 400, message: /one and only one/ }],
    [
      'another scheme',
      authorization('Bearer abc'),
      { code: 'InvalidArgument', status: 400, message: 'Unsupported Authorization Type' },
    ],
    [
      'no date at all, before the form of the header',
      authorization('AWS4-HMAC-SHA256 nonsense'),
      {
        code: 'AccessDenied',
        status: 403,
        message: 'AWS authentication requires a valid Date or x-amz-date header',
      },
    ],
    [
      'an unreadable date',
      makeRequest({ headers: { 'x-amz-date': 'today', authorization: 'AWS4-HMAC-SHA256 x' } }),
      { code: 'AccessDenied' },
    ],
    [
      'a date that is no date',
      makeRequest({ headers: { 'x-amz-date': '20130230T000000Z', authorization: 'AWS4-HMAC-SHA256 x' } }),
      { code: 'AccessDenied' },
    ],
    [
      'clocks apart, before the form of the header',
      makeRequest({ headers: { 'x-amz-date': skewed, authorization: 'AWS4-HMAC-SHA256 x' } }),
      {
        code: 'RequestTimeTooSkewed',
        status: 403,
        message: 'The difference between the request time and the current time is too large.',
        fields: {
          RequestTime: skewed,
          ServerTime: '2013-05-24T00:00:00Z',
          MaxAllowedSkewMilliseconds: 900_000,
        },
      },
    ],
    [
      'two attributes',
      attributes('Credential=a/b/c/d/e, Signature=x'),
      { code: 'AuthorizationHeaderMalformed', status: 400, message: three },
    ],
    [
      'an unknown attribute',
      attributes('Credential=a, SignedHeaders=host, Sign=x'),
      { code: 'AuthorizationHeaderMalformed', message: three },
    ],
    [
      'a repeated attribute',
      attributes('Credential=a, Credential=b, SignedHeaders=host'),
      { code: 'AuthorizationHeaderMalformed', message: three },
    ],
    [
      'four attributes',
      attributes('Credential=a, SignedHeaders=host, Signature=x, Signature=y'),
      { code: 'AuthorizationHeaderMalformed', message: three },
    ],
    [
      'an empty attribute',
      attributes('Credential=a, SignedHeaders=host, Signature='),
      { code: 'AuthorizationHeaderMalformed', message: three },
    ],
    [
      'a credential of four parts',
      attributes('Credential=a/b/c/d, SignedHeaders=host, Signature=x'),
      {
        code: 'AuthorizationHeaderMalformed',
        message: malformed(
          'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        ),
      },
    ],
  ]
  for (const [name, request, expected] of cases) it(name, () => void refused(() => run(request), expected))
})

describe('the Date header', () => {
  const date = 'Fri, 24 May 2013 00:00:00 -0000'
  const scopeDate = '20130524'
  it('stands in for x-amz-date, also as HTTP writes it, and is signed as it is sent (ceph/s3-tests#346)', () => {
    const { principal, signedAtMs } = run(signed({ dateHeader: 'date', date, scopeDate }))
    assert.equal(principal.kind, 'root')
    assert.equal(signedAtMs, exampleMs)
    const bySdk = signed({ dateHeader: 'date', date, scopeDate, signature: bad })
    const { fields } = refused(() => run(bySdk), { code: 'SignatureDoesNotMatch', status: 403 })
    assert.match(String(fields.StringToSign), /^AWS4-HMAC-SHA256\nFri, 24 May 2013 00:00:00 -0000\n20130524\//)
    assert.equal(run(signed({ dateHeader: 'date' })).signedAtMs, exampleMs)
  })

  it('may be signed in the ISO form of its moment, as botocore does', () => {
    const dateText = '20130524T000000Z'
    assert.equal(run(signed({ dateHeader: 'date', date, scopeDate, dateText })).signedAtMs, exampleMs)
    const chunked = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }
    const { payload } = run(signed({ dateHeader: 'date', date, scopeDate, dateText, headers: chunked }))
    assert.equal(payload.kind === 'aws-chunked' ? payload.seed?.dateText : undefined, dateText)
    refused(() => run(signed({ dateHeader: 'date', date, scopeDate, dateText: '20130524T000001Z' })), {
      code: 'SignatureDoesNotMatch',
    })
  })

  it('has to be of the day that the credential names', () => {
    const otherDay = signed({ dateHeader: 'date', date, scopeDate: '20130523' })
    refused(() => run(otherDay), { code: 'AuthorizationHeaderMalformed', message: /Invalid credential date/ })
  })

  it('does not make up for an x-amz-date that cannot be read', () => {
    refused(() => run(signed({ date, scopeDate, headers: { date } })), { code: 'AccessDenied' })
  })
})

describe('faults of the credential scope, the key and the signature', () => {
  const cases: [string, SignOptions, Refusal][] = [
    [
      'an empty region',
      { region: '' },
      {
        code: 'AuthorizationHeaderMalformed',
        message: malformed('a non-empty region must be provided in the credential.'),
      },
    ],
    [
      'another region, before another service',
      { region: 'eu-west-1', service: 'ec2' },
      {
        code: 'AuthorizationHeaderMalformed',
        status: 400,
        message: malformed("the region 'eu-west-1' is wrong; expecting 'us-east-1'"),
        fields: { Region: 'us-east-1' },
      },
    ],
    ['a star is no region of SigV4', { region: '*' }, { code: 'AuthorizationHeaderMalformed' }],
    [
      'another service, before another terminal',
      { service: 'ec2', terminal: 'aws5' },
      {
        code: 'AuthorizationHeaderMalformed',
        message: malformed('incorrect service "ec2". This endpoint belongs to "s3".'),
      },
    ],
    [
      'another terminal, before another date',
      { terminal: 'aws5_request', scopeDate: '20130523' },
      {
        code: 'AuthorizationHeaderMalformed',
        message: malformed('incorrect terminal "aws5_request". This endpoint uses "aws4_request".'),
      },
    ],
    [
      'a scope of another day, before an unknown key',
      { scopeDate: '20130523', key: 'AKIANOBODY' },
      {
        code: 'AuthorizationHeaderMalformed',
        message: malformed('Invalid credential date. Date is not the same as X-Amz-Date.'),
      },
    ],
    [
      'an unknown key, before unsigned headers and the signature',
      { key: 'AKIANOBODY', headers: { 'x-amz-meta-a': '1' }, signedHeaders: 'host;x-amz-date', signature: bad },
      {
        code: 'InvalidAccessKeyId',
        status: 403,
        message: 'The AWS Access Key Id you provided does not exist in our records.',
        fields: { AWSAccessKeyId: 'AKIANOBODY' },
      },
    ],
    ['an inactive key', { key: inactive.accessKeyId, signature: bad }, { code: 'InvalidAccessKeyId' }],
    ['a temporary key without its token', { key: session.accessKeyId }, { code: 'InvalidAccessKeyId' }],
    [
      'an ended session, before a bad signature (case 74)',
      { key: endedSession.accessKeyId, headers: { 'x-amz-security-token': 'ended' }, signature: bad },
      { code: 'ExpiredToken', status: 400, message: 'The provided token has expired.', fields: { 'Token-0': 'ended' } },
    ],
    [
      'a wrong token, before a bad signature',
      { key: session.accessKeyId, headers: { 'x-amz-security-token': 'wrong' }, signature: bad },
      { code: 'InvalidToken', status: 400, message: 'The provided token is malformed or otherwise invalid.' },
    ],
    [
      'a stray token with a good signature (case 74)',
      { headers: { 'x-amz-security-token': 'stray' } },
      { code: 'InvalidToken', status: 400 },
    ],
    [
      'a stray token with a bad signature (case 74)',
      { headers: { 'x-amz-security-token': 'stray' }, signature: bad },
      { code: 'SignatureDoesNotMatch' },
    ],
    [
      'unsigned headers, before a bad signature (case 76)',
      {
        headers: { 'x-amz-meta-b': '1', 'x-amz-acl': 'private' },
        signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
        signature: bad,
      },
      {
        code: 'AccessDenied',
        status: 403,
        message: 'There were headers present in the request which were not signed',
        fields: { HeadersNotSigned: 'x-amz-acl, x-amz-meta-b' },
      },
    ],
    [
      'an unsigned host',
      { signedHeaders: 'x-amz-date' },
      { code: 'AccessDenied', fields: { HeadersNotSigned: 'host' } },
    ],
    [
      'a bad literal for the payload, after the signature',
      { headers: { 'x-amz-content-sha256': 'UNSIGNED' } },
      {
        code: 'InvalidArgument',
        status: 400,
        message:
          'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
      },
    ],
    [
      'a bad literal and a bad signature',
      { headers: { 'x-amz-content-sha256': 'UNSIGNED' }, signature: bad },
      { code: 'SignatureDoesNotMatch' },
    ],
    [
      'chunks signed with the other algorithm',
      { headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' } },
      { code: 'InvalidRequest', status: 400 },
    ],
  ]
  for (const [name, options, expected] of cases) it(name, () => void refused(() => run(signed(options)), expected))

  it('20 minutes of skew, a wrong region and an unknown key come one after the other (case 73)', () => {
    refused(() => run(signed({ date: skewed, region: 'x', key: 'nobody' })), { code: 'RequestTimeTooSkewed' })
    refused(() => run(signed({ region: 'x', key: 'nobody' })), { code: 'AuthorizationHeaderMalformed' })
    refused(() => run(signed({ key: 'nobody' })), { code: 'InvalidAccessKeyId' })
  })

  it('the payload hash is required in headers', () => {
    const request = signed({ signedHeaders: 'host;x-amz-date' })
    const clean = makeRequest({
      target: '/bucket/key',
      headers: Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => name !== 'x-amz-content-sha256') as [string, string][],
      ),
    })
    refused(() => run(clean), {
      code: 'InvalidRequest',
      status: 400,
      message: 'Missing required header for this request: x-amz-content-sha256',
    })
  })

  it('an unsigned payload hash is right or the signature is wrong (case 77)', () => {
    const list = { signedHeaders: 'host;x-amz-date' }
    assert.deepEqual(run(signed(list)).payload, { kind: 'sha256', sha256Hex: emptySha256 })
    const request = signed(list)
    const headers = { ...request.headers, 'x-amz-content-sha256': 'a'.repeat(64) } as Record<string, string>
    refused(() => run(makeRequest({ target: '/bucket/key', headers })), { code: 'SignatureDoesNotMatch' })
  })

  it('SignedHeaders may be unsorted, upper-case and repeated (case 78)', () => {
    run(signed({ signedHeaders: 'X-Amz-Date;x-amz-content-sha256;host;HOST;x-amz-date' }))
  })

  it('a mismatch shows what should have been signed, in the order of AWS', () => {
    const caught = refused(() => run(signed({ signature: bad })), {
      code: 'SignatureDoesNotMatch',
      status: 403,
      message:
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    })
    assert.deepEqual(Object.keys(caught.fields), [
      'AWSAccessKeyId',
      'StringToSign',
      'SignatureProvided',
      'StringToSignBytes',
      'CanonicalRequest',
      'CanonicalRequestBytes',
    ])
    const { AWSAccessKeyId, SignatureProvided, StringToSign, StringToSignBytes, CanonicalRequest } = caught.fields
    assert.equal(AWSAccessKeyId, accessKeyId)
    assert.equal(SignatureProvided, bad)
    assert.match(
      String(StringToSign),
      /^AWS4-HMAC-SHA256\n20130524T000000Z\n20130524\/us-east-1\/s3\/aws4_request\n[0-9a-f]{64}$/,
    )
    assert.ok(String(StringToSignBytes).startsWith('41 57 53 34 2d '))
    assert.equal(
      CanonicalRequest,
      `GET\n/bucket/key\n\nhost:127.0.0.1:9000\nx-amz-content-sha256:${emptySha256}\nx-amz-date:20130524T000000Z\n\nhost;x-amz-content-sha256;x-amz-date\n${emptySha256}`,
    )
  })

  it('no error or message holds the secret', () => {
    const caught = refused(() => run(signed({ signature: bad })), { code: 'SignatureDoesNotMatch' })
    assert.ok(!JSON.stringify([caught.fields, caught.message, caught.stack]).includes('wJalrXUtnFEMI'))
  })
})
