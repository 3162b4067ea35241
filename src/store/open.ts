/** Opens the store, in memory or in a data directory, and closes it. */
import { memoryKeys } from '../encryption/key-file.ts'
import { type ConfiguredKmsKey, KeyRing } from '../encryption/key-ring.ts'
import { Annotations } from './annotations.ts'
import type { Blobs } from './blobs.ts'
import { Bodies } from './bodies.ts'
import { Buckets } from './buckets.ts'
import { Collector } from './collector.ts'
import {
  type DataDir,
  explain,
  formatVersion,
  noteFormat,
  openKeys,
  prepareDataDir,
  type PreparedDir,
  isLocked,
} from './data-dir.ts'
import type { DiskDatabase } from './disk-database.ts'
import { type Examination, examineDatabase, keepLogs } from './examine.ts'
import { FileBlobs } from './file-blobs.ts'
import { Iam } from './iam.ts'
import { Journal, readJournals } from './journal.ts'
import { bodyKey, isKeptRow } from './keys.ts'
import type { Kv, Mutation } from './kv.ts'
import { LevelKv } from './level-kv.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { Objects } from './objects.ts'
import { Pins } from './pins.ts'
import { canOpenAgain, filesBytes, Room } from './room.ts'
import { databaseFiles, leftoverSinceMs, readRunState, type RunState, writeRunState } from './run-state.ts'
import { asStoreError, StoreError } from './store-error.ts'
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
  /** False: nothing is cleared away, as while it is known to be damaged. */
  mayClear?: boolean
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
  /** What is damaged in the data directory, in words; then nothing is cleared away. */
  damage: readonly string[]
  /** It has been repaired: from the next start on, things are cleared away again. */
  noteRepaired(): Promise<void>
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
  if (options.dataDir !== undefined) return openDirectory(options.dataDir, options)
  // Loaded where it is needed: the other one would cost a tenth of a start.
  const { openMemoryDatabase } = await import('./memory-database.ts')
  const database = await openMemoryDatabase()
  const keys = new KeyRing(memoryKeys(), options.kmsKeys)
  const kv = new LevelKv(database, { sync: false, isKept: isKeptRow })
  return assemble({ kv, blobs: new MemoryBlobs(), keys }, options)
}

async function openDirectory(dataDir: string, options: StoreOptions): Promise<OpenedStore> {
  const prepared = await prepareDataDir(dataDir)
  const { dirs, formerFormat } = prepared
  const durable = options.durable === true
  const { database, state: found } = await openDatabase(prepared)
  try {
    const keys = await openKeys(dirs, options.kmsKeys ?? [])
    const canReopen = () => canOpenAgain(dirs.databaseDir)
    const { journal, damage: lost } = await openJournal(dirs, database, durable)
    const state = withDamage(found, lost)
    if (formerFormat !== undefined && formerFormat < formatVersion) {
      await sealSecrets(database, keys.secrets)
      await sealKeyFiles(dirs.path, keys.secrets)
      await noteFormat(dirs, keys.fingerprint)
      prepared.notes.push(`the data directory ${dirs.path} was brought from format ${formerFormat} to ${formatVersion}`)
    }
    for (const note of prepared.notes) options.log?.warn({}, note)
    const damage = state.damage ?? []
    if (damage.length > 0) options.log?.error({ damage, dataDir: dirs.path }, damageText)
    const tellState = (error: unknown) => options.log?.warn({ err: error }, `cannot write ${dirs.stateFile}`)
    await writeRunState(dirs.stateFile, state).catch(tellState)
    const kv = new LevelKv(database, { sync: durable, isKept: isKeptRow, canReopen, journal })
    const sizeBytes = () => filesBytes(dirs.databaseDir, '.ldb')
    const room = new Room(dirs.path, { sizeBytes, compact: () => database.compact() })
    await room.refresh()
    const startedMs = Date.now()
    return assemble({ kv, blobs: new FileBlobs({ ...dirs, durable }), keys, room, damage }, options, {
      sinceMs: leftoverSinceMs(state),
      async onSwept() {
        state.sinceMs = startedMs
        await writeRunState(dirs.stateFile, state).catch(tellState)
      },
      async onRepaired() {
        delete state.damage
        await writeRunState(dirs.stateFile, state)
      },
      async onClosed() {
        const noting = databaseFiles(dirs.databaseDir).then((closed) =>
          writeRunState(dirs.stateFile, { ...state, closed }),
        )
        await noting.catch(tellState)
      },
    })
  } catch (error) {
    await database.close()
    throw error
  }
}

const damageText =
  'the data directory is damaged. What can be read is served, and nothing is cleared away. Stop the server and run: sandbucket check --repair'

interface OpenedDatabase {
  database: DiskDatabase
  /** To be written: the database is open. */
  state: RunState
}

