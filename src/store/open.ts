/** Opens the store, in memory or in a data directory. */
import { MemoryLevel } from 'memory-level'
import type { Blobs } from './blobs.ts'
import { Bodies } from './bodies.ts'
import { Buckets } from './buckets.ts'
import { Collector } from './collector.ts'
import type { Kv } from './kv.ts'
import { LevelKv } from './level-kv.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { Objects } from './objects.ts'
import { Pins } from './pins.ts'
import type { Store } from './store.ts'
import { Turns } from './turns.ts'
import { Uploads } from './uploads.ts'

export interface StoreOptions {
  /** Where to keep state; undefined: in memory, gone with the process. */
  dataDir?: string | undefined
  /** Flush to the disk before a write is acknowledged. */
  durable?: boolean
  /** Failures of background work. */
  onError?: (error: unknown) => void
}

/**
 * Opens (and on first use creates) a store.
 * @throws StoreError LOCKED, FORMAT, PERMISSION, NO_SPACE, CORRUPT, IO
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const database = new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await database.open()
  return assemble(new LevelKv(database, { sync: false }), new MemoryBlobs(), options).store
}

/** Puts the parts together over a database and a place for blobs; the parts are visible for checks. */
export function assemble(kv: Kv, blobs: Blobs, options: StoreOptions) {
  const pins = new Pins()
  const onError = options.onError ?? (() => {})
  const collector = new Collector({ kv, blobs, pins, onError })
  const engine = { kv, blobs, pins, garbage: collector }
  const buckets = new Buckets(engine)
  const bodies = new Bodies(engine)
  const turns = new Turns()
  const store: Store = {
    buckets,
    bodies,
    objects: new Objects({ engine, buckets, bodies, turns }),
    uploads: new Uploads({ engine, buckets, turns }),
    reset: () => buckets.deleteAll(),
    close: async () => {
      await collector.stop()
      await kv.close()
    },
  }
  return { store, collector, kv, blobs }
}
