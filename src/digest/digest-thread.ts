/**
 * Digests of large bodies in a thread beside the event loop: hashes are half of what an upload costs. Bytes are copied
 * into blocks that travel to the thread and back (the network's buffers are still to be enciphered and written).
 *
 * The thread is started by the first large body, which does not wait for it. Where it cannot start (a bundle without
 * its file, a process that may have none), or there is one processor only, digests are computed on the event loop.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ChecksumAlgorithm } from '../store/records.ts'
import type { Digests, DigestValues } from './digests.ts'

/** To the thread. What belongs to one body has one number; blocks are given away. */
export type ToThread =
  | { kind: 'begin'; body: number; algorithms: readonly ChecksumAlgorithm[] }
  | { kind: 'bytes'; body: number; block: ArrayBuffer; sizeBytes: number }
  | { kind: 'end'; body: number }
  | { kind: 'abandon'; body: number }

/** From the thread: it is at work, a block is free again, all is done. */
export type FromThread =
  | { kind: 'ready' }
  | { kind: 'taken'; body: number; block: ArrayBuffer }
  | { kind: 'values'; body: number; values: DigestValues }

/** A body of less is hashed before the thread would have answered. */
const minimumBytes = 1024 * 1024
/** Large enough that messages cost little, small enough that both sides are at work. */
const blockBytes = 256 * 1024
/** Blocks of one body that may be on their way. */
const maxOnTheirWay = 4
/** Free blocks that are kept. */
const keptBlocks = 16

/** Undefined: never needed. A thread that has failed stays, and is not used. */
let thread: DigestThread | 'refused' | undefined

/** Undefined: not in a thread, for this body. */
export function threadDigests(algorithms: readonly ChecksumAlgorithm[], sizeBytes = Infinity): Digests | undefined {
  if (sizeBytes < minimumBytes || availableParallelism() < 2) return undefined
  thread ??= startThread()
  return thread !== 'refused' && thread.state === 'ready' ? new ThreadDigests(thread, algorithms) : undefined
}

/** Node's permission model, for one, refuses threads. */
function startThread(): DigestThread | 'refused' {
  try {
    return new DigestThread()
  } catch {
    return 'refused'
  }
}

class DigestThread {
  state: 'starting' | 'ready' | 'failed' = 'starting'
  readonly #worker = new Worker(new URL('./digest-worker.js', import.meta.url), { execArgv: [] })
  readonly #bodies = new Map<number, ThreadDigests>()
  #lastBody = 0
  readonly #freeBlocks: ArrayBuffer[] = []

  constructor() {
    this.#worker.on('message', (message: FromThread) => this.#receive(message))
    this.#worker.on('error', (cause) => this.#fail(cause))
    this.#worker.on('exit', () => this.#fail(new Error('the thread that computes digests has ended')))
    // It keeps the process only while there is a body.
    this.#worker.unref()
  }

  open(digests: ThreadDigests): number {
    const body = ++this.#lastBody
    this.#bodies.set(body, digests)
    this.#worker.ref()
    return body
  }

  close(body: number): void {
    this.#bodies.delete(body)
    if (this.#bodies.size === 0) this.#worker.unref()
  }

  send(message: ToThread): void {
    this.#worker.postMessage(message, message.kind === 'bytes' ? [message.block] : [])
  }

  takeBlock(): ArrayBuffer {
    return this.#freeBlocks.pop() ?? new ArrayBuffer(blockBytes)
  }

  #receive(message: FromThread): void {
    if (message.kind === 'ready') {
      this.state = 'ready'
      return
    }
    const digests = this.#bodies.get(message.body)
    if (message.kind === 'values') digests?.finish(message.values)
    else {
      if (this.#freeBlocks.length < keptBlocks) this.#freeBlocks.push(message.block)
      digests?.taken()
    }
  }

  #fail(cause: Error): void {
    this.state = 'failed'
    for (const digests of this.#bodies.values()) digests.fail(cause)
    this.#bodies.clear()
  }
}

/** One body. */
class ThreadDigests implements Digests {
  readonly #thread: DigestThread
  readonly #body: number
  #block: Uint8Array | undefined
  #usedBytes = 0
  #onTheirWay = 0
  #hasEnded = false
  #failure: Error | undefined
  /** Settles what is waited for: room for more bytes, or the values. */
  #onRoom: (() => void) | undefined
  #onValues: ((values: DigestValues | undefined) => void) | undefined

  constructor(thread: DigestThread, algorithms: readonly ChecksumAlgorithm[]) {
    this.#thread = thread
    this.#body = thread.open(this)
    thread.send({ kind: 'begin', body: this.#body, algorithms })
  }

  update(chunk: Uint8Array): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    for (let at = 0; at < chunk.length; ) {
      this.#block ??= new Uint8Array(this.#thread.takeBlock())
      const piece = chunk.subarray(at, at + this.#block.length - this.#usedBytes)
      this.#block.set(piece, this.#usedBytes)
      this.#usedBytes += piece.length
      at += piece.length
      if (this.#usedBytes === this.#block.length) this.#sendBlock(this.#block)
    }
    if (this.#onTheirWay >= maxOnTheirWay) return this.#room()
  }

  digest(): Promise<DigestValues> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#block !== undefined) this.#sendBlock(this.#block)
    this.#hasEnded = true
    this.#thread.send({ kind: 'end', body: this.#body })
    return new Promise((resolve, reject) => {
      this.#onValues = (values) => (values === undefined ? reject(this.#failure) : resolve(values))
    })
  }

  abandon(): void {
    if (this.#hasEnded || this.#failure !== undefined) return
    this.#hasEnded = true
    this.#thread.close(this.#body)
    this.#thread.send({ kind: 'abandon', body: this.#body })
  }

  taken(): void {
    this.#onTheirWay--
    this.#onRoom?.()
    this.#onRoom = undefined
  }

  finish(values: DigestValues): void {
    this.#thread.close(this.#body)
    this.#onValues?.(values)
  }

  fail(cause: Error): void {
    this.#failure ??= cause
    // The next update tells.
    this.#onRoom?.()
    this.#onValues?.(undefined)
  }

  #sendBlock(block: Uint8Array): void {
    this.#thread.send({
      kind: 'bytes',
      body: this.#body,
      block: block.buffer as ArrayBuffer,
      sizeBytes: this.#usedBytes,
    })
    this.#block = undefined
    this.#usedBytes = 0
    this.#onTheirWay++
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }
}
