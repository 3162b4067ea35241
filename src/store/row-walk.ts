/** Walks the rows of a range in batches that grow while rows are used, and seeks over what is skipped. */
import { after, type KeyRange } from './keys.ts'
import type { KvCursor } from './kv.ts'

export type Row = [key: Buffer, value: Buffer]

const smallestBatch = 8
const largestBatch = 1001

export class RowWalk {
  readonly #cursor: KvCursor
  #batch: Row[] = []
  #at = 0
  #batchSize: number
  /** Where the cursor must go before the next batch. */
  #seek: Buffer | undefined
  #ended = false

  /** @param firstBatch how many rows are wanted at least, as far as one knows. */
  constructor(cursor: KvCursor, firstBatch: number) {
    this.#cursor = cursor
    this.#batchSize = Math.min(Math.max(firstBatch, smallestBatch), largestBatch)
  }

  async next(): Promise<Row | undefined> {
    const row = this.#batch[this.#at]
    if (row !== undefined) {
      this.#at++
      return row
    }
    if (this.#ended) return undefined
    if (this.#seek !== undefined) this.#cursor.seek(this.#seek)
    this.#seek = undefined
    this.#batch = await this.#cursor.next(this.#batchSize)
    this.#ended = this.#batch.length < this.#batchSize
    this.#batchSize = Math.min(this.#batchSize * 2, largestBatch)
    this.#at = 1
    return this.#batch[0]
  }

  /** Leaves out all rows before `key`. */
  skipTo(key: Buffer): void {
    for (let row = this.#batch[this.#at]; row !== undefined; row = this.#batch[++this.#at]) {
      if (Buffer.compare(row[0], key) >= 0) return
    }
    this.#seek = key
    // What was read ahead was of no use.
    this.#batchSize = Math.max(smallestBatch, Math.floor(this.#batchSize / 4))
  }

  /** Reads up to `limit` rows elsewhere in the cursor's range, in the same snapshot; then the walk goes on. */
  async aside(range: KeyRange, limit: number): Promise<Row[]> {
    this.#cursor.seek(range.gte)
    const rows = await this.#cursor.next(Math.min(limit, largestBatch))
    const last = this.#batch.at(-1)
    if (this.#seek === undefined && last !== undefined) this.#seek = after(last[0])
    const end = rows.findIndex(([key]) => Buffer.compare(key, range.lt) >= 0)
    return end === -1 ? rows : rows.slice(0, end)
  }

  close(): Promise<void> {
    return this.#cursor.close()
  }
}
