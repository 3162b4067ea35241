// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html, directory-bucket-naming-rules.html,
// directory-buckets-objects-append.html, directory-buckets-objects-rename.html
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import type { CreateBucketConfiguration } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { screenDirectory, zoneOf } from '../../src/s3/lib/directory-bucket.ts'
import { owner, refused, startMs, type World, withWorld } from './support.ts'

const Bucket = 'data--use1-az4--x-s3'
const wanted: CreateBucketConfiguration = {
  Location: { Type: 'AvailabilityZone', Name: 'use1-az4' },
  Bucket: { Type: 'Directory', DataRedundancy: 'SingleAvailabilityZone' },
}
const create = (world: World, name = Bucket, CreateBucketConfiguration = wanted) =>
  world.call('CreateBucket', { Bucket: name, CreateBucketConfiguration })
const inDirectory = (run: (world: World) => Promise<void>) =>
  withWorld(handlers, async (world) => {
    await create(world)
    await run(world)
  })
const put = (world: World, Key: string, bytes: string, more = {}) => world.put(Key, bytes, { Bucket, ...more })
const get = (world: World, Key: string) => world.get(Key, { Bucket })
const keys = async (world: World) => (await world.call('ListObjectsV2', { Bucket })).Contents?.map(({ Key }) => Key)

describe('a directory bucket', () => {
  test('is created, described and listed apart from the others', () =>
    inDirectory(async (world) => {
      await world.bucket('general')
      const arn = `arn:aws:s3express:us-east-1:${owner.id}:bucket/${Bucket}`
      const head = await world.call('HeadBucket', { Bucket })
      assert.equal(head.BucketArn, arn)
      assert.equal(head.BucketLocationType, 'AvailabilityZone')
      assert.equal(head.BucketLocationName, 'use1-az4')
      const names = (buckets: { Name?: string | undefined }[] | undefined) => buckets?.map(({ Name }) => Name)
      assert.deepEqual(names((await world.call('ListBuckets', {})).Buckets), ['general'])
      assert.deepEqual(names((await world.call('ListDirectoryBuckets', {})).Buckets), [Bucket])
      await refused(create(world), 'BucketAlreadyOwnedByYou', { status: 409 })
    }))

  test('is listed page by page', () =>
    inDirectory(async (world) => {
      await create(world, 'more--use1-az4--x-s3')
      const first = await world.call('ListDirectoryBuckets', { MaxDirectoryBuckets: 1 })
      const { ContinuationToken } = first
      const second = await world.call('ListDirectoryBuckets', { MaxDirectoryBuckets: 1, ContinuationToken })
      assert.equal(second.Buckets?.[0]?.Name, 'more--use1-az4--x-s3')
      assert.equal(second.ContinuationToken, undefined)
      await refused(world.call('ListDirectoryBuckets', { ContinuationToken: 'x' }), 'InvalidArgument')
    }))

  test('has its zone in its name', () => {
    assert.equal(zoneOf('a--usw2-lax1-az1--x-s3'), 'usw2-lax1-az1')
    for (const name of ['a--x-s3', '--use1-az4--x-s3', 'A--use1-az4--x-s3', 'a.b--use1-az4--x-s3', 'a--use1-az4']) {
      assert.equal(zoneOf(name), undefined, name)
    }
    return withWorld(handlers, async (world) => {
      for (const name of ['data', 'data--use1-az5--x-s3', 'data--x-s3']) {
        await refused(create(world, name), 'InvalidBucketName')
      }
      const other = { Bucket: wanted.Bucket }
      await refused(create(world, Bucket, other), 'MalformedXML')
      const mixed = { ...wanted, Bucket: { Type: 'Directory', DataRedundancy: 'SingleLocalZone' } }
      await refused(create(world, Bucket, mixed), 'MalformedXML')
    })
  })

  test('stays while an upload is in progress', () =>
    inDirectory(async (world) => {
      const { UploadId = '' } = await world.call('CreateMultipartUpload', { Bucket, Key: 'k' })
      await refused(world.call('DeleteBucket', { Bucket }), 'BucketNotEmpty')
      const abort = (IfMatchInitiatedTime: number) =>
        world.call('AbortMultipartUpload', { Bucket, Key: 'k', UploadId, IfMatchInitiatedTime })
      await refused(abort(startMs + 1000), 'PreconditionFailed')
      await abort(startMs)
      await world.call('DeleteBucket', { Bucket })
    }))

  test('has a storage class of its own, and entity tags that tell nothing', () =>
    inDirectory(async (world) => {
      const { ETag } = await put(world, 'k', 'same')
      assert.notEqual((await put(world, 'k', 'same')).ETag, ETag)
      assert.equal((await world.call('HeadObject', { Bucket, Key: 'k' })).StorageClass, 'EXPRESS_ONEZONE')
      await refused(put(world, 'k', '', { StorageClass: 'STANDARD' }), 'InvalidStorageClass')
      await put(world, 'k', '', { StorageClass: 'EXPRESS_ONEZONE' })
    }))

  test('lacks operations, headers and prefixes', () =>
    inDirectory(async (world) => {
      const bucket = await world.store.buckets.get(Bucket)
      assert.ok(bucket)
      const screen = async (operation: string, input = {}, zonal?: { bucketId: string; mode: string }) =>
        screenDirectory(operation, input, bucket, zonal)
      for (const operation of ['ListObjects', 'ListObjectVersions', 'PutObjectTagging', 'PutBucketVersioning']) {
        await refused(screen(operation), 'NotImplemented', { status: 501 })
      }
      await refused(screen('PutObject', { ACL: 'private' }), 'NotImplemented', { fields: { Header: 'x-amz-acl' } })
      await refused(screen('PutObject', { Tagging: '' }), 'NotImplemented', { fields: { Header: 'x-amz-tagging' } })
      await refused(screen('GetObject', { VersionId: 'x' }), 'InvalidArgument')
      await screen('GetObject', { VersionId: 'null' })
      await refused(screen('ListObjectsV2', { Prefix: 'a' }), 'InvalidRequest')
      await refused(screen('ListObjectsV2', { Delimiter: '-' }), 'InvalidRequest')
      await screen('ListObjectsV2', { Prefix: 'a/', Delimiter: '/' })
      await refused(screen('PutObject', {}, { bucketId: bucket.id, mode: 'ReadOnly' }), 'AccessDenied')
      await screen('GetObject', {}, { bucketId: bucket.id, mode: 'ReadOnly' })
      await refused(screen('GetObject', {}, { bucketId: 'other', mode: 'ReadWrite' }), 'AccessDenied')
    }))
})

