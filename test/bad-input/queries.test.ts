/** Bad query strings: broken escapes, sub-resources that exclude each other, parameters of no use. */
import { type Row, runTable } from './table.ts'

const invalidArgument = (
  name: string,
  value: string | undefined,
  message: string | RegExp,
): Omit<Row, 'name' | 'request'> => ({
  status: 400,
  code: 'InvalidArgument',
  message,
  fields: { ArgumentName: name, ...(value === undefined ? {} : { ArgumentValue: value }) },
})
/** versity/versitygw#2070: AWS refuses a broken escape with 400. */
const invalidUri = { status: 400, code: 'InvalidURI', message: "Couldn't parse the specified URI." } as const
const unsigned = { sign: 'none' } as const

const spelling: Row[] = [
  { name: 'an escape without digits', request: { ...unsigned, target: '/bucket?prefix=%' }, ...invalidUri },
  { name: 'an escape with one digit', request: { ...unsigned, target: '/bucket?prefix=%4' }, ...invalidUri },
  { name: 'an escape with letters beyond f', request: { ...unsigned, target: '/bucket?prefix=%zz' }, ...invalidUri },
  { name: 'a broken escape in a name', request: { ...unsigned, target: '/bucket?%e=1' }, ...invalidUri },
  { name: 'bytes that are not UTF-8', request: { ...unsigned, target: '/bucket?prefix=%ff%fe' }, ...invalidUri },
  { name: 'UTF-8 that is too long', request: { ...unsigned, target: '/bucket?prefix=%c0%af' }, ...invalidUri },
  { name: 'UTF-8 that breaks off', request: { ...unsigned, target: '/bucket?prefix=%e2%82' }, ...invalidUri },
  { name: 'half of a surrogate pair', request: { ...unsigned, target: '/bucket?prefix=%ed%a0%80' }, ...invalidUri },
  {
    name: 'raw bytes that are not UTF-8',
    request: Buffer.from('GET /bucket?prefix=\xff HTTP/1.1\r\nHost: h\r\n\r\n', 'latin1'),
    status: 400,
    code: 'BadRequest',
  },
  {
    name: 'a query of nothing but separators is no query',
    request: { ...unsigned, target: '/bucket?&&&&=&' },
    status: 403,
    code: 'AccessDenied',
  },
  {
    name: '__proto__ is a parameter like any other',
    request: { ...unsigned, target: '/bucket?__proto__=1&__proto__[acl]=2' },
    status: 403,
    code: 'AccessDenied',
  },
  {
    // Assumed limit of 1,000 parameters: work for a request stays bounded.
    name: '5,000 parameters',
    request: { ...unsigned, target: `/bucket?${'a&'.repeat(5000)}` },
    ...invalidUri,
  },
  {
    name: 'names of Object.prototype are parameters like any other',
    request: { target: '/bucket?constructor=2&toString&hasOwnProperty=3&max-keys=x' },
    ...invalidArgument('max-keys', 'x', 'Provided max-keys not an integer or within integer range'),
  },
]

const selectors: Row[] = [
  {
    // brekkylab/backlot#230: 400 on AWS.
    name: 'two sub-resources',
    request: { target: '/bucket?acl&versioning' },
    ...invalidArgument('ResourceType', 'acl', 'Conflicting query string parameters: acl, versioning'),
  },
  {
    name: 'a sub-resource of a key that has none of that name',
    request: { target: '/bucket/hello.txt?versions' },
    status: 400,
    code: 'InvalidRequest',
    message: 'There is no such thing as the ?versions sub-resource for a key',
  },
  {
    name: '?uploads of a key',
    request: { target: '/bucket/hello.txt?uploads' },
    status: 400,
    code: 'InvalidRequest',
    message: 'There is no such thing as the ?uploads sub-resource for a key',
  },
  ...['/?versionId=x', '/bucket?versionId=x', '/bucket?versioning&versionId=x'].map(
    (target): Row => ({
      name: `a version where there is none: GET ${target}`,
      request: { target },
      ...invalidArgument('versionId', 'x', 'This operation does not accept a version-id.'),
    }),
  ),
  ...['/bucket/key?versionId=x', '/bucket/key?uploads&versionId=x'].map(
    (target): Row => ({
      name: `a version of what is to be made: ${target}`,
      request: {
        method: target.includes('uploads') ? 'POST' : 'PUT',
        target,
        body: target.includes('uploads') ? '' : 'x',
      },
      ...invalidArgument('versionId', 'x', 'This operation does not accept a version-id.'),
    }),
  ),
  {
    // versity/versitygw#1226, as AWS answers.
    name: 'partNumber without uploadId',
    request: { method: 'PUT', target: '/bucket/key?partNumber=1', body: 'x' },
    ...invalidArgument('partNumber', 'partNumber', 'This operation does not accept partNumber without uploadId'),
  },
  {
    name: 'uploadId without partNumber',
    request: { method: 'PUT', target: '/bucket/key?uploadId=x', body: 'x' },
    status: 405,
    code: 'MethodNotAllowed',
    fields: { ResourceType: 'UPLOAD' },
  },
  {
    name: 'a configuration without its id',
    request: { target: '/bucket?analytics&id=' },
    status: 404,
    code: 'NoSuchConfiguration',
  },
]

