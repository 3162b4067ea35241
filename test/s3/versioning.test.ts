// Recorded: TestS3BucketVersioning, TestS3ObjectLock::test_disable_versioning_on_locked_bucket.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VersioningConfiguration } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { refused, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const put = (world: World, VersioningConfiguration: VersioningConfiguration, more: object = {}) =>
  world.call('PutBucketVersioning', { Bucket, VersioningConfiguration, ...more })
const get = (world: World) => world.call('GetBucketVersioning', { Bucket })

test('versioning goes from nothing to Suspended and Enabled and never back to nothing', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    assert.deepEqual(await get(world), { Status: undefined })
    for (const Status of ['Suspended', 'Enabled', 'Suspended', 'Enabled']) {
      await put(world, { Status })
      assert.deepEqual(await get(world), { Status })
    }
  }))

test('a missing status is IllegalVersioningConfigurationException, an unknown one MalformedXML', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    await refused(put(world, {}), 'IllegalVersioningConfigurationException', {
      status: 400,
      message: 'The Versioning element must be specified',
    })
    for (const Status of ['enabled', 'Disabled', '']) await refused(put(world, { Status }), 'MalformedXML')
  }))

test('versioning of a bucket with Object Lock cannot be suspended', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled', objectLockEnabled: true })
    await refused(put(world, { Status: 'Suspended' }), 'InvalidBucketState', {
      status: 409,
      message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    })
    await put(world, { Status: 'Enabled' })
  }))

test('MFA delete is refused, never ignored', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    await refused(put(world, { Status: 'Enabled', MFADelete: 'Enabled' }), 'AccessDenied', { status: 403 })
    await refused(put(world, { Status: 'Enabled' }, { MFA: 'serial 123456' }), 'AccessDenied')
    await refused(put(world, { Status: 'Enabled' }, { MFA: 'serial' }), 'InvalidArgument', {
      message: 'Mfa header is invalid -- the header should be formatted as {serialNumber}(space){tokenCode}',
    })
    await refused(put(world, { Status: 'Enabled', MFADelete: 'On' }), 'MalformedXML')
    await put(world, { Status: 'Enabled', MFADelete: 'Disabled' })
    assert.deepEqual(await world.call('GetBucketVersioning', { Bucket: 'bucket' }), { Status: 'Enabled' })
  }))
