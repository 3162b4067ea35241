// Recorded: TestS3ObjectLock; periods: s3-tests test_object_lock_put_obj_lock_*.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectLockConfiguration } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { refused, startMs, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const put = (world: World, ObjectLockConfiguration: ObjectLockConfiguration) =>
  world.call('PutObjectLockConfiguration', { Bucket, ObjectLockConfiguration })
const get = (world: World) => world.call('GetObjectLockConfiguration', { Bucket })
const withRule = (DefaultRetention: object): ObjectLockConfiguration => ({
  ObjectLockEnabled: 'Enabled',
  Rule: { DefaultRetention },
})

test('the configuration can be set, read and reduced again', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled', objectLockEnabled: true })
    assert.deepEqual(await get(world), { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } })
    await put(world, withRule({ Mode: 'GOVERNANCE', Days: 1 }))
    assert.deepEqual(await get(world), { ObjectLockConfiguration: withRule({ Mode: 'GOVERNANCE', Days: 1 }) })
    await put(world, { ObjectLockEnabled: 'Enabled' })
    assert.deepEqual(await get(world), { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } })
  }))

test('the default retention has effect on new objects', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled', objectLockEnabled: true })
    await put(world, withRule({ Mode: 'COMPLIANCE', Years: 1 }))
    const { VersionId } = await world
      .put('k', 'x', { ContentMD5: 'nd15dPMyMh1YZO+AWXRc1Q==' })
      .catch(() => world.put('k', '', { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' }))
    const head = await world.call('HeadObject', { Bucket, Key: 'k' })
    assert.equal(head.ObjectLockMode, 'COMPLIANCE')
    assert.equal(head.ObjectLockRetainUntilDate, startMs + 365 * 86_400_000)
    await refused(world.call('DeleteObject', { Bucket, Key: 'k', VersionId }), 'AccessDenied')
  }))

test('a bucket without Object Lock has no configuration', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled' })
    await refused(get(world), 'ObjectLockConfigurationNotFoundError', { fields: { BucketName: Bucket } })
  }))

test('an existing bucket can be given Object Lock when its versioning is on', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    for (const changes of [{}, { versioning: 'Suspended' } as const]) {
      await world.change(Bucket, changes)
      await refused(put(world, { ObjectLockEnabled: 'Enabled' }), 'InvalidBucketState', {
        status: 409,
        message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
      })
    }
    await world.change(Bucket, { versioning: 'Enabled' })
    await put(world, { ObjectLockEnabled: 'Enabled' })
    assert.deepEqual(await get(world), { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } })
  }))

const malformed: [string, ObjectLockConfiguration][] = [
  ['without ObjectLockEnabled', { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } }],
  ['empty', {}],
  ['with another status', { ObjectLockEnabled: 'Disabled' }],
  ['with an empty rule', { ObjectLockEnabled: 'Enabled', Rule: {} }],
  ['with an empty retention', withRule({})],
  ['without a period', withRule({ Mode: 'GOVERNANCE' })],
  ['with an unknown mode', withRule({ Mode: 'BAD', Days: 1 })],
  ['with days and years', withRule({ Mode: 'GOVERNANCE', Days: 1, Years: 1 })],
]
for (const [what, configuration] of malformed) {
  test(`a configuration ${what} is MalformedXML`, () =>
    withWorld(handlers, async (world) => {
      await world.bucket(Bucket, { versioning: 'Enabled', objectLockEnabled: true })
      await refused(put(world, configuration), 'MalformedXML')
    }))
}

test('periods have limits', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled', objectLockEnabled: true })
    for (const bad of [{ Days: 0 }, { Days: 36_501 }, { Years: -1 }, { Years: 101 }]) {
      await refused(put(world, withRule({ Mode: 'GOVERNANCE', ...bad })), 'InvalidArgument', { status: 400 })
    }
    for (const good of [{ Days: 1 }, { Days: 36_500 }, { Years: 100 }]) {
      await put(world, withRule({ Mode: 'GOVERNANCE', ...good }))
    }
    await refused(put(world, withRule({ Mode: 'GOVERNANCE', Days: 1, DefaultEventHold: {} })), 'MalformedXML')
  }))
