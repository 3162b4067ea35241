/**
 * `Kv` over LevelDB, on disk (classic-level) and in memory (memory-level). Point reads are synchronous: they cost 2 us,
 * a trip through the thread pool costs 30. Commits of different keys are written in groups, one batch (and in durable mode
 * one fsync) for all that came while the last was written; those of a common key wait for one another (`claims.ts`).
 */
import { Claims } from './claims.ts'
import type { Kv, KvCursor, Mutation, Precondition, Range } from './kv.ts'
import { RowCache } from './row-cache.ts'
import { asStoreError, StoreError } from './store-error.ts'

type Row = [key: Buffer, value: Buffer]

/** The part of abstract-level that is used, for Buffers. */
export interface LevelDatabase {
  getSync(key: Buffer): Buffer | undefined
  getMany(keys: Buffer[]): Promise<(Buffer | undefined)[]>
  batch(): LevelBatch
  iterator(options: { gte: Buffer; lt: Buffer; reverse: boolean; highWaterMarkBytes: number }): LevelIterator
  open(): Promise<void>
  close(): Promise<void>
}

interface LevelBatch {
  put(key: Buffer, value: Buffer): unknown
  del(key: Buffer): unknown
  write(options: object): Promise<void>
}

interface LevelIterator {
  nextv(size: number): Promise<Row[]>
  seek(key: Buffer): void
  close(): Promise<void>
}

