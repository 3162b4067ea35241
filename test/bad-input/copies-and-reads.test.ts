/** Bad headers of copies, reads and buckets. */
import { ownerId } from './arena.ts'
import { type Row, runTable } from './table.ts'

type Outcome = Omit<Row, 'name' | 'request'>

const copy = (source: string, headers: Record<string, string> = {}): Row['request'] => ({
  method: 'PUT',
  target: '/bucket/copy',
  headers: { 'x-amz-copy-source': source, ...headers },
})
const read = (headers: Record<string, string>): Row['request'] => ({ target: '/bucket/hello.txt', headers })
const invalidArgument = (name: string, value: string | undefined, message?: string | RegExp): Outcome => ({
  status: 400,
  code: 'InvalidArgument',
  ...(message === undefined ? {} : { message }),
  fields: { ArgumentName: name, ...(value === undefined ? {} : { ArgumentValue: value }) },
})
const invalidRequest = (message: string | RegExp): Outcome => ({ status: 400, code: 'InvalidRequest', message })

const owners: Row[] = [
  ...['0000', 'abcd', 'aa000000000$', '0000000000020'].map(
    (value): Row => ({
      // test_get_bucket_policy_invalid_account_id, recorded AWS answers.
      name: `the expected owner ${value}`,
      request: { target: '/bucket?location', headers: { 'x-amz-expected-bucket-owner': value } },
      status: 400,
      code: 'InvalidBucketOwnerAWSAccountID',
      message: `The value of the expected bucket owner parameter must be an AWS Account ID... [${value}]`,
    }),
  ),
  {
    name: 'the expected owner is somebody else',
    request: { target: '/bucket?location', headers: { 'x-amz-expected-bucket-owner': '999999999999' } },
    status: 403,
    code: 'AccessDenied',
  },
  {
    name: 'the bucket is somebody else’s',
    request: { target: '/foreign?location', headers: { 'x-amz-expected-bucket-owner': ownerId } },
    status: 403,
    code: 'AccessDenied',
  },
]

const copies: Row[] = [
  ...['bucket', '/bucket', 'bucket/', ''].map(
    (source): Row => ({
      // test_s3_copy_object_wrong_format, recorded AWS answers.
      name: `the source ${JSON.stringify(source)}`,
      request: copy(source),
      ...invalidArgument('x-amz-copy-source', 'x-amz-copy-source', /^Invalid copy source (object key|bucket name)$/),
    }),
  ),
  {
    name: 'a source with a broken escape',
    request: copy('bucket/%zz'),
    ...invalidArgument('x-amz-copy-source', undefined),
  },
  {
    name: 'a source that is not UTF-8',
    request: copy('bucket/%ff'),
    ...invalidArgument('x-amz-copy-source', undefined),
  },
  {
    name: 'a source in a bucket that does not exist',
    request: copy('missing/key'),
    status: 404,
    code: 'NoSuchBucket',
    fields: { BucketName: 'missing' },
  },
  {
    name: 'a source that does not exist',
    request: copy('bucket/missing'),
    status: 404,
    code: 'NoSuchKey',
    fields: { Key: 'missing' },
  },
  { name: 'a source of somebody else', request: copy('foreign/key'), status: 403, code: 'AccessDenied' },
  {
    name: 'a version of the source that cannot be one',
    request: copy('versioned/key?versionId=nonsense'),
    status: 400,
    code: 'InvalidRequest',
  },
  {
    name: 'a directive that nobody knows',
    request: copy('bucket/hello.txt', { 'x-amz-metadata-directive': 'MERGE' }),
    ...invalidArgument('x-amz-metadata-directive', 'MERGE', 'Unknown metadata directive.'),
  },
  {
    name: 'a tagging directive that nobody knows',
    request: copy('bucket/hello.txt', { 'x-amz-tagging-directive': 'MERGE' }),
    ...invalidArgument('x-amz-tagging-directive', 'MERGE', 'Unknown tagging directive.'),
  },
  {
    // test_s3_copy_object_in_place, recorded AWS answers.
    name: 'an object onto itself without a change',
    request: { method: 'PUT', target: '/bucket/hello.txt', headers: { 'x-amz-copy-source': 'bucket/hello.txt' } },
    ...invalidRequest(/^This copy request is illegal because it is trying to copy an object to itself/),
  },
  {
    name: 'a condition on the source that does not hold',
    request: copy('bucket/hello.txt', { 'x-amz-copy-source-if-match': '"abc"' }),
    status: 412,
    code: 'PreconditionFailed',
    fields: { Condition: 'x-amz-copy-source-If-Match' },
  },
  ...[
    // test_upload_part_copy_range, recorded AWS answers.
    ['0-8', 'InvalidArgument'],
    ['bytes=0-100000', 'InvalidArgument'],
    ['bytes=5-2', 'InvalidArgument'],
    ['bytes=-5', 'InvalidArgument'],
    ['bytes=0-', 'InvalidArgument'],
    ['bytes=0-1,3-4', 'InvalidArgument'],
    ['bytes=100-200', 'InvalidRequest'],
  ].map(
    ([range, code]): Row => ({
      name: `a part copied from the range ${range}`,
      request: ({ uploadId }) => ({
        method: 'PUT',
        target: `/bucket/upload.bin?partNumber=2&uploadId=${uploadId}`,
        headers: { 'x-amz-copy-source': 'bucket/hello.txt', 'x-amz-copy-source-range': range as string },
      }),
      status: 400,
      code: code as string,
    }),
  ),
]

