/** Bad dates, credentials and signatures: in the Authorization header, in the query, of SigV2, of IAM and STS. */
import type { RequestShape } from './requests.ts'
import { key } from './requests.ts'
import { type Row, runTable } from './table.ts'

// Sources: the order and wording of AWS's refusals as recorded by LocalStack's snapshots (test_s3_presigned_url_expired,
// test_s3_put_presigned_url_missing_sig_param, test_presigned_double_encoded_credentials, test_create_bucket_aws_global,
// test_put_object_with_md5_and_chunk_signature_bad_headers) and by argmin's comparison of S3 with its own server.
const target = '/bucket/hello.txt'
const nowMs = Date.now()
const basic = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
const now = basic(nowMs)
const today = now.slice(0, 8)
const spoiltHeader = (headers: Record<string, string | undefined>): RequestShape => ({ target, spoil: headers })
/** The Authorization header of a request with one part of it replaced. */
const authorization = (parts: {
  credential?: string
  signedHeaders?: string
  signature?: string
  scheme?: string
}): string =>
  `${parts.scheme ?? 'AWS4-HMAC-SHA256'} Credential=${parts.credential ?? `${key.accessKeyId}/${today}/us-east-1/s3/aws4_request`}, ` +
  `SignedHeaders=${parts.signedHeaders ?? 'host;x-amz-content-sha256;x-amz-date'}, Signature=${parts.signature ?? '0'.repeat(64)}`
const withAuthorization = (value: string): RequestShape => spoiltHeader({ Authorization: value })
const scoped = (scope: string): RequestShape =>
  withAuthorization(authorization({ credential: `${key.accessKeyId}/${scope}` }))

const noDate = {
  status: 403,
  code: 'AccessDenied',
  message: 'AWS authentication requires a valid Date or x-amz-date header',
} as const
const skewed = {
  status: 403,
  code: 'RequestTimeTooSkewed',
  message: 'The difference between the request time and the current time is too large.',
} as const
const malformed = (message: string | RegExp) => ({ status: 400, code: 'AuthorizationHeaderMalformed', message })
const oneSpace = "Authorization header is invalid -- one and only one ' ' (space) required"

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
    request: { target, service: 'ec2', headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } },
    ...malformed(/incorrect service "ec2"\. This endpoint belongs to "s3"\.$/),
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

/** A presigned URL with parameters replaced (undefined: removed) after signing. */
const presigned = (changes: Record<string, string | undefined>): RequestShape => ({
  target,
  sign: 'query',
  respell(path) {
    let url = path
    for (const [name, value] of Object.entries(changes)) {
      url = url.replace(new RegExp(`([?&])${name}=[^&]*`), value === undefined ? '$1' : `$1${name}=${value}`)
    }
    return url
  },
})
const queryError = (message: string | RegExp) => ({ status: 400, code: 'AuthorizationQueryParametersError', message })
const missing =
  'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.'
const dateFormat = `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`

