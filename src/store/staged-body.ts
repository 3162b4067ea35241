/** A body that no record refers to yet: what a commit must write so that one does, and how to throw it away. */
import type { Blobs } from './blobs.ts'
import { bodyKey, referencesKey } from './keys.ts'
import type { BodyRef } from './records.ts'
import { encodeSegments, type Segment } from './segments.ts'
import type { StagedBody } from './store.ts'
import type { Engine, Participant, Transaction } from './transaction.ts'

/** What is behind a staged body. */
export type StagedContent =
  | { kind: 'empty' }
  | { kind: 'inline'; bytes: Buffer }
  | { kind: 'file' }
  /** The whole of another body. `pinned`: it was still there. */
  | { kind: 'share'; pinned: boolean }
  | { kind: 'slice'; segment: Segment; pinned: boolean }

const done = Promise.resolve()

export class Staged implements StagedBody, Participant {
  readonly ref: BodyRef
  readonly #content: StagedContent
  readonly #engine: Engine & { blobs: Blobs }
  /** committing: in doubt, so never thrown away; the sweep at the next start decides. */
  #state: 'open' | 'committing' | 'committed' | 'discarded' = 'open'

  constructor(engine: Engine & { blobs: Blobs }, ref: BodyRef, content: StagedContent) {
    this.#engine = engine
    this.ref = ref
    this.#content = content
  }

  /** Adds what the body needs to a commit. False when the body it shares bytes with has gone. */
  attach(transaction: Transaction): boolean {
    if (this.#state !== 'open') throw new Error('a staged body was used a second time, or after discard')
    const content = this.#content
    if (content.kind === 'inline') {
      transaction.put(bodyKey(this.ref.id), content.bytes)
      // Its release will ask how many refer to it; here it is known.
      this.#engine.kv.neverWritten?.(referencesKey(this.ref.id))
    }
    if (content.kind === 'file') transaction.put(bodyKey(this.ref.id), Buffer.alloc(0))
    if (content.kind === 'share') {
      if (!content.pinned) return false
      transaction.retain(this.ref)
    }
    if (content.kind === 'slice') {
      if (!content.pinned) return false
      transaction.put(bodyKey(this.ref.id), encodeSegments([content.segment]))
      transaction.retain(content.segment.body)
    }
    transaction.join(this)
    return true
  }

  beforeCommit(): void {
    this.#state = 'committing'
  }

  afterCommit(committed: boolean): void {
    this.#state = committed ? 'committed' : 'open'
    if (!committed) return
    if (this.#content.kind === 'file') this.#engine.blobs.adopted(this.ref.id)
    this.#unpin()
  }

  discard(): Promise<void> {
    if (this.#state !== 'open') return done
    this.#state = 'discarded'
    this.#unpin()
    return this.#content.kind === 'file' ? this.#engine.blobs.remove(this.ref.id) : done
  }

  #unpin(): void {
    const content = this.#content
    if (content.kind === 'share' && content.pinned) this.#engine.pins.unpin(this.ref.id)
    if (content.kind === 'slice' && content.pinned) this.#engine.pins.unpin(content.segment.body.id)
  }
}

/** @throws TypeError when it was not made by this store. */
export function asStaged(body: StagedBody): Staged {
  if (body instanceof Staged) return body
  throw new TypeError('a staged body must come from the store that it is given to')
}
