/** Bad hosts and methods. */
import { type Row, runTable } from './table.ts'

const get = (line: string, host: string): string => `GET ${line} HTTP/1.1\r\n${host}\r\n`

/** Authorization.md 7.1: without any mechanism a caller is anonymous, and here may do nothing. */
const anonymous = { status: 403, code: 'AccessDenied', message: 'Access Denied' } as const
/** RFC 9110, 15.6.2 would have 501; S3 says MethodNotAllowed (versity/versitygw#1810, recorded against AWS). */
const notAllowed = {
  status: 405,
  code: 'MethodNotAllowed',
  message: 'The specified method is not allowed against this resource.',
} as const

const hosts: Row[] = [
  {
    // RFC 9112, 3.2.
    name: 'HTTP/1.1 without a Host',
    request: 'GET /bucket HTTP/1.1\r\n\r\n',
    status: 400,
    code: 'BadRequest',
    message: 'An error occurred when parsing the HTTP request.',
  },
  { name: 'an empty Host is path style', request: get('/bucket/hello.txt', 'Host:\r\n'), ...anonymous },
  {
    name: 'a Host with a space in it is path style',
    request: get('/bucket/hello.txt', 'Host: a b\r\n'),
    ...anonymous,
  },
  {
    name: 'a Host with a port that is none',
    request: get('/bucket/hello.txt', 'Host: localhost:port\r\n'),
    ...anonymous,
  },
  { name: 'a Host that is only a colon', request: get('/bucket/hello.txt', 'Host: :\r\n'), ...anonymous },
  { name: 'a Host that is only a dot', request: get('/bucket/hello.txt', 'Host: .\r\n'), ...anonymous },
  {
    name: 'an IPv6 Host without its end',
    request: get('/bucket/hello.txt', 'Host: [::1\r\n'),
    ...anonymous,
  },
  {
    name: 'a Host of bytes that are not ASCII',
    request: Buffer.from('GET /bucket/hello.txt HTTP/1.1\r\nHost: \xff\xfe\xfd\r\n\r\n', 'latin1'),
    ...anonymous,
  },
  {
    name: 'a Host of 8,000 characters',
    request: get('/bucket/hello.txt', `Host: ${'a'.repeat(8000)}\r\n`),
    ...anonymous,
  },
  {
    name: 'a Host of 4,000 labels under a known domain',
    request: get('/hello.txt', `Host: ${'a.'.repeat(4000)}localhost\r\n`),
    status: 404,
    code: 'NoSuchBucket',
  },
  {
    name: 'two Hosts (RFC 9112, 3.2)',
    request: get('/bucket/hello.txt', 'Host: a.localhost\r\nHost: b.localhost\r\n'),
    status: 400,
    code: 'BadRequest',
  },
  {
    name: 'a virtual host whose bucket does not exist',
    request: { target: '/key', host: 'missing.localhost' },
    status: 404,
    code: 'NoSuchBucket',
    message: 'The specified bucket does not exist',
    fields: { BucketName: 'missing' },
  },
  {
    name: 'a virtual host whose bucket could not exist',
    request: { target: '/key', host: 'under_score-.localhost' },
    status: 404,
    code: 'NoSuchBucket',
    fields: { BucketName: 'under_score-' },
  },
  {
    name: 'a virtual host with an empty label',
    request: { target: '/key', host: '.localhost' },
    status: 404,
    code: 'NoSuchBucket',
  },
  {
    name: 'a virtual host that would be a path out of the store',
    request: { target: '/key', host: '../../etc.localhost' },
    status: 404,
    code: 'NoSuchBucket',
  },
  {
    name: 'a virtual host with XML in it is escaped in the answer',
    request: { target: '/key', host: '<a>&"b.localhost' },
    status: 404,
    code: 'NoSuchBucket',
    fields: { BucketName: '<a>&"b' },
  },
  {
    name: 'the Host of a signature is another one, and none of this server',
    request: { target: '/bucket/hello.txt', host: 'third.example.org', spoil: { Host: 'elsewhere.example.org' } },
    status: 403,
    code: 'SignatureDoesNotMatch',
  },
  {
    name: 'an absolute target of another scheme is reduced to its path',
    request: 'GET ftp://elsewhere/bucket/hello.txt HTTP/1.1\r\nHost: h\r\n\r\n',
    ...anonymous,
  },
]

