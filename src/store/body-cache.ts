/**
 * Small bodies in plain, as last written or read: reading one then costs neither LevelDB nor cipher. A body never changes
 * and its id is never used again, so nothing has to be invalidated, whoever else works on the store. Bytes are copied
 * into two blocks of fixed size, which bounds them exactly and leaves the garbage collector nothing to do.
 */

/** Of which there are two, made when they are needed. */
const blockBytes = 4 * 1024 * 1024
/** Larger bodies would push out the rest, and gain less. */
const maxBodyBytes = 8 * 1024

interface Block {
  readonly bytes: Buffer
  used: number
  /** Where a body begins, by its id. */
  readonly places: Map<string, number>
}

export class BodyCache {
  #young: Block | undefined
  /** Filled before the young one: what is not used again while that fills is dropped, all at once. */
  #old: Block | undefined

  /** The bytes of a body, not to be changed; undefined when they are not known. @param sizeBytes of the whole body */
  get(id: string, sizeBytes: number): Buffer | undefined {
    const young = this.#young
    const at = young?.places.get(id)
    if (young !== undefined && at !== undefined) return young.bytes.subarray(at, at + sizeBytes)
    const older = this.#old?.places.get(id)
    if (this.#old === undefined || older === undefined) return undefined
    const bytes = this.#old.bytes.subarray(older, older + sizeBytes)
    this.set(id, bytes)
    return bytes
  }

  /** Keeps a copy of a whole body, if it is small. */
  set(id: string, bytes: Uint8Array): void {
    if (bytes.length > maxBodyBytes) return
    if (this.#young === undefined || this.#young.used + bytes.length > blockBytes) {
      this.#old = this.#young
      // A new block each time: answers under way may still show pieces of the one that is dropped.
      this.#young = { bytes: Buffer.allocUnsafeSlow(blockBytes), used: 0, places: new Map() }
    }
    const young = this.#young
    young.bytes.set(bytes, young.used)
    young.places.set(id, young.used)
    young.used += bytes.length
  }

  clear(): void {
    this.#young = undefined
    this.#old = undefined
  }
}
