/**
 * Rows that are in the journal and not yet in the database. They are given to it together: many at a time cost half of
 * what they cost in small batches, and a row that is written again meanwhile costs nothing.
 */
import type { Journal } from './journal.ts'
import type { Mutation } from './kv.ts'

export interface WriteBehindLimits {
  /** The journal is emptied when it has grown to this: it must be read at the start after a crash. */
  journalBytes: number
  /** Nothing waits longer than this, ms. */
  delayMs: number
  /** So much may wait for a database that takes nothing: it is in memory as well. */
  waitingBytes: number
}

/** So many times its limit the journal may grow while it is being emptied. */
const fullAt = 3

const defaultLimits: WriteBehindLimits = {
  journalBytes: 8 * 1024 * 1024,
  delayMs: 2000,
  waitingBytes: 64 * 1024 * 1024,
}

/** Writes rows to the database, all or none. @param isSynced resolves when they are on the disk */
export type Apply = (mutations: Iterable<Mutation>, isSynced: boolean) => Promise<void>

export class WriteBehind {
  readonly #journal: Journal
  readonly #apply: Apply
  readonly #limits: WriteBehindLimits
  #pending = new Map<string, Mutation>()
  /** On their way to the database. */
  #going: ReadonlyMap<string, Mutation> = new Map()
  #applying: Promise<void> = Promise.resolve()
  #isEmptying = false
  /** What kept the database from taking rows the last time. */
  #failure: unknown
  #timer: NodeJS.Timeout | undefined

  constructor(journal: Journal, apply: Apply, limits: Partial<WriteBehindLimits> = {}) {
    this.#journal = journal
    this.#apply = apply
    this.#limits = { ...defaultLimits, ...limits }
  }

  /** The last change of a row that the database may not have. */
  get(name: string): Mutation | undefined {
    return this.#pending.get(name) ?? this.#going.get(name)
  }

  /** Whether the database has everything. */
  get isEmpty(): boolean {
    return this.#pending.size === 0 && this.#going.size === 0
  }

  /** The last changes of the rows of a range that the database may not have, in order of their keys. */
  within({ gte, lt }: { gte: Buffer; lt: Buffer }): Mutation[] {
    const rows = new Map([...this.#going, ...this.#pending])
    const found = [...rows.values()].filter(({ key }) => Buffer.compare(key, gte) >= 0 && Buffer.compare(key, lt) < 0)
    return found.sort((a, b) => Buffer.compare(a.key, b.key))
  }

  /** Commits: all of them or none. @throws StoreError NO_SPACE, IO; and what the database has against them, once too many wait for it */
  add(groups: readonly (readonly Mutation[])[], nameOf: (key: Buffer) => string): void {
    if (this.#failure !== undefined && this.#journal.totalBytes >= this.#limits.waitingBytes) {
      this.flush().catch(() => {})
      throw this.#failure
    }
    this.#journal.append(groups)
    for (const mutations of groups) {
      for (const mutation of mutations) this.#pending.set(nameOf(mutation.key), mutation)
    }
    if (this.#journal.sizeBytes >= this.#limits.journalBytes) this.#empty()
    else this.#timer ??= setTimeout(this.#onTime, this.#limits.delayMs).unref()
  }

  /** When rows come faster than the database takes them: resolves when there is room for more. Undefined: there is. */
  overflow(): Promise<void> | undefined {
    const isFull = this.#isEmptying && this.#journal.sizeBytes >= fullAt * this.#limits.journalBytes
    return isFull ? this.#applying : undefined
  }

  /** Resolves when the database has all that was added so far. @throws StoreError what kept it from taking it */
  flush(): Promise<void> {
    if (this.#pending.size > 0) return this.#enqueue(() => this.#applyPending(false))
    // Those on their way come back when they cannot be written.
    return this.#going.size === 0 ? Promise.resolve() : this.#applying.then(() => this.flush())
  }

  /** Gives the database what is left. Nothing may be added any more. @returns whether it took it all */
  async end(): Promise<boolean> {
    clearTimeout(this.#timer)
    await this.flush().catch(() => {})
    await this.#applying
    this.#journal.close()
    return this.isEmpty
  }

  /** Ended, and the database is closed in good order. */
  removeJournal(): void {
    this.#journal.remove()
  }

  readonly #onTime = (): void => {
    this.#timer = undefined
    // Whoever writes or reads next is told what is wrong with the database.
    this.flush().catch(() => {})
  }

  /** One after the other; a failure is told to who asked, not to those behind. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#applying.then(work)
    this.#applying = done.catch(() => {})
    return done
  }

  async #applyPending(isSynced: boolean): Promise<void> {
    const going = this.#pending
    if (going.size === 0 && !isSynced) return
    this.#pending = new Map()
    this.#going = going
    try {
      await this.#apply(going.values(), isSynced)
      this.#failure = undefined
    } catch (error) {
      this.#failure = error
      // Still to be done, below what has come since.
      for (const [name, mutation] of this.#pending) going.set(name, mutation)
      this.#pending = going
      throw error
    } finally {
      this.#going = new Map()
    }
  }

  /** The database takes everything, on the disk; then the journal begins anew. */
  #empty(): void {
    if (this.#isEmptying) return
    this.#isEmptying = true
    this.#enqueue(async () => {
      try {
        this.#journal.rotate()
        await this.#applyPending(true)
        this.#journal.removeFormer()
      } finally {
        this.#isEmptying = false
      }
    }).catch(() => {})
  }
}
