/** Cursors over rows: of LevelDB, of a database that must take something first, and of one that cannot. */
import type { KvCursor, Mutation } from './kv.ts'

type Row = [key: Buffer, value: Buffer]

/** The part of abstract-level's iterators that is used. */
export interface LevelIterator {
  nextv(size: number): Promise<Row[]>
  seek(key: Buffer): void
  close(): Promise<void>
}

/** Rows of the database, and over them those that it could not take. */
export class OverlaidCursor implements KvCursor {
  readonly #below: KvCursor
  /** In the order of the cursor. */
  readonly #over: readonly Mutation[]
  readonly #isReverse: boolean
  #at = 0
  /** Read from below, and not given out yet. */
  #ahead: Row[] = []
  #hasEnded = false

  constructor(below: KvCursor, over: Mutation[], isReverse: boolean) {
    this.#below = below
    this.#over = isReverse ? over.reverse() : over
    this.#isReverse = isReverse
  }

  async next(limit: number): Promise<Row[]> {
    const rows: Row[] = []
    while (rows.length < limit) {
      if (this.#ahead.length === 0 && !this.#hasEnded) {
        this.#ahead = await this.#below.next(limit)
        this.#hasEnded = this.#ahead.length < limit
      }
      const [below] = this.#ahead
      const over = this.#over[this.#at]
      if (below === undefined && over === undefined) break
      const order = this.#order(below, over)
      if (order <= 0) this.#ahead.shift()
      if (order < 0) rows.push(below as Row)
      else {
        this.#at++
        if (over?.kind === 'put') rows.push([over.key, over.value])
      }
    }
    return rows
  }

  /** Below zero: the row below comes first; zero: both are one row. */
  #order(below: Row | undefined, over: Mutation | undefined): number {
    if (below === undefined) return 1
    if (over === undefined) return -1
    const order = Buffer.compare(below[0], over.key)
    return this.#isReverse ? -order : order
  }

  seek(key: Buffer): void {
    this.#below.seek(key)
    this.#ahead = []
    this.#hasEnded = false
    const isReached = ({ key: own }: Mutation): boolean =>
      this.#isReverse ? Buffer.compare(own, key) <= 0 : Buffer.compare(own, key) >= 0
    const at = this.#over.findIndex(isReached)
    this.#at = at === -1 ? this.#over.length : at
  }

  close(): Promise<void> {
    return this.#below.close()
  }
}

/** A cursor that opens when the database has what was committed before it was asked for. */
export class DeferredCursor implements KvCursor {
  readonly #opening: Promise<KvCursor>
  /** Where to go before the next rows. */
  #place: Buffer | undefined

  constructor(opening: Promise<KvCursor>) {
    this.#opening = opening
    // Told by the first `next`.
    opening.catch(() => {})
  }

  async next(limit: number): Promise<Row[]> {
    const cursor = await this.#opening
    if (this.#place !== undefined) cursor.seek(this.#place)
    this.#place = undefined
    return cursor.next(limit)
  }

  seek(key: Buffer): void {
    this.#place = key
  }

  async close(): Promise<void> {
    const cursor = await this.#opening.catch(() => undefined)
    await cursor?.close()
  }
}

export class LevelCursor implements KvCursor {
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
