/**
 * `Kv` over LevelDB, on disk (classic-level) and in memory (memory-level). Point reads are synchronous: they cost 2 us,
 * a trip through the thread pool costs 30. Commits of different keys are written in groups, one batch (and in durable mode
 * one fsync) for all that came while the last was written; those of a common key wait for one another (`claims.ts`).
 */
import { Claims } from './claims.ts'
import type { Journal } from './journal.ts'
import type { Kv, KvCursor, Mutation, Precondition, Range } from './kv.ts'
import { DeferredCursor, LevelCursor, type LevelIterator, OverlaidCursor } from './kv-cursors.ts'
import { RowCache } from './row-cache.ts'
import { asStoreError, StoreError } from './store-error.ts'
import { WriteBehind, type WriteBehindLimits } from './write-behind.ts'

/** The part of abstract-level that is used, for Buffers. */
export interface LevelDatabase {
  getSync(key: Buffer): Buffer | undefined
  getMany(keys: Buffer[]): Promise<(Buffer | undefined)[]>
  batch(): LevelBatch
  iterator(options: { gte: Buffer; lt: Buffer; reverse: boolean; highWaterMarkBytes: number }): LevelIterator
  /** Puts what stands in its log into tables. */
  flush?(): Promise<void>
  open(): Promise<void>
  close(): Promise<void>
}

interface LevelBatch {
  put(key: Buffer, value: Buffer): unknown
  del(key: Buffer): unknown
  write(options: object): Promise<void>
}

/** Above this many, preconditions are read in the thread pool instead of on the event loop. */
const manyPreconditions = 64
/** A batch of more is put together in several turns of the event loop. */
const rowsPerTurn = 1024
/** Of a row that is never there. */
const noKey = Buffer.from('-')
/** LevelDB stops a batch of rows here: a page of 1,000 objects fits. */
const cursorBatchBytes = 1024 * 1024

export class LevelKv implements Kv {
  readonly #database: LevelDatabase
  readonly #writeOptions: object
  readonly #canReopen: (() => Promise<boolean>) | undefined
  readonly #claims = new Claims()
  readonly #cache: RowCache
  /** Rows of the batch that is being written: LevelDB may show them already, so the cache must not answer for them. */
  readonly #inBatch = new Set<string>()
  readonly #behind: WriteBehind | undefined
  #closed = false
  /** Until nothing is left to write. */
  #writing: Promise<void> | undefined
  /** What is to be written next. */
  #gathered: Commit[] = []
  /** A write failed: the log may end in a torn record, and must be recovered before anything is appended to it. */
  #failed: Promise<void> | undefined

  /**
   * `sync`: a commit resolves only when it is on disk. `isKept`: whether the cache should keep a row. `canReopen`:
   * whether the disk has room for the database to open. `journal`: commits are acknowledged when they are in it, and
   * written to the database later.
   */
  constructor(
    database: LevelDatabase,
    options: {
      sync: boolean
      isKept?: (name: string) => boolean
      canReopen?: () => Promise<boolean>
      journal?: Journal | undefined
      limits?: Partial<WriteBehindLimits>
    },
  ) {
    this.#database = database
    this.#cache = new RowCache(options.isKept)
    this.#writeOptions = { sync: options.sync }
    this.#canReopen = options.canReopen
    const { journal } = options
    this.#behind = journal && new WriteBehind(journal, (rows, isSynced) => this.#apply(rows, isSynced), options.limits)
  }

  get(key: Buffer): Buffer | undefined {
    return this.#read(nameOf(key), key)
  }

