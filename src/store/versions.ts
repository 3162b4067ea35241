/**
 * The stack of versions of one key: the newest is a row of its own (what listings walk), the older ones are kept apart,
 * in order, with an index by version id. These functions read the stack and add what changes it to a transaction; the
 * newest row is expected in every one, so all changes of a key exclude one another.
 */
import {
  newestKey,
  number48,
  objectPartsKey,
  olderIndexKey,
  olderKey,
  olderPrefix,
  readNumber48,
  within,
} from './keys.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import type { Kv } from './kv.ts'
import { decodeObject, encodeObject, lastRecordOf } from './record-rows.ts'
import type { ObjectRecord } from './records.ts'
import type { Transaction } from './transaction.ts'

/** A version and its row. */
export interface Found {
  record: ObjectRecord
  row: Buffer
}

/** The version put on top, and the null version that gave way. */
export interface Pushed {
  record: ObjectRecord
  removed?: ObjectRecord
}

/** A key as it was read. */
export class VersionStack {
  readonly #kv: Kv
  readonly #bucketId: string
  readonly #key: string
  readonly #newestKey: Buffer
  readonly newest: Found | undefined

  private constructor(kv: Kv, bucketId: string, key: string, rowKey: Buffer, row: Buffer | undefined) {
    this.#kv = kv
    this.#bucketId = bucketId
    this.#key = key
    this.#newestKey = rowKey
    this.newest = row === undefined ? undefined : { record: lastRecordOf(row), row }
  }

  static read(kv: Kv, bucketId: string, key: string): MaybePromise<VersionStack> {
    const rowKey = newestKey(bucketId, key)
    return whenReady(kv.get(rowKey), (row) => new VersionStack(kv, bucketId, key, rowKey, row))
  }

  /** Finds an older version. */
  async older(versionId: string): Promise<Found | undefined> {
    if (this.newest?.record.hasOlder !== true) return undefined
    const sequence = await this.#kv.get(olderIndexKey(this.#bucketId, this.#key, versionId))
    if (sequence === undefined) return undefined
    const row = await this.#kv.get(olderKey(this.#bucketId, this.#key, readNumber48(sequence)))
    return row === undefined ? undefined : { record: decodeObject(row), row }
  }

