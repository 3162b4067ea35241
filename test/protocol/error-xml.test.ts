import assert from 'node:assert/strict'
import { test } from 'node:test'
import { error } from '../../src/errors.ts'
import { writeError } from '../../src/protocol/error-xml.ts'

const origin = { service: 's3', requestId: 'R', hostId: 'H=', isHead: false } as const

test('an S3 error is a document with code, message, fields and ids, in this order', () => {
  const refused = error(
    'InvalidArgument',
    { ArgumentName: 'a&b', ArgumentValue: '', Absent: undefined, Size: 3 },
    { message: 'no <way>', headers: { Allow: 'GET' } },
  )
  assert.deepEqual(writeError(refused, origin), {
    status: 400,
    headers: { Allow: 'GET', 'Content-Type': 'application/xml', Connection: 'close' },
    body: '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InvalidArgument</Code><Message>no &lt;way&gt;</Message><ArgumentName>a&amp;b</ArgumentName><ArgumentValue></ArgumentValue><Size>3</Size><RequestId>R</RequestId><HostId>H=</HostId></Error>',
  })
})

test('HEAD and 304 have no body', () => {
  const head = writeError(error('NoSuchKey'), { ...origin, isHead: true })
  assert.deepEqual(head, { status: 404, headers: { 'Content-Type': 'application/xml' } })
  const unchanged = writeError(error('NotModified', {}, { headers: { ETag: '"e"' } }), origin)
  assert.deepEqual(unchanged, { status: 304, headers: { ETag: '"e"' } })
})

test('an error of IAM or STS is that of the Query protocol', () => {
  const response = writeError(error('ValidationError', {}, { message: 'a<b' }), { ...origin, service: 'iam' })
  assert.equal(response.status, 400)
  assert.deepEqual(response.headers, { 'x-amzn-RequestId': 'R', 'Content-Type': 'text/xml' })
  assert.equal(
    response.body,
    '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>a&lt;b</Message></Error><RequestId>R</RequestId></ErrorResponse>',
  )
  const failure = writeError(error('InternalError'), { ...origin, service: 'sts' })
  assert.match(String(failure.body), /sts\.amazonaws\.com.*<Type>Receiver<\/Type>/)
})

test('an error of S3 Control is wrapped', () => {
  const response = writeError(error('AccessDenied'), { ...origin, service: 's3control' })
  assert.match(String(response.body), /<ErrorResponse><Error><Code>AccessDenied.*<\/Error><RequestId>R<\/RequestId>/)
})
