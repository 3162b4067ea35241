// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html, directory-bucket-naming-rules.html,
// directory-buckets-objects-append.html, directory-buckets-objects-rename.html
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import type { CompletedPart, CreateBucketConfiguration } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { screenDirectory, zoneOf } from '../../src/s3/lib/directory-bucket.ts'
import { bodyOf, owner, refused, startMs, type World, withWorld } from './support.ts'

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

function crcOf(text: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(text))
  return bytes.toString('base64')
}

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
      // API_AbortMultipartUpload: no upload is no failure where its time is given.
      await abort(startMs)
      await refused(world.call('AbortMultipartUpload', { Bucket, Key: 'k', UploadId }), 'NoSuchUpload')
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
      for (const [operation, input, Header] of [
        ['PutObject', { ContentMD5: 'x' }, 'Content-MD5'],
        ['PutBucketPolicy', { ConfirmRemoveSelfBucketAccess: true }, 'x-amz-confirm-remove-self-bucket-access'],
        ['DeleteBucket', { ExpectedBucketOwner: owner.id }, 'x-amz-expected-bucket-owner'],
        ['UploadPart', { SSECustomerKey: 'x' }, 'x-amz-server-side-encryption-customer-key'],
      ] as const) {
        await refused(screen(operation, input), 'NotImplemented', { status: 501, fields: { Header } })
      }
      await screen('GetObject', { ExpectedBucketOwner: owner.id })
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

describe('listing a directory bucket', () => {
  const names = Array.from({ length: 30 }, (_, at) => `key-${String(at).padStart(2, '0')}`)

  test('gives every key once, in no order, page by page', () =>
    inDirectory(async (world) => {
      for (const name of names) await put(world, name, '')
      const seen: string[] = []
      let ContinuationToken: string | undefined
      do {
        const page = await world.call('ListObjectsV2', { Bucket, MaxKeys: 12, ContinuationToken })
        seen.push(...(page.Contents ?? []).map(({ Key = '' }) => Key))
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken !== undefined)
      assert.notDeepEqual(seen, names)
      assert.deepEqual(seen.sort(), names)
    }))

  // "ListObjectsV2 response includes the prefixes that are related only to in-progress multipart uploads."
  test('shows folders of uploads in progress', () =>
    inDirectory(async (world) => {
      for (const Key of ['b/1', 'd/1']) await put(world, Key, '')
      const begin = (Key: string) => world.call('CreateMultipartUpload', { Bucket, Key })
      for (const Key of ['a/1', 'a/2', 'b/2', 'c/1', 'e', 'z/deep/1']) await begin(Key)
      const folders = async (more: object) => {
        const all: string[] = []
        let ContinuationToken: string | undefined
        do {
          const page = await world.call('ListObjectsV2', { Bucket, Delimiter: '/', ContinuationToken, ...more })
          all.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix))
          assert.equal(page.KeyCount, page.CommonPrefixes?.length)
          ContinuationToken = page.NextContinuationToken
        } while (ContinuationToken !== undefined)
        return all.sort()
      }
      const expected = ['a/', 'b/', 'c/', 'd/', 'z/']
      for (const MaxKeys of [1000, 5, 4, 2, 1]) assert.deepEqual(await folders({ MaxKeys }), expected)
      assert.deepEqual(await folders({ Prefix: 'z/' }), ['z/deep/'])
      const flat = await world.call('ListObjectsV2', { Bucket })
      assert.equal(flat.KeyCount, 2)
      await world.bucket('general')
      await world.call('CreateMultipartUpload', { Bucket: 'general', Key: 'a/1' })
      const general = await world.call('ListObjectsV2', { Bucket: 'general', Delimiter: '/' })
      assert.deepEqual(general.CommonPrefixes, [])
    }))

  // KeyMarker of ListMultipartUploads: "obfuscated and isn't a real object key".
  test('pages uploads by an opaque marker', () =>
    inDirectory(async (world) => {
      for (const Key of ['a', 'a', 'a', 'b', 'c/1', 'c/2', 'd'])
        await world.call('CreateMultipartUpload', { Bucket, Key })
      const list = (KeyMarker: string | undefined, more: object) =>
        world.call('ListMultipartUploads', { Bucket, KeyMarker, ...more })
      for (const [more, count, folders] of [
        [{ MaxUploads: 2 }, 7, 0],
        [{ MaxUploads: 1, Delimiter: '/' }, 5, 1],
      ] as const) {
        const ids = new Set<string | undefined>()
        let prefixes = 0
        let marker: string | undefined
        do {
          const page = await list(marker, more)
          for (const { UploadId } of page.Uploads ?? []) ids.add(UploadId)
          prefixes += page.CommonPrefixes?.length ?? 0
          assert.equal(page.NextUploadIdMarker, undefined)
          marker = page.NextKeyMarker
        } while (marker !== undefined)
        assert.deepEqual([ids.size, prefixes], [count, folders])
      }
      await refused(list('a', {}), 'InvalidArgument', { fields: { ArgumentName: 'key-marker', ArgumentValue: 'a' } })
      const [first] = (await list(undefined, { MaxUploads: 1 })).Uploads ?? []
      assert.equal(first?.Initiator?.ID, owner.id)
    }))
})

