import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AwsError } from '../../src/errors.ts'
import { sentText } from '../../src/lib/sent-text.ts'
import { planOf } from '../../src/protocol/plan.ts'
import { parseQuery } from '../../src/protocol/query-string.ts'

type Headers = Record<string, string>

const bind = (operation: string, rawQuery = '', headers: Headers = {}) =>
  planOf(operation).bind({ bucket: 'b', key: 'k', query: parseQuery(rawQuery), headers })

test('labels, parameters, headers and metadata become members', () => {
  const input = bind('PutObject', 'x-id=PutObject&unknown=1', {
    'cache-control': 'no-cache',
    'content-length': '12',
    expires: 'whenever',
    'x-amz-meta-a': '1',
    'x-amz-meta-__proto__': '2',
    'x-amz-object-lock-retain-until-date': '2030-01-02T03:04:05Z',
    'if-none-match': '*',
    host: 'x',
  })
  assert.equal(JSON.stringify((input.Metadata as object) ?? {}), '{"a":"1","__proto__":"2"}')
  delete input.Metadata
  assert.equal(sentText(input, 'ObjectLockRetainUntilDate'), '2030-01-02T03:04:05Z')
  assert.deepEqual(Object.fromEntries(Object.entries(input)), {
    Bucket: 'b',
    Key: 'k',
    CacheControl: 'no-cache',
    ContentLength: 12,
    Expires: 'whenever',
    IfNoneMatch: '*',
    ObjectLockRetainUntilDate: Date.UTC(2030, 0, 2, 3, 4, 5),
  })
})

// `05`, `-0` and an empty value: brekkylab/backlot#204.
const pageSizes: [string, number | undefined][] = [
  ['', undefined],
  ['0', 0],
  ['05', 5],
  ['-0', 0],
  ['2147483647', 2147483647],
]
for (const [text, expected] of pageSizes) {
  test(`max-keys=${text} is ${expected}`, () => {
    assert.equal(bind('ListObjectsV2', `list-type=2&max-keys=${text}`).MaxKeys, expected)
  })
}

for (const date of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
  test(`If-Modified-Since: ${date} is read`, () => {
    assert.equal(bind('GetObject', '', { 'if-modified-since': date }).IfModifiedSince, 784111777000)
  })
}

test('a conditional date that cannot be read is ignored', () => {
  for (const date of ['yesterday', 'Sun, 31 Feb 1994 08:49:37 GMT', '']) {
    assert.equal(bind('GetObject', '', { 'if-modified-since': date }).IfModifiedSince, undefined)
  }
})

test('lists in headers are split', () => {
  const headers = { 'x-amz-object-attributes': 'ETag, ObjectSize,' }
  assert.deepEqual(bind('GetObjectAttributes', 'attributes', headers).ObjectAttributes, ['ETag', 'ObjectSize'])
})

test('a checksum algorithm may be in lower case', () => {
  const headers = { 'x-amz-checksum-algorithm': 'crc32c' }
  assert.equal(bind('CreateMultipartUpload', 'uploads', headers).ChecksumAlgorithm, 'CRC32C')
})

test('an unreadable x-amz-max-parts is ignored (versity/versitygw#1806)', () => {
  const headers = { 'x-amz-object-attributes': 'ETag', 'x-amz-max-parts': 'many' }
  assert.equal(bind('GetObjectAttributes', 'attributes', headers).MaxParts, undefined)
})

const argument = (name: string, value: string, message: string): [string, string, object] => [
  'InvalidArgument',
  message,
  { ArgumentName: name, ArgumentValue: value },
]
const readable = (name: string, value: string) =>
  argument(name, value, `Provided ${name} not an integer or within integer range`)
const between = (name: string, value: string) =>
  argument(name, value, `Argument ${name} must be an integer between 0 and 2147483647`)
const part = (value: string) =>
  argument('partNumber', value, 'Part number must be an integer between 1 and 10000, inclusive')

