/**
 * One commit being put together: what was read and must still hold, what to write, and which bodies gain or lose a
 * reference. `transact` runs it again when another writer came between.
 */
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { bodyKey, garbageKey, referencesKey } from './keys.ts'
import type { Kv, Mutation, Precondition } from './kv.ts'
import type { Pins } from './pins.ts'
import { randomId } from './random.ts'
import { encodeJson } from './record-rows.ts'
import type { BodyRef } from './records.ts'
import type { Room } from './room.ts'
import { checked, withCheck } from './row-check.ts'
import { StoreError } from './store-error.ts'

/** Work left for the collector, written in the commit that makes it: it survives a crash. */
export type Garbage =
  /** One reference to each of these is given up. */
  | { bodies: BodyRef[] }
  /** The parts of an upload that has ended. */
  | { uploadId: string }
  /** The annotations of a version that has gone. */
  | { annotationsId: string }
  /** Everything in a bucket that has been removed. */
  | { bucketId: string }

/** How many bodies one garbage row names at most: the size of one commit of the collector. */
const bodiesPerRow = 256

export interface GarbageSink {
  /** Work that has been committed under this id. */
  add(id: string, garbage: Garbage): void
}

/** Something that must know how the commit it is part of went. */
export interface Participant {
  beforeCommit(): void
  /** Not called when the commit threw: then nobody knows whether it happened. */
  afterCommit(committed: boolean): void
}

/** What a transaction works on. */
export interface Engine {
  readonly kv: Kv
  readonly pins: Pins
  readonly garbage: GarbageSink
  /** On the disk; undefined in memory. */
  readonly room?: Room | undefined
}

const nothing: readonly { id: string; item: Garbage }[] = []

export class Transaction {
  readonly #engine: Engine
  readonly #preconditions: Precondition[] = []
  readonly #mutations: Mutation[] = []
  readonly #garbage: Garbage[] = []
  /** Change in the number of references, by body id. Made when there is one: most writes have none. */
  #references: Map<string, { body: BodyRef; change: number }> | undefined
  readonly #participants: Participant[] = []

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Nothing would change: there is nothing to commit. */
  get isEmpty(): boolean {
    return this.#mutations.length === 0 && this.#references === undefined && this.#garbage.length === 0
  }

  /** The row must still be what was read: these bytes, or nothing. */
  expect(key: Buffer, row: Buffer | undefined): void {
    this.#preconditions.push(row === undefined ? { kind: 'absent', key } : { kind: 'equals', key, value: row })
  }

  expectPresent(key: Buffer): void {
    this.#preconditions.push({ kind: 'present', key })
  }

  expectEmpty(range: { gte: Buffer; lt: Buffer }): void {
    this.#preconditions.push({ kind: 'empty', ...range })
  }

  put(key: Buffer, value: Buffer): void {
    this.#mutations.push({ kind: 'put', key, value })
  }

  delete(key: Buffer): void {
    this.#mutations.push({ kind: 'delete', key })
  }

  /** One more record or segment list refers to the body. */
  retain(body: BodyRef): void {
    this.#refer(body, 1)
  }

  /** One fewer. */
  release(body: BodyRef): void {
    this.#refer(body, -1)
  }

  discardLater(garbage: Garbage): void {
    this.#garbage.push(garbage)
  }

  join(participant: Participant): void {
    this.#participants.push(participant)
  }

  /** False when something is no longer as expected: nothing was written. */
  commit(): Promise<boolean> {
    const isPlain = this.#references === undefined && this.#garbage.length === 0 && this.#participants.length === 0
    return isPlain ? this.#engine.kv.commit(this.#preconditions, this.#mutations) : this.#commitWithBodies()
  }

