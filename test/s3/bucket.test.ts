// Recorded: TestS3ListBuckets, test_create_bucket_head_bucket, TestS3BucketCRUD, test_delete_bucket_with_content.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListBucketsOutput } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { owner, refused, startMs, stranger, type World, withWorld } from './support.ts'

const names = (output: { Buckets?: { Name?: string | undefined }[] | undefined }) =>
  output.Buckets?.map((bucket) => bucket.Name)

async function threeBuckets(world: World): Promise<void> {
  await world.bucket('bucket-c', { region: 'eu-west-1' })
  await world.bucket('bucket-a')
  await world.bucket('other-b')
  await world.bucket('bucket-of-a-stranger', { ownerId: stranger.id })
}

test('ListBuckets gives the caller its own buckets in name order, without region', () =>
  withWorld(handlers, async (world) => {
    await threeBuckets(world)
    const output = await world.call('ListBuckets', {})
    assert.deepEqual(names(output), ['bucket-a', 'bucket-c', 'other-b'])
    assert.deepEqual(output.Buckets?.[0], {
      Name: 'bucket-a',
      CreationDate: startMs - 678,
      BucketRegion: undefined,
      BucketArn: 'arn:aws:s3:::bucket-a',
    })
    assert.deepEqual(output.Owner, { ID: owner.canonicalId })
    assert.equal(output.ContinuationToken, undefined)
    assert.equal(output.Prefix, undefined)
  }))

test('ListBuckets without buckets', () =>
  withWorld(handlers, async (world) => {
    assert.deepEqual((await world.call('ListBuckets', { MaxBuckets: 1 })).Buckets, [])
  }))

test('ListBuckets pages; regions are shown then', () =>
  withWorld(handlers, async (world) => {
    await threeBuckets(world)
    const seen: (string | undefined)[] = []
    let ContinuationToken: string | undefined = ''
    do {
      const output: ListBucketsOutput = await world.call('ListBuckets', { MaxBuckets: 1, ContinuationToken })
      assert.equal(output.Buckets?.length, 1)
      assert.ok(output.Buckets?.[0]?.BucketRegion)
      seen.push(...(names(output) ?? []))
      ContinuationToken = output.ContinuationToken
    } while (ContinuationToken !== undefined)
    assert.deepEqual(seen, ['bucket-a', 'bucket-c', 'other-b'])
  }))

test('ListBuckets by prefix (case matters) and by region', () =>
  withWorld(handlers, async (world) => {
    await threeBuckets(world)
    const byPrefix = await world.call('ListBuckets', { Prefix: 'bucket-' })
    assert.deepEqual(names(byPrefix), ['bucket-a', 'bucket-c'])
    assert.equal(byPrefix.Prefix, 'bucket-')
    assert.equal(byPrefix.Buckets?.[0]?.BucketRegion, 'us-east-1')
    assert.deepEqual(names(await world.call('ListBuckets', { Prefix: 'BUCKET-' })), [])
    assert.deepEqual(names(await world.call('ListBuckets', { BucketRegion: 'eu-west-1' })), ['bucket-c'])
    assert.deepEqual(names(await world.call('ListBuckets', { BucketRegion: 'eu-west-2' })), [])
    assert.deepEqual(names(await world.call('ListBuckets', { BucketRegion: 'eu-west-1', Prefix: 'other' })), [])
  }))

test('ListBuckets refuses what is no region, no token of ours and no page size', () =>
  withWorld(handlers, async (world) => {
    await refused(world.call('ListBuckets', { BucketRegion: 'eu-east-1' }), 'InvalidArgument', {
      fields: { ArgumentName: 'bucket-region' },
      message: 'Argument value eu-east-1 is not a valid AWS Region',
    })
    await refused(world.call('ListBuckets', { ContinuationToken: 'made-up' }), 'InvalidArgument', {
      fields: { ArgumentName: 'continuation-token' },
    })
    for (const MaxBuckets of [0, -1, 10_001]) {
      await refused(world.call('ListBuckets', { MaxBuckets }), 'InvalidArgument')
    }
    await world.call('ListBuckets', { MaxBuckets: 10_000 })
  }))

test('a stranger among thousands of buckets still gets full pages of its own', () =>
  withWorld(handlers, async (world) => {
    for (let at = 0; at < 1100; at++) await world.bucket(`a-${at}`, { ownerId: stranger.id })
    await world.bucket('zzz')
    assert.deepEqual(names(await world.call('ListBuckets', { MaxBuckets: 5 })), ['zzz'])
  }))

test('HeadBucket tells ARN, region and that the name is no access point alias', () =>
  withWorld(handlers, async (world) => {
    await world.bucket('bucket', { region: 'eu-west-1' })
    assert.deepEqual(await world.call('HeadBucket', { Bucket: 'bucket' }), {
      BucketArn: 'arn:aws:s3:::bucket',
      BucketRegion: 'eu-west-1',
      AccessPointAlias: false,
      // Recorded: test_create_bucket_head_bucket.
      ContentType: 'application/xml',
    })
  }))

test('GetBucketLocation is empty for us-east-1', () =>
  withWorld(handlers, async (world) => {
    await world.bucket('bucket')
    await world.bucket('west', { region: 'us-west-2' })
    assert.deepEqual(await world.call('GetBucketLocation', { Bucket: 'bucket' }), { LocationConstraint: undefined })
    assert.deepEqual(await world.call('GetBucketLocation', { Bucket: 'west' }), { LocationConstraint: 'us-west-2' })
  }))

test('DeleteBucket removes an empty bucket, with uploads in progress', () =>
  withWorld(handlers, async (world) => {
    await world.bucket('bucket')
    await world.call('CreateMultipartUpload', { Bucket: 'bucket', Key: 'k' })
    await world.call('DeleteBucket', { Bucket: 'bucket' })
    assert.equal(await world.store.buckets.get('bucket'), undefined)
  }))

test('DeleteBucket of a bucket with objects is BucketNotEmpty', () =>
  withWorld(handlers, async (world) => {
    await world.bucket('bucket')
    await world.put('k', 'x')
    await refused(world.call('DeleteBucket', { Bucket: 'bucket' }), 'BucketNotEmpty', {
      status: 409,
      fields: { BucketName: 'bucket' },
      message: 'The bucket you tried to delete is not empty',
    })
    await world.call('DeleteObject', { Bucket: 'bucket', Key: 'k' })
    await world.call('DeleteBucket', { Bucket: 'bucket' })
  }))

test('a delete marker alone keeps a versioned bucket (recorded, test_delete_versioned_bucket_with_objects)', () =>
  withWorld(handlers, async (world) => {
    await world.bucket('bucket', { versioning: 'Enabled' })
    const { VersionId } = await world.call('DeleteObject', { Bucket: 'bucket', Key: 'k' })
    await refused(world.call('DeleteBucket', { Bucket: 'bucket' }), 'BucketNotEmpty', {
      fields: { BucketName: 'bucket' },
      message: 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.',
    })
    await world.call('DeleteObject', { Bucket: 'bucket', Key: 'k', VersionId })
    await world.call('DeleteBucket', { Bucket: 'bucket' })
  }))
