/** The independent check of writing: the official SDK reads a full answer of every operation back to the same output. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operationNames } from '../../src/model/index.ts'
import { s3Table } from '../../src/model/s3.gen.ts'
import { planOf } from '../../src/protocol/plan.ts'
import { type Sample, sampleOf } from './samples.ts'
import { deserialise } from './sdk-wire.ts'

const TIME_MS = Date.UTC(2030, 0, 5, 1, 2, 3)
/** Not on the wire, or (Select) a stream of events that the SDK cannot read from an empty body. */
const SKIPPED = new Set(['StatusCode', 'ExpiresString'])

/** Headers that AWS sends and the SDKs do not read. */
const UNREAD = [
  'ListObjectsOutput.BucketRegion',
  'ListObjectsV2Output.BucketRegion',
  'HeadBucketOutput.ContentType',
  'GetObjectAclOutput.VersionId',
  'PutObjectAclOutput.VersionId',
]

for (const operation of operationNames('s3').filter((name) => name !== 'SelectObjectContent')) {
  test(`${operation}: what is written is what the SDK reads`, async () => {
    const row = s3Table.operations.find((candidate) => candidate[0] === operation)
    assert.ok(row)
    const output =
      row[5] === '' ? {} : sampleOf(s3Table, row[5], { timeMs: TIME_MS, skip: new Set([...SKIPPED, ...UNREAD]) })
    if (output.MissingMeta !== undefined) output.MissingMeta = 2
    const input = sampleOf(s3Table, row[4], { timeMs: TIME_MS, skip: new Set(['CopySourceSSECustomerKey']) })
    const response = planOf(operation).write(output, { isHead: row[1] === 'HEAD' })
    assert.equal(response.status, output.ContentRange === undefined ? row[3] : 206)
    const read = await deserialise('s3', operation, toDates(input) as Sample, response)
    for (const own of ['$metadata', 'Body', 'AnnotationPayload']) delete read[own]
    // The SDK offers the text as a member of its own when it is no date.
    if (read.ExpiresString !== undefined) read.Expires = read.ExpiresString
    assert.deepEqual(plain(read), plain(output))
  })
}

function toDates(value: unknown): unknown {
  if (value === TIME_MS) return new Date(TIME_MS)
  if (Array.isArray(value)) return value.map(toDates)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toDates(inner)]))
}

/** Dates as milliseconds; what the SDK derives beside the model left out. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => inner !== undefined && !SKIPPED.has(name))
      .map(([name, inner]) => [name, plain(inner)]),
  )
}