const queries: Row[] = [
  ...['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Expires'].flatMap(
    (name): Row[] => [
      // test_s3_put_presigned_url_missing_sig_param, recorded AWS answers.
      { name: `without ${name}`, request: presigned({ [name]: undefined }), ...queryError(missing) },
      { name: `with an empty ${name}`, request: presigned({ [name]: '' }), ...queryError(missing) },
    ],
  ),
  ...['', 'AWS4-HMAC-SHA512', 'md5'].map(
    (algorithm): Row => ({
      name: `the algorithm ${JSON.stringify(algorithm)}`,
      request: presigned({ 'X-Amz-Algorithm': algorithm }),
      ...queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'),
    }),
  ),
  ...['today', new Date(nowMs).toISOString(), '20260230T000000Z', '%FF'].map(
    (date): Row => ({
      name: `the date ${date}`,
      request: presigned({ 'X-Amz-Date': date }),
      ...(date === '%FF' ? { status: 400 } : queryError(dateFormat)),
    }),
  ),
  ...['soon', '1.5', '1e3', '0x10'].map(
    (expires): Row => ({
      name: `X-Amz-Expires=${expires}`,
      request: presigned({ 'X-Amz-Expires': expires }),
      ...queryError('X-Amz-Expires should be a number'),
    }),
  ),
  {
    name: 'X-Amz-Expires=-1',
    request: presigned({ 'X-Amz-Expires': '-1' }),
    ...queryError('X-Amz-Expires must be non-negative'),
  },
  ...['604801', '99999999'].map(
    (expires): Row => ({
      name: `X-Amz-Expires=${expires}`,
      request: presigned({ 'X-Amz-Expires': expires }),
      ...queryError(/^X-Amz-Expires must be less than a week \(in seconds\)/),
    }),
  ),
  {
    name: 'a URL of the day after tomorrow',
    request: presigned({ 'X-Amz-Date': basic(nowMs + 2 * 86_400_000) }),
    status: 403,
    code: 'AccessDenied',
    message: 'Request is not yet valid',
  },
  {
    // test_s3_presigned_url_expired, recorded AWS answers.
    name: 'a URL that has expired',
    request: presigned({ 'X-Amz-Date': basic(nowMs - 3_600_000), 'X-Amz-Expires': '60' }),
    status: 403,
    code: 'AccessDenied',
    message: 'Request has expired',
    fields: { 'X-Amz-Expires': '60' },
  },
  {
    name: 'a URL of the year 0',
    request: presigned({ 'X-Amz-Date': '00000101T000000Z' }),
    status: 403,
    code: 'AccessDenied',
    message: 'Request has expired',
  },
  {
    // test_presigned_double_encoded_credentials, recorded AWS answers.
    name: 'a credential that was encoded twice',
    request: presigned({ 'X-Amz-Credential': `${key.accessKeyId}%252F${today}%252Fus-east-1%252Fs3%252Faws4_request` }),
    ...queryError(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    ),
  },
  {
    name: 'the credential of another day',
    request: presigned({ 'X-Amz-Credential': `${key.accessKeyId}%2F19990101%2Fus-east-1%2Fs3%2Faws4_request` }),
    ...queryError(/^Invalid credential date "19990101"\. This date is not the same as X-Amz-Date: "/),
  },
  {
    name: 'a signature of something else',
    request: presigned({ 'X-Amz-Signature': '00' }),
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
  {
    name: 'another method than was signed',
    request: {
      ...presigned({}),
      method: 'GET',
      target: '/bucket/other',
      respell: (path) => path.replace('other', 'hello.txt'),
    },
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
]

const v2Query = (parameters: string): RequestShape => ({ target: `${target}?${parameters}`, sign: 'none' })
const v2: Row[] = [
  // test_s3_put_presigned_url_missing_sig_param[s3], recorded AWS answers.
  ...[
    'Signature=a',
    'Signature=a&Expires=1',
    'Signature=a&AWSAccessKeyId=b',
    'Signature=&Expires=1&AWSAccessKeyId=b',
  ].map(
    (parameters): Row => ({
      name: parameters,
      request: v2Query(parameters),
      status: 403,
      code: 'AccessDenied',
      message: 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
    }),
  ),
  ...['soon', '-1', '1e9', '%00'].map(
    (expires): Row => ({
      name: `Expires=${expires}`,
      request: v2Query(`Signature=a&Expires=${expires}&AWSAccessKeyId=b`),
      status: 403,
      code: 'AccessDenied',
      message: /^Invalid date \(should be seconds since epoch\): /,
    }),
  ),
  {
    name: 'an end in the past',
    request: v2Query('Signature=a&Expires=1&AWSAccessKeyId=b'),
    status: 403,
    code: 'AccessDenied',
    message: 'Request has expired',
  },
  {
    name: 'an unknown key',
    request: v2Query('Signature=a&Expires=99999999999&AWSAccessKeyId=b'),
    status: 403,
    code: 'InvalidAccessKeyId',
  },
  {
    name: 'an end that no calendar has',
    request: v2Query(`Signature=a&Expires=999999999999999&AWSAccessKeyId=${key.accessKeyId}`),
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
  ...['AWS x', 'AWS :', 'AWS a:', 'AWS :b'].map(
    (value): Row => ({
      name: `the header ${value}`,
      request: { target, sign: 'none', headers: { Authorization: value, Date: new Date(nowMs).toUTCString() } },
      status: 400,
      code: 'InvalidArgument',
      message: 'AWS authorization header is invalid.  Expected AwsAccessKeyId:signature',
    }),
  ),
  {
    name: 'a second space',
    request: { target, sign: 'none', headers: { Authorization: 'AWS a:b c' } },
    status: 400,
    code: 'InvalidArgument',
    message: oneSpace,
  },
  {
    name: 'a header without a date',
    request: { target, sign: 'none', headers: { Authorization: 'AWS a:b' } },
    ...noDate,
  },
  ...['yesterday', 'Thu, 99 Foo 2020 99:99:99 GMT', '0', 'x'.repeat(3000)].map(
    (date): Row => ({
      name: `the date ${date.slice(0, 30)}`,
      request: { target, sign: 'none', headers: { Authorization: 'AWS a:b', Date: date } },
      ...noDate,
    }),
  ),
  {
    name: 'a date of 1994',
    request: { target, sign: 'none', headers: { Authorization: 'AWS a:b', Date: 'Sun, 06 Nov 1994 08:49:37 GMT' } },
    ...skewed,
  },
]

/** A form to IAM or STS. */
const form = (body: string, more: Partial<RequestShape> = {}): RequestShape => ({
  method: 'POST',
  target: '/',
  service: 'sts',
  body,
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  ...more,
})
const version = 'Version=2011-06-15'
// @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
const queryProtocol: Row[] = [
  { name: 'no action', request: form(version), status: 400, code: 'MissingAction' },
  { name: 'an empty form', request: form(''), status: 400, code: 'MissingAction' },
  {
    name: 'an action that nobody knows',
    request: form(`Action=Frobnicate&${version}`),
    status: 400,
    code: 'InvalidAction',
    message: 'Could not find operation Frobnicate for version 2011-06-15',
  },
  {
    name: 'no version',
    request: form('Action=GetCallerIdentity'),
    status: 400,
    code: 'InvalidAction',
    message: 'Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED',
  },
  {
    name: 'another version',
    request: form('Action=GetCallerIdentity&Version=1999-01-01'),
    status: 400,
    code: 'InvalidAction',
  },
  {
    name: 'an action of Object.prototype',
    request: form(`Action=constructor&${version}`),
    status: 400,
    code: 'InvalidAction',
  },
  { name: 'a broken escape', request: form(`Action=%zz&${version}`), status: 404, code: 'MalformedQueryString' },
  {
    name: 'names of 1,000 levels',
    request: form(`Action=GetCallerIdentity&${version}&${'a.'.repeat(1000)}=1`),
    status: 404,
    code: 'MalformedQueryString',
  },
  {
    name: '20,000 parameters',
    request: form(`Action=GetCallerIdentity&${version}&${'a=1&'.repeat(20_000)}`),
    status: 404,
    code: 'MalformedQueryString',
  },
  { name: 'a form of 2 MiB', request: form('a'.repeat(2 * 2 ** 20)), status: 400, code: 'MaxMessageLengthExceeded' },
  {
    name: 'no signature',
    request: form(`Action=GetCallerIdentity&${version}`, { sign: 'none' }),
    status: 403,
    code: 'MissingAuthenticationToken',
  },
  {
    name: 'an unknown key',
    request: form(`Action=GetCallerIdentity&${version}`, { key: { accessKeyId: 'AKIAX', secretAccessKey: 'x' } }),
    status: 403,
    code: 'InvalidClientTokenId',
  },
  {
    name: 'a wrong secret',
    request: form(`Action=GetCallerIdentity&${version}`, { key: { ...key, secretAccessKey: 'x' } }),
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
  {
    name: 'a form that changed on the way',
    request: {
      ...form(`Action=GetCallerIdentity&${version}`),
      spoil: {
        Authorization: authorization({
          credential: `${key.accessKeyId}/${today}/us-east-1/sts/aws4_request`,
          signedHeaders: 'host;x-amz-date',
        }),
      },
    },
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
  {
    name: 'no date',
    request: form(`Action=GetCallerIdentity&${version}`, { spoil: { 'X-Amz-Date': undefined } }),
    status: 400,
    code: 'IncompleteSignature',
  },
  {
    name: 'an incomplete Authorization',
    request: form(`Action=GetCallerIdentity&${version}`, {
      spoil: { Authorization: `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${today}/us-east-1/sts/aws4_request` },
    }),
    status: 400,
    code: 'IncompleteSignature',
  },
]

runTable('dates', dates)
runTable('the Authorization header', headers)
runTable('presigned URLs', queries)
runTable('SigV2', v2)
runTable('IAM and STS', queryProtocol)
