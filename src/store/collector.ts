/**
 * The background collector: does what commits left behind as garbage rows. It unlinks blobs, gives up the references of
 * segment lists, clears ended uploads and removed buckets. A step is one commit that also removes its row, so a crash
 * repeats a step and never skips or doubles one.
 */
import type { Blobs } from './blobs.ts'
import {
  after,
  annotationsPrefix,
  bodyKey,
  garbageKey,
  garbageRange,
  idOfGarbage,
  type KeyRange,
  partsPrefix,
  referencesKey,
  uploadIndexKey,
  uploadsPrefix,
  versionHasRecord,
  versionsRange,
  within,
} from './keys.ts'
import type { Kv } from './kv.ts'
import type { Pins } from './pins.ts'
import { decodeJson, decodeObject } from './record-rows.ts'
import type { AnnotationRecord, BodyRef, UploadPartRecord, UploadRecord } from './records.ts'
import type { Room } from './room.ts'
import { decodeSegments } from './segments.ts'
import {
  chunks,
  decodeReferences,
  encodeReferences,
  type Garbage,
  type GarbageSink,
  Transaction,
} from './transaction.ts'
import { releaseContent } from './versions.ts'

/** How many steps run at once: few, so that unlinking large files leaves threads for requests. */
const concurrency = 2
/** Rows per step. */
const pageRows = 256
/** So many rows are kept in memory while they wait. */
const keptRows = 64

export class Collector implements GarbageSink {
  readonly #kv: Kv
  readonly #blobs: Blobs
  readonly #pins: Pins
  readonly #room: Room | undefined
  readonly #onError: (error: unknown) => void
  /** What is to be done, by the id of its row; undefined: it is read from there when its turn comes. */
  readonly #queue = new Map<string, Garbage | undefined>()
  readonly #running = new Set<Promise<void>>()
  /** False: rows stay as they are, until a start that may. */
  readonly #mayDestroy: boolean
  #stopped = false
  #idle: (() => void)[] = []

  constructor(parts: {
    kv: Kv
    blobs: Blobs
    pins: Pins
    room?: Room | undefined
    onError: (error: unknown) => void
    mayDestroy?: boolean
  }) {
    this.#mayDestroy = parts.mayDestroy ?? true
    this.#kv = parts.kv
    this.#blobs = parts.blobs
    this.#pins = parts.pins
    this.#room = parts.room
    this.#onError = parts.onError
  }

