/**
 * Bodies: small ones are rows of the database, others are blobs, slices are lists of ranges. Nothing here refers to a
 * body; records do (`objects.ts`, `uploads.ts`), in the same commit that makes its row.
 */
import { type BodyCipher, bodyCipher } from '../encryption/body-cipher.ts'
import { type Sealer, wrappingSealer } from '../encryption/sealer.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { BlobSink, Blobs } from './blobs.ts'
import { BodyCache } from './body-cache.ts'
import { BlockTagger } from './block-tags.ts'
import { type BlobLeaf, bodyStream, readBytes, readStored } from './body-stream.ts'
import { embed, embeddedLimitBytes, plainOf } from './embedded.ts'
import { bodyKey } from './keys.ts'
import { whenReady } from '../lib/when-ready.ts'
import { randomId } from './random.ts'
import type { BodyRef } from './records.ts'
import { inlineBytes, leavesOf, openKey } from './segments.ts'
import { Staged } from './staged-body.ts'
import type { BodyContent, BodyStore, BodyWriter, StagedBody } from './store.ts'
import type { Engine } from './transaction.ts'

/** Bodies up to this size are rows: reading one costs 2 us there and 40 in a file of its own. */
export const inlineLimitBytes = 32 * 1024

const emptyRef: BodyRef = { id: '', kind: 'empty', sizeBytes: 0 }

export interface BodyEngine extends Engine {
  readonly blobs: Blobs
  /** Of the tags of files (`block-tags.ts`); undefined in memory. */
  readonly tagKey?: Buffer | undefined
}

/** Bodies kept in plain, and the one sealer whose bodies those are. */
interface KnownBodies {
  readonly sealer: Sealer | undefined
  readonly bodies: BodyCache
}

export class Bodies implements BodyStore {
  readonly #engine: BodyEngine
  readonly #known: KnownBodies

  /** @param ownSealer of SSE-S3: bodies sealed by it, and only those, may be kept in memory in plain */
  constructor(engine: BodyEngine, ownSealer?: Sealer) {
    this.#engine = engine
    this.#known = { sealer: ownSealer, bodies: new BodyCache() }
  }

  writer(sealer?: Sealer): BodyWriter {
    return new Writer(this.#engine, sealer, (plain) => this.stage(plain, sealer))
  }

  read(ref: BodyRef, start: number, end: number, sealer?: Sealer): MaybePromise<BodyContent | undefined> {
    if (start >= end || ref.kind === 'empty') return Buffer.alloc(0)
    if (ref.kind === 'embedded') return plainOf(ref, start, Math.min(end, ref.sizeBytes), sealer)
    if (ref.kind === 'inline') return this.#readInline(ref, start, Math.min(end, ref.sizeBytes), sealer)
    return this.#readPinned(ref, sealer, start, Math.min(end, ref.sizeBytes))
  }

  stage(plain: Buffer, sealer?: Sealer): Staged {
    if (plain.length > inlineLimitBytes) throw new RangeError('a body of this size is written by a writer')
    if (plain.length === 0) return new Staged(this.#engine, emptyRef, { kind: 'empty' })
    this.#engine.room?.take(plain.length)
    // What stays in plain is copied: it may be a small part of a buffer of the network's.
    const staged = this.#inline(sealer === undefined ? Buffer.from(plain) : plain, sealer)
    const mayBeKnown = sealer !== undefined && sealer === this.#known.sealer
    // Embedded ones are known with their records.
    if (mayBeKnown && plain.length > embeddedLimitBytes) this.#known.bodies.set(staged.id, plain)
    return staged
  }

  /** Forgets bodies in plain. */
  forget(): void {
    this.#known.bodies.clear()
  }

  #readInline(ref: BodyRef, start: number, end: number, sealer: Sealer | undefined): MaybePromise<Buffer | undefined> {
    const isWhole = start === 0 && end === ref.sizeBytes
    const mayBeKnown = sealer !== undefined && sealer === this.#known.sealer && ref.sealedKey !== undefined
    const known = mayBeKnown ? this.#known.bodies.get(ref.id, ref.sizeBytes) : undefined
    if (known !== undefined) return isWhole ? known : known.subarray(start, end)
    const key = openKey(ref, sealer)
    return whenReady(this.#engine.kv.get(bodyKey(ref.id)), (bytes) => {
      const wanted = bytes && inlineBytes(bytes, ref).subarray(start, end)
      if (wanted === undefined || key === undefined) return wanted
      const plain = bodyCipher(key, start)(wanted)
      if (mayBeKnown && isWhole) this.#known.bodies.set(ref.id, plain)
      return plain
    })
  }