  /** Any version, with the row key under which it is stored. */
  async find(versionId: string): Promise<(Found & { key: Buffer }) | undefined> {
    if (this.newest?.record.VersionId === versionId) return { ...this.newest, key: this.#newestKey }
    const found = await this.older(versionId)
    return found && { ...found, key: olderKey(this.#bucketId, this.#key, found.record.sequence ?? 0) }
  }

  /** The newest row must still be as it was read. */
  expectUnchanged(transaction: Transaction): void {
    transaction.expect(this.#newestKey, this.newest?.row)
  }

  /** Puts a version on top. The null version, wherever it is, gives way to a new null version. The draft becomes the record. */
  push(draft: ObjectRecord, transaction: Transaction): MaybePromise<Pushed> {
    this.expectUnchanged(transaction)
    const newest = this.newest
    if (draft.VersionId !== 'null' || newest === undefined) return this.#put(draft, undefined, transaction)
    if (newest.record.VersionId === 'null') return this.#put(draft, newest, transaction)
    return this.older('null').then((older) => this.#put(draft, older, transaction))
  }

  #put(draft: ObjectRecord, replaced: Found | undefined, transaction: Transaction): Pushed {
    const newest = this.newest?.record
    const pushed = unplaced(draft)
    if (newest !== undefined && (replaced?.record !== newest || newest.hasOlder === true)) {
      pushed.sequence = (newest.sequence ?? 0) + 1
      pushed.hasOlder = true
      if (replaced?.record !== newest) this.#moveDown(newest, transaction)
    }
    if (replaced !== undefined) {
      if (replaced.record !== newest) this.#removeOlder(replaced, transaction)
      releaseContent(replaced.record, transaction)
    }
    transaction.put(this.#newestKey, encodeObject(pushed))
    return replaced === undefined ? { record: pushed } : { record: pushed, removed: replaced.record }
  }

  /** A record of another key moves here with all that hangs on it, in place of what is here. For keys without versions. */
  moveHere(record: ObjectRecord, from: VersionStack, transaction: Transaction): ObjectRecord {
    if (this.newest !== undefined) releaseContent(this.newest.record, transaction)
    transaction.delete(from.#newestKey)
    transaction.put(this.#newestKey, encodeObject(record))
    return record
  }

  /** Takes a version away for good; under the newest one, the next older becomes the newest. */
  async remove(versionId: string, transaction: Transaction): Promise<ObjectRecord | undefined> {
    const newest = this.newest
    if (newest === undefined) return undefined
    this.expectUnchanged(transaction)
    if (newest.record.VersionId === versionId) {
      await this.#promoteNext(newest.record, transaction)
      releaseContent(newest.record, transaction)
      return newest.record
    }
    const found = await this.older(versionId)
    if (found === undefined) return undefined
    this.#removeOlder(found, transaction)
    releaseContent(found.record, transaction)
    const other = (await this.#olderRows(2)).find(({ record }) => record.VersionId !== versionId)
    if (other === undefined) {
      const { hasOlder: _, ...alone } = newest.record
      transaction.put(this.#newestKey, encodeObject(alone))
    } else {
      // Whoever removes that one at the same time must see this removal, or `hasOlder` would stay behind.
      transaction.expectPresent(this.#olderKeyOf(other.record))
    }
    return found.record
  }

  async #promoteNext(newest: ObjectRecord, transaction: Transaction): Promise<void> {
    const [next, afterNext] = newest.hasOlder === true ? await this.#olderRows(2) : []
    if (next === undefined) {
      transaction.delete(this.#newestKey)
      return
    }
    this.#removeOlder(next, transaction)
    const promoted: ObjectRecord = { ...next.record }
    if (afterNext !== undefined) {
      transaction.expectPresent(this.#olderKeyOf(afterNext.record))
      promoted.hasOlder = true
    }
    transaction.put(this.#newestKey, encodeObject(promoted))
  }

  #moveDown(newest: ObjectRecord, transaction: Transaction): void {
    const { hasOlder: _, ...record } = newest
    const sequence = newest.sequence ?? 0
    transaction.put(this.#olderKeyOf(newest), encodeObject({ ...record, sequence }))
    transaction.put(olderIndexKey(this.#bucketId, this.#key, newest.VersionId), number48(sequence))
  }

  #removeOlder(found: Found, transaction: Transaction): void {
    const key = this.#olderKeyOf(found.record)
    transaction.expect(key, found.row)
    transaction.delete(key)
    transaction.delete(olderIndexKey(this.#bucketId, this.#key, found.record.VersionId))
  }

  #olderKeyOf(record: ObjectRecord): Buffer {
    return olderKey(this.#bucketId, this.#key, record.sequence ?? 0)
  }

  async #olderRows(limit: number): Promise<Found[]> {
    const cursor = this.#kv.range(within(olderPrefix(this.#bucketId, this.#key)))
    try {
      return (await cursor.next(limit)).map(([, row]) => ({ record: decodeObject(row), row }))
    } finally {
      await cursor.close()
    }
  }
}

/** Without a place among the versions of another key. */
function unplaced(draft: ObjectRecord): ObjectRecord {
  if (draft.hasOlder === undefined && draft.sequence === undefined) return draft
  const { hasOlder: _, sequence: __, ...rest } = draft
  return rest
}

/** A version has gone: so have its reference to its body, the list of its parts and its annotations. */
export function releaseContent(record: ObjectRecord, transaction: Transaction): void {
  transaction.release(record.body)
  if (record.annotationsId !== undefined) transaction.discardLater({ annotationsId: record.annotationsId })
  if (record.partsCount !== undefined && record.uploadId !== undefined) {
    transaction.delete(objectPartsKey(record.uploadId))
  }
}
