/** Bad dates, credentials and signatures in the query, of SigV2, of IAM and STS. */
import { authorization, basic, noDate, nowMs, oneSpace, skewed, target, today } from './auth-parts.ts'
import { key, type RequestShape } from './requests.ts'
import { type Row, runTable } from './table.ts'

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

/** A browser's form of parts, each its headers and its value. */
const browserForm = (...parts: string[]): RequestShape => ({
  method: 'POST',
  target: '/bucket',
  sign: 'none',
  headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
  body: `${parts.map((part) => `--x\r\n${part}\r\n`).join('')}--x--\r\n`,
})
const disposition = (value: string, more = ''): string => `Content-Disposition: form-data${value}\r\n${more}\r\nv`
const malformedForm = { status: 400, code: 'MalformedPOSTRequest' }
const withoutFile = { status: 400, code: 'InvalidArgument', fields: { ArgumentName: 'file' } }
const anonymousForm = { status: 403, code: 'AccessDenied' }
const filePart = disposition('; name="file"; filename="a"')
const browserForms: Row[] = [
  { name: 'a part without a name', request: browserForm(disposition('')), ...malformedForm },
  { name: 'a part with a name that is none', request: browserForm(disposition('; name')), ...malformedForm },
  { name: 'a part without a name before the file', request: browserForm(disposition(''), filePart), ...malformedForm },
  {
    name: 'a part without a name behind the file',
    request: browserForm(disposition('; name="key"'), filePart, disposition('')),
    ...anonymousForm,
  },
  { name: 'a part with an empty name', request: browserForm(disposition('; name=""')), ...withoutFile },
  { name: 'a part without a disposition', request: browserForm('\r\nv'), ...withoutFile },
  { name: 'a part with an empty disposition', request: browserForm('Content-Disposition:\r\n\r\nv'), ...withoutFile },
  {
    name: 'a character set without a name',
    request: browserForm(disposition('; name="k"', 'Content-Type: text/plain; charset\r\n')),
    ...withoutFile,
  },
  {
    name: 'an unknown character set',
    request: browserForm(disposition('; name="k"', 'Content-Type: text/plain; charset=zzz\r\n')),
    ...withoutFile,
  },
  {
    name: 'names of Object.prototype',
    request: browserForm(...['__proto__', 'constructor', 'toString'].map((name) => disposition(`; name="${name}"`))),
    ...withoutFile,
  },
  {
    name: 'a name in broken percent-encoding',
    request: browserForm(disposition("; name*=utf-8''%zz")),
    ...withoutFile,
  },
  { name: 'no part', request: browserForm(), ...withoutFile },
  { name: 'no end', request: { ...browserForm(), body: `--x\r\n${disposition('; name="k"')}` }, ...malformedForm },
  {
    name: 'a file without an end',
    request: { ...browserForm(), body: `--x\r\n${disposition('; name="key"')}\r\n--x\r\n${filePart}` },
    ...anonymousForm,
  },
  {
    name: 'an empty boundary',
    request: { ...browserForm(filePart), headers: { 'Content-Type': 'multipart/form-data; boundary=' } },
    ...malformedForm,
  },
  {
    name: 'no boundary',
    request: { ...browserForm(filePart), headers: { 'Content-Type': 'multipart/form-data' } },
    ...malformedForm,
  },
]

runTable('presigned URLs', queries)
runTable('browser forms', browserForms)
runTable('SigV2', v2)
runTable('IAM and STS', queryProtocol)