const reads: Row[] = [
  {
    // test_invalid_range_error, recorded AWS answers.
    name: 'a range beyond the end',
    request: read({ Range: 'bytes=1024-4096' }),
    status: 416,
    code: 'InvalidRange',
    fields: { ActualObjectSize: '12', RangeRequested: 'bytes=1024-4096' },
  },
  { name: 'the last no bytes', request: read({ Range: 'bytes=-0' }), status: 416, code: 'InvalidRange' },
  {
    name: 'a range that begins at 10^400',
    request: read({ Range: `bytes=1${'0'.repeat(400)}-` }),
    status: 416,
    code: 'InvalidRange',
  },
  ...[
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'lines=1-2',
    'bytes=0-1,3-4',
    'bytes=1-2-3',
    'bytes=0x1-0x2',
  ].map(
    // test_get_object_range, recorded AWS answers: a range that cannot be read is none.
    (range): Row => ({ name: `the range ${range} is ignored`, request: read({ Range: range }), status: 200 }),
  ),
  {
    // test_get_object_part, recorded AWS answers.
    name: 'a range and a part',
    request: { target: '/bucket/hello.txt?partNumber=1', headers: { Range: 'bytes=0-1' } },
    ...invalidRequest('Cannot specify both Range header and partNumber query parameter'),
  },
  ...['If-Modified-Since', 'If-Unmodified-Since'].flatMap((name) =>
    // RFC 9110, 13.1.3: a date that cannot be read is ignored.
    ['yesterday', '', 'Thu, 99 Foo 2020 99:99:99 GMT', '-1', '99999999999999999999'].map(
      (value): Row => ({
        name: `${name}: ${JSON.stringify(value)} is ignored`,
        request: read({ [name]: value }),
        status: 200,
      }),
    ),
  ),
  {
    // versity/versitygw#1000, as AWS answers.
    name: 'attributes of an unknown name',
    request: { target: '/bucket/hello.txt?attributes', headers: { 'x-amz-object-attributes': 'Colour' } },
    ...invalidArgument('x-amz-object-attributes', 'Colour', 'Invalid attribute name specified.'),
  },
  {
    // versity/versitygw#915, as AWS answers.
    name: 'attributes without their header',
    request: { target: '/bucket/hello.txt?attributes' },
    ...invalidRequest(
      /^The x-amz-object-attributes header specifying the attributes to be retrieved is either missing/,
    ),
  },
]

const buckets: Row[] = [
  {
    // test_bucket_ownership_controls_exc, recorded AWS answers.
    name: 'an ownership that nobody knows',
    request: { method: 'PUT', target: '/new-bucket', headers: { 'x-amz-object-ownership': 'RandomValue' } },
    ...invalidArgument('x-amz-object-ownership', undefined, 'Invalid x-amz-object-ownership header: RandomValue'),
  },
  {
    name: 'an ownership that is empty',
    request: { method: 'PUT', target: '/new-bucket', headers: { 'x-amz-object-ownership': '' } },
    ...invalidArgument('x-amz-object-ownership', undefined),
  },
  {
    name: 'a bucket with a canned ACL that nobody knows',
    request: { method: 'PUT', target: '/new-bucket', headers: { 'x-amz-acl': 'everybody' } },
    ...invalidArgument('x-amz-acl', 'everybody'),
  },
]

runTable('expected owners', owners)
runTable('copies', copies)
runTable('reads', reads)
runTable('buckets', buckets)