/** Above this many, preconditions are read in the thread pool instead of on the event loop. */
const manyPreconditions = 64
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
  #closed = false
  #isWriting = false
  /** What is to be written next. */
  #gathered: Group | undefined
  /** A write failed: the log may end in a torn record, and must be recovered before anything is appended to it. */
  #failed: Promise<void> | undefined

  /**
   * `sync`: a commit resolves only when it is on disk. `isKept`: whether the cache should keep a row. `canReopen`:
   * whether the disk has room for the database to open.
   */
  constructor(
    database: LevelDatabase,
    options: {
      sync: boolean
      isKept?: (name: string) => boolean
      canReopen?: () => Promise<boolean>
    },
  ) {
    this.#database = database
    this.#cache = new RowCache(options.isKept)
    this.#writeOptions = { sync: options.sync }
    this.#canReopen = options.canReopen
  }

  get(key: Buffer): Buffer | undefined {
    return this.#read(nameOf(key), key)
  }

  range(range: Range): KvCursor {
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

  async commit(preconditions: Precondition[], mutations: Mutation[]): Promise<boolean> {
    const claims = new Map<string, boolean>()
    const conditions: NamedCondition[] = []
    for (const condition of preconditions) {
      const name = condition.kind === 'empty' ? '' : nameOf(condition.key)
      if (name !== '') claims.set(name, false)
      conditions.push({ name, condition })
    }
    const changes: NamedMutation[] = []
    for (const mutation of mutations) {
      const name = nameOf(mutation.key)
      claims.set(name, true)
      changes.push({ name, mutation })
    }
    const waiting = this.#claims.acquire(claims)
    if (waiting !== undefined) await waiting
    try {
      while (this.#failed !== undefined) await this.#failed
      const held = conditions.length > manyPreconditions ? this.#allHold(preconditions) : this.#hold(conditions)
      if (!(typeof held === 'boolean' ? held : await held)) return false
      if (changes.length > 0) await this.#write(changes)
      return true
    } finally {
      this.#claims.release(claims)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cache.clear()
    await this.#database.close()
  }

  #read(name: string, key: Buffer): Buffer | undefined {
    const isInBatch = this.#inBatch.size > 0 && this.#inBatch.has(name)
    const known = isInBatch ? null : this.#cache.get(name)
    if (known !== null) return known
    try {
      const row = this.#database.getSync(key)
      if (!isInBatch) this.#cache.set(name, row)
      return row
    } catch (error) {
      throw asStoreError(error, 'read from the database')
    }
  }

  /** Few preconditions: synchronously, unless a range is among them. */
  #hold(conditions: readonly NamedCondition[]): boolean | Promise<boolean> {
    const ranges: Range[] = []
    for (const { name, condition } of conditions) {
      if (condition.kind === 'empty') ranges.push(condition)
      else if (!holds(condition, this.#read(name, condition.key))) return false
    }
    return ranges.length === 0 ? true : this.#areEmpty(ranges)
  }

  async #allHold(preconditions: Precondition[]): Promise<boolean> {
    const points: Exclude<Precondition, { kind: 'empty' }>[] = []
    const ranges: Range[] = []
    for (const condition of preconditions) condition.kind === 'empty' ? ranges.push(condition) : points.push(condition)
    const values = await this.#database.getMany(points.map((condition) => condition.key))
    return points.every((condition, i) => holds(condition, values[i])) && this.#areEmpty(ranges)
  }

  async #areEmpty(ranges: Range[]): Promise<boolean> {
    for (const range of ranges) {
      const cursor = this.range(range)
      const rows = await cursor.next(1)
      await cursor.close()
      if (rows.length > 0) return false
    }
    return true
  }

  /**
   * Writes at once when nothing is being written, otherwise together with all that comes until then. Commits that are
   * under way at the same time touch different keys, so their order within a batch does not matter.
   */
  #write(changes: readonly NamedMutation[]): Promise<void> {
    if (this.#gathered === undefined) this.#gathered = new Group()
    const group = this.#gathered
    for (const change of changes) group.changes.push(change)
    if (!this.#isWriting) void this.#writeGroups()
    return group.written
  }

  async #writeGroups(): Promise<void> {
    this.#isWriting = true
    for (let group = this.#gathered; group !== undefined; group = this.#gathered) {
      this.#gathered = undefined
      try {
        while (this.#failed !== undefined) await this.#failed
        await this.#writeBatch(group.changes)
        group.resolve()
      } catch (error) {
        if (!this.#closed && this.#failed === undefined) this.#failed = this.#recover()
        group.reject(asStoreError(error, 'write to the database'))
      }
    }
    this.#isWriting = false
  }

  async #writeBatch(changes: readonly NamedMutation[]): Promise<void> {
    try {
      // Twice as fast as the array form, which LevelDB's binding takes apart property by property.
      const batch = this.#database.batch()
      for (const { name, mutation } of changes) {
        this.#inBatch.add(name)
        if (mutation.kind === 'put') batch.put(mutation.key, mutation.value)
        else batch.del(mutation.key)
      }
      await batch.write(this.#writeOptions)
      for (const { name, mutation } of changes) {
        this.#cache.set(name, mutation.kind === 'put' ? mutation.value : undefined)
      }
    } catch (error) {
      for (const { name } of changes) this.#cache.forget(name)
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

/** With the name of its row, made once; empty for a range. */
interface NamedCondition {
  readonly name: string
  readonly condition: Precondition
}

interface NamedMutation {
  readonly name: string
  readonly mutation: Mutation
}

/** A key as text, one character per byte: for maps. */
const nameOf = (key: Buffer): string => key.toString('latin1')

function holds(condition: Exclude<Precondition, { kind: 'empty' }>, value: Buffer | undefined): boolean {
  if (condition.kind === 'present') return value !== undefined
  if (condition.kind === 'absent') return value === undefined
  return value !== undefined && (value === condition.value || value.equals(condition.value))
}

/** Commits that are written together. */
class Group {
  readonly changes: NamedMutation[] = []
  resolve: () => void = () => {}
  reject: (error: Error) => void = () => {}
  readonly written = new Promise<void>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })
}

class LevelCursor implements KvCursor {
  readonly #iterator: LevelIterator

  constructor(iterator: LevelIterator) {
    this.#iterator = iterator
  }

  async next(limit: number): Promise<Row[]> {
    if (limit <= 0) return []
    const rows = await this.#iterator.nextv(limit)
    // LevelDB answers with fewer rows when they are large; only an empty answer is the end.
    while (rows.length > 0 && rows.length < limit) {
      const more = await this.#iterator.nextv(limit - rows.length)
      if (more.length === 0) break
      for (const row of more) rows.push(row)
    }
    return rows
  }

  seek(key: Buffer): void {
    this.#iterator.seek(key)
  }

  close(): Promise<void> {
    return this.#iterator.close()
  }
}
