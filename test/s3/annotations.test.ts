// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html and its siblings;
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { handlers } from '../../src/s3/index.ts'
import { bodyOf, bytesOf, refused, startMs, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const Key = 'k'
const md5 = { x: '"9dd4e461268c8034f5c8564e155c67a6"' }

const annotated = (run: (world: World) => Promise<void>, bucket = {}) =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, bucket)
    await world.put(Key, 'object')
    await run(world)
  })
const put = (world: World, AnnotationName: string, bytes: string | Uint8Array, more = {}) =>
  world.call('PutObjectAnnotation', { Bucket, Key, AnnotationName, ...more }, { body: bodyOf(bytes) })
const get = (world: World, AnnotationName: string, more = {}) =>
  world.call('GetObjectAnnotation', { Bucket, Key, AnnotationName, ...more })
const textOf = async (world: World, name: string, more = {}) =>
  String(await bytesOf((await get(world, name, more)).AnnotationPayload))
const list = (world: World, more = {}) => world.call('ListObjectAnnotations', { Bucket, Key, ...more })
const namesOf = async (world: World, more = {}) =>
  (await list(world, more)).Annotations?.map(({ AnnotationName }) => AnnotationName)

test('an annotation is put, read, replaced, listed and deleted', () =>
  annotated(async (world) => {
    const made = await put(world, 'ml.sentiment', 'x')
    assert.equal(made.Key, Key)
    assert.equal(made.AnnotationName, 'ml.sentiment')
    assert.equal(made.ETag, md5.x)
    assert.equal(made.ServerSideEncryption, 'AES256')
    assert.ok(made.ChecksumCRC64NVME)
    assert.equal(await textOf(world, 'ml.sentiment'), 'x')
    await put(world, 'ml.sentiment', 'longer')
    assert.equal(await textOf(world, 'ml.sentiment'), 'longer')
    const head = await get(world, 'ml.sentiment', { ChecksumMode: 'ENABLED' })
    assert.equal(head.ContentLength, 6)
    assert.equal(head.LastModified, startMs)
    assert.ok(head.ChecksumCRC64NVME)
    const { Annotations, AnnotationCount, MaxAnnotationResults } = await list(world)
    assert.equal(AnnotationCount, 1)
    assert.equal(MaxAnnotationResults, 1000)
    assert.deepEqual(Annotations?.[0], {
      AnnotationName: 'ml.sentiment',
      LastModified: startMs,
      Size: 6,
      ETag: head.ETag,
      ChecksumAlgorithm: ['CRC64NVME'],
    })
    await world.call('DeleteObjectAnnotation', { Bucket, Key, AnnotationName: 'ml.sentiment' })
    await world.call('DeleteObjectAnnotation', { Bucket, Key, AnnotationName: 'ml.sentiment' })
    await refused(get(world, 'ml.sentiment'), 'NoSuchAnnotation', { status: 404 })
    assert.equal(await world.get(Key), 'object')
  }))

test('the object and its entity tag must be there', () =>
  annotated(async (world) => {
    const match = { ObjectIfMatch: '"other"' }
    await refused(put(world, 'a', 'x', match), 'PreconditionFailed')
    await refused(put(world, 'a', 'x', { Key: 'none' }), 'NoSuchKey')
    await put(world, 'a', 'x')
    await refused(
      world.call('DeleteObjectAnnotation', { Bucket, Key, AnnotationName: 'a', ...match }),
      'PreconditionFailed',
    )
    await refused(get(world, 'a', { Key: 'none' }), 'NoSuchKey')
    await refused(list(world, { Key: 'none' }), 'NoSuchKey')
    await world.put(Key, 'replaced')
    await refused(get(world, 'a'), 'NoSuchAnnotation')
  }))

describe('names', () => {
  for (const name of ['', 'a b', 'a/b', 'aws.x', 'AWSx', 's3', 'S3-x', 'a\u0000']) {
    test(`${JSON.stringify(name)} is refused`, () =>
      annotated((world) => refused(put(world, name, 'x'), 'InvalidAnnotationName', { status: 400 })))
  }
  test('may be in any language, up to 512 bytes', () =>
    annotated(async (world) => {
      for (const name of ['données_1.2-3', '名前', 'n'.repeat(512)]) {
        await put(world, name, 'x')
        assert.equal(await textOf(world, name), 'x')
      }
      await refused(put(world, 'n'.repeat(513), 'x'), 'AnnotationNameTooLong', { status: 400 })
      await refused(put(world, 'é'.repeat(257), 'x'), 'AnnotationNameTooLong')
    }))
})