  slice(ref: BodyRef, start: number, end: number, from?: Sealer, to?: Sealer): StagedBody {
    if (start < 0 || end > ref.sizeBytes || start > end) throw new RangeError('a slice must lie within its body')
    if (start === end) return new Staged(this.#engine, emptyRef, { kind: 'empty' })
    const isEncrypted = ref.sealedKey !== undefined
    if (isEncrypted && from !== undefined && to === undefined)
      throw new Error('a slice of an encrypted body needs a key')
    if (ref.kind === 'embedded') return this.#inline(plainOf(ref, start, end, from), isEncrypted ? to : undefined)
    const isWhole = start === 0 && end === ref.sizeBytes
    if (isWhole && from === to) return this.#share(ref)
    const key = openKey(ref, from)
    if (isWhole) return this.#share(key === undefined || to === undefined ? ref : { ...ref, sealedKey: to.seal(key) })
    const slice: BodyRef = { id: randomId(), kind: 'segments', sizeBytes: end - start }
    const segment = { body: ref, start, length: end - start }
    if (key !== undefined && to !== undefined) {
      const list = to.generate()
      slice.sealedKey = list.sealed
      segment.body = { ...ref, sealedKey: wrappingSealer(list.key).seal(key) }
    }
    return new Staged(this.#engine, slice, { kind: 'slice', segment, pinned: this.#engine.pins.pin(ref.id) })
  }

  reseal(ref: BodyRef, from: Sealer, to: Sealer): BodyRef {
    if (ref.sealedKey === undefined) return ref
    if (ref.kind === 'embedded') return embed(ref.id, plainOf(ref, 0, ref.sizeBytes, from), to)
    return { ...ref, sealedKey: to.seal(openKey(ref, from) as Buffer) }
  }

  /** An embedded body as one that stands alone, for an object that is about to outgrow it. */
  standAlone(ref: BodyRef, sealer: Sealer | undefined): Staged {
    return this.#inline(plainOf(ref, 0, ref.sizeBytes, sealer), ref.sealedKey === undefined ? undefined : sealer)
  }

  #inline(plain: Buffer, sealer: Sealer | undefined): Staged {
    const ref: BodyRef = { id: randomId(), kind: 'inline', sizeBytes: plain.length }
    return new Staged(this.#engine, ref, { kind: 'inline', plain, sealer })
  }

  /** One more reference to a whole body. */
  #share(ref: BodyRef): Staged {
    return new Staged(this.#engine, ref, { kind: 'share', pinned: this.#engine.pins.pin(ref.id) })
  }

  /** The body is pinned until its bytes are at hand or its stream has closed. */
  async #readPinned(
    ref: BodyRef,
    sealer: Sealer | undefined,
    start: number,
    end: number,
  ): Promise<BodyContent | undefined> {
    const { kv, pins } = this.#engine
    if (!pins.pin(ref.id)) return undefined
    const unpin = () => pins.unpin(ref.id)
    try {
      if ((await kv.get(bodyKey(ref.id))) === undefined) {
        unpin()
        return undefined
      }
      const nextLeaf = leavesOf(this.#engine, { body: ref, start, length: end - start }, sealer)
      // The first leaf is opened now: damage must show before a response has begun.
      const first = await nextLeaf()
      if (first === undefined) throw new Error('a body without leaves')
      const length = first instanceof Uint8Array ? first.length : first.end - first.start
      if (length === end - start && length <= readBytes / 2) {
        const bytes = first instanceof Uint8Array ? first : await readWhole(first, length)
        unpin()
        return bytes
      }
      return bodyStream(first, nextLeaf, unpin)
    } catch (error) {
      unpin()
      throw error
    }
  }
}

/** @param length at most a block */
async function readWhole(leaf: BlobLeaf, length: number): Promise<Buffer> {
  try {
    const pieces: Buffer[] = []
    for (let rest = length; rest > 0; rest -= pieces.at(-1)?.length ?? rest) {
      pieces.push(await readStored({ ...leaf, start: leaf.end - rest }))
    }
    const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
    return leaf.decipher === undefined ? bytes : leaf.decipher(bytes)
  } finally {
    await leaf.handle.close()
  }
}

const inPlain: BodyCipher = (bytes) => bytes as Buffer

/** Encrypts what it gets. Keeps the first bytes in memory; moves to a blob when they exceed the inline limit. */
class Writer implements BodyWriter {
  readonly #engine: BodyEngine
  #chunks: Buffer[] = []
  #sizeBytes = 0
  #blobId = ''
  #sink: BlobSink | undefined
  readonly #sealer: Sealer | undefined
  readonly #stage: (plain: Buffer) => Staged
  #sealedKey: string | undefined
  #encipher: BodyCipher = inPlain
  #tagger: BlockTagger | undefined

  /** @param stage makes a body of bytes that are few enough */
  constructor(engine: BodyEngine, sealer: Sealer | undefined, stage: (plain: Buffer) => Staged) {
    this.#engine = engine
    this.#sealer = sealer
    this.#stage = stage
  }

  write(chunk: Buffer): void | Promise<void> {
    this.#sizeBytes += chunk.length
    if (this.#sink !== undefined) {
      this.#engine.room?.take(chunk.length)
      return this.#writeStored(this.#sink, this.#encipher(chunk))
    }
    this.#chunks.push(chunk)
    if (this.#sizeBytes <= inlineLimitBytes) return
    this.#engine.room?.take(this.#sizeBytes)
    this.#blobId = randomId()
    this.#sink = this.#engine.blobs.create(this.#blobId)
    const kept = this.#chunks
    this.#chunks = []
    this.#makeKey()
    const { tagKey } = this.#engine
    this.#tagger = tagKey && new BlockTagger(tagKey, this.#blobId)
    return this.#writeStored(this.#sink, this.#encipher(Buffer.concat(kept)))
  }

  #writeStored(sink: BlobSink, stored: Buffer): void | Promise<void> {
    this.#tagger?.update(stored)
    return sink.write(stored)
  }

  async finish(): Promise<StagedBody> {
    const sizeBytes = this.#sizeBytes
    if (this.#sink !== undefined) {
      await this.#sink.finish()
      const ref: BodyRef = { id: this.#blobId, kind: 'file', sizeBytes }
      if (this.#sealedKey !== undefined) ref.sealedKey = this.#sealedKey
      return new Staged(this.#engine, ref, { kind: 'file', tags: this.#tagger?.finish() })
    }
    const [only] = this.#chunks
    const plain = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, sizeBytes)
    this.#chunks = []
    return this.#stage(plain)
  }

  /** Of a file, once, when its first bytes are about to be written. */
  #makeKey(): void {
    if (this.#sealer === undefined) return
    const { key, sealed } = this.#sealer.generate()
    this.#sealedKey = sealed
    this.#encipher = bodyCipher(key)
  }

  async abort(): Promise<void> {
    this.#chunks = []
    await this.#sink?.abort()
  }
}
