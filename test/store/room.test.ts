/** How bodies leave room for the database. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canOpenAgain, type Disk, Room, type RoomDatabase } from '../../src/store/room.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { Pins } from '../../src/store/pins.ts'
import { Bodies } from '../../src/store/bodies.ts'
import { openWithParts } from '../../src/store/open.ts'
import { pattern, temporaryDir } from './support.ts'

const MiB = 1024 * 1024
const settled = () => new Promise((resolve) => setImmediate(resolve))

const emptyDatabase: RoomDatabase = { sizeBytes: async () => 0, compact: async () => {} }

async function roomOn(disk: Disk, database = emptyDatabase): Promise<{ room: Room; asked(): number }> {
  let count = 0
  const measure = async () => {
    count++
    return disk
  }
  const room = new Room('/d', database, measure)
  await room.refresh()
  return { room, asked: () => count }
}

const isFull = (error: unknown) =>
  error instanceof StoreError && error.code === 'NO_SPACE' && /Delete objects/.test(error.message)

describe('Room', () => {
  it('lets bodies fill the disk up to a reserve, and again once something was deleted', async () => {
    const disk = { freeBytes: 104 * MiB, totalBytes: 1000 * MiB }
    const { room } = await roomOn(disk)
    room.take(8 * MiB)
    await settled()
    disk.freeBytes = 96 * MiB
    room.take(8 * MiB)
    await settled()
    assert.throws(() => room.take(1), isFull)
    await settled()
    disk.freeBytes = 97 * MiB
    // A body that is refused asks the disk for the next one.
    assert.throws(() => room.take(1), isFull)
    await settled()
    room.take(1)
  })

  it('has the database drop what was deleted when that is half of it, and not at every refusal', async () => {
    const disk = { freeBytes: 0, totalBytes: 1000 * MiB }
    let count = 0
    const compact = async () => {
      count++
      disk.freeBytes = 100 * MiB
    }
    const { room } = await roomOn(disk, { sizeBytes: async () => 10 * MiB, compact })
    const refuse = async () => {
      assert.throws(() => room.take(1), isFull)
      await settled()
    }
    await refuse()
    room.gaveUp(4 * MiB)
    await refuse()
    assert.equal(count, 0, 'it would write the rest anew, which there is no room for')
    room.gaveUp(MiB)
    await refuse()
    assert.equal(count, 1)
    room.take(1)
    disk.freeBytes = 0
    await room.refresh()
    for (let i = 0; i < 10; i++) await refuse()
    assert.equal(count, 1)
  })

  it('keeps a part of a small disk', async () => {
    const { room } = await roomOn({ freeBytes: 6 * MiB, totalBytes: 8 * MiB })
    room.take(4 * MiB)
    assert.throws(() => room.take(1), isFull)
  })

  it('asks the disk once in 8 MiB', async () => {
    const { room, asked } = await roomOn({ freeBytes: 1e12, totalBytes: 1e12 })
    for (let i = 0; i < 1000; i++) {
      room.take(32 * 1024)
      if (i % 100 === 0) await settled()
    }
    assert.ok(asked() >= 3 && asked() <= 6, String(asked()))
  })

  it('a disk that cannot be asked has room', async () => {
    const room = new Room('/d', emptyDatabase, () => Promise.reject(new Error('no statfs')))
    await room.refresh()
    room.take(1e15)
  })

  it('is asked for by bodies of every size, and only by bodies', async () => {
    const { kv, blobs, collector } = await openWithParts()
    const { room } = await roomOn({ freeBytes: 0, totalBytes: MiB })
    const bodies = new Bodies({ kv, blobs, pins: new Pins(), garbage: collector, room }, undefined)
    const small = bodies.writer()
    await small.write(Buffer.from('small'))
    await assert.rejects(small.finish(), isFull)
    const large = bodies.writer()
    assert.throws(() => void large.write(pattern(100_000)), isFull)
    await large.abort()
    await (await bodies.writer().finish()).discard()
  })

  it('an open data directory can be opened again while its disk has room', async () => {
    const dataDir = await temporaryDir()
    const { store } = await openWithParts({ dataDir })
    assert.equal(await canOpenAgain(`${dataDir}/db`), true)
    await store.close()
  })
})
