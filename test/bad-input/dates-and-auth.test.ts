/** Bad dates, credentials and signatures in the Authorization header. */
import { authorization, basic, noDate, now, nowMs, oneSpace, skewed, target, today } from './auth-parts.ts'
import { key, type RequestShape } from './requests.ts'
import { type Row, runTable } from './table.ts'

const spoiltHeader = (headers: Record<string, string | undefined>): RequestShape => ({ target, spoil: headers })
const withAuthorization = (value: string): RequestShape => spoiltHeader({ Authorization: value })
const scoped = (scope: string): RequestShape =>
  withAuthorization(authorization({ credential: `${key.accessKeyId}/${scope}` }))

const malformed = (message: string | RegExp) => ({ status: 400, code: 'AuthorizationHeaderMalformed', message })

const dates: Row[] = [
  ...[
    ['no date at all', undefined],
    ['an empty date', ''],
    ['a word', 'today'],
    ['a date of HTTP', new Date(nowMs).toUTCString()],
    ['ISO 8601 with punctuation', new Date(nowMs).toISOString()],
    ['a date without its Z', now.slice(0, -1)],
    ['an offset in place of Z', `${now.slice(0, -1)}+`],
    ['month 13', '20261301T000000Z'],
    ['30 February', '20260230T000000Z'],
    ['hour 24', '20260101T240000Z'],
    ['second 61', '20260101T000061Z'],
    ['letters among the digits', '2026O101T000000Z'],
    ['milliseconds since 1970', String(nowMs)],
    ['a date that is followed by more', `${now}0`],
  ].map(([name, value]): Row => ({ name: name as string, request: spoiltHeader({ 'X-Amz-Date': value }), ...noDate })),
  ...[
    ['16 minutes ago', basic(nowMs - 16 * 60_000)],
    ['in 16 minutes', basic(nowMs + 16 * 60_000)],
    ['the year 1', '00010101T000000Z'],
    ['the year 9999', '99991231T235959Z'],
    ['the year 0', '00000101T000000Z'],
  ].map(
    ([name, value]): Row => ({
      name: name as string,
      request: spoiltHeader({ 'X-Amz-Date': value }),
      ...skewed,
      fields: { RequestTime: value as string, MaxAllowedSkewMilliseconds: '900000' },
    }),
  ),
]

