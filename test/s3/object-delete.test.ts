import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { error } from '../../src/errors.ts'
import type { ObjectIdentifier } from '../../src/model/s3.types.gen.ts'
import { objectDelete } from '../../src/s3/object-delete.ts'
import { objectRead } from '../../src/s3/object-read.ts'
import { objectWrite } from '../../src/s3/object-write.ts'
import type { BucketRecord } from '../../src/store/records.ts'
import { refused, startMs, withWorld, type World } from './support.ts'

const handlers = { ...objectDelete, ...objectRead, ...objectWrite }
const Bucket = 'bucket'
const Key = 'key'
const withBucket =
  (run: (w: World) => Promise<void>, changes: Partial<BucketRecord> = {}) =>
  () =>
    withWorld(handlers, async (w) => {
      await w.bucket(Bucket, changes)
      await run(w)
    })
const versioned = (run: (w: World) => Promise<void>) => withBucket(run, { versioning: 'Enabled' })
const remove = (w: World, more = {}, options = {}) => w.call('DeleteObject', { Bucket, Key, ...more }, options)
const removeAll = (w: World, Objects: ObjectIdentifier[], more = {}, options = {}) =>
  w.call('DeleteObjects', { Bucket, Delete: { Objects }, ...more }, options)
const shown = (output: object) => Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined))

describe('DeleteObject', () => {
  it(
    'of an unversioned key answers nothing, there or not (recorded, test_delete_object)',
    withBucket(async (w) => {
      await w.put(Key, 'x')
      assert.deepEqual(shown(await remove(w)), {})
      await refused(w.get(Key), 'NoSuchKey')
      assert.deepEqual(shown(await remove(w)), {})
      assert.deepEqual(shown(await remove(w, { VersionId: 'null' })), {})
      const id = 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'
      await refused(remove(w, { VersionId: id }), 'InvalidArgument', {
        message: 'Invalid version id specified',
        fields: { ArgumentName: 'versionId', ArgumentValue: id },
      })
    }),
  )
  it(
    'makes and removes delete markers and versions (recorded, test_delete_object_versioned)',
    versioned(async (w) => {
      const put = await w.put(Key, 'x')
      const marker = await remove(w)
      assert.equal(marker.DeleteMarker, true)
      assert.match(String(marker.VersionId), /^.{32}$/)
      const again = await remove(w)
      assert.notEqual(again.VersionId, marker.VersionId)
      assert.deepEqual(shown(await remove(w, { VersionId: marker.VersionId })), {
        DeleteMarker: true,
        VersionId: marker.VersionId,
      })
      assert.deepEqual(shown(await remove(w, { VersionId: put.VersionId })), { VersionId: put.VersionId })
      assert.deepEqual(shown(await remove(w, { VersionId: put.VersionId })), { VersionId: put.VersionId })
      await refused(remove(w, { VersionId: `${put.VersionId?.slice(0, -4)}ABCD` }), 'InvalidArgument', {
        message: 'Invalid version id specified',
      })
      assert.equal((await w.call('DeleteObject', { Bucket, Key: 'never' })).DeleteMarker, true)
    }),
  )
  it(
    'leaves a null marker where versioning is suspended (recorded, test_delete_object_on_suspended_bucket)',
    versioned(async (w) => {
      const { VersionId } = await w.put(Key, 'x')
      await w.change(Bucket, { versioning: 'Suspended' })
      assert.deepEqual(shown(await remove(w)), { DeleteMarker: true, VersionId: 'null' })
      await w.put(Key, 'y')
      assert.deepEqual(shown(await remove(w)), { DeleteMarker: true, VersionId: 'null' })
      assert.equal(await w.get(Key, { VersionId }), 'x')
    }),
  )
})