const methods: Row[] = [
  {
    name: 'PATCH of an object',
    request: { method: 'PATCH', target: '/bucket/hello.txt' },
    ...notAllowed,
    fields: { Method: 'PATCH', ResourceType: 'OBJECT' },
    headers: { allow: /GET/ },
  },
  {
    name: 'PATCH of a bucket',
    request: { method: 'PATCH', target: '/bucket' },
    ...notAllowed,
    fields: { Method: 'PATCH', ResourceType: 'BUCKET' },
  },
  {
    name: 'PUT of the service',
    request: { method: 'PUT', target: '/' },
    ...notAllowed,
    fields: { Method: 'PUT', ResourceType: 'SERVICE' },
    headers: { allow: 'GET' },
  },
  { name: 'DELETE of the service', request: { method: 'DELETE', target: '/' }, ...notAllowed },
  {
    // Node answers HEAD without a body, so only the status can tell.
    name: 'HEAD of the service',
    request: { method: 'HEAD', target: '/' },
    status: 405,
  },
  {
    name: 'POST of the service that is no form',
    request: { method: 'POST', target: '/', body: '<a/>' },
    ...notAllowed,
  },
  {
    name: 'POST of an object without a sub-resource',
    request: { method: 'POST', target: '/bucket/hello.txt' },
    ...notAllowed,
    fields: { Method: 'POST', ResourceType: 'OBJECT' },
  },
  {
    // Observed: test_post_object_with_wrong_content_type, recorded AWS answers.
    name: 'POST of a bucket that is no form',
    request: { method: 'POST', target: '/bucket', body: '<a/>' },
    status: 412,
    code: 'PreconditionFailed',
    fields: { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
  },
  {
    name: 'POST of ?uploads to a bucket',
    request: { method: 'POST', target: '/bucket?uploads' },
    status: 400,
    code: 'InvalidRequest',
    message: 'A key must be specified',
  },
  {
    // brekkylab/backlot#230: AWS's Allow.
    name: 'DELETE of ?acl',
    request: { method: 'DELETE', target: '/bucket?acl' },
    ...notAllowed,
    fields: { Method: 'DELETE', ResourceType: 'ACL' },
    headers: { allow: 'GET, PUT' },
  },
  {
    name: 'PUT of ?location',
    request: { method: 'PUT', target: '/bucket?location' },
    ...notAllowed,
    fields: { Method: 'PUT', ResourceType: 'LOCATION' },
  },
  {
    name: 'POST of ?policy',
    request: { method: 'POST', target: '/bucket?policy', body: '{}' },
    ...notAllowed,
    fields: { ResourceType: 'BUCKETPOLICY' },
  },
  { name: 'GET of ?delete', request: { target: '/bucket?delete' }, ...notAllowed },
  { name: 'DELETE of ?versions', request: { method: 'DELETE', target: '/bucket?versions' }, ...notAllowed },
  { name: 'TRACE', request: { method: 'TRACE', target: '/bucket/hello.txt' }, ...notAllowed },
  { name: 'PROPFIND, which Node knows', request: { method: 'PROPFIND', target: '/bucket' }, ...notAllowed },
  { name: 'QUERY, which Node knows', request: { method: 'QUERY', target: '/bucket' }, ...notAllowed },
  {
    name: 'CONNECT',
    request: 'CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nHost: s3.amazonaws.com:443\r\n\r\n',
    ...notAllowed,
    message: 'CONNECT needs --tls on this server.',
  },
  {
    name: 'a method that nobody knows',
    request: 'FROBNICATE /bucket/hello.txt HTTP/1.1\r\nHost: h\r\n\r\n',
    status: 400,
    code: 'BadRequest',
  },
  {
    name: 'a method in lower case (RFC 9110, 9.1: case matters)',
    request: 'get /bucket/hello.txt HTTP/1.1\r\nHost: h\r\n\r\n',
    status: 400,
    code: 'BadRequest',
  },
  {
    // Observed: test_s3_cors, recorded AWS answers.
    name: 'OPTIONS without an Origin',
    request: 'OPTIONS /bucket/hello.txt HTTP/1.1\r\nHost: h\r\n\r\n',
    status: 400,
    code: 'BadRequest',
    message: 'Insufficient information. Origin request header needed.',
  },
  {
    // Observed: test_s3_cors, recorded AWS answers.
    name: 'OPTIONS of a bucket that does not exist',
    request:
      'OPTIONS /missing/key HTTP/1.1\r\nHost: h\r\nOrigin: http://a\r\nAccess-Control-Request-Method: GET\r\n\r\n',
    status: 403,
    code: 'AccessForbidden',
    message: 'CORSResponse: Bucket not found',
  },
  {
    name: 'OPTIONS of *',
    request: 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n',
    status: 400,
    code: 'BadRequest',
  },
]

runTable('bad hosts', hosts)
runTable('bad methods', methods)
