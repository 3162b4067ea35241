import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { objectDelete } from '../../src/s3/object-delete.ts'
import { objectRead } from '../../src/s3/object-read.ts'
import { objectWrite } from '../../src/s3/object-write.ts'
import { tagging } from '../../src/s3/tagging.ts'
import { refused, withWorld, type World } from './support.ts'

const handlers = { ...tagging, ...objectDelete, ...objectRead, ...objectWrite }
const Bucket = 'bucket'
const Key = 'key'
const withBucket =
  (run: (w: World) => Promise<void>, changes = {}) =>
  () =>
    withWorld(handlers, async (w) => {
      await w.bucket(Bucket, changes)
      await run(w)
    })
const TagSet = [
  { Key: 'tag1', Value: 'tag1' },
  { Key: 'tag2', Value: '' },
]
const get = (w: World, more = {}) => w.call('GetObjectTagging', { Bucket, Key, ...more })
const put = (w: World, tags = TagSet, more = {}) =>
  w.call('PutObjectTagging', { Bucket, Key, Tagging: { TagSet: tags }, ...more })
const remove = (w: World, more = {}) => w.call('DeleteObjectTagging', { Bucket, Key, ...more })

describe('object tags', () => {
  it(
    'are set, replaced and removed without touching the object (recorded, test_object_tagging_crud)',
    withBucket(async (w) => {
      await w.put(Key, 'x')
      assert.deepEqual(await get(w), { TagSet: [], VersionId: undefined })
      await put(w)
      assert.deepEqual((await get(w)).TagSet, TagSet)
      assert.equal((await w.call('GetObject', { Bucket, Key })).TagCount, 2)
      await put(w, [{ Key: 'tag3', Value: 'tag3' }])
      assert.deepEqual((await get(w)).TagSet, [{ Key: 'tag3', Value: 'tag3' }])
      w.clock.nowMs += 5000
      assert.deepEqual(await remove(w), { VersionId: undefined })
      assert.deepEqual((await get(w)).TagSet, [])
      const head = await w.call('HeadObject', { Bucket, Key })
      assert.equal(head.TagCount, undefined)
      assert.notEqual(head.LastModified, w.clock.nowMs)
      await put(w, [])
    }),
  )
  it(
    'of a missing key are NoSuchKey, named with its bucket by GET alone (recorded, test_object_tagging_exc)',
    withBucket(async (w) => {
      await refused(get(w), 'NoSuchKey', { status: 404, fields: { Key: 'bucket/key' } })
      await refused(put(w), 'NoSuchKey', { fields: { Key: 'key' } })
      await refused(remove(w), 'NoSuchKey', { fields: { Key: 'key' } })
    }),
  )
  it(
    'belong to a version; a delete marker has none (recorded, test_object_tagging_versioned)',
    withBucket(
      async (w) => {
        const { VersionId: first } = await w.put(Key, 'x', { Tagging: 'test_tag=tagv1' })
        const { VersionId: second } = await w.put(Key, 'y')
        assert.deepEqual(await put(w, [{ Key: 'tag3', Value: 'tag3' }]), { VersionId: second })
        assert.deepEqual(await get(w), { TagSet: [{ Key: 'tag3', Value: 'tag3' }], VersionId: second })
        assert.deepEqual(await get(w, { VersionId: first }), {
          TagSet: [{ Key: 'test_tag', Value: 'tagv1' }],
          VersionId: first,
        })
        assert.deepEqual(await put(w, TagSet, { VersionId: first }), { VersionId: first })
        assert.deepEqual((await get(w, { VersionId: first })).TagSet, TagSet)
        assert.deepEqual(await remove(w, { VersionId: first }), { VersionId: first })
        const { VersionId: marker } = await w.call('DeleteObject', { Bucket, Key })
        for (const more of [{}, { VersionId: marker }]) {
          for (const [call, Method] of [
            [() => get(w, more), 'GET'],
            [() => put(w, TagSet, more), 'PUT'],
            [() => remove(w, more), 'DELETE'],
          ] as const) {
            await refused(call(), 'MethodNotAllowed', {
              status: 405,
              fields: { Method, ResourceType: 'DeleteMarker' },
            })
          }
        }
        await w.call('DeleteObject', { Bucket, Key, VersionId: first })
        await refused(get(w, { VersionId: first }), 'NoSuchVersion', { status: 404 })
        await refused(put(w, TagSet, { VersionId: 'nonsense' }), 'InvalidArgument')
      },
      { versioning: 'Enabled' },
    ),
  )
  it(
    'are checked before the object is looked for',
    withBucket((w) => refused(put(w, [{ Key: 'a,b', Value: '' }]), 'InvalidTag')),
  )
})

describe('bucket tags', () => {
  const none = { status: 404, message: 'The TagSet does not exist', fields: { BucketName: Bucket } }
  it(
    'are set, replaced and removed (recorded, test_bucket_tagging_crud, test_put_bucket_tagging_none_value)',
    withBucket(async (w) => {
      await refused(w.call('GetBucketTagging', { Bucket }), 'NoSuchTagSet', none)
      await w.call('PutBucketTagging', { Bucket, Tagging: { TagSet } })
      assert.deepEqual(await w.call('GetBucketTagging', { Bucket }), { TagSet })
      await w.call('DeleteBucketTagging', { Bucket })
      await refused(w.call('GetBucketTagging', { Bucket }), 'NoSuchTagSet', none)
      await w.call('PutBucketTagging', { Bucket, Tagging: { TagSet } })
      await w.call('PutBucketTagging', { Bucket, Tagging: { TagSet: [] } })
      await refused(w.call('GetBucketTagging', { Bucket }), 'NoSuchTagSet', none)
    }),
  )
  it(
    'leave the other settings of the bucket alone',
    withBucket(
      async (w) => {
        await w.call('PutBucketTagging', { Bucket, Tagging: { TagSet } })
        await w.call('DeleteBucketTagging', { Bucket })
        assert.deepEqual((await w.store.buckets.get(Bucket))?.documents, { cors: [1] })
      },
      { documents: { cors: [1] } },
    ),
  )
})