/** Looks at the database, opens it, and gives it what it will not read of its own damaged logs. @throws StoreError */
async function openDatabase({ dirs, formerFormat, wasUsed }: PreparedDir): Promise<OpenedDatabase> {
  try {
    const { openDiskDatabase } = await import('./disk-database.ts')
    const read = await readRunState(dirs.stateFile)
    const former = typeof read === 'object' ? read : undefined
    const found = await examineToOpen(dirs, former, wasUsed)
    if (read === 'unreadable') found.damage.push('state.json cannot be read')
    // Formats 1 to 3 noted nothing, and all their leftovers are still to be cleared away.
    const isFormer = read === undefined && formerFormat !== undefined && formerFormat < 4
    const state: RunState = { sinceMs: former?.sinceMs ?? (isFormer ? 0 : Date.now()) }
    if (former?.damage !== undefined) state.damage = former.damage
    // From here on the files are no longer those that were noted. Without the note nobody has it closed: another may have it open.
    if (former?.closed !== undefined) await writeRunState(dirs.stateFile, withDamage(state, found.damage))
    const takeBack = await keepLogs(dirs, found.damagedLogs)
    const database = await openDiskDatabase(dirs.databaseDir).catch(async (error: unknown) => {
      await takeBack()
      throw error
    })
    await writeRows(database, found.rows)
    return { database, state: withDamage(state, found.damage) }
  } catch (error) {
    throw explain(error, dirs.path)
  }
}

const withDamage = (state: RunState, found: readonly string[]): RunState =>
  found.length === 0 ? state : { ...state, damage: [...new Set([...(state.damage ?? []), ...found])] }

/** @throws StoreError CORRUPT when LevelDB must not open the database; LOCKED when another process has it open, whose files change while they are looked at */
async function examineToOpen(dirs: DataDir, state: RunState | undefined, wasUsed: boolean): Promise<Examination> {
  const found = await examineDatabase(dirs, state, wasUsed)
  if (!found.mustNotOpen) return found
  const { isDatabaseOpen } = await import('./disk-database.ts')
  if (await isDatabaseOpen(dirs.databaseDir)) throw isLocked(dirs.path)
  throw new StoreError(
    'CORRUPT',
    `The database of ${dirs.path} is damaged: ${found.damage.join('; ')}. Nothing was changed. Run: sandbucket check --repair --data ${dirs.path}`,
  )
}

/** In one batch, on the disk when this resolves. */
async function writeRows(database: DiskDatabase, rows: readonly Mutation[]): Promise<void> {
  if (rows.length === 0) return
  const batch = database.batch()
  for (const row of rows) row.kind === 'put' ? batch.put(row.key, row.value) : batch.del(row.key)
  await batch.write({ sync: true })
}

/**
 * Gives the database what a former run left in its journal, and begins a new one. Durable commits go to the database at
 * once: there is none then.
 */
async function openJournal(
  { journalDir, damagedDir }: DataDir,
  database: DiskDatabase,
  durable: boolean,
): Promise<{ journal: Journal | undefined; damage: string[] }> {
  try {
    const { mutations, damage, remove, nextNumber } = readJournals(journalDir)
    await writeRows(database, mutations)
    remove(damagedDir)
    return { journal: durable ? undefined : new Journal(journalDir, nextNumber), damage }
  } catch (error) {
    throw asStoreError(error, `take over the journal in ${journalDir}`)
  }
}

/** What a store stands on. */
interface Parts {
  kv: Kv
  blobs: Blobs
  keys: KeyRing
  /** On the disk; undefined in memory. */
  room?: Room
  /** What is known to be damaged. */
  damage?: readonly string[]
}

/** What a directory does beside the store. */
interface Life {
  /** From when on files may be leftovers. */
  sinceMs: number
  onSwept(): Promise<void>
  onClosed(): Promise<void>
  onRepaired(): Promise<void>
}

/** Puts the parts together. */
function assemble({ kv, blobs, keys, room, damage = [] }: Parts, options: StoreOptions, life?: Life): OpenedStore {
  const pins = new Pins()
  const onError = (error: unknown) => options.log?.error({ err: error }, 'clearing up behind a deletion failed')
  // What refers to a body may be what cannot be read.
  const mayDestroy = damage.length === 0 && options.mayClear !== false
  const collector = new Collector({ kv, blobs, pins, onError, room, mayDestroy })
  const engine = { kv, blobs, pins, garbage: collector, room, tagKey: room && keys.tagKey }
  const buckets = new Buckets(engine)
  const bodies = new Bodies(engine, keys.s3)
  const turns = new Turns()
  const iam = new Iam(engine, keys.secrets)
  const stopping = new AbortController()
  const isKnown = async (id: string) => (await kv.get(bodyKey(id))) !== undefined
  const sweep = async () => {
    const isComplete = await blobs.sweep(isKnown, stopping.signal, life?.sinceMs ?? 0)
    if (isComplete) await life?.onSwept()
  }
  const swept = mayDestroy ? Promise.all([collector.resume(), sweep()]).then(() => {}, onError) : Promise.resolve()
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
      await life?.onClosed()
    },
  }
  const noteRepaired = async () => life?.onRepaired()
  return { store, kv, blobs, collector, swept, damage, noteRepaired }
}
