// Recorded: TestS3ObjectLockRetention, TestS3ObjectLockLegalHold; s3-tests test_object_lock_*. Event holds: AWS's guide,
// object-lock-managing.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ObjectLockRetention } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { refused, startMs, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const Key = 'k'
const dayMs = 86_400_000
const emptyMD5 = { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' }
const locked = { message: 'Access Denied because object protected by object lock.', status: 403 }

const inLockBucket = (run: (world: World) => Promise<void>) =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { versioning: 'Enabled', objectLockEnabled: true })
    await world.put(Key)
    await run(world)
  })
const retain = (world: World, Retention: ObjectLockRetention, bypass?: boolean) =>
  world.call('PutObjectRetention', { Bucket, Key, Retention, BypassGovernanceRetention: bypass })
const retention = async (world: World) => (await world.call('GetObjectRetention', { Bucket, Key })).Retention
const versionOf = async (world: World) => (await world.call('HeadObject', { Bucket, Key })).VersionId
const remove = async (world: World, VersionId?: string, bypass?: boolean) =>
  world.call('DeleteObject', {
    Bucket,
    Key,
    VersionId: VersionId ?? (await versionOf(world)),
    BypassGovernanceRetention: bypass,
  })
const until = (days: number) => startMs + days * dayMs

describe('retention', () => {
  test('is set, read, shown and kept', () =>
    inLockBucket(async (world) => {
      await refused(retention(world), 'NoSuchObjectLockConfiguration', {
        status: 404,
        message: 'The specified object does not have a ObjectLock configuration',
      })
      await retain(world, { Mode: 'GOVERNANCE', RetainUntilDate: until(2) })
      const wanted = {
        Mode: 'GOVERNANCE',
        RetainUntilDate: until(2),
        EventHold: undefined,
        EventHoldDuration: undefined,
      }
      assert.deepEqual(await retention(world), wanted)
      const head = await world.call('HeadObject', { Bucket, Key })
      assert.equal(head.ObjectLockMode, 'GOVERNANCE')
      assert.equal(head.ObjectLockRetainUntilDate, until(2))
      await refused(remove(world), 'AccessDenied', locked)
      world.clock.nowMs = until(2)
      await remove(world)
    }))

  test('in governance mode becomes longer freely, shorter only with the bypass', () =>
    inLockBucket(async (world) => {
      await retain(world, { Mode: 'GOVERNANCE', RetainUntilDate: until(2) })
      await retain(world, { Mode: 'GOVERNANCE', RetainUntilDate: until(3) })
      for (const weaker of [{ Mode: 'GOVERNANCE', RetainUntilDate: until(1) }, {}]) {
        await refused(retain(world, weaker), 'AccessDenied', locked)
      }
      await refused(retain(world, { Mode: 'COMPLIANCE', RetainUntilDate: until(3) }), 'AccessDenied', locked)
      await retain(world, {}, true)
      await refused(retention(world), 'NoSuchObjectLockConfiguration')
    }))

  test('in compliance mode becomes longer only, whoever asks', () =>
    inLockBucket(async (world) => {
      await retain(world, { Mode: 'COMPLIANCE', RetainUntilDate: until(2) })
      const weaker = [
        { Mode: 'COMPLIANCE', RetainUntilDate: until(1) },
        { Mode: 'GOVERNANCE', RetainUntilDate: until(3) },
        {},
      ]
      for (const wanted of weaker) await refused(retain(world, wanted, true), 'AccessDenied', locked)
      await refused(remove(world, undefined, true), 'AccessDenied', locked)
      await retain(world, { Mode: 'COMPLIANCE', RetainUntilDate: until(3) })
    }))

  test('the bypass is a permission of its own', () =>
    inLockBucket(async (world) => {
      const asked: string[] = []
      await world.call(
        'PutObjectRetention',
        { Bucket, Key, Retention: {}, BypassGovernanceRetention: true },
        { authorize: (action, resource) => asked.push(`${action} ${resource}`) },
      )
      assert.deepEqual(asked, ['s3:BypassGovernanceRetention arn:aws:s3:::bucket/k'])
    }))

  test('documents that do not fit are refused', () =>
    inLockBucket(async (world) => {
      const future = until(1)
      const malformed: ObjectLockRetention[] = [
        { Mode: 'GOVERNANCE' },
        { RetainUntilDate: future },
        { Mode: 'BAD-VALUE', RetainUntilDate: future },
        { Mode: 'GOVERNANCE', RetainUntilDate: future, EventHoldDuration: { Days: 1 } },
        { Mode: 'GOVERNANCE', EventHold: 'MAYBE' },
        { Mode: 'GOVERNANCE', EventHold: 'ON', EventHoldDuration: {} },
        { Mode: 'GOVERNANCE', EventHold: 'ON', EventHoldDuration: { Days: 1, Years: 1 } },
      ]
      for (const wanted of malformed) await refused(retain(world, wanted), 'MalformedXML')
      // Recorded with this date.
      await refused(retain(world, { Mode: 'GOVERNANCE', RetainUntilDate: Date.UTC(2020, 0, 1) }), 'InvalidArgument', {
        message: 'The retain until date must be in the future!',
        fields: { ArgumentName: 'RetainUntilDate', ArgumentValue: 'Tue Dec 31 16:00:00 PST 2019' },
      })
    }))

  test('needs a bucket with Object Lock and an object that is there', () =>
    inLockBucket(async (world) => {
      await world.bucket('plain')
      const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: until(1) }
      const missing = { message: 'Bucket is missing Object Lock Configuration', status: 400 }
      await refused(world.call('PutObjectRetention', { Bucket: 'plain', Key, Retention }), 'InvalidRequest', missing)
      await refused(world.call('GetObjectRetention', { Bucket: 'plain', Key }), 'InvalidRequest', missing)
      await refused(world.call('PutObjectRetention', { Bucket, Key: 'none', Retention }), 'NoSuchKey')
      await world.call('DeleteObject', { Bucket, Key })
      await refused(world.call('PutObjectRetention', { Bucket, Key, Retention }), 'MethodNotAllowed', {
        fields: { Method: 'PUT', ResourceType: 'DeleteMarker' },
      })
    }))
})