describe('uploads to a directory bucket', () => {
  const upload = async (world: World, numbers: number[], bucket = Bucket, more = {}) => {
    const { UploadId = '' } = await world.call('CreateMultipartUpload', { Bucket: bucket, Key: 'k', ...more })
    const input = { Bucket: bucket, Key: 'k', UploadId }
    const Parts: CompletedPart[] = []
    for (const PartNumber of numbers) {
      const part = await world.call('UploadPart', { ...input, ...more, PartNumber }, { body: bodyOf('same') })
      Parts.push({ ...part, PartNumber, ETag: part.ETag ?? '' })
    }
    return { Parts, complete: () => world.call('CompleteMultipartUpload', { ...input, MultipartUpload: { Parts } }) }
  }
  const small = (run: (world: World) => Promise<void>) =>
    withWorld(
      handlers,
      async (world) => {
        await create(world)
        await run(world)
      },
      { minPartSizeBytes: 0 },
    )

  // s3-express-using-multipart-upload.html, API_CompletedPart.html
  test('have parts from 1 without a gap, and the date of their completion', () =>
    small(async (world) => {
      await refused((await upload(world, [1, 3])).complete(), 'InvalidPartOrder', { status: 400 })
      await refused((await upload(world, [2])).complete(), 'InvalidPartOrder')
      const { complete, Parts } = await upload(world, [1, 2])
      assert.notEqual(Parts[0]?.ETag, Parts[1]?.ETag)
      world.clock.nowMs += 60_000
      await complete()
      const head = await world.call('HeadObject', { Bucket, Key: 'k' })
      assert.equal(head.LastModified, startMs + 60_000)
      assert.equal(head.Expiration, 'NotImplemented')
      const ObjectAttributes = ['ObjectParts']
      const { ObjectParts } = await world.call('GetObjectAttributes', { Bucket, Key: 'k', ObjectAttributes })
      assert.equal(ObjectParts?.Parts?.length, 2)
    }))

  test('and those of other buckets that name a checksum have them, too', () =>
    small(async (world) => {
      await world.bucket('general')
      const checksum = { ChecksumAlgorithm: 'CRC32', ChecksumCRC32: crcOf('same') }
      await refused((await upload(world, [1, 3], 'general', checksum)).complete(), 'InvalidPartOrder')
      await (await upload(world, [1, 3], 'general')).complete()
      const { LastModified, Expiration } = await world.call('HeadObject', { Bucket: 'general', Key: 'k' })
      assert.deepEqual([LastModified, Expiration], [startMs, undefined])
    }))
})

describe('tags and encryption of a directory bucket', () => {
  // TaggingDirective of CopyObject.
  test('copies bring no tags', () =>
    inDirectory(async (world) => {
      await world.bucket('general')
      await world.put('k', 'x', { Bucket: 'general', Tagging: 'a=b' })
      const copy = (more: object) => world.call('CopyObject', { Bucket, Key: 'k', CopySource: 'general/k', ...more })
      await refused(copy({}), 'NotImplemented', { status: 501, fields: { Header: 'x-amz-tagging' } })
      await refused(copy({ TaggingDirective: 'COPY' }), 'NotImplemented')
      await copy({ TaggingDirective: 'REPLACE' })
      const bucket = await world.store.buckets.get(Bucket)
      assert.ok(bucket)
      const screen = async (input: object) => screenDirectory('CopyObject', { ...input }, bucket, undefined)
      await screen({ TaggingDirective: 'REPLACE', Tagging: '' })
      await refused(screen({ TaggingDirective: 'REPLACE', Tagging: 'a=b' }), 'NotImplemented')
    }))

  test('bucket keys are always on, and there is no second layer', () =>
    withWorld(
      handlers,
      async (world) => {
        await create(world)
        const kms = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'one' }
        assert.equal((await put(world, 'k', 'x', { ...kms, BucketKeyEnabled: false })).BucketKeyEnabled, true)
        const copied = await world.call('CopyObject', { Bucket, Key: 'c', CopySource: `${Bucket}/k`, ...kms })
        assert.equal(copied.BucketKeyEnabled, undefined)
        await refused(put(world, 'k', 'x', { ...kms, ServerSideEncryption: 'aws:kms:dsse' }), 'InvalidArgument')
      },
      { kmsKeys: [{ id: 'one', aliases: [], state: 'Enabled', accountId: owner.id, region: undefined }] },
    ))
})

