/** Which bodies may come in chunks of HTTP, whose length nobody knows beforehand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PayloadMode } from '../src/auth/payload.ts'
import { AwsError } from '../src/errors.ts'
import type { WireRequest } from '../src/http/wire.ts'
import { operationNames } from '../src/model/index.ts'
import { planOf } from '../src/protocol/index.ts'
import { screen } from '../src/screen.ts'

const framed: PayloadMode = { kind: 'aws-chunked', hasTrailers: true, seed: undefined }
const refusal = (operation: string, coding: string | undefined, payload?: PayloadMode) => {
  try {
    screen({ headers: { 'transfer-encoding': coding } } as unknown as WireRequest, planOf(operation), payload)
    return undefined
  } catch (cause) {
    return cause instanceof AwsError ? [cause.code, cause.fields.Header] : cause
  }
}
const refused = ['NotImplemented', 'Transfer-Encoding']

test('uploads and copies must be measurable', () => {
  const measured = operationNames('s3').filter((name) => refusal(name, 'chunked', { kind: 'unverified' }) !== undefined)
  assert.deepEqual(measured, [
    'CopyObject',
    'PutObject',
    'PutObjectAnnotation',
    'UploadPart',
    'UploadPartCopy',
    'WriteGetObjectResponse',
  ])
  assert.deepEqual(refusal('PutObject', 'Chunked', { kind: 'unverified' }), refused)
})

test('a framed upload tells its length by itself', () => {
  assert.equal(refusal('PutObject', 'chunked', framed), undefined)
  assert.equal(refusal('UploadPart', 'chunked', framed), undefined)
})

test('documents, forms and POSTs may come in chunks', () => {
  for (const operation of ['PutBucketPolicy', 'DeleteObjects', 'CreateMultipartUpload', 'PostObject']) {
    assert.equal(refusal(operation, 'chunked'), undefined, operation)
  }
})

test('any other coding is refused', () => {
  for (const operation of operationNames('s3')) {
    assert.deepEqual(refusal(operation, 'gzip, chunked', framed), refused, operation)
    assert.equal(refusal(operation, undefined), undefined, operation)
    assert.equal(refusal(operation, 'identity'), undefined, operation)
  }
})