  async #commitWithBodies(): Promise<boolean> {
    if (this.#references !== undefined) await this.#resolveReferences(this.#references.values())
    const garbage = this.#garbage.length === 0 ? nothing : this.#garbage.map((item) => ({ id: randomId(), item }))
    for (const { id, item } of garbage) this.put(garbageKey(id), encodeJson(item))
    for (const participant of this.#participants) participant.beforeCommit()
    const committed = await this.#engine.kv.commit(this.#preconditions, this.#mutations)
    for (const participant of this.#participants) participant.afterCommit(committed)
    if (committed) for (const { id, item } of garbage) this.#engine.garbage.add(id, item)
    return committed
  }

  #refer(body: BodyRef, change: number): void {
    if (body.kind === 'empty') return
    if (body.kind === 'embedded') {
      if (change < 0) this.#engine.room?.gaveUp(body.sizeBytes)
      return
    }
    this.#references ??= new Map()
    const entry = this.#references.get(body.id)
    if (entry === undefined) this.#references.set(body.id, { body, change })
    else entry.change += change
  }

  async #resolveReferences(references: Iterable<{ body: BodyRef; change: number }>): Promise<void> {
    const released: BodyRef[] = []
    for (const { body, change } of references) {
      if (change > 0) {
        const key = referencesKey(body.id)
        const row = await this.#engine.kv.get(key)
        this.expectPresent(bodyKey(body.id))
        this.expect(key, row)
        this.put(key, encodeReferences(decodeReferences(row) + change))
      } else if (change === -1 && body.kind === 'inline') {
        const key = referencesKey(body.id)
        const counted = this.#engine.kv.get(key)
        if ((counted instanceof Promise ? await counted : counted) === undefined) {
          this.expect(key, undefined)
          this.delete(bodyKey(body.id))
          this.#engine.room?.gaveUp(body.sizeBytes)
        } else {
          released.push(body)
        }
      } else {
        for (let i = change; i < 0; i++) released.push(body)
      }
    }
    for (const bodies of chunks(released)) this.#garbage.push({ bodies })
  }
}

/** Splits a list of released bodies into what one garbage row holds. */
export function chunks(bodies: BodyRef[]): BodyRef[][] {
  const out: BodyRef[][] = []
  for (let at = 0; at < bodies.length; at += bodiesPerRow) out.push(bodies.slice(at, at + bodiesPerRow))
  return out
}

const countBytes = 4

/** A body without a row has one reference. @throws StoreError CORRUPT */
export function decodeReferences(row: Buffer | undefined): number {
  if (row === undefined) return 1
  return (row.length === countBytes ? row : checked(row)).readUInt32BE()
}

export function encodeReferences(count: number): Buffer {
  const row = Buffer.allocUnsafe(countBytes)
  row.writeUInt32BE(count)
  return withCheck(row)
}

/** Far above what contention in one process can cause: reached only by a bug. */
const maxAttempts = 2000

type Build<T> = (transaction: Transaction) => MaybePromise<T>

/**
 * Runs `build` on a fresh transaction and commits it. When it writes nothing, its result is returned as it is.
 * @param whenLost what to do when another writer came between
 */
export async function attempt<T, U>(engine: Engine, build: Build<T>, whenLost: () => MaybePromise<U>): Promise<T | U> {
  const transaction = new Transaction(engine)
  const building = build(transaction)
  const result = building instanceof Promise ? await building : building
  return transaction.isEmpty || (await transaction.commit()) ? result : whenLost()
}

const lost: unique symbol = Symbol('lost')
const tellLost = (): typeof lost => lost

/**
 * Attempts again and again until no other writer came between. What `build` throws ends it.
 * @throws StoreError CONTENTION
 */
export async function transact<T>(engine: Engine, build: Build<T>): Promise<T> {
  for (let count = 0; count < maxAttempts; count++) {
    const result = await attempt<T, typeof lost>(engine, build, tellLost)
    if (result !== lost) return result
  }
  throw new StoreError('CONTENTION', `A commit lost against other writers ${maxAttempts} times.`)
}