// "Directory buckets" of API_PutBucketEncryption.html.
test('its default encryption has one KMS key for its lifetime', () =>
  withWorld(
    handlers,
    async (world) => {
      await create(world)
      const set = (SSEAlgorithm: string, KMSMasterKeyID?: string) => {
        const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm, KMSMasterKeyID } }
        const ServerSideEncryptionConfiguration = { Rules: [rule] }
        return world.call('PutBucketEncryption', { Bucket, ServerSideEncryptionConfiguration })
      }
      await refused(set('aws:kms:dsse', 'one'), 'InvalidRequest', { status: 400 })
      await refused(set('aws:kms'), 'InvalidRequest')
      await refused(set('aws:kms', 'alias/one'), 'InvalidRequest')
      await refused(set('aws:kms', 'none'), 'KMS.NotFoundException')
      await set('aws:kms', 'one')
      const { ServerSideEncryption, BucketKeyEnabled } = await put(world, 'k', 'x')
      assert.deepEqual([ServerSideEncryption, BucketKeyEnabled], ['aws:kms', true])
      await refused(set('aws:kms', 'two'), 'InvalidRequest')
      await set('AES256')
      assert.equal((await put(world, 'k', 'x')).ServerSideEncryption, 'AES256')
      await refused(set('aws:kms', 'two'), 'InvalidRequest')
      await set('aws:kms', 'one')
    },
    {
      kmsKeys: ['one', 'two'].map((id) => ({
        ...{ id, aliases: [`alias/${id}`], state: 'Enabled' as const, accountId: owner.id, region: undefined },
      })),
    },
  ))

test('DeleteObjects takes no blank keys and no control characters there, and then deletes nothing', () =>
  inDirectory(async (world) => {
    await put(world, 'k', '')
    for (const bad of [' ', '\t\n', 'a\u0001', 'a\u0085']) {
      const Objects = [{ Key: 'k' }, { Key: bad }]
      await refused(world.call('DeleteObjects', { Bucket, Delete: { Objects } }), 'MalformedXML', { status: 400 })
    }
    const { Deleted } = await world.call('DeleteObjects', {
      Bucket,
      Delete: { Objects: [{ Key: 'k' }, { Key: 'a\tb' }] },
    })
    assert.equal(Deleted?.length, 2)
  }))

describe('appending', () => {
  const append = (world: World, bytes: string, WriteOffsetBytes: number, more = {}) =>
    put(world, 'k', bytes, { WriteOffsetBytes, ...more })

  test('adds bytes behind the others; the checksum is of all', () =>
    inDirectory(async (world) => {
      const first = await append(world, 'hello', 0, { Metadata: { a: '1' }, ChecksumCRC32: crcOf('hello') })
      assert.equal(first.Size, 5)
      const second = await append(world, ' world', 5, { ChecksumCRC32: crcOf(' world') })
      assert.equal(second.Size, 11)
      assert.equal(second.ChecksumCRC32, crcOf('hello world'))
      assert.equal(await get(world, 'k'), 'hello world')
      assert.equal((await world.call('HeadObject', { Bucket, Key: 'k' })).Metadata?.a, '1')
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

  // "You can append up to 10,000 parts" (directory-buckets-objects-append.html).
  test('goes on for 10,000 parts', () =>
    inDirectory(async (world) => {
      await append(world, 'x', 0)
      const { latest } = world.store.objects
      world.store.objects.latest = async (...args) => {
        const record = await latest.apply(world.store.objects, args)
        return record && { ...record, appendedParts: 10_000 }
      }
      await refused(append(world, 'x', 1), 'TooManyParts', { status: 400 })
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

test('deletes may be bound to time and size, which do not stop the delete of nothing (API_DeleteObject)', () =>
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
    await remove({ IfMatchSize: 4 })
    await remove({ IfMatchLastModifiedTime: startMs })
    await refused(remove({ IfMatch: '*', IfMatchSize: 4 }), 'NoSuchKey')
  }))

test('sessions are for directory buckets, in one of two modes', () =>
  inDirectory(async (world) => {
    const { Credentials } = await world.call('CreateSession', { Bucket })
    assert.equal(Credentials?.Expiration, startMs + 5 * 60_000)
    await refused(world.call('CreateSession', { Bucket, SessionMode: 'Other' }), 'InvalidArgument')
    await world.bucket('general')
    await refused(world.call('CreateSession', { Bucket: 'general' }), 'MethodNotAllowed')
  }))