describe('payloads', () => {
  test('have 1 byte to 1 MiB', () =>
    annotated(async (world) => {
      const most = 'a'.repeat(1024 ** 2)
      await put(world, 'a', most)
      assert.equal((await textOf(world, 'a')).length, most.length)
      await refused(put(world, 'a', ''), 'InvalidRequest')
      await refused(put(world, 'a', `${most}a`), 'EntityTooLarge')
      const unsized = bodyOf(`${most}a`, { sized: false })
      const input = { Bucket, Key, AnnotationName: 'a' }
      await refused(world.call('PutObjectAnnotation', input, { body: unsized }), 'EntityTooLarge')
      assert.equal((await textOf(world, 'a')).length, most.length)
    }))

  test('are UTF-8, also where a character is split between chunks', () =>
    annotated(async (world) => {
      const euro = Buffer.from('€')
      const chunks = [euro.subarray(0, 1), euro.subarray(1)]
      const body = bodyOf('', { chunks })
      await world.call('PutObjectAnnotation', { Bucket, Key, AnnotationName: 'a' }, { body })
      assert.equal(await textOf(world, 'a'), '€')
      for (const bytes of [Buffer.of(0xff), euro.subarray(0, 2)]) {
        await refused(put(world, 'a', bytes), 'UnsupportedMediaType', { status: 415 })
      }
    }))

  test('are verified as objects are', () =>
    annotated(async (world) => {
      await refused(put(world, 'a', 'x', { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' }), 'BadDigest')
      await refused(put(world, 'a', 'x', { ChecksumCRC32: 'AAAAAA==' }), 'BadDigest')
      const { ChecksumCRC32 } = await put(world, 'a', 'x', { ChecksumCRC32: 'jNwWgw==' })
      assert.equal(ChecksumCRC32, 'jNwWgw==')
    }))
})

test('an object has 1,000 of them at most', () =>
  annotated(async (world) => {
    for (let at = 0; at < 1000; at++) await put(world, `n${at}`, 'x')
    await refused(put(world, 'more', 'x'), 'AnnotationLimitExceeded', { status: 400 })
    await put(world, 'n0', 'again')
  }))

test('listings are paged and filtered', () =>
  annotated(async (world) => {
    for (const name of ['b', 'a2', 'a1', 'a3']) await put(world, name, 'x')
    assert.deepEqual(await namesOf(world), ['a1', 'a2', 'a3', 'b'])
    assert.deepEqual(await namesOf(world, { AnnotationPrefix: 'a' }), ['a1', 'a2', 'a3'])
    const first = await list(world, { AnnotationPrefix: 'a', MaxAnnotationResults: 2 })
    assert.equal(first.AnnotationCount, 2)
    const ContinuationToken = first.NextContinuationToken
    const second = await list(world, { AnnotationPrefix: 'a', MaxAnnotationResults: 2, ContinuationToken })
    assert.deepEqual(
      second.Annotations?.map(({ AnnotationName }) => AnnotationName),
      ['a3'],
    )
    assert.equal(second.NextContinuationToken, undefined)
    await refused(list(world, { ContinuationToken: 'made-up' }), 'InvalidArgument')
    await refused(list(world, { MaxAnnotationResults: -1 }), 'InvalidArgument')
    await refused(list(world, { AnnotationPrefix: 'a/b' }), 'InvalidPrefix', { status: 400 })
  }))

test('each version has its own', () =>
  annotated(
    async (world) => {
      const { VersionId } = await world.call('HeadObject', { Bucket, Key })
      assert.equal((await put(world, 'a', 'old')).ObjectVersionId, VersionId)
      await world.put(Key)
      assert.deepEqual(await namesOf(world), [])
      assert.equal(await textOf(world, 'a', { VersionId }), 'old')
      await put(world, 'b', 'late', { VersionId })
      assert.deepEqual(await namesOf(world, { VersionId }), ['a', 'b'])
      await world.call('DeleteObject', { Bucket, Key })
      await refused(put(world, 'a', 'x'), 'NoSuchKey')
    },
    { versioning: 'Enabled' },
  ))

test('copies bring them along unless they are excluded', () =>
  annotated(async (world) => {
    await put(world, 'a', 'payload')
    const CopySource = `${Bucket}/${Key}`
    const asked: string[] = []
    const authorize = (action: string) => asked.push(action)
    await world.call('CopyObject', { Bucket, Key: 'with', CopySource }, { authorize })
    assert.deepEqual(asked, ['s3:GetObject', 's3:GetObjectAnnotation', 's3:PutObjectAnnotation'])
    await world.call('CopyObject', { Bucket, Key: 'without', CopySource, AnnotationDirective: 'EXCLUDE' })
    assert.deepEqual(await namesOf(world, { Key: 'without' }), [])
    await world.call('DeleteObject', { Bucket, Key })
    assert.equal(await textOf(world, 'a', { Key: 'with' }), 'payload')
  }))

test('those of locked objects are not deleted, but for the bypass', () =>
  annotated(
    async (world) => {
      await put(world, 'a', 'x')
      const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: startMs + 1000 }
      await world.call('PutObjectRetention', { Bucket, Key, Retention })
      const input = { Bucket, Key, AnnotationName: 'a' }
      await refused(world.call('DeleteObjectAnnotation', input), 'AccessDenied')
      await world.call('DeleteObjectAnnotation', { ...input, BypassGovernanceRetention: true })
      assert.deepEqual(await namesOf(world), [])
    },
    { versioning: 'Enabled', objectLockEnabled: true },
  ))

test('torrents are no longer made', () =>
  annotated(async (world) => {
    const torrent = async () => world.call('GetObjectTorrent', { Bucket, Key })
    await refused(torrent(), 'NoSuchKey', { status: 404 })
  }))
