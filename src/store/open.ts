/** Opens the store, in memory or in a data directory, and closes it. */
import { memoryKeys } from '../encryption/key-file.ts'
import { type ConfiguredKmsKey, KeyRing } from '../encryption/key-ring.ts'
import { Annotations } from './annotations.ts'
import type { Blobs } from './blobs.ts'
import { Bodies } from './bodies.ts'
import { Buckets } from './buckets.ts'
import { Collector } from './collector.ts'
import { explain, formatVersion, noteFormat, openKeys, prepareDataDir } from './data-dir.ts'
import type { DiskDatabase } from './disk-database.ts'
import { FileBlobs } from './file-blobs.ts'
import { Iam } from './iam.ts'
import { Journal, readJournals } from './journal.ts'
import { bodyKey, isKeptRow } from './keys.ts'
import type { Kv } from './kv.ts'
import { LevelKv } from './level-kv.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { Objects } from './objects.ts'
import { Pins } from './pins.ts'
import { canOpenAgain, filesBytes, Room } from './room.ts'
import { asStoreError } from './store-error.ts'
import type { Store } from './store.ts'
import { Turns } from './turns.ts'
import { sealKeyFiles, sealSecrets } from './upgrade.ts'
import { Uploads } from './uploads.ts'

export interface StoreOptions {
  /** Where to keep state; undefined: in memory, gone with the process. */
  dataDir?: string | undefined
  /** Flush to the disk before a write is acknowledged. */
  durable?: boolean
  /** KMS keys that exist from the start. */
  kmsKeys?: readonly ConfiguredKmsKey[]
  /** Hears of failures of background work: it is repeated at the next start. */
  log?: { error(fields: object, message: string): void; warn(fields: object, message: string): void }
}

/** A store and what it stands on, for checks and tests. */
export interface OpenedStore {
  store: Store
  kv: Kv
  blobs: Blobs
  collector: Collector
  /** Resolves when the leftovers of former runs are cleared away. */
  swept: Promise<void>
}

/**
 * Opens (and on first use creates) a store. It is ready at once; leftovers of a crash are cleared in the background.
 * @throws StoreError LOCKED, FORMAT, PERMISSION, NO_SPACE, CORRUPT, IO
 */
export async function openStore(options: StoreOptions = {}): Promise<Store> {
  return (await openWithParts(options)).store
}

/** As `openStore`, with the parts visible. */
export async function openWithParts(options: StoreOptions = {}): Promise<OpenedStore> {
  if (options.dataDir === undefined) {
    // Loaded where it is needed: the other one would cost a tenth of a start.
    const { openMemoryDatabase } = await import('./memory-database.ts')
    const database = await openMemoryDatabase()
    const keys = new KeyRing(memoryKeys(), options.kmsKeys)
    const kv = new LevelKv(database, { sync: false, isKept: isKeptRow })
    return assemble({ kv, blobs: new MemoryBlobs(), keys }, options)
  }
  const { dirs, formerFormat, notes } = await prepareDataDir(options.dataDir)
  const durable = options.durable === true
  const { openDiskDatabase } = await import('./disk-database.ts')
  const database = await openDiskDatabase(dirs.databaseDir).catch((error: unknown) => {
    throw explain(error, dirs.path)
  })
  try {
    const keys = await openKeys(dirs, options.kmsKeys ?? [])
    const canReopen = () => canOpenAgain(dirs.databaseDir)
    const journal = await openJournal(dirs.journalDir, database, durable)
    if (formerFormat !== undefined && formerFormat < formatVersion) {
      await sealSecrets(database, keys.secrets)
      await sealKeyFiles(dirs.path, keys.secrets)
      await noteFormat(dirs, keys.fingerprint)
      notes.push(`the data directory ${dirs.path} was brought from format ${formerFormat} to ${formatVersion}`)
    }
    for (const note of notes) options.log?.warn({}, note)
    const kv = new LevelKv(database, { sync: durable, isKept: isKeptRow, canReopen, journal })
    const sizeBytes = () => filesBytes(dirs.databaseDir, '.ldb')
    const room = new Room(dirs.path, { sizeBytes, compact: () => database.compact() })
    await room.refresh()
    return assemble({ kv, blobs: new FileBlobs({ ...dirs, durable }), keys, room }, options)
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Gives the database what a former run left in its journal, and begins a new one. Durable commits go to the database at
 * once: there is none then.
 */
async function openJournal(folder: string, database: DiskDatabase, durable: boolean): Promise<Journal | undefined> {
  try {
    const { mutations, remove, nextNumber } = readJournals(folder)
    if (mutations.length > 0) {
      const batch = database.batch()
      for (const row of mutations) row.kind === 'put' ? batch.put(row.key, row.value) : batch.del(row.key)
      await batch.write({ sync: true })
    }
    remove()
    return durable ? undefined : new Journal(folder, nextNumber)
  } catch (error) {
    throw asStoreError(error, `take over the journal in ${folder}`)
  }
}

/** What a store stands on. */
interface Parts {
  kv: Kv
  blobs: Blobs
  keys: KeyRing
  /** On the disk; undefined in memory. */
  room?: Room
}

/** Puts the parts together. */
function assemble({ kv, blobs, keys, room }: Parts, options: StoreOptions): OpenedStore {
  const pins = new Pins()
  const onError = (error: unknown) => options.log?.error({ err: error }, 'clearing up behind a deletion failed')
  const collector = new Collector({ kv, blobs, pins, onError, room })
  const engine = { kv, blobs, pins, garbage: collector, room }
  const buckets = new Buckets(engine)
  const bodies = new Bodies(engine, keys.s3)
  const turns = new Turns()
  const iam = new Iam(engine, keys.secrets)
  const stopping = new AbortController()
  const swept = Promise.all([
    collector.resume(),
    blobs.sweep(async (id) => (await kv.get(bodyKey(id))) !== undefined, stopping.signal),
  ]).then(() => {}, onError)
  const store: Store = {
    keys,
    buckets,
    bodies,
    iam,
    objects: new Objects({ engine, buckets, bodies, turns }),
    uploads: new Uploads({ engine, buckets, turns }),
    annotations: new Annotations({ engine, buckets, turns }),
    reset: async () => {
      await buckets.deleteAll()
      await iam.reset()
      bodies.forget()
    },
    close: async () => {
      stopping.abort()
      await collector.stop()
      await swept
      await kv.close()
    },
  }
  return { store, kv, blobs, collector, swept }
}
