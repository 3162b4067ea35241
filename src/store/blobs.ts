/**
 * Where large bodies are: a directory of files (`file-blobs.ts`) or memory (`memory-blobs.ts`). A blob has an opaque
 * name, is written once, and is never changed.
 */

export interface Blobs {
  /** Begins a blob. It counts as this run's until `adopted` or `remove`. */
  create(id: string): BlobSink
  /** The store has committed a row for it: a later sweep judges it by that row. */
  adopted(id: string): void
  /** Undefined when there is no such blob. */
  open(id: string): Promise<BlobHandle | undefined>
  /** Nothing happens when there is none. */
  remove(id: string): Promise<void>
  /**
   * Deletes leftovers of former runs: unfinished blobs, and those for which `isKnown` says no. Stops when told to.
   * @param sinceMs older ones stay: they were known to an earlier run, whatever the database says now
   * @returns whether it came to its end
   */
  sweep(isKnown: (id: string) => boolean | Promise<boolean>, signal: AbortSignal, sinceMs: number): Promise<boolean>
}

export interface BlobSink {
  /** A promise asks the caller to wait. The chunk must not be changed afterwards. */
  write(chunk: Buffer): void | Promise<void>
  /** The blob is complete (durable mode: and on disk) and can be opened. */
  finish(): Promise<void>
  /** Leaves nothing behind. */
  abort(): Promise<void>
}

export interface BlobHandle {
  /**
   * Up to `length` bytes at `position`: less only at the end of the blob.
   * @param scratch where they may be put (at least `length` long); the result is then good until it is used again
   */
  read(position: number, length: number, scratch?: Buffer): Promise<Buffer>
  close(): Promise<void>
}