/** brekkylab/backlot#192, versity/versitygw#1794 and #1804: AWS's words for numbers. */
const numbers: Row[] = [
  ...['abc', '1.5', '1e3', '0x10', ' ', '2147483648', '99999999999999999999', '-99999999999'].map(
    (value): Row => ({
      name: `max-keys=${JSON.stringify(value)}`,
      request: { target: `/bucket?list-type=2&max-keys=${encodeURIComponent(value)}` },
      ...invalidArgument('max-keys', undefined, 'Provided max-keys not an integer or within integer range'),
    }),
  ),
  {
    name: 'max-keys=-1',
    request: { target: '/bucket?list-type=2&max-keys=-1' },
    ...invalidArgument('maxKeys', '-1', 'Argument maxKeys must be an integer between 0 and 2147483647'),
  },
  {
    // versity/versitygw#1809.
    name: 'max-keys=-1 of versions',
    request: { target: '/bucket?versions&max-keys=-1' },
    ...invalidArgument('max-keys', '-1', 'max-keys cannot be negative'),
  },
  {
    name: 'max-uploads=x',
    request: { target: '/bucket?uploads&max-uploads=x' },
    ...invalidArgument('max-uploads', 'x', 'Provided max-uploads not an integer or within integer range'),
  },
  {
    name: 'max-buckets=0',
    request: { target: '/?max-buckets=0' },
    ...invalidArgument('max-buckets', '0', /between 1 and 10000/),
  },
  {
    name: 'max-buckets=10001',
    request: { target: '/?max-buckets=10001' },
    ...invalidArgument('max-buckets', '10001', /between 1 and 10000/),
  },
  {
    name: 'max-parts=x',
    request: ({ uploadId }) => ({ target: `/bucket/upload.bin?max-parts=x&uploadId=${uploadId}` }),
    ...invalidArgument('max-parts', 'x', 'Provided max-parts not an integer or within integer range'),
  },
  {
    name: 'part-number-marker=-1',
    request: ({ uploadId }) => ({ target: `/bucket/upload.bin?part-number-marker=-1&uploadId=${uploadId}` }),
    ...invalidArgument('part-number-marker', '-1', /between 0 and 2147483647/),
  },
  ...['0', '-1', '10001', 'x', '1.0'].map(
    (value): Row => ({
      // test_complete_multipart_parts_order, recorded AWS answers.
      name: `partNumber=${value} of an upload`,
      request: ({ uploadId }) => ({
        method: 'PUT',
        target: `/bucket/upload.bin?partNumber=${value}&uploadId=${uploadId}`,
        body: 'x',
      }),
      ...invalidArgument('partNumber', value, 'Part number must be an integer between 1 and 10000, inclusive'),
    }),
  ),
  {
    name: 'partNumber=0 of a read',
    request: { target: '/bucket/hello.txt?partNumber=0' },
    ...invalidArgument('partNumber', '0', 'Part number must be an integer between 1 and 10000, inclusive'),
  },
  {
    // test_get_object_part, recorded AWS answers.
    name: 'a part that the object does not have',
    request: { target: '/bucket/hello.txt?partNumber=10' },
    status: 416,
    code: 'InvalidPartNumber',
    fields: { PartNumberRequested: '10', ActualPartCount: '1' },
  },
]

