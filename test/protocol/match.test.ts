import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AwsError } from '../../src/errors.ts'
import { checkQuery, type Headers, matchS3 } from '../../src/protocol/match.ts'
import { parseQuery } from '../../src/protocol/query-string.ts'
import type { Level } from '../../src/protocol/routes.ts'

const match = (method: string, level: Level, rawQuery = '', headers: Headers = {}) =>
  matchS3(method, level, parseQuery(rawQuery), headers)

const copy = { 'x-amz-copy-source': '/b/k' }

const routed: [string, Level, string, Headers, string][] = [
  ['GET', 'service', '', {}, 'ListBuckets'],
  ['GET', 'service', 'x-id=ListBuckets&max-buckets=3', {}, 'ListBuckets'],
  ['GET', 'service', 'x-id=ListDirectoryBuckets', {}, 'ListDirectoryBuckets'],
  ['GET', 'bucket', '', {}, 'ListObjects'],
  ['GET', 'bucket', 'list-type=1', {}, 'ListObjects'],
  // Measured on AWS (brekkylab/backlot#204).
  ['GET', 'bucket', 'list-type=0', {}, 'ListObjects'],
  ['GET', 'bucket', 'list-type=bogus', {}, 'ListObjects'],
  // The first of a repeated parameter decides (brekkylab/backlot#204).
  ['GET', 'bucket', 'list-type=1&list-type=2', {}, 'ListObjects'],
  ['GET', 'bucket', 'list-type=2&list-type=1', {}, 'ListObjectsV2'],
  ['GET', 'bucket', 'prefix=acl&whatever=policy', {}, 'ListObjects'],
  ['GET', 'bucket', 'versions', {}, 'ListObjectVersions'],
  ['GET', 'bucket', 'versions=', {}, 'ListObjectVersions'],
  ['GET', 'bucket', 'uploads=&prefix=a', {}, 'ListMultipartUploads'],
  ['GET', 'bucket', 'Acl', {}, 'ListObjects'],
  ['GET', 'bucket', 'analytics', {}, 'ListBucketAnalyticsConfigurations'],
  ['GET', 'bucket', 'analytics&id=1', {}, 'GetBucketAnalyticsConfiguration'],
  ['PUT', 'bucket', 'analytics', {}, 'PutBucketAnalyticsConfiguration'],
  ['DELETE', 'bucket', 'analytics', {}, 'DeleteBucketAnalyticsConfiguration'],
  ['PUT', 'bucket', '', {}, 'CreateBucket'],
  ['PUT', 'bucket', 'tests', {}, 'CreateBucket'],
  ['POST', 'bucket', 'delete', {}, 'DeleteObjects'],
  ['POST', 'bucket', '', { 'content-type': 'multipart/form-data; boundary=x' }, 'PostObject'],
  ['PUT', 'object', '', {}, 'PutObject'],
  ['PUT', 'object', '', copy, 'CopyObject'],
  ['PUT', 'object', 'partNumber=1&uploadId=u', {}, 'UploadPart'],
  ['PUT', 'object', 'uploadId=u&partNumber=1', copy, 'UploadPartCopy'],
  ['GET', 'object', 'uploadId=u', {}, 'ListParts'],
  ['GET', 'object', 'partNumber=1', {}, 'GetObject'],
  ['GET', 'object', 'response-content-type=a&versionId=b&utm_source=c', {}, 'GetObject'],
  ['POST', 'object', 'uploads', {}, 'CreateMultipartUpload'],
  ['POST', 'object', 'uploadId=u', {}, 'CompleteMultipartUpload'],
  ['DELETE', 'object', 'uploadId=u', {}, 'AbortMultipartUpload'],
  ['DELETE', 'object', 'versionId=u', {}, 'DeleteObject'],
  ['POST', 'object', 'select&select-type=2', {}, 'SelectObjectContent'],
  ['GET', 'object', 'acl', {}, 'GetObjectAcl'],
  ['GET', 'object', 'tagging', {}, 'GetObjectTagging'],
  ['PUT', 'object', 'encryption', {}, 'UpdateObjectEncryption'],
  // Bucket sub-resources answer below a key, the key ignored; some do not (brekkylab/backlot#267).
  ['GET', 'object', 'location', {}, 'GetBucketLocation'],
  ['GET', 'object', 'location=1&x-id=GetObject', {}, 'GetBucketLocation'],
  ['GET', 'object', 'policy', {}, 'GetBucketPolicy'],
  ['GET', 'object', 'publicAccessBlock', {}, 'GetObject'],
  ['GET', 'object', 'metrics&session', {}, 'GetObject'],
]

for (const [method, level, rawQuery, headers, name] of routed) {
  test(`${method} ${level} ?${rawQuery} ${Object.keys(headers)} is ${name}`, () => {
    assert.equal(match(method, level, rawQuery, headers).name, name)
  })
}

test('a bucket sub-resource below a key is planned for the bucket', () => {
  assert.equal(match('GET', 'object', 'location').level, 'bucket')
  assert.equal(match('GET', 'object', '').level, 'object')
  assert.equal(match('GET', 'service', '').level, 'service')
})

