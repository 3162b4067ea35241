/**
 * Small bodies, which stand in the row of the record they belong to: writing an object is then one row instead of two,
 * replacing it frees nothing, and what reads the record has the bytes. They are never shared: a copy has bytes of its own.
 */
import { bodyCipher } from '../encryption/body-cipher.ts'
import type { KeyStream } from '../encryption/key-stream.ts'
import type { Sealer } from '../encryption/sealer.ts'
import type { BodyRef } from './records.ts'
import { openKey } from './segments.ts'

/** Bodies up to this size are embedded: about what a record takes itself, because listings read over them. */
export const embeddedLimitBytes = 2 * 1024

/** The bytes of an embedded body. Not part of a record's JSON: they follow it in the row. */
export class EmbeddedBytes {
  #row: Buffer
  #start: number
  #end: number
  /** The bytes in plain, while the record stays in memory; only of a body whose key anybody who may read it has. */
  #known: { plain: Buffer; stream: KeyStream } | undefined

  /** @param row where they stand, from `start` to `end`: enciphered, or in plain where `ref.sealedKey` is undefined */
  constructor(row: Buffer, start = 0, end = row.length) {
    this.#row = row
    this.#start = start
    this.#end = end
  }

  get stored(): Buffer {
    return this.#row.subarray(this.#start, this.#end)
  }

  /** They stand in this row now: no need to keep them twice. */
  settle(row: Buffer, start: number, end: number): void {
    this.#row = row
    this.#start = start
    this.#end = end
  }

  /** Bytes [start, end) in plain. @throws StoreError CORRUPT when the sealer is not the one the key was sealed with */
  plain(ref: BodyRef, start: number, end: number, sealer: Sealer | undefined): Buffer {
    const { sealedKey } = ref
    const stream = sealer?.stream
    if (sealedKey === undefined || stream === undefined || !stream.isOurs(sealedKey)) {
      const key = openKey(ref, sealer)
      const wanted = this.stored.subarray(start, end)
      return key === undefined ? wanted : bodyCipher(key, start)(wanted)
    }
    if (this.#known?.stream !== stream) this.#known = { plain: stream.cipher(sealedKey)(this.stored), stream }
    const { plain } = this.#known
    return start === 0 && end === plain.length ? plain : plain.subarray(start, end)
  }

  /** Left out. */
  toJSON(): undefined {
    return undefined
  }
}

/** A body for a record, enciphered. @param sealer undefined: in plain */
export function embed(id: string, plain: Buffer, sealer: Sealer | undefined): BodyRef {
  const sizeBytes = plain.length
  if (sealer === undefined) return { id, kind: 'embedded', sizeBytes, bytes: new EmbeddedBytes(plain) }
  if (sealer.stream === undefined) {
    const { key, sealed } = sealer.generate()
    return { id, kind: 'embedded', sizeBytes, sealedKey: sealed, bytes: new EmbeddedBytes(bodyCipher(key)(plain)) }
  }
  const { stored, sealed } = sealer.stream.encipher(plain)
  return { id, kind: 'embedded', sizeBytes, sealedKey: sealed, bytes: new EmbeddedBytes(stored) }
}

/** Bytes [start, end) of an embedded body in plain. @throws as `EmbeddedBytes.plain` */
export function plainOf(ref: BodyRef, start: number, end: number, sealer: Sealer | undefined): Buffer {
  if (ref.bytes === undefined) throw new Error('an embedded body without its bytes')
  return ref.bytes.plain(ref, start, end, sealer)
}
