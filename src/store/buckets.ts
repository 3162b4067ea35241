/** Buckets: one row each, by name. What is in them hangs on their id. */
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { bucketKey, bucketsRange, versionsRange } from './keys.ts'
import { whenReady } from '../lib/when-ready.ts'
import { randomId } from './random.ts'
import { decodeJson, encodeJson } from './record-rows.ts'
import type { BucketRecord } from './records.ts'
import type { BucketStore } from './store.ts'
import { type Engine, type Transaction, transact } from './transaction.ts'

/** How many parsed rows are remembered. */
const parsedLimit = 256

export class Buckets implements BucketStore {
  readonly #engine: Engine
  /** Rows as last read, so that the bucket of a request is not parsed again unless its row has changed, with their keys. */
  readonly #parsed = new Map<string, { key: Buffer; row: Buffer; bucket: BucketRecord }>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get(name: string): MaybePromise<BucketRecord | undefined> {
    return whenReady(this.#engine.kv.get(this.#keyOf(name)), (row) => this.#parse(name, row))
  }

  create(bucket: BucketRecord): Promise<boolean> {
    const row = encodeJson(bucket.id === '' ? { ...bucket, id: randomId() } : bucket)
    return transact(this.#engine, async (transaction) => {
      const key = bucketKey(bucket.Name)
      if ((await this.#engine.kv.get(key)) !== undefined) return false
      transaction.expect(key, undefined)
      transaction.put(key, row)
      return true
    })
  }

  update(name: string, change: (bucket: BucketRecord) => BucketRecord): Promise<BucketRecord | undefined> {
    return transact(this.#engine, async (transaction) => {
      const key = bucketKey(name)
      const row = await this.#engine.kv.get(key)
      if (row === undefined) return undefined
      const before = decodeJson<BucketRecord>(row)
      const changed = { ...change(before), Name: name, id: before.id }
      transaction.expect(key, row)
      transaction.put(key, encodeJson(changed))
      return changed
    })
  }

  async delete(name: string): Promise<'deleted' | 'missing' | 'notEmpty'> {
    return transact(this.#engine, async (transaction) => {
      const key = bucketKey(name)
      const row = await this.#engine.kv.get(key)
      const bucket = this.#parse(name, row)
      if (bucket === undefined) return 'missing'
      const range = versionsRange(bucket.id)
      if (!(await this.#isEmpty(range))) return 'notEmpty'
      // Writers of objects expect the bucket's row as well: none can slip in between this check and the commit.
      transaction.expect(key, row)
      transaction.expectEmpty(range)
      transaction.delete(key)
      transaction.discardLater({ bucketId: bucket.id })
      return 'deleted'
    })
  }

  async list(options: { prefix?: string; after?: string; limit: number }): Promise<BucketRecord[]> {
    const range = bucketsRange(options.prefix ?? '', options.after)
    if (Buffer.compare(range.gte, range.lt) >= 0) return []
    const cursor = this.#engine.kv.range(range)
    try {
      return (await cursor.next(options.limit)).map(([, row]) => decodeJson<BucketRecord>(row))
    } finally {
      await cursor.close()
    }
  }

  /** Removes every bucket with all that is in it; the collector clears up behind. */
  async deleteAll(): Promise<void> {
    // Bounded by the number of buckets: each page removes its rows.
    for (let page = await this.list({ limit: 256 }); page.length > 0; page = await this.list({ limit: 256 })) {
      for (const { Name } of page) await this.#deleteWithContent(Name)
    }
  }

  /**
   * The bucket as it is now, if it is still the one the caller knows; the commit holds only if it stays so. A bucket
   * made again under the same name is another one.
   */
  expectCurrent(known: BucketRecord, transaction: Transaction): MaybePromise<BucketRecord | undefined> {
    const key = this.#keyOf(known.Name)
    return whenReady(this.#engine.kv.get(key), (row) => {
      const bucket = this.#parse(known.Name, row)
      if (bucket === undefined || bucket.id !== known.id) return undefined
      transaction.expect(key, row)
      return bucket
    })
  }

  async #deleteWithContent(name: string): Promise<void> {
    await transact(this.#engine, async (transaction) => {
      const key = bucketKey(name)
      const row = await this.#engine.kv.get(key)
      const bucket = this.#parse(name, row)
      if (bucket === undefined) return
      transaction.expect(key, row)
      transaction.delete(key)
      transaction.discardLater({ bucketId: bucket.id })
    })
  }

  async #isEmpty(range: { gte: Buffer; lt: Buffer }): Promise<boolean> {
    const cursor = this.#engine.kv.range(range)
    try {
      return (await cursor.next(1)).length === 0
    } finally {
      await cursor.close()
    }
  }

  #keyOf(name: string): Buffer {
    return this.#parsed.get(name)?.key ?? bucketKey(name)
  }

  #parse(name: string, row: Buffer | undefined): BucketRecord | undefined {
    if (row === undefined) {
      this.#parsed.delete(name)
      return undefined
    }
    const known = this.#parsed.get(name)
    if (known !== undefined && (known.row === row || known.row.equals(row))) return known.bucket
    const bucket = decodeJson<BucketRecord>(row)
    if (this.#parsed.size >= parsedLimit) this.#parsed.clear()
    this.#parsed.set(name, { key: bucketKey(name), row, bucket })
    return bucket
  }
}