const refusals: [string, string, Headers, [string, string, object]][] = [
  // brekkylab/backlot#192; versity/versitygw#1794, #1804, #1809.
  ['ListObjects', 'max-keys=abc', {}, readable('max-keys', 'abc')],
  ['ListObjects', 'max-keys=1.5', {}, readable('max-keys', '1.5')],
  ['ListObjectsV2', 'max-keys=49832749832798423', {}, readable('max-keys', '49832749832798423')],
  ['ListObjectsV2', 'max-keys=2147483648', {}, readable('max-keys', '2147483648')],
  ['ListObjectsV2', 'max-keys=-1', {}, between('maxKeys', '-1')],
  ['ListObjectVersions', 'max-keys=-1', {}, argument('max-keys', '-1', 'max-keys cannot be negative')],
  ['ListMultipartUploads', 'max-uploads=2157483647', {}, readable('max-uploads', '2157483647')],
  ['ListMultipartUploads', 'max-uploads=-1', {}, between('max-uploads', '-1')],
  ['ListParts', 'uploadId=u&max-parts=-2', {}, between('max-parts', '-2')],
  ['ListParts', 'uploadId=u&part-number-marker=x', {}, readable('part-number-marker', 'x')],
  // Recorded AWS answers.
  ['UploadPart', 'uploadId=u&partNumber=-1', {}, part('-1')],
  ['UploadPart', 'uploadId=u&partNumber=0', {}, part('0')],
  ['UploadPart', 'uploadId=u&partNumber=10001', {}, part('10001')],
  ['UploadPart', 'uploadId=u&partNumber=x', {}, part('x')],
  ['GetObject', 'partNumber=0', {}, part('0')],
  [
    'ListObjects',
    'encoding-type=value',
    {},
    argument('encoding-type', 'value', 'Invalid Encoding Method specified in Request'),
  ],
  ['ListObjects', 'encoding-type=', {}, argument('encoding-type', '', 'Invalid Encoding Method specified in Request')],
  ['PutBucketAcl', 'acl', { 'x-amz-acl': 'fake-acl' }, argument('x-amz-acl', 'fake-acl', '')],
  ['PutObject', '', { 'x-amz-acl': 'privatee' }, argument('x-amz-acl', 'privatee', '')],
  [
    'PutObject',
    '',
    { 'x-amz-object-lock-legal-hold': 'wrong' },
    argument('x-amz-object-lock-legal-hold', 'wrong', "Legal Hold must be either of 'ON' or 'OFF'"),
  ],
  [
    'PutObject',
    '',
    { 'x-amz-storage-class': 'FakeClass' },
    ['InvalidStorageClass', 'The storage class you specified is not valid', { StorageClassRequested: 'FakeClass' }],
  ],
  [
    'CreateBucket',
    '',
    { 'x-amz-object-ownership': 'RandomValue' },
    [
      'InvalidArgument',
      'Invalid x-amz-object-ownership header: RandomValue',
      { ArgumentName: 'x-amz-object-ownership' },
    ],
  ],
  [
    'CreateBucket',
    '',
    { 'x-amz-object-ownership': '' },
    ['InvalidArgument', 'Invalid x-amz-object-ownership header: ', { ArgumentName: 'x-amz-object-ownership' }],
  ],
  [
    'CreateMultipartUpload',
    'uploads',
    { 'x-amz-checksum-algorithm': 'MYALGO' },
    [
      'InvalidRequest',
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
      {},
    ],
  ],
  [
    'GetObject',
    'response-cache-control=%E2%80%94',
    {},
    argument('response-cache-control', '—', 'Header value cannot be represented using ISO-8859-1.'),
  ],
  [
    'GetObject',
    'response-content-type=a%0D%0AX:1',
    {},
    argument('response-content-type', 'a\r\nX:1', 'Header value cannot be represented using ISO-8859-1.'),
  ],
  [
    'GetObjectAttributes',
    'attributes',
    { 'x-amz-object-attributes': 'ETag,ETags' },
    argument('x-amz-object-attributes', 'ETag,ETags', 'Invalid attribute name specified.'),
  ],
  [
    'GetObjectAttributes',
    'attributes',
    {},
    [
      'InvalidRequest',
      'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
      {},
    ],
  ],
  [
    'PutObject',
    '',
    { 'x-amz-object-lock-retain-until-date': 'soon' },
    argument(
      'x-amz-object-lock-retain-until-date',
      'soon',
      'The retain until date must be provided in ISO 8601 format',
    ),
  ],
  [
    'DeleteObject',
    '',
    { 'x-amz-bypass-governance-retention': 'maybe' },
    ['InvalidRequest', 'Value for x-amz-bypass-governance-retention header is invalid.', {}],
  ],
  ['PutObject', '', { 'content-length': 'x' }, ['InvalidRequest', 'Value for content-length header is invalid.', {}]],
  [
    'CompleteMultipartUpload',
    'uploadId=1',
    { 'x-amz-mp-object-size': '-1' },
    ['InvalidRequest', "Value for x-amz-mp-object-size header is less than zero: '-1'", {}],
  ],
  [
    'CompleteMultipartUpload',
    'uploadId=1',
    { 'x-amz-mp-object-size': 'many' },
    ['InvalidRequest', "Value for x-amz-mp-object-size header is invalid: 'many'", {}],
  ],
  [
    'RenameObject',
    'renameObject',
    {},
    [
      'MissingSecurityHeader',
      'Your request was missing a required header',
      { MissingHeaderName: 'x-amz-rename-source' },
    ],
  ],
  ['PutBucketAnalyticsConfiguration', 'analytics', {}, argument('id', '', 'Missing required parameter id')],
]

