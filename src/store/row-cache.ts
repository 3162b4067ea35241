/**
 * Small rows as last read or written, in front of LevelDB: the row of a bucket is read by every request, and a commit
 * checks what was read a moment before. Exact, because every write of the process passes through it. A row comes back
 * as the same Buffer, so that what was made of it can be kept beside it (`record-rows.ts`).
 */

/** Memory per generation, of which there are two: some thousand records, with what they are decoded to. */
const generationBytes = 8 * 1024 * 1024
/** What a row takes beside its bytes, decoded or not: its name, its place in the map. */
const overheadBytes = 256
/** Larger rows would push out the rest: the largest embedded body fits, with its record. */
const rowBytesLimit = 4096

const sizeOf = (row: Buffer | undefined): number => overheadBytes + (row === undefined ? 0 : 2 * row.length)

export class RowCache {
  readonly #isKept: (name: string) => boolean
  /** By name of the row; `undefined` as a value: there is no such row. */
  #young = new Map<string, Buffer | undefined>()
  #youngBytes = 0
  /** The generation before: what is not used again while the young one fills is dropped, all at once. */
  #old = new Map<string, Buffer | undefined>()

  /** @param isKept says no for rows that are not worth their place: always the same for one name */
  constructor(isKept: (name: string) => boolean = () => true) {
    this.#isKept = isKept
  }

  /** `null` when it is not known. */
  get(name: string): Buffer | undefined | null {
    if (!this.#isKept(name)) return null
    const row = this.#young.get(name)
    if (row !== undefined || this.#young.has(name)) return row
    const older = this.#old.get(name)
    if (older === undefined && !this.#old.has(name)) return null
    this.set(name, older)
    return older
  }

  set(name: string, row: Buffer | undefined): void {
    if (!this.#isKept(name)) return
    if (row !== undefined && row.length > rowBytesLimit) {
      this.forget(name)
      return
    }
    if (this.#youngBytes >= generationBytes) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = 0
    }
    const before = this.#young.get(name)
    this.#youngBytes += sizeOf(row) - (before === undefined ? 0 : sizeOf(before))
    this.#young.set(name, row)
  }

  forget(name: string): void {
    this.#young.delete(name)
    this.#old.delete(name)
  }

  clear(): void {
    this.#young.clear()
    this.#youngBytes = 0
    this.#old.clear()
  }
}