describe('appending', () => {
  const append = (world: World, bytes: string, WriteOffsetBytes: number, more = {}) =>
    put(world, 'k', bytes, { WriteOffsetBytes, ...more })

  test('adds bytes behind the others; the checksum is of all', () =>
    inDirectory(async (world) => {
      const crc = (text: string) => {
        const bytes = Buffer.alloc(4)
        bytes.writeUInt32BE(crc32(text))
        return bytes.toString('base64')
      }
      const first = await append(world, 'hello', 0, { Metadata: { a: '1' }, ChecksumCRC32: crc('hello') })
      assert.equal(first.Size, 5)
      const second = await append(world, ' world', 5, { ChecksumCRC32: crc(' world') })
      assert.equal(second.Size, 11)
      assert.equal(second.ChecksumCRC32, crc('hello world'))
      assert.equal(await get(world, 'k'), 'hello world')
      assert.deepEqual((await world.call('HeadObject', { Bucket, Key: 'k' })).Metadata, { a: '1' })
      assert.equal(await world.get('k', { Bucket, Range: 'bytes=3-7' }), 'lo wo')
    }))

  test('begins where the object ends, and in a directory bucket', () =>
    inDirectory(async (world) => {
      await refused(append(world, 'x', 1), 'InvalidWriteOffset', { status: 400 })
      await append(world, 'x', 0)
      for (const offset of [0, 2]) await refused(append(world, 'x', offset), 'InvalidWriteOffset')
      await refused(append(world, 'x', 1, { ChecksumSHA1: 'EfatjsUqKYSrqgl/56SuQ5Hoh+A=' }), 'InvalidRequest')
      await world.bucket('general')
      await refused(world.put('k', 'x', { Bucket: 'general', WriteOffsetBytes: 0 }), 'NotImplemented')
    }))

  test('by several at once succeeds for one', () =>
    inDirectory(async (world) => {
      await append(world, 'x', 0)
      const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((text) => append(world, text, 1)))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.match(await get(world, 'k'), /^x[abc]$/)
    }))
})