for (const [operation, rawQuery, headers, [code, message, fields]] of refusals) {
  test(`${operation} ?${rawQuery} ${JSON.stringify(headers)} is ${code}: ${message}`, () => {
    assert.throws(
      () => bind(operation, rawQuery, headers),
      (cause) => {
        assert.ok(cause instanceof AwsError)
        assert.deepEqual([cause.code, cause.message, cause.fields], [code, message, fields])
        return true
      },
    )
  })
}

test('a repeated x-amz-meta- header is joined by a comma alone', () => {
  const bindMeta = (headers: Headers, rawHeaders?: string[]) =>
    planOf('PutObject').bind({ bucket: 'b', key: 'k', query: [], headers, rawHeaders }).Metadata
  const twice = ['Host', 'h', 'X-Amz-Meta-K', 'a', 'x-amz-meta-k', 'b, c', 'x-amz-meta-k', '']
  assert.deepEqual({ ...(bindMeta({ 'x-amz-meta-k': 'a, b, c, ' }, twice) as object) }, { k: 'a,b, c,' })
  const once = ['x-amz-meta-k', 'a, b']
  assert.deepEqual({ ...(bindMeta({ 'x-amz-meta-k': 'a, b' }, once) as object) }, { k: 'a, b' })
  assert.deepEqual({ ...(bindMeta({ 'x-amz-meta-k': 'a, b' }) as object) }, { k: 'a, b' })
})

test('x-amz-mp-object-size may be larger than any page', () => {
  const bound = bind('CompleteMultipartUpload', 'uploadId=1', { 'x-amz-mp-object-size': '5497558138880' })
  assert.equal(bound.MpuObjectSize, 5_497_558_138_880)
})

test('the letters of a checksum type may be of either case, as those of an algorithm', () => {
  const headers = { 'x-amz-checksum-algorithm': 'Crc32', 'x-amz-checksum-type': 'full_Object' }
  const bound = bind('CreateMultipartUpload', 'uploads', headers)
  assert.deepEqual([bound.ChecksumAlgorithm, bound.ChecksumType], ['CRC32', 'FULL_OBJECT'])
})
