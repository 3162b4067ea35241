/**
 * Small rows as last read or written, in front of LevelDB: the row of a bucket is read by every request, and a commit
 * checks what was read a moment before. Exact, because every write of the process passes through it.
 */

/** Rows per generation. */
const rowsLimit = 512
/** Larger rows are bodies: each is read once per request, and they would push out the rest. */
const rowBytesLimit = 2048

export class RowCache {
  /** By name of the row; `undefined` as a value: there is no such row. */
  #young = new Map<string, Buffer | undefined>()
  /** The generation before: what is not used again while the young one fills is dropped, all at once. */
  #old = new Map<string, Buffer | undefined>()

  /** `null` when it is not known. */
  get(name: string): Buffer | undefined | null {
    const row = this.#young.get(name)
    if (row !== undefined || this.#young.has(name)) return row
    const older = this.#old.get(name)
    if (older === undefined && !this.#old.has(name)) return null
    this.set(name, older)
    return older
  }

  set(name: string, row: Buffer | undefined): void {
    if (row !== undefined && row.length > rowBytesLimit) {
      this.forget(name)
      return
    }
    if (this.#young.size >= rowsLimit) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(name, row)
  }

  forget(name: string): void {
    this.#young.delete(name)
    this.#old.delete(name)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