const headers: Row[] = [
  ...['AWS4-HMAC-SHA256', '', 'x', 'Basic', ' '].map(
    (value): Row => ({
      name: `the header ${JSON.stringify(value)}`,
      request: withAuthorization(value),
      status: 400,
      code: 'InvalidArgument',
      message: oneSpace,
      fields: { ArgumentName: 'Authorization' },
    }),
  ),
  ...['Basic dXNlcjpwYXNz', 'Bearer token', 'AWS4-HMAC-SHA512 Credential=a', 'AWS5 a', '\u00e9 b'].map(
    (value): Row => ({
      name: `the scheme of ${value}`,
      request: withAuthorization(value),
      status: 400,
      code: 'InvalidArgument',
      message: 'Unsupported Authorization Type',
    }),
  ),
  ...[
    'AWS4-HMAC-SHA256 nonsense',
    'AWS4-HMAC-SHA256 ,,',
    'AWS4-HMAC-SHA256 =,=,=',
    `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${today}/us-east-1/s3/aws4_request`,
    `${authorization({})}, Extra=1`,
    `${authorization({})}, Signature=1`,
    authorization({ signature: ' ' }),
    authorization({ signedHeaders: ' ' }),
    authorization({}).replace('Credential=', 'credential='),
    `AWS4-HMAC-SHA256 ${'Credential=a,'.repeat(500)}`,
  ].map(
    (value, at): Row => ({
      name: `not three components (${at + 1}): ${value.slice(0, 60)}`,
      request: withAuthorization(value),
      ...malformed(
        'The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.',
      ),
    }),
  ),
  ...['x', '////', '/////', `/${today}/us-east-1/s3/aws4_request`, 'a/b/c/d/e/f'].map(
    (credential): Row => ({
      name: `the credential ${credential}`,
      request: withAuthorization(authorization({ credential })),
      ...malformed(/the Credential is mal-formed; expecting "<YOUR-AKID>\/YYYYMMDD\/REGION\/SERVICE\/aws4_request"\.$/),
    }),
  ),
  {
    name: 'an empty region',
    request: scoped(`${today}//s3/aws4_request`),
    ...malformed(/a non-empty region must be provided in the credential\.$/),
  },
  {
    // test_create_bucket_aws_global, recorded AWS answers.
    name: 'another region',
    request: { target, region: 'aws-global' },
    ...malformed("The authorization header is malformed; the region 'aws-global' is wrong; expecting 'us-east-1'"),
    fields: { Region: 'us-east-1' },
  },
  {
    name: 'another service',
    request: { target, service: 'nothing', headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } },
    ...malformed(/incorrect service "nothing"\. This endpoint belongs to "s3"\.$/),
  },
  {
    name: 'another terminal',
    request: scoped(`${today}/us-east-1/s3/aws5_request`),
    ...malformed(/incorrect terminal "aws5_request"\. This endpoint uses "aws4_request"\.$/),
  },
  ...['19990101', '', '2', `${today}0`].map(
    (date): Row => ({
      name: `the scope date ${JSON.stringify(date)}`,
      request: scoped(`${date}/us-east-1/s3/aws4_request`),
      ...malformed(/Invalid credential date\. Date is not the same as X-Amz-Date\.$/),
    }),
  ),
  {
    name: 'a key that does not exist',
    request: { target, key: { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' } },
    status: 403,
    code: 'InvalidAccessKeyId',
    message: 'The AWS Access Key Id you provided does not exist in our records.',
    fields: { AWSAccessKeyId: 'AKIAUNKNOWN' },
  },
  {
    name: 'a key that is a name of Object.prototype',
    request: { target, key: { accessKeyId: '__proto__', secretAccessKey: 'x' } },
    status: 403,
    code: 'InvalidAccessKeyId',
  },
  {
    name: 'a key of 5,000 characters',
    request: { target, key: { accessKeyId: 'A'.repeat(5000), secretAccessKey: 'x' } },
    status: 403,
    code: 'InvalidAccessKeyId',
  },
  {
    name: 'a wrong secret',
    request: { target, key: { ...key, secretAccessKey: 'wrong' } },
    status: 403,
    code: 'SignatureDoesNotMatch',
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    fields: { AWSAccessKeyId: key.accessKeyId },
  },
  ...['0', 'g'.repeat(64), 'é', '0'.repeat(64), 'f'.repeat(4000)].map(
    (signature): Row => ({
      name: `the signature ${signature.slice(0, 12)} (${signature.length})`,
      request: withAuthorization(authorization({ signature })),
      status: 403,
      code: 'SignatureDoesNotMatch',
      fields: { SignatureProvided: signature },
    }),
  ),
  {
    name: 'a header that changed on the way',
    request: { target, headers: { 'x-amz-meta-a': '1' }, spoil: { 'x-amz-meta-a': '2' } },
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
  {
    name: 'a path that changed on the way',
    request: { target, respell: () => '/bucket/other.txt' },
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
  {
    name: 'a query that was added on the way',
    request: { target, respell: (path) => `${path}?versionId=null` },
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
  {
    // test_put_object_with_md5_and_chunk_signature_bad_headers, recorded AWS answers.
    name: 'a header of Amazon that was not signed',
    request: spoiltHeader({ 'x-amz-meta-b': '1', 'x-amz-acl': 'private' }),
    status: 403,
    code: 'AccessDenied',
    message: 'There were headers present in the request which were not signed',
    fields: { HeadersNotSigned: 'x-amz-acl, x-amz-meta-b' },
  },
  {
    name: 'a Host that was not signed',
    request: withAuthorization(authorization({ signedHeaders: 'x-amz-content-sha256;x-amz-date' })),
    status: 403,
    code: 'AccessDenied',
    fields: { HeadersNotSigned: 'host' },
  },
  {
    name: 'a token beside a key that has none',
    request: { target, headers: { 'x-amz-security-token': 'token' } },
    status: 400,
    code: 'InvalidToken',
    fields: { 'Token-0': 'token' },
  },
  {
    name: 'no x-amz-content-sha256',
    request: {
      target,
      spoil: {
        'X-Amz-Content-Sha256': undefined,
        Authorization: authorization({ signedHeaders: 'host;x-amz-date' }),
      },
    },
    status: 400,
    code: 'InvalidRequest',
    message: 'Missing required header for this request: x-amz-content-sha256',
  },
  ...['nonsense', 'e3b0', 'UNSIGNED', 'STREAMING', 'z'.repeat(64)].map(
    (hash): Row => ({
      name: `the payload hash ${JSON.stringify(hash.slice(0, 12))}`,
      request: { target, headers: { 'x-amz-content-sha256': hash } },
      status: 400,
      code: 'InvalidArgument',
      message: /^x-amz-content-sha256 must be UNSIGNED-PAYLOAD, .* or a valid sha256 value\.$/,
      fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: hash },
    }),
  ),
  {
    name: 'a list of 3,000 signed headers',
    request: withAuthorization(authorization({ signedHeaders: 'a;'.repeat(3000) })),
    status: 403,
    code: 'AccessDenied',
  },
  {
    name: 'no signature at all',
    request: { target, sign: 'none' },
    status: 403,
    code: 'AccessDenied',
    message: 'Access Denied',
  },
  {
    name: 'the bucket of somebody else',
    request: { target: '/foreign' },
    status: 403,
    code: 'AccessDenied',
  },
  {
    name: 'two mechanisms at once',
    request: { target, respell: (path) => `${path}?X-Amz-Algorithm=AWS4-HMAC-SHA256` },
    status: 400,
    code: 'InvalidArgument',
    message: /^Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter/,
    fields: { ArgumentName: 'Authorization' },
  },
  {
    name: 'SigV4A with a signature that is no DER',
    request: {
      target,
      sign: 'none',
      headers: {
        'X-Amz-Date': now,
        'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
        'X-Amz-Region-Set': '*',
        Authorization: authorization({
          scheme: 'AWS4-ECDSA-P256-SHA256',
          credential: `${key.accessKeyId}/${today}/s3/aws4_request`,
          signedHeaders: 'host;x-amz-content-sha256;x-amz-date;x-amz-region-set',
          signature: '30ff00',
        }),
      },
    },
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
]

runTable('dates', dates)
runTable('the Authorization header', headers)