const values: Row[] = [
  {
    // test_list_ops_encoding_type_validation, recorded AWS answers.
    name: 'encoding-type=value',
    request: { target: '/bucket?encoding-type=value' },
    ...invalidArgument('encoding-type', 'value', 'Invalid Encoding Method specified in Request'),
  },
  {
    name: 'encoding-type in capitals',
    request: { target: '/bucket?list-type=2&encoding-type=URL' },
    ...invalidArgument('encoding-type', 'URL', 'Invalid Encoding Method specified in Request'),
  },
  ...['nonsense', '', '%00', 'a'.repeat(2000), 'AAAA'].map(
    (token): Row => ({
      // test_list_objects_v2_continuation_start_after, recorded AWS answers.
      name: `a continuation token of ${token.length} characters that nobody issued: ${token.slice(0, 10)}`,
      request: { target: `/bucket?list-type=2&continuation-token=${token}` },
      ...invalidArgument('continuation-token', undefined, 'The continuation token provided is incorrect'),
    }),
  ),
  {
    name: 'a continuation token of the list of buckets that nobody issued',
    request: { target: '/?continuation-token=nonsense' },
    ...invalidArgument('continuation-token', undefined, /continuation token/),
  },
  {
    // test_list_buckets_region_validation, recorded AWS answers.
    name: 'a region that is none',
    request: { target: '/?bucket-region=eu-east-1' },
    ...invalidArgument('bucket-region', undefined, 'Argument value eu-east-1 is not a valid AWS Region'),
  },
  {
    // test_list_objects_versions_markers, recorded AWS answers.
    name: 'a version marker without a key marker',
    request: { target: '/bucket?versions&version-id-marker=abc' },
    ...invalidArgument('version-id-marker', undefined, 'A version-id marker cannot be specified without a key marker.'),
  },
  {
    // test_list_multiparts_next_marker, recorded AWS answers.
    name: 'an upload id marker that is none',
    request: { target: '/bucket?uploads&key-marker=upload.bin&upload-id-marker=nonsense' },
    ...invalidArgument('upload-id-marker', 'nonsense', 'Invalid uploadId marker'),
  },
  ...['nonsense', '', '../../x', 'null%00', 'x'.repeat(1500)].map(
    (id): Row => ({
      // test_delete_object_versioned, recorded AWS answers.
      name: `a version id that cannot be one: ${id.slice(0, 12)} (${id.length})`,
      request: { target: `/versioned/key?versionId=${id}` },
      ...invalidArgument(
        'versionId',
        undefined,
        /^(Invalid version id specified|Version id cannot be the empty string)$/,
      ),
    }),
  ),
  ...['nonsense', '%00', '../../../etc', 'x'.repeat(1500), '%F0%9F%98%80'].map(
    (id): Row => ({
      // test_multipart_and_list_parts, recorded AWS answers.
      name: `an upload id that nobody issued: ${id.slice(0, 12)}`,
      request: { target: `/bucket/upload.bin?uploadId=${id}` },
      status: 404,
      code: 'NoSuchUpload',
    }),
  ),
  {
    name: 'an upload id of another key',
    request: ({ uploadId }) => ({ target: `/bucket/other.bin?uploadId=${uploadId}` }),
    status: 404,
    code: 'NoSuchUpload',
  },
  {
    // test_get_response_overrides_unicode_metadata_with_sig_s3, recorded AWS answers.
    name: 'an override that no header can carry',
    request: { target: '/bucket/hello.txt?response-cache-control=%E2%80%94' },
    ...invalidArgument('response-cache-control', '—', 'Header value cannot be represented using ISO-8859-1.'),
  },
  {
    name: 'an override that would split the header',
    request: { target: '/bucket/hello.txt?response-content-type=a%0d%0aSet-Cookie:%20b' },
    ...invalidArgument('response-content-type', undefined, 'Header value cannot be represented using ISO-8859-1.'),
  },
  {
    name: 'a control character that the answer cannot repeat',
    request: { target: '/bucket?list-type=2&encoding-type=a%01b%00' },
    status: 400,
    code: 'InvalidArgument',
    fields: { ArgumentName: 'encoding-type' },
  },
]

runTable('queries that cannot be read', spelling)
runTable('sub-resources', selectors)
runTable('numbers', numbers)
runTable('other values', values)
