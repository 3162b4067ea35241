/** Headers and parameters that an operation does not take, over every operation of the model. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AwsError } from '../../src/errors.ts'
import { s3Table } from '../../src/model/s3.gen.ts'
import type { MemberRow, OperationRow } from '../../src/model/shape.ts'
import { planOf } from '../../src/protocol/plan.ts'
import { parseQuery } from '../../src/protocol/query-string.ts'
import { isIgnored, refusedHeaders, refusedParameters } from '../../src/protocol/untaken.ts'

const inputOf = (operation: OperationRow): readonly MemberRow[] => {
  const shape = s3Table.shapes[operation[4]]
  return shape?.[0] === 's' ? shape[1] : []
}
const namesAt = (operation: OperationRow, ...locations: string[]) =>
  new Set(
    inputOf(operation)
      .filter((row) => locations.includes(row[2]))
      .map((row) => (row[2] === 'Q' ? row[3] : row[3].toLowerCase())),
  )
const takes = (operation: OperationRow, header: string) => namesAt(operation, 'H', 'HL').has(header)

/** What binding says to headers and parameters, beside the parameters that the operation requires. */
function refusal(operation: OperationRow, headers: Record<string, string>, rawQuery = ''): AwsError | undefined {
  const required = inputOf(operation).filter((row) => row[2] === 'Q' && row[4] === 1)
  const query = parseQuery([...required.map((row) => `${row[3]}=1`), rawQuery].join('&'))
  try {
    planOf(operation[0]).bind({ bucket: 'b', key: 'k', query, headers })
    return undefined
  } catch (cause) {
    assert.ok(cause instanceof AwsError, String(cause))
    return cause
  }
}

test('every header and parameter that an operation takes has a place in the tables', () => {
  const placeless = new Set<string>()
  for (const operation of s3Table.operations) {
    for (const name of namesAt(operation, 'H', 'HL')) {
      if (!refusedHeaders.includes(name) && !isIgnored(name)) placeless.add(name)
    }
    for (const name of namesAt(operation, 'Q')) {
      if (!refusedParameters.has(name) && !isIgnored(name)) placeless.add(name)
    }
    for (const row of inputOf(operation)) if (row[2] === 'P') assert.ok(isIgnored(row[3]), row[3])
  }
  assert.deepEqual([...placeless], [])
})

test('x-amz-copy-source is refused by all but the copies', () => {
  for (const operation of s3Table.operations) {
    const [name, method] = operation
    const failure = refusal(operation, { 'x-amz-copy-source': 'b/k' })
    if (takes(operation, 'x-amz-copy-source')) assert.equal(failure, undefined, name)
    else if (method === 'POST' && name !== 'CompleteMultipartUpload') {
      assert.equal(failure?.code, 'MethodNotAllowed', name)
      assert.equal(failure.fields.Method, 'POST')
    } else {
      assert.equal(failure?.code, 'InvalidArgument', name)
      assert.equal(failure.message, 'You can only specify a copy source header for copy requests.')
      assert.deepEqual(failure.fields, { ArgumentName: 'x-amz-copy-source', ArgumentValue: 'b/k' })
    }
  }
})

test('x-amz-server-side-encryption is refused where nothing is encrypted', () => {
  for (const operation of s3Table.operations) {
    const failure = refusal(operation, { 'x-amz-server-side-encryption': 'AES256' })
    const message = 'x-amz-server-side-encryption header is not supported for this operation.'
    const isTaken = takes(operation, 'x-amz-server-side-encryption') || operation[0] === 'PostObject'
    assert.equal(failure?.message === message, !isTaken, operation[0])
  }
})

test('versionId is refused by operations that have no versions', () => {
  for (const operation of s3Table.operations) {
    if (namesAt(operation, 'Q').has('versionId')) continue
    for (const value of ['null', 'x', '']) {
      const failure = refusal(operation, {}, `versionId=${value}`)
      assert.equal(failure?.code, 'InvalidArgument', operation[0])
      assert.equal(failure.message, 'This operation does not accept a version-id.')
      assert.deepEqual(failure.fields, { ArgumentName: 'versionId', ArgumentValue: value })
    }
  }
})

test('a checksum of an algorithm that S3 does not have is refused by operations with a checksum of their body', () => {
  const message = 'The algorithm type you specified in x-amz-checksum- header is invalid.'
  for (const operation of s3Table.operations) {
    for (const name of ['x-amz-checksum-sha256a', 'x-amz-checksum-', 'x-amz-checksum-constructor']) {
      const failure = refusal(operation, { [name]: 'dummy' })
      assert.equal(failure?.message === message, takes(operation, 'x-amz-checksum-crc32'), operation[0])
    }
    for (const name of ['x-amz-checksum-type', 'x-amz-checksum-algorithm', 'x-amz-checksum-mode']) {
      if (!takes(operation, name)) assert.notEqual(refusal(operation, { [name]: 'x' })?.message, message)
    }
  }
})

test('PutObject refuses the conditions that it does not have', () => {
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
  for (const name of ['If-Modified-Since', 'If-Unmodified-Since']) {
    const put = s3Table.operations.find(([operation]) => operation === 'PutObject') as OperationRow
    const failure = refusal(put, { [name.toLowerCase()]: date })
    assert.equal(failure?.status, 501)
    assert.deepEqual(failure.fields, { Header: name })
  }
})

test('what clients send with every request stays ignored', () => {
  const headers = {
    accept: '*/*',
    'accept-encoding': 'identity',
    'amz-sdk-invocation-id': 'x',
    'amz-sdk-request': 'attempt=1; max=3',
    'cache-control': 'no-cache',
    'content-type': 'application/octet-stream',
    expect: '100-continue',
    referer: 'http://localhost/',
    'user-agent': 'x',
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-date': '20260101T000000Z',
    'x-amz-expected-bucket-owner': '111111111111',
    'x-amz-meta-mtime': '1',
    'x-amz-request-payer': 'requester',
    'x-amz-security-token': 'x',
    'x-amz-te': 'append-md5',
    'x-amz-user-agent': 'aws-sdk-js/2',
    'x-forwarded-for': '127.0.0.1',
  }
  for (const operation of s3Table.operations) {
    const bare = refusal(operation, {})
    const failure = refusal(operation, headers, 'x-id=Anything&unknown=1')
    assert.equal(failure?.message, bare?.message, operation[0])
  }
})