describe('renaming', () => {
  const rename = (world: World, Key: string, RenameSource: string, more = {}) =>
    world.call('RenameObject', { Bucket, Key, RenameSource, ...more })

  test('moves an object with all that it is', () =>
    inDirectory(async (world) => {
      await put(world, 'a b', 'bytes', { Metadata: { m: '1' } })
      const before = await world.call('HeadObject', { Bucket, Key: 'a b' })
      world.clock.nowMs += 10_000
      await rename(world, 'c', 'a%20b')
      assert.deepEqual(await world.call('HeadObject', { Bucket, Key: 'c' }), before)
      await rename(world, 'd', `/${Bucket}/c`)
      assert.deepEqual(await keys(world), ['d'])
      assert.equal(await get(world, 'd'), 'bytes')
      await refused(rename(world, 'e', 'none'), 'NoSuchKey')
      await refused(rename(world, 'd', 'd'), 'InvalidRequest')
      await refused(rename(world, 'e', '%zz'), 'InvalidArgument')
    }))

  test('may be bound to what is at both keys', () =>
    inDirectory(async (world) => {
      const { ETag } = await put(world, 'a', 'A')
      await put(world, 'b', 'B')
      const conditions = [
        { DestinationIfNoneMatch: '*' },
        { DestinationIfMatch: '"other"' },
        { DestinationIfModifiedSince: startMs },
        { SourceIfMatch: '"other"' },
        { SourceIfNoneMatch: ETag },
        { SourceIfUnmodifiedSince: startMs - 5000 },
      ]
      for (const condition of conditions) await refused(rename(world, 'b', 'a', condition), 'PreconditionFailed')
      await refused(rename(world, 'new', 'a', { DestinationIfMatch: ETag }), 'NoSuchKey')
      await rename(world, 'b', 'a', { SourceIfMatch: ETag })
      assert.equal(await get(world, 'b'), 'A')
    }))

  test('with a client token can be repeated', () =>
    inDirectory(async (world) => {
      await put(world, 'a', 'A')
      const ClientToken = 'token'
      await rename(world, 'b', 'a', { ClientToken })
      await rename(world, 'b', 'a', { ClientToken })
      await refused(rename(world, 'b', 'x', { ClientToken }), 'IdempotencyParameterMismatch')
      assert.deepEqual(await keys(world), ['b'])
    }))
})

test('deletes may be bound to time and size', () =>
  inDirectory(async (world) => {
    await put(world, 'k', 'four')
    const remove = (more: object) => world.call('DeleteObject', { Bucket, Key: 'k', ...more })
    await refused(remove({ IfMatchSize: 5 }), 'PreconditionFailed')
    await refused(remove({ IfMatchLastModifiedTime: startMs + 2000 }), 'PreconditionFailed')
    const listed = { Key: 'k', Size: 4, LastModifiedTime: startMs }
    const { Errors } = await world.call('DeleteObjects', { Bucket, Delete: { Objects: [{ ...listed, Size: 1 }] } })
    assert.equal(Errors?.[0]?.Code, 'PreconditionFailed')
    const { Deleted } = await world.call('DeleteObjects', { Bucket, Delete: { Objects: [listed] } })
    assert.equal(Deleted?.[0]?.Key, 'k')
    await refused(remove({ IfMatchSize: 4 }), 'NoSuchKey')
  }))

test('sessions are for directory buckets, in one of two modes', () =>
  inDirectory(async (world) => {
    const { Credentials } = await world.call('CreateSession', { Bucket })
    assert.equal(Credentials?.Expiration, startMs + 5 * 60_000)
    await refused(world.call('CreateSession', { Bucket, SessionMode: 'Other' }), 'InvalidArgument')
    await world.bucket('general')
    await refused(world.call('CreateSession', { Bucket: 'general' }), 'MethodNotAllowed')
  }))