  add(id: string, garbage: Garbage): void {
    if (!this.#mayDestroy) return
    // A bucket of millions of objects makes rows faster than files can be unlinked.
    this.#queue.set(id, this.#queue.size < keptRows ? garbage : undefined)
    this.#work()
  }

  /** Takes up what former runs left. Resolves when it is all queued. */
  async resume(): Promise<void> {
    // Opened before anything else runs: this run's rows come by `add`.
    const cursor = this.#kv.range(garbageRange())
    try {
      for (;;) {
        const rows = await cursor.next(pageRows)
        for (const [key, value] of rows) this.#take(key, value)
        if (rows.length < pageRows) return
        await this.idle()
        if (this.#stopped) return
      }
    } finally {
      await cursor.close()
    }
  }

  /** One row that cannot be read keeps no other from being done. */
  #take(key: Buffer, value: Buffer): void {
    try {
      this.add(idOfGarbage(key), decodeJson(value))
    } catch (error) {
      this.#onError(error)
    }
  }

  /** Resolves when there is nothing to do but what readers hold up. */
  async idle(): Promise<void> {
    if (this.#queue.size === 0 && this.#running.size === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Lets the steps in progress finish; the rest is taken up at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
    this.#wakeIdle()
  }

  #work(): void {
    while (!this.#stopped && this.#running.size < concurrency) {
      const [next] = this.#queue
      if (next === undefined) break
      const [id, garbage] = next
      this.#queue.delete(id)
      const step: Promise<void> = this.#collect(id, garbage)
        .catch((error: unknown) => this.#onError(error))
        .finally(() => {
          this.#running.delete(step)
          this.#work()
        })
      this.#running.add(step)
    }
    if (this.#running.size === 0 && this.#queue.size === 0) this.#wakeIdle()
  }

  #wakeIdle(): void {
    const waiting = this.#idle
    this.#idle = []
    for (const resolve of waiting) resolve()
  }

  async #collect(id: string, kept: Garbage | undefined): Promise<void> {
    const garbage = kept ?? (await this.#read(id))
    if (garbage === undefined) return
    if ('bodies' in garbage) return this.#collectBodies(id, garbage)
    if ('uploadId' in garbage) await this.#collectUpload(garbage.uploadId)
    else if ('annotationsId' in garbage) await this.#collectAnnotations(garbage.annotationsId)
    else await this.#collectBucket(garbage.bucketId)
    if (!this.#stopped) await this.#kv.commit([], [{ kind: 'delete', key: garbageKey(id) }])
  }

  async #read(id: string): Promise<Garbage | undefined> {
    const row = await this.#kv.get(garbageKey(id))
    return row && decodeJson<Garbage>(row)
  }

  async #collectBodies(id: string, garbage: { bodies: BodyRef[] }): Promise<void> {
    const condemned = new Set<string>()
    try {
      for (;;) {
        const transaction = this.#begin()
        transaction.expectPresent(garbageKey(id))
        transaction.delete(garbageKey(id))
        const dead: BodyRef[] = []
        for (const { body, count } of tally(garbage.bodies)) {
          if (await this.#giveUp(body, count, transaction)) dead.push(body)
        }
        for (const { id: bodyId } of dead) {
          if (condemned.has(bodyId)) continue
          if (!this.#pins.condemn(bodyId, () => this.add(id, garbage))) return
          condemned.add(bodyId)
        }
        for (const body of dead) await this.#destroy(body, transaction)
        if (await transaction.commit()) return
        if ((await this.#kv.get(garbageKey(id))) === undefined) return
      }
    } finally {
      for (const bodyId of condemned) this.#pins.absolve(bodyId)
    }
  }

  /** Takes `count` references away; true when none is left. */
  async #giveUp(body: BodyRef, count: number, transaction: Transaction): Promise<boolean> {
    const key = referencesKey(body.id)
    const row = await this.#kv.get(key)
    const left = decodeReferences(row) - count
    transaction.expect(key, row)
    if (row !== undefined) left > 1 ? transaction.put(key, encodeReferences(left)) : transaction.delete(key)
    return left <= 0
  }

  /** Nothing refers to the body any more. Its file goes first: the row is what remembers it. */
  async #destroy(body: BodyRef, transaction: Transaction): Promise<void> {
    if (body.kind === 'file') await this.#blobs.remove(body.id)
    if (body.kind === 'inline') this.#room?.gaveUp(body.sizeBytes)
    if (body.kind === 'segments') {
      const row = await this.#kv.get(bodyKey(body.id))
      const children = row === undefined ? [] : decodeSegments(row).map((segment) => segment.body)
      for (const bodies of chunks(children)) transaction.discardLater({ bodies })
    }
    transaction.delete(bodyKey(body.id))
  }

  async #collectUpload(uploadId: string): Promise<void> {
    await this.#eachPage(within(partsPrefix(uploadId)), (transaction, [, value]) => {
      transaction.release(decodeJson<UploadPartRecord>(value).body)
    })
  }

  async #collectAnnotations(annotationsId: string): Promise<void> {
    await this.#eachPage(within(annotationsPrefix(annotationsId)), (transaction, [, value]) => {
      transaction.release(decodeJson<AnnotationRecord>(value).body)
    })
  }

  async #collectBucket(bucketId: string): Promise<void> {
    await this.#eachPage(versionsRange(bucketId), (transaction, [key, value]) => {
      if (!versionHasRecord(key)) return
      releaseContent(decodeObject(value), transaction)
    })
    await this.#eachPage(within(uploadsPrefix(bucketId, '')), (transaction, [, value]) => {
      const upload = decodeJson<UploadRecord>(value)
      transaction.delete(uploadIndexKey(bucketId, upload.UploadId))
      transaction.discardLater({ uploadId: upload.UploadId })
    })
  }

  /** Removes all rows of a range, a commit per page; `handle` adds what hangs on a row. */
  async #eachPage(range: KeyRange, handle: (transaction: Transaction, row: [Buffer, Buffer]) => void): Promise<void> {
    let start = range.gte
    while (!this.#stopped) {
      const cursor = this.#kv.range({ gte: start, lt: range.lt })
      const rows = await cursor.next(pageRows).finally(() => cursor.close())
      const last = rows.at(-1)
      if (last === undefined) return
      const transaction = this.#begin()
      for (const row of rows) {
        transaction.expect(...row)
        transaction.delete(row[0])
        handle(transaction, row)
      }
      // Otherwise somebody else removed one of them: the page is read again.
      if (await transaction.commit()) start = after(last[0])
    }
  }

  #begin(): Transaction {
    return new Transaction({ kv: this.#kv, pins: this.#pins, garbage: this })
  }
}

/** A list may name a body several times. */
function tally(bodies: BodyRef[]): Iterable<{ body: BodyRef; count: number }> {
  const counts = new Map<string, { body: BodyRef; count: number }>()
  for (const body of bodies) {
    const entry = counts.get(body.id)
    if (entry === undefined) counts.set(body.id, { body, count: 1 })
    else entry.count++
  }
  return counts.values()
}