describe('conditional deletes', () => {
  it(
    'need the object to be there and to match (recorded, test_delete_object_if_match_non_express; localstack/localstack issue 13894)',
    withBucket(async (w) => {
      for (const IfMatch of ['*', '"x"']) {
        await refused(remove(w, { IfMatch }), 'NoSuchKey', { status: 404, fields: { Key } })
      }
      const { ETag } = await w.put(Key, 'x')
      await refused(remove(w, { IfMatch: '"badetag"' }), 'PreconditionFailed', {
        status: 412,
        fields: { Condition: 'If-Match' },
      })
      await remove(w, { IfMatch: ETag })
      await w.put(Key, 'x')
      await remove(w, { IfMatch: '*' })
      await refused(w.get(Key), 'NoSuchKey')
    }),
  )
  it(
    'take no version id (localstack/localstack issue 13894) and see no version under a delete marker',
    versioned(async (w) => {
      const { ETag, VersionId } = await w.put(Key, 'x')
      await refused(remove(w, { IfMatch: ETag, VersionId }), 'NotImplemented', { status: 501 })
      await remove(w)
      await refused(remove(w, { IfMatch: ETag }), 'NoSuchKey')
    }),
  )
  // Recorded: test_delete_object_if_match_modified_non_express, _size_, _all_.
  for (const [input, Header] of [
    [{ IfMatchLastModifiedTime: startMs }, 'x-amz-if-match-last-modified-time'],
    [{ IfMatchSize: 1 }, 'x-amz-if-match-size'],
    [{ IfMatchSize: 1, IfMatchLastModifiedTime: startMs, IfMatch: '*' }, 'x-amz-if-match-last-modified-time'],
  ] as const) {
    it(
      `${Object.keys(input)} is for directory buckets`,
      withBucket((w) => refused(remove(w, input), 'NotImplemented', { status: 501, fields: { Header } })),
    )
  }
})

describe('deletes under Object Lock', () => {
  const locked = (run: (w: World) => Promise<void>) =>
    withBucket(run, { versioning: 'Enabled', objectLockEnabled: true })
  const refusal = { status: 403, message: 'Access Denied because object protected by object lock.' }
  const put = (w: World, more: object) => w.put(Key, 'x', { ContentMD5: 'ndTkYSaMgDT1yFZOFVxnpg==', ...more })
  const governance = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: startMs + 1000 }

  it(
    'a retained version stays until its date, or a governance bypass (recorded, test_s3_object_retention)',
    locked(async (w) => {
      const { VersionId } = await put(w, governance)
      await refused(remove(w, { VersionId }), 'AccessDenied', refusal)
      await refused(remove(w, { VersionId, BypassGovernanceRetention: false }), 'AccessDenied', refusal)
      assert.equal((await remove(w)).DeleteMarker, true)
      const deny = (action: string) => {
        if (action === 's3:BypassGovernanceRetention') throw error('AccessDenied')
      }
      const bypass = { VersionId, BypassGovernanceRetention: true }
      await refused(remove(w, bypass, { authorize: deny }), 'AccessDenied', { message: 'Access Denied' })
      assert.deepEqual(shown(await remove(w, bypass)), { VersionId })
    }),
  )
  it(
    'compliance cannot be bypassed but expires (recorded, test_s3_object_retention_compliance_mode)',
    locked(async (w) => {
      const { VersionId } = await put(w, { ...governance, ObjectLockMode: 'COMPLIANCE' })
      await refused(remove(w, { VersionId, BypassGovernanceRetention: true }), 'AccessDenied', refusal)
      w.clock.nowMs += 1001
      await remove(w, { VersionId })
    }),
  )
  it(
    'a legal hold has no date and no bypass (recorded, test_delete_locked_object)',
    locked(async (w) => {
      const { VersionId } = await put(w, { ObjectLockLegalHoldStatus: 'ON' })
      await refused(remove(w, { VersionId, BypassGovernanceRetention: true }), 'AccessDenied', refusal)
      assert.deepEqual((await removeAll(w, [{ Key, VersionId }])).Errors, [
        { Key, VersionId, Code: 'AccessDenied', Message: refusal.message },
      ])
    }),
  )
  for (const BypassGovernanceRetention of [true, false]) {
    it(
      `a bypass (${BypassGovernanceRetention}) is refused in a bucket without Object Lock (recorded, test_delete_object_with_no_locking)`,
      withBucket(async (w) => {
        const expected = {
          status: 400,
          message: 'x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.',
          fields: { ArgumentName: 'x-amz-bypass-governance-retention' },
        }
        await refused(remove(w, { BypassGovernanceRetention }), 'InvalidArgument', expected)
        await refused(removeAll(w, [{ Key }], { BypassGovernanceRetention }), 'InvalidArgument', expected)
      }),
    )
  }
})

