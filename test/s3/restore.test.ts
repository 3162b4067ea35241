// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html; refusal of reads: recorded,
// test_s3_get_deep_archive_object_restore.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RestoreRequest } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { expiryMs } from '../../src/s3/lib/archive.ts'
import { refused, startMs, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const Key = 'k'
const hourMs = 3_600_000

const inArchive = (run: (world: World) => Promise<void>, StorageClass = 'GLACIER') =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    await world.put(Key, 'bytes', { StorageClass })
    await run(world)
  })
const restore = async (world: World, RestoreRequest: RestoreRequest) =>
  (await world.call('RestoreObject', { Bucket, Key, RestoreRequest })).StatusCode
const shown = async (world: World) => (await world.call('HeadObject', { Bucket, Key })).Restore
const at = (Tier: string) => ({ GlacierJobParameters: { Tier } })

test('an archived object can be read once it is restored, until the copy expires', () =>
  inArchive(async (world) => {
    const notYet = { status: 403, fields: { StorageClass: 'GLACIER' } }
    await refused(world.get(Key), 'InvalidObjectState', notYet)
    assert.equal(await shown(world), undefined)
    assert.equal(await restore(world, { Days: 2 }), 202)
    assert.equal(await shown(world), 'ongoing-request="true"')
    await refused(world.get(Key), 'InvalidObjectState', notYet)
    world.clock.nowMs = startMs + 5 * hourMs
    // Ready on 2026-01-02, two days, rounded up to midnight.
    assert.equal(await shown(world), 'ongoing-request="false", expiry-date="Mon, 05 Jan 2026 00:00:00 GMT"')
    assert.equal(await world.get(Key), 'bytes')
    await world.call('CopyObject', { Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` })
    assert.equal(await world.get('copy'), 'bytes')
    world.clock.nowMs = Date.UTC(2026, 0, 5)
    assert.equal(await shown(world), undefined)
    await refused(world.get(Key), 'InvalidObjectState', notYet)
    assert.equal(await restore(world, { Days: 1 }), 202)
  }))

// AWS's own example of the rounding, user guide.
test('a copy made on 15 October at 10:30 for three days expires on the 19th', () =>
  assert.equal(expiryMs(Date.UTC(2012, 9, 15, 10, 30), 3), Date.UTC(2012, 9, 19)))

for (const [StorageClass, tier, hours] of [
  ['GLACIER', 'Bulk', 12],
  ['GLACIER', 'Standard', 5],
  ['GLACIER', 'Expedited', 5 / 60],
  ['DEEP_ARCHIVE', 'Bulk', 48],
  ['DEEP_ARCHIVE', 'Standard', 12],
] as const) {
  test(`${tier} restores ${StorageClass} within ${hours} hours`, () =>
    inArchive(async (world) => {
      await restore(world, { Days: 9, ...at(tier) })
      world.clock.nowMs = startMs + hours * hourMs - 1
      assert.equal(await shown(world), 'ongoing-request="true"')
      world.clock.nowMs++
      assert.equal(await world.get(Key), 'bytes')
    }, StorageClass))
}

test('while it goes on only its speed can be raised', () =>
  inArchive(async (world) => {
    await restore(world, { Days: 2, ...at('Bulk') })
    for (const request of [{ Days: 3 }, { Days: 2, ...at('Expedited') }, at('Bulk')]) {
      await refused(restore(world, request), 'RestoreAlreadyInProgress', { status: 409 })
    }
    assert.equal(await restore(world, at('Expedited')), 202)
    world.clock.nowMs = startMs + hourMs
    assert.equal(await world.get(Key), 'bytes')
  }))

test('the period of a restored copy is changed at once, from now', () =>
  inArchive(async (world) => {
    await restore(world, { Days: 2 })
    world.clock.nowMs = startMs + 24 * hourMs
    assert.equal(await restore(world, { Days: 30 }), 200)
    assert.match((await shown(world)) ?? '', /expiry-date="Tue, 03 Feb 2026/)
  }))

test('listings show the state when they are asked', () =>
  inArchive(async (world) => {
    await world.put('plain')
    await restore(world, { Days: 2 })
    const list = async (OptionalObjectAttributes?: string[]) =>
      (await world.call('ListObjectsV2', { Bucket, OptionalObjectAttributes })).Contents?.map(
        (item) => item.RestoreStatus,
      )
    assert.deepEqual(await list(), [undefined, undefined])
    assert.deepEqual(await list(['RestoreStatus']), [{ IsRestoreInProgress: true }, undefined])
    world.clock.nowMs = startMs + 5 * hourMs
    const done = { IsRestoreInProgress: false, RestoreExpiryDate: Date.UTC(2026, 0, 5) }
    const { Versions } = await world.call('ListObjectVersions', { Bucket, OptionalObjectAttributes: ['RestoreStatus'] })
    assert.deepEqual(Versions?.[0]?.RestoreStatus, done)
  }))

test('what is not archived, or cannot be restored so, is refused', async () => {
  const Days = 1
  await inArchive((world) => refused(restore(world, { Days }), 'InvalidObjectState'), 'STANDARD')
  await inArchive((world) => refused(restore(world, { Days }), 'ObjectAlreadyInActiveTierError'), 'INTELLIGENT_TIERING')
  await inArchive((world) => refused(restore(world, { Days, ...at('Expedited') }), 'InvalidArgument'), 'DEEP_ARCHIVE')
  await inArchive(async (world) => {
    await refused(restore(world, {}), 'MalformedXML')
    await refused(restore(world, { Days: 0 }), 'InvalidArgument')
    await refused(restore(world, { Days, Tier: 'Fast' }), 'MalformedXML')
    await refused(restore(world, { Type: 'SELECT' }), 'NotImplemented')
    await refused(world.call('RestoreObject', { Bucket, Key: 'none', RestoreRequest: { Days } }), 'NoSuchKey')
  })
})
