/** A body that no record refers to yet: what a commit must write so that one does, and how to throw it away. */
import { bodyCipher } from '../encryption/body-cipher.ts'
import type { Sealer } from '../encryption/sealer.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Blobs } from './blobs.ts'
import { embed, embeddedLimitBytes } from './embedded.ts'
import { bodyKey, referencesKey } from './keys.ts'
import type { BodyRef } from './records.ts'
import { withCheck } from './row-check.ts'
import { encodeSegments, type Segment } from './segments.ts'
import type { StagedBody } from './store.ts'
import type { Engine, Participant, Transaction } from './transaction.ts'

/** What is behind a staged body. */
export type StagedContent =
  | { kind: 'empty' }
  /** Enciphered when it is known whether it stands alone. `sealer` undefined: in plain. */
  | { kind: 'inline'; plain: Buffer; sealer: Sealer | undefined }
  /** `tags`: of its blocks; undefined in memory. */
  | { kind: 'file'; tags: Buffer | undefined }
  /** The whole of another body. `pinned`: it was still there. */
  | { kind: 'share'; pinned: boolean }
  | { kind: 'slice'; segment: Segment; pinned: boolean }

export class Staged implements StagedBody, Participant {
  readonly #content: StagedContent
  #ref: BodyRef
  /** Of an inline body, once it is enciphered to stand alone. */
  #bytes: Buffer | undefined
  /** Once it is enciphered to stand in a record. */
  #embedded: BodyRef | undefined
  readonly #engine: Engine & { blobs: Blobs }
  /** committing: in doubt, so never thrown away; the sweep at the next start decides. */
  #state: 'open' | 'committing' | 'committed' | 'discarded' = 'open'

  constructor(engine: Engine & { blobs: Blobs }, ref: BodyRef, content: StagedContent) {
    this.#engine = engine
    this.#ref = ref
    this.#content = content
  }

  /** There is nothing to throw away. */
  get isInMemory(): boolean {
    return this.#content.kind === 'inline' || this.#content.kind === 'empty'
  }

  get id(): string {
    return this.#ref.id
  }

  /** The body as one that stands alone. */
  get ref(): BodyRef {
    if (this.#content.kind === 'inline') this.#encipher(this.#content)
    return this.#ref
  }

  /**
   * Adds the body to a commit of the record of an object: into the record itself when it is small.
   * @returns what the record refers to; undefined when the body it shares bytes with has gone
   */
  place(transaction: Transaction): BodyRef | undefined {
    const content = this.#content
    if (content.kind === 'inline' && content.plain.length <= embeddedLimitBytes) {
      this.#embedded ??= embed(this.#ref.id, content.plain, content.sealer)
      return this.#embedded
    }
    return this.attach(transaction) ? this.ref : undefined
  }

  #encipher({ plain, sealer }: { plain: Buffer; sealer: Sealer | undefined }): Buffer {
    if (this.#bytes !== undefined) return this.#bytes
    if (sealer === undefined) this.#bytes = plain
    else {
      const { key, sealed } = sealer.generate()
      this.#ref = { ...this.#ref, sealedKey: sealed }
      this.#bytes = bodyCipher(key)(plain)
    }
    return this.#bytes
  }

  /** Adds what the body needs to a commit, to stand alone. False when the body it shares bytes with has gone. */
  attach(transaction: Transaction): boolean {
    if (this.#state !== 'open') throw new Error('a staged body was used a second time, or after discard')
    const content = this.#content
    if (content.kind === 'inline') {
      transaction.put(bodyKey(this.#ref.id), withCheck(this.#encipher(content)))
      // Its release will ask how many refer to it; here it is known.
      this.#engine.kv.neverWritten?.(referencesKey(this.ref.id))
    }
    if (content.kind === 'file') transaction.put(bodyKey(this.ref.id), content.tags ?? Buffer.alloc(0))
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

  discard(): MaybePromise<void> {
    if (this.#state !== 'open') return
    this.#state = 'discarded'
    this.#unpin()
    if (this.#content.kind === 'file') return this.#engine.blobs.remove(this.#ref.id)
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
