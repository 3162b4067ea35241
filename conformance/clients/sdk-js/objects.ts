/** Objects: bodies of every kind, headers, ranges, conditions, copies, deletes, aborts. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { MiB, noise } from '../../lib/bytes.ts'
import type { S3ServiceException } from '@aws-sdk/client-s3'
import { bucket, type Check, client, refused } from './checks.ts'

export const objectChecks: Check[] = [
  ['put and get: string, bytes, stream, empty', bodies],
  ['put of file streams (aws-chunked with a trailer, no Content-Length)', stream],
  ['put and head: every header comes back', headers],
  ['get: ranges', ranges],
  ['get and head: conditions', conditions],
  ['put: If-None-Match, If-Match; one of 20 wins', conditionalWrites],
  ['copy: directives, conditions, to itself', copies],
  ['delete one, many, 1,001', deletes],
  ['keys of every kind', keys],
  ['a put that the client aborts stores nothing', abortedPut],
  ['a get that the client aborts does no harm', abortedGet],
]

async function bodies(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'bodies')
  const cases = [
    ['string', 'string', undefined],
    ['bytes', new Uint8Array([98, 121, 116, 101, 115]), undefined],
    ['stream', Readable.from([Buffer.from('stream')]), 6],
    ['', '', undefined],
  ] as const
  for (const [expected, Body, ContentLength] of cases) {
    await s3.putObject({ Bucket, Key: 'k', Body, ContentLength })
    const got = await s3.getObject({ Bucket, Key: 'k' })
    assert.equal(await got.Body?.transformToString(), expected)
    assert.equal(got.ETag, `"${createHash('md5').update(expected).digest('hex')}"`)
  }
}

async function stream(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'stream')
  const dir = await mkdtemp(join(tmpdir(), 'sandbucket-sdk-'))
  const body = noise(3 * MiB + 1, 21)
  await writeFile(join(dir, 'large'), body)
  await writeFile(join(dir, 'empty'), '')
  const put = await s3.putObject({
    Bucket,
    Key: 'k',
    Body: createReadStream(join(dir, 'large')),
    ContentEncoding: 'gzip',
  })
  assert.ok(put.ChecksumCRC32)
  const got = await s3.getObject({ Bucket, Key: 'k' })
  assert.ok(body.equals(Buffer.from((await got.Body?.transformToByteArray()) ?? [])))
  // What the transfer added to the encoding is not stored; what the caller set is.
  assert.equal(got.ContentEncoding, 'gzip')
  await s3.putObject({ Bucket, Key: 'empty', Body: createReadStream(join(dir, 'empty')) })
  const { ContentLength, ContentEncoding } = await s3.headObject({ Bucket, Key: 'empty' })
  assert.deepEqual([ContentLength, ContentEncoding], [0, undefined])
  await rm(dir, { recursive: true })
}

async function headers(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'headers')
  const sent = {
    CacheControl: 'max-age=60',
    ContentDisposition: 'attachment; filename="x"',
    ContentEncoding: 'br',
    ContentLanguage: 'de',
    ContentType: 'text/x-thing; charset=utf-8',
    Metadata: { one: '1', two: 'a b' },
    StorageClass: 'STANDARD_IA',
  } as const
  const put = await s3.putObject({
    Bucket,
    Key: 'k',
    Body: 'body',
    Expires: new Date('2035-01-02'),
    ...sent,
  })
  assert.equal(put.ServerSideEncryption, 'AES256')
  for (const answer of [await s3.headObject({ Bucket, Key: 'k' }), await s3.getObject({ Bucket, Key: 'k' })]) {
    for (const [name, value] of Object.entries(sent)) assert.deepEqual(Reflect.get(answer, name), value, name)
    assert.equal(answer.ExpiresString, 'Tue, 02 Jan 2035 00:00:00 GMT')
    assert.equal(answer.ContentLength, 4)
    assert.ok(Math.abs(Date.now() - Number(answer.LastModified)) < 60_000)
  }
  const overridden = await s3.getObject({
    Bucket,
    Key: 'k',
    ResponseContentType: 'text/other',
    ResponseCacheControl: 'no-store',
  })
  assert.deepEqual([overridden.ContentType, overridden.CacheControl], ['text/other', 'no-store'])
}

async function ranges(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'ranges')
  await s3.putObject({ Bucket, Key: 'k', Body: '0123456789' })
  const get = async (Range: string) => {
    const { Body, ContentRange, $metadata } = await s3.getObject({ Bucket, Key: 'k', Range })
    return [$metadata.httpStatusCode, ContentRange, await Body?.transformToString()]
  }
  assert.deepEqual(await get('bytes=2-4'), [206, 'bytes 2-4/10', '234'])
  assert.deepEqual(await get('bytes=-3'), [206, 'bytes 7-9/10', '789'])
  assert.deepEqual(await get('bytes=5-'), [206, 'bytes 5-9/10', '56789'])
  assert.deepEqual(await get('bytes=0-1,3-4'), [200, undefined, '0123456789'])
  await refused('InvalidRange', 416, s3.getObject({ Bucket, Key: 'k', Range: 'bytes=10-' }))
}

async function conditions(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'conditions')
  const { ETag } = await s3.putObject({ Bucket, Key: 'k', Body: 'body' })
  const key = { Bucket, Key: 'k' }
  await s3.getObject({ ...key, IfMatch: ETag })
  await s3.getObject({ ...key, IfNoneMatch: '"other"' })
  await refused('PreconditionFailed', 412, s3.getObject({ ...key, IfMatch: '"other"' }))
  // What the client calls a 304 differs between its versions: only the status counts.
  await assert.rejects(
    s3.headObject({ ...key, IfNoneMatch: ETag }),
    (error: S3ServiceException) => error.$metadata.httpStatusCode === 304,
  )
  await refused('PreconditionFailed', 412, s3.getObject({ ...key, IfUnmodifiedSince: new Date(0) }))
}

async function conditionalWrites(): Promise<void> {
  const s3 = client({ maxAttempts: 1 })
  const Bucket = await bucket(s3, 'writes')
  const key = { Bucket, Key: 'k' }
  const writers = Array.from({ length: 20 }, (_, at) =>
    s3.putObject({ ...key, Body: `writer ${at}`, IfNoneMatch: '*' }),
  )
  const results = await Promise.allSettled(writers)
  const winners = results.flatMap((result, at) => (result.status === 'fulfilled' ? [at] : []))
  assert.equal(winners.length, 1)
  assert.equal(await (await s3.getObject(key)).Body?.transformToString(), `writer ${winners[0]}`)
  for (const result of results) {
    if (result.status === 'rejected')
      assert.match(result.reason.name, /^(PreconditionFailed|ConditionalRequestConflict)$/)
  }
  await refused('PreconditionFailed', 412, s3.putObject({ ...key, Body: 'x', IfMatch: '"other"' }))
  await refused('NoSuchKey', 404, s3.putObject({ Bucket, Key: 'missing', Body: 'x', IfMatch: '"other"' }))
  const { ETag } = await s3.headObject(key)
  await s3.putObject({ ...key, Body: 'next', IfMatch: ETag })
}

async function copies(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'copies')
  const Key = 'a b+ü%'
  const put = await s3.putObject({ Bucket, Key, Body: 'body', Metadata: { a: '1' }, ContentType: 'text/x-one' })
  const CopySource = encodeURIComponent(`${Bucket}/${Key}`)
  const copied = await s3.copyObject({ Bucket, Key: 'copy', CopySource })
  assert.equal(copied.CopyObjectResult?.ETag, put.ETag)
  assert.equal(copied.CopyObjectResult?.ChecksumCRC32, put.ChecksumCRC32)
  const head = await s3.headObject({ Bucket, Key: 'copy' })
  assert.deepEqual([head.Metadata, head.ContentType], [{ a: '1' }, 'text/x-one'])
  await s3.copyObject({ Bucket, Key: 'copy', CopySource, MetadataDirective: 'REPLACE', Metadata: { b: '2' } })
  assert.deepEqual((await s3.headObject({ Bucket, Key: 'copy' })).Metadata, { b: '2' })
  await refused('InvalidRequest', 400, s3.copyObject({ Bucket, Key, CopySource }))
  await refused(
    'PreconditionFailed',
    412,
    s3.copyObject({ Bucket, Key: 'x', CopySource, CopySourceIfMatch: '"other"' }),
  )
  await refused('NoSuchKey', 404, s3.copyObject({ Bucket, Key: 'x', CopySource: `${Bucket}/missing` }))
}

async function deletes(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'deletes')
  await s3.deleteObject({ Bucket, Key: 'missing' })
  const Objects = Array.from({ length: 1000 }, (_, at) => ({ Key: `k${at} ü&<` }))
  for (const { Key } of Objects.slice(0, 5)) await s3.putObject({ Bucket, Key, Body: 'x' })
  const { Deleted = [], Errors } = await s3.deleteObjects({ Bucket, Delete: { Objects } })
  assert.deepEqual([Deleted.length, Errors], [1000, undefined])
  assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 0)
  assert.equal((await s3.deleteObjects({ Bucket, Delete: { Objects, Quiet: true } })).Deleted, undefined)
  await refused('MalformedXML', 400, s3.deleteObjects({ Bucket, Delete: { Objects: [...Objects, { Key: 'more' }] } }))
}

const names = [
  ...['a b', 'c+d', 'e%20f%', 'ünïcödé/日本語/😀', 'a&b=c?d#e;f:g@h', '\'"`\\', 'a//b', 'folder/', '/leading'],
  ...['./dot/../dots/..', '<xml>&amp;', 'ends ', 'tab\there', 'line\nbreak', 'x'.repeat(1024), '*()[]{}!~^|,$'],
]

async function keys(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'keys')
  for (const Key of names) {
    await s3.putObject({ Bucket, Key, Body: Key })
    assert.equal(await (await s3.getObject({ Bucket, Key })).Body?.transformToString(), Key)
  }
  const { Contents = [] } = await s3.listObjectsV2({ Bucket, EncodingType: 'url' })
  const listed = Contents.map((object) => decodeURIComponent((object.Key ?? '').replaceAll('+', ' ')))
  assert.deepEqual(
    listed,
    [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  )
  await refused('KeyTooLongError', 400, s3.putObject({ Bucket, Key: 'ü'.repeat(513) }))
  for (const Key of names) await s3.deleteObject({ Bucket, Key })
  await s3.deleteBucket({ Bucket })
}

async function abortedPut(): Promise<void> {
  const s3 = client({ maxAttempts: 1 })
  const Bucket = await bucket(s3, 'aborted')
  const abort = new AbortController()
  const slow = async function* () {
    for (let at = 0; at < 100; at++) {
      yield Buffer.alloc(65_536, at)
      if (at === 10) abort.abort()
      await wait(5)
    }
  }
  const put = s3.putObject(
    { Bucket, Key: 'k', Body: Readable.from(slow()), ContentLength: 6_553_600 },
    { abortSignal: abort.signal },
  )
  await assert.rejects(put, { name: 'AbortError' })
  await wait(200)
  await refused('NotFound', 404, s3.headObject({ Bucket, Key: 'k' }))
  await client().deleteBucket({ Bucket })
}

async function abortedGet(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'half')
  const body = noise(8 * MiB, 22)
  await s3.putObject({ Bucket, Key: 'k', Body: body })
  for (let at = 0; at < 5; at++) {
    const { Body } = await s3.getObject({ Bucket, Key: 'k' })
    assert.ok(Body instanceof Readable)
    for await (const chunk of Body) {
      assert.ok(chunk.length > 0)
      break
    }
    Body.destroy()
  }
  const { Body } = await s3.getObject({ Bucket, Key: 'k', Range: 'bytes=0-9' })
  assert.ok(Body instanceof Readable)
  assert.equal((await text(Body)).length > 0, true)
}