function refusal(run: () => unknown): AwsError {
  try {
    run()
  } catch (cause) {
    if (cause instanceof AwsError) return cause
    throw cause
  }
  throw new Error('not refused')
}

// Allow headers of HEAD as recorded in brekkylab/backlot#230 and #267; the service's in versity/versitygw#1810.
const notAllowed: [string, Level, string, string, string | undefined][] = [
  ['POST', 'service', '', 'SERVICE', 'GET'],
  ['PUT', 'service', '', 'SERVICE', 'GET'],
  ['POST', 'object', '', 'OBJECT', 'HEAD, DELETE, GET, PUT'],
  ['PATCH', 'object', '', 'OBJECT', 'HEAD, DELETE, GET, PUT'],
  ['HEAD', 'bucket', 'location', 'LOCATION', 'GET'],
  ['HEAD', 'bucket', 'uploads', 'UPLOADS', 'POST, GET'],
  ['HEAD', 'bucket', 'versioning', 'VERSIONING', 'GET, PUT'],
  ['HEAD', 'bucket', 'acl', 'ACL', 'GET, PUT'],
  ['HEAD', 'bucket', 'tagging', 'TAGGING', 'DELETE, GET, PUT'],
  ['HEAD', 'bucket', 'policy', 'BUCKETPOLICY', 'DELETE, GET, PUT'],
  ['HEAD', 'bucket', 'versions', 'BUCKETVERSIONS', 'GET'],
  ['HEAD', 'object', 'acl', 'ACL', 'GET, PUT'],
  ['HEAD', 'object', 'tagging', 'TAGGING', 'DELETE, GET, PUT'],
  ['HEAD', 'object', 'uploadId=abc123', 'UPLOAD', 'DELETE, POST, GET'],
  ['HEAD', 'object', 'encryption', 'ENCRYPTION', 'PUT'],
  ['HEAD', 'object', 'uploads', 'UPLOADS', 'POST, GET'],
  ['HEAD', 'object', 'versions', 'BUCKETVERSIONS', 'GET'],
  ['HEAD', 'object', 'location', 'LOCATION', 'GET'],
  ['DELETE', 'bucket', 'acl', 'ACL', 'GET, PUT'],
  ['GET', 'bucket', 'delete', 'MULTI_OBJECT_REQUEST', 'POST'],
  ['GET', 'object', 'encryption', 'ENCRYPTION', 'PUT'],
  ['GET', 'object', 'restore', 'RESTORE', 'POST'],
]

for (const [method, level, rawQuery, type, allow] of notAllowed) {
  test(`${method} ${level} ?${rawQuery} is MethodNotAllowed for ${type}, allowing ${allow}`, () => {
    const refused = refusal(() => match(method, level, rawQuery))
    assert.equal(refused.code, 'MethodNotAllowed')
    assert.equal(refused.status, 405)
    assert.deepEqual(refused.fields, { Method: method, ResourceType: type })
    assert.equal(refused.headers.Allow, allow)
  })
}

const refused: [string, Level, string, Headers, string, object][] = [
  ['GET', 'bucket', 'acl&policy', {}, 'InvalidArgument', { ArgumentName: 'ResourceType', ArgumentValue: 'acl' }],
  ['HEAD', 'bucket', 'acl&versioning', {}, 'InvalidArgument', { ArgumentName: 'ResourceType', ArgumentValue: 'acl' }],
  // versity/versitygw#1688
  ['GET', 'object', 'versions', {}, 'InvalidRequest', {}],
  ['GET', 'object', 'uploads', {}, 'InvalidRequest', {}],
  ['POST', 'bucket', 'uploads', {}, 'InvalidRequest', {}],
  // versity/versitygw#1226
  ['PUT', 'object', 'partNumber=1', {}, 'InvalidArgument', { ArgumentName: 'partNumber', ArgumentValue: 'partNumber' }],
  [
    'PUT',
    'object',
    'partNumber=1',
    copy,
    'InvalidArgument',
    { ArgumentName: 'partNumber', ArgumentValue: 'partNumber' },
  ],
  [
    'POST',
    'bucket',
    '',
    {},
    'PreconditionFailed',
    { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
  ],
  [
    'POST',
    'bucket',
    '',
    { 'content-type': 'text/plain' },
    'PreconditionFailed',
    { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
  ],
]

for (const [method, level, rawQuery, headers, code, fields] of refused) {
  test(`${method} ${level} ?${rawQuery} ${Object.keys(headers)} is ${code}`, () => {
    const error = refusal(() => checkQuery(match(method, level, rawQuery, headers), parseQuery(rawQuery)))
    assert.equal(error.code, code)
    assert.deepEqual(error.fields, fields)
  })
}

test('two sub-resources are named in the message', () => {
  assert.equal(
    refusal(() => match('GET', 'bucket', 'acl&policy')).message,
    'Conflicting query string parameters: acl, policy',
  )
})