describe('a legal hold', () => {
  test('keeps a version until it is taken off, and no bypass helps', () =>
    inLockBucket(async (world) => {
      await refused(world.call('GetObjectLegalHold', { Bucket, Key }), 'NoSuchObjectLockConfiguration')
      await world.call('PutObjectLegalHold', { Bucket, Key, LegalHold: { Status: 'ON' } })
      assert.deepEqual(await world.call('GetObjectLegalHold', { Bucket, Key }), { LegalHold: { Status: 'ON' } })
      await refused(remove(world, undefined, true), 'AccessDenied', locked)
      await world.call('PutObjectLegalHold', { Bucket, Key, LegalHold: { Status: 'OFF' } })
      await remove(world)
    }))

  test('is on or off', () =>
    inLockBucket(async (world) => {
      for (const LegalHold of [{}, { Status: 'abc' }]) {
        await refused(world.call('PutObjectLegalHold', { Bucket, Key, LegalHold }), 'MalformedXML')
      }
    }))
})

describe('an event hold', () => {
  const hold: ObjectLockRetention = { Mode: 'COMPLIANCE', EventHold: 'ON', EventHoldDuration: { Days: 10 } }

  test('retains as long as it is on, and its duration after the release', () =>
    inLockBucket(async (world) => {
      await retain(world, hold)
      world.clock.nowMs = until(100)
      assert.deepEqual(await retention(world), { ...hold, RetainUntilDate: until(110) })
      const head = await world.call('HeadObject', { Bucket, Key })
      assert.equal(head.ObjectLockRetainUntilDate, until(110))
      assert.equal(head.ObjectLockEventHold, 'ON')
      assert.equal(head.ObjectLockEventHoldDurationDays, 10)
      await refused(remove(world), 'AccessDenied', locked)
      await retain(world, { Mode: 'COMPLIANCE', EventHold: 'OFF' })
      world.clock.nowMs = until(109)
      await refused(remove(world), 'AccessDenied', locked)
      assert.equal((await retention(world))?.RetainUntilDate, until(110))
      world.clock.nowMs = until(110)
      await remove(world)
    }))

  test('may become shorter without moving the date back', () =>
    inLockBucket(async (world) => {
      await retain(world, hold)
      await retain(world, { ...hold, EventHoldDuration: { Days: 1 } })
      assert.equal((await retention(world))?.RetainUntilDate, until(10))
      world.clock.nowMs = until(20)
      assert.equal((await retention(world))?.RetainUntilDate, until(21))
    }))

  test('may have a date before which retention does not end', () =>
    inLockBucket(async (world) => {
      await retain(world, { ...hold, RetainUntilDate: until(50) })
      await retain(world, { Mode: 'COMPLIANCE', EventHold: 'OFF' })
      assert.equal((await retention(world))?.RetainUntilDate, until(50))
    }))

  test('comes with the upload or from the bucket', () =>
    inLockBucket(async (world) => {
      const asked = { ObjectLockMode: 'GOVERNANCE', ObjectLockEventHold: 'ON', ObjectLockEventHoldDurationYears: 1 }
      await world.put(Key, '', { ...asked, ...emptyMD5 })
      assert.equal((await retention(world))?.RetainUntilDate, until(365))
      await world.call('PutObjectLockConfiguration', {
        Bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', DefaultEventHold: { Days: 3 } } },
        },
      })
      await world.put(Key, '', emptyMD5)
      assert.equal((await retention(world))?.RetainUntilDate, until(3))
    }))

  test('that is incomplete is refused', () =>
    inLockBucket(async (world) => {
      const bad = [
        { ObjectLockEventHold: 'ON', ObjectLockEventHoldDurationDays: 1 },
        { ObjectLockMode: 'GOVERNANCE', ObjectLockEventHold: 'ON' },
        { ObjectLockMode: 'GOVERNANCE', ObjectLockEventHold: 'OFF' },
        { ObjectLockMode: 'GOVERNANCE', ObjectLockEventHold: 'OFF', ObjectLockEventHoldDurationDays: 1 },
        { ObjectLockEventHoldDurationDays: 1 },
      ]
      for (const input of bad) await refused(world.put(Key, '', { ...input, ...emptyMD5 }), 'InvalidRequest')
      await refused(retain(world, { Mode: 'GOVERNANCE', EventHold: 'ON' }), 'InvalidRequest')
      await refused(retain(world, { Mode: 'GOVERNANCE', EventHold: 'OFF' }), 'InvalidRequest')
      await refused(retain(world, { ...hold, EventHoldDuration: { Days: 36_501 } }), 'InvalidArgument')
      await refused(retain(world, { ...hold, EventHoldDuration: { Years: 0 } }), 'InvalidArgument')
    }))
})