describe('DeleteObjects', () => {
  it(
    'answers for every key in the order asked (recorded, test_delete_non_existing_keys)',
    withBucket(async (w) => {
      await w.put('b', 'x')
      const output = await removeAll(w, [{ Key: 'c' }, { Key: 'b' }, { Key: 'a' }])
      assert.deepEqual(output, { Deleted: [{ Key: 'c' }, { Key: 'b' }, { Key: 'a' }], Errors: [] })
      await refused(w.get('b'), 'NoSuchKey')
    }),
  )
  it(
    'names markers made and removed (recorded, test_delete_keys_in_versioned_bucket)',
    versioned(async (w) => {
      const { VersionId } = await w.put(Key, 'x')
      const [made] = (await removeAll(w, [{ Key }])).Deleted ?? []
      assert.equal(made?.DeleteMarker, true)
      const marker = made?.DeleteMarkerVersionId
      assert.match(String(marker), /^.{32}$/)
      assert.deepEqual(
        await removeAll(w, [
          { Key, VersionId },
          { Key, VersionId: marker },
        ]),
        {
          Deleted: [
            { Key, VersionId },
            { Key, VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker },
          ],
          Errors: [],
        },
      )
    }),
  )
  it(
    'a version id the bucket never gave is an error of that key (recorded, test_delete_objects)',
    withBucket(async (w) => {
      const VersionId = 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'
      assert.deepEqual(await removeAll(w, [{ Key, VersionId }, { Key }]), {
        Deleted: [{ Key }],
        Errors: [{ Key, VersionId, Code: 'NoSuchVersion', Message: 'The specified version does not exist.' }],
      })
    }),
  )
  it(
    'so does one in a versioned bucket (recorded, test_delete_objects_versioned)',
    versioned(async (w) => {
      const VersionId = 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'
      const output = await removeAll(w, [{ Key, VersionId }])
      assert.equal(output.Errors?.[0]?.Code, 'NoSuchVersion')
    }),
  )
  it(
    'is silent about success when quiet (recorded, test_delete_non_existing_keys_quiet)',
    withBucket(async (w) => {
      const output = await w.call('DeleteObjects', { Bucket, Delete: { Objects: [{ Key }], Quiet: true } })
      assert.deepEqual(output, { Deleted: [], Errors: [] })
    }),
  )
  it(
    'a denied key does not stop the others',
    withBucket(async (w) => {
      await w.put('a', 'x')
      await w.put('b', 'x')
      const authorize = (_action: string, resource: string) => {
        if (resource.endsWith('/a')) throw error('AccessDenied')
      }
      assert.deepEqual(await removeAll(w, [{ Key: 'a' }, { Key: 'b' }], {}, { authorize }), {
        Deleted: [{ Key: 'b' }],
        Errors: [{ Key: 'a', VersionId: undefined, Code: 'AccessDenied', Message: 'Access Denied' }],
      })
      assert.equal(await w.get('a'), 'x')
    }),
  )
  it(
    'honours an ETag per key',
    withBucket(async (w) => {
      const { ETag } = await w.put('a', 'x')
      await w.put('b', 'x')
      const output = await removeAll(w, [
        { Key: 'a', ETag },
        { Key: 'b', ETag: '"no"' },
        { Key: 'c', ETag: '*' },
      ])
      assert.deepEqual(output.Deleted, [{ Key: 'a' }])
      assert.deepEqual(
        output.Errors?.map(({ Key: key, Code }) => [key, Code]),
        [
          ['b', 'PreconditionFailed'],
          ['c', 'NoSuchKey'],
        ],
      )
    }),
  )
  it(
    'takes 1 to 1,000 keys',
    withBucket(async (w) => {
      const keys = (count: number) => Array.from({ length: count }, (_, at) => ({ Key: `k${at}` }))
      assert.equal((await removeAll(w, keys(1000))).Deleted?.length, 1000)
      for (const count of [0, 1001]) await refused(removeAll(w, keys(count)), 'MalformedXML', { status: 400 })
    }),
  )
})