  range(range: Range): KvCursor {
    const behind = this.#behind
    if (behind === undefined || behind.isEmpty) return this.#cursor(range)
    return new DeferredCursor(
      behind.flush().then(
        () => this.#cursor(range),
        // A full disk, mostly: what is there can be read nevertheless.
        () => new OverlaidCursor(this.#cursor(range), behind.within(range), range.reverse === true),
      ),
    )
  }

  #cursor(range: Range): LevelCursor {
    return new LevelCursor(
      this.#database.iterator({
        gte: range.gte,
        lt: range.lt,
        reverse: range.reverse === true,
        highWaterMarkBytes: cursorBatchBytes,
      }),
    )
  }

  neverWritten(key: Buffer): void {
    this.#cache.set(nameOf(key), undefined)
  }

  commit(preconditions: Precondition[], mutations: Mutation[]): Promise<boolean> {
    const commit = new Commit(preconditions, mutations)
    const waiting = this.#claims.acquire(commit.claims)
    const isSimple = waiting === undefined && this.#failed === undefined && preconditions.length <= manyPreconditions
    if (!isSimple || commit.ranges.length > 0) return this.#commitInTurn(commit, waiting)
    try {
      if (this.#allHold(commit)) return this.#write(commit)
    } catch (error) {
      this.#claims.release(commit.claims)
      return Promise.reject(error)
    }
    this.#claims.release(commit.claims)
    return isFalse
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    const isWhole = await this.#behind?.end()
    this.#closed = true
    this.#cache.clear()
    // Each few rows of a table have a checksum; one wrong bit of a log may cost all that was written last.
    await this.#database.flush?.().catch(() => {})
    await this.#database.close()
    if (isWhole) this.#behind?.removeJournal()
  }

  #read(name: string, key: Buffer): Buffer | undefined {
    const isInBatch = this.#inBatch.size > 0 && this.#inBatch.has(name)
    const known = isInBatch ? null : this.#cache.get(name)
    if (known !== null) return known
    const behind = this.#behind?.get(name)
    if (behind !== undefined) return behind.kind === 'put' ? behind.value : undefined
    try {
      const row = this.#database.getSync(key)
      if (!isInBatch) this.#cache.set(name, row)
      return row
    } catch (error) {
      throw asStoreError(error, 'read from the database')
    }
  }

  /** A commit that has to wait: for another one, for the database, or for what it must read. */
  async #commitInTurn(commit: Commit, waiting: Promise<void> | undefined): Promise<boolean> {
    if (waiting !== undefined) await waiting
    try {
      while (this.#failed !== undefined) await this.#failed
      const isMany = commit.points.length > manyPreconditions
      const held = isMany ? await this.#allHoldAsRead(commit.points) : this.#allHold(commit)
      if (!held || !(await this.#areEmpty(commit.ranges))) {
        this.#claims.release(commit.claims)
        return false
      }
    } catch (error) {
      this.#claims.release(commit.claims)
      throw error
    }
    return this.#write(commit)
  }

  #allHold({ points }: Commit): boolean {
    for (const point of points) if (!holds(point, this.#read(nameOf(point.key), point.key))) return false
    return true
  }

  /** As `#allHold`, in the thread pool. */
  async #allHoldAsRead(points: readonly Point[]): Promise<boolean> {
    await this.#behind?.flush()
    const values = await this.#database.getMany(points.map((condition) => condition.key))
    return points.every((condition, i) => holds(condition, values[i]))
  }

  async #areEmpty(ranges: readonly Range[]): Promise<boolean> {
    for (const range of ranges) {
      const cursor = this.range(range)
      const rows = await cursor.next(1)
      await cursor.close()
      if (rows.length > 0) return false
    }
    return true
  }

  /**
   * Writes a commit whose claims are held, together with all that come in the same turn of the event loop or while the
   * batch before is written: each batch wakes a thread, which costs more than writing a row. Commits that are under way
   * at the same time touch different keys, so their order within a batch does not matter.
   */
  #write(commit: Commit): Promise<boolean> {
    if (commit.mutations.length === 0) {
      this.#claims.release(commit.claims)
      return isTrue
    }
    this.#gathered.push(commit)
    this.#writing ??= new Promise<void>((resolve) => process.nextTick(resolve)).then(this.#writeGathered)
    return commit.written
  }

  readonly #writeGathered = async (): Promise<void> => {
    for (let commits = this.#gathered; commits.length > 0; commits = this.#gathered) {
      this.#gathered = []
      let failure: StoreError | undefined
      try {
        while (this.#failed !== undefined) await this.#failed
        if (this.#behind === undefined) await this.#writeBatch(commits)
        else this.#writeJournal(commits, this.#behind)
      } catch (error) {
        if (this.#behind === undefined) this.#hasFailed()
        failure = asStoreError(error, 'write to the database')
      }
      for (const commit of commits) {
        this.#claims.release(commit.claims)
        commit.end(failure)
      }
      const overflow = this.#behind?.overflow()
      if (overflow !== undefined) await overflow
    }
    this.#writing = undefined
  }

  #writeJournal(commits: readonly Commit[], behind: WriteBehind): void {
    behind.add(
      commits.map(({ mutations }) => mutations),
      nameOf,
    )
    for (const { mutations } of commits) {
      for (const mutation of mutations) {
        this.#cache.set(nameOf(mutation.key), mutation.kind === 'put' ? mutation.value : undefined)
      }
    }
  }

  /** What the journal has, in one batch: readers of ranges see all of it or nothing. */
  async #apply(rows: Iterable<Mutation>, isSynced: boolean): Promise<void> {
    while (this.#failed !== undefined) await this.#failed
    try {
      const batch = this.#database.batch()
      // A batch without rows would not be written, and so not synced what came before.
      if (isSynced) batch.del(noKey)
      let count = 0
      for (const row of rows) {
        if (row.kind === 'put') batch.put(row.key, row.value)
        else batch.del(row.key)
        if (++count % rowsPerTurn === 0) await new Promise(setImmediate)
      }
      await batch.write({ sync: isSynced })
    } catch (error) {
      this.#hasFailed()
      throw asStoreError(error, 'write to the database')
    }
  }

  #hasFailed(): void {
    if (!this.#closed && this.#failed === undefined) this.#failed = this.#recover()
  }

  async #writeBatch(commits: readonly Commit[]): Promise<void> {
    try {
      // Twice as fast as the array form, which LevelDB's binding takes apart property by property.
      const batch = this.#database.batch()
      for (const { mutations } of commits) {
        for (const mutation of mutations) {
          this.#inBatch.add(nameOf(mutation.key))
          if (mutation.kind === 'put') batch.put(mutation.key, mutation.value)
          else batch.del(mutation.key)
        }
      }
      await batch.write(this.#writeOptions)
      for (const { mutations } of commits) {
        for (const mutation of mutations) {
          this.#cache.set(nameOf(mutation.key), mutation.kind === 'put' ? mutation.value : undefined)
        }
      }
    } catch (error) {
      for (const name of this.#inBatch) this.#cache.forget(name)
      throw error
    } finally {
      this.#inBatch.clear()
    }
  }

  /**
   * Opens the database again after a failed write (a full disk, mostly). LevelDB would append behind the torn record,
   * and drop what follows it in that block when it next starts; opening recovers the log into a table first. Until that
   * succeeds every commit fails, then things go on as before. Without room for that it stays open, for reading.
   */
  async #recover(): Promise<void> {
    try {
      if ((await this.#canReopen?.()) === false) {
        throw new StoreError(
          'NO_SPACE',
          'Cannot write to the database: the disk is full. It goes on when there is room.',
        )
      }
      await this.#database.close()
      await this.#database.open()
      this.#failed = undefined
    } catch (error) {
      const failure = Promise.reject(asStoreError(error, 'open the database again after a failed write'))
      failure.catch(() => {})
      // The next commit after a pause tries once more.
      setTimeout(() => {
        if (!this.#closed) this.#failed = this.#recover()
      }, 1000).unref()
      this.#failed = failure
    }
  }
}

type Point = Exclude<Precondition, { kind: 'empty' }>

const isTrue = Promise.resolve(true)
const isFalse = Promise.resolve(false)

/** A key that has been asked for its name. */
interface NamedKey extends Buffer {
  rowName?: string
}

/** A key as text, one character per byte: for maps. Kept with the key, which goes from a read to the commit behind it. */
function nameOf(key: NamedKey): string {
  key.rowName ??= key.toString('latin1')
  return key.rowName
}

function holds(condition: Point, value: Buffer | undefined): boolean {
  if (condition.kind === 'present') return value !== undefined
  if (condition.kind === 'absent') return value === undefined
  return value !== undefined && (value === condition.value || value.equals(condition.value))
}

/** A commit on its way. */
class Commit {
  readonly points: Point[] = []
  readonly ranges: Range[] = []
  readonly mutations: readonly Mutation[]
  readonly claims = new Map<string, boolean>()
  #resolve: (isWritten: boolean) => void = () => {}
  #reject: (error: StoreError) => void = () => {}
  readonly written = new Promise<boolean>((resolve, reject) => {
    this.#resolve = resolve
    this.#reject = reject
  })

  constructor(preconditions: readonly Precondition[], mutations: readonly Mutation[]) {
    for (const condition of preconditions) {
      if (condition.kind === 'empty') this.ranges.push(condition)
      else {
        this.points.push(condition)
        this.claims.set(nameOf(condition.key), false)
      }
    }
    for (const { key } of mutations) this.claims.set(nameOf(key), true)
    this.mutations = mutations
  }

  end(failure: StoreError | undefined): void {
    if (failure === undefined) this.#resolve(true)
    else this.#reject(failure)
  }
}
