/**
 * Writes a file in few large pieces: chunks of the network's size are gathered, some pieces are on their way while
 * the next is gathered, and the caller is asked to wait when the disk does not keep up.
 */
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { fileMode } from './folder-modes.ts'
import { asStoreError } from './store-error.ts'

/** Size of a write. */
const pieceBytes = 512 * 1024
/** Writes under way before the caller waits: 4 MiB, so that hashing goes on while the disk takes a breath. */
const maxInFlight = 8

export class FileSink {
  readonly #path: string
  readonly #file: Promise<FileHandle>
  #gathered: Buffer[] = []
  #gatheredBytes = 0
  /** Where the next write goes. */
  #position = 0
  readonly #inFlight = new Set<Promise<void>>()
  #error: unknown
  #isAborted = false
  #isClosed = false

  constructor(path: string) {
    this.#path = path
    this.#file = open(path, 'wx', fileMode)
    this.#file.catch((error: unknown) => {
      this.#error ??= error
    })
  }

  /** @throws StoreError when an earlier write has failed. */
  write(chunk: Buffer): void | Promise<void> {
    if (this.#error !== undefined) throw this.#failure()
    this.#gathered.push(chunk)
    this.#gatheredBytes += chunk.length
    if (this.#gatheredBytes < pieceBytes) return
    this.#flush()
    if (this.#inFlight.size < maxInFlight) return
    const room = this.#waitForRoom()
    // A caller that has gone must not take the process with it: the error also comes from the next call.
    room.catch(() => {})
    return room
  }

  /** `sync`: the bytes are on the disk. */
  async finish(options: { sync: boolean }): Promise<void> {
    if (this.#gatheredBytes > 0) this.#flush()
    await Promise.all(this.#inFlight)
    if (this.#error !== undefined) throw this.#failure()
    try {
      const file = await this.#file
      if (options.sync) await file.datasync()
      await this.#close()
    } catch (error) {
      this.#error ??= error
      throw this.#failure()
    }
  }

  /** Closes and deletes the file. Never throws: what remains is for the sweep. */
  async abort(): Promise<void> {
    this.#isAborted = true
    this.#error ??= new Error('the write was aborted')
    this.#gathered = []
    await Promise.all(this.#inFlight)
    await this.#close().catch(() => {})
    await unlink(this.#path).catch(() => {})
  }

  #flush(): void {
    const pieces = this.#gathered
    const position = this.#position
    this.#position += this.#gatheredBytes
    this.#gathered = []
    this.#gatheredBytes = 0
    const write: Promise<void> = this.#writeAll(pieces, position)
      .catch((error: unknown) => {
        this.#error ??= error
      })
      .finally(() => this.#inFlight.delete(write))
    this.#inFlight.add(write)
  }

  async #waitForRoom(): Promise<void> {
    while (this.#inFlight.size >= maxInFlight) await Promise.race(this.#inFlight)
    if (this.#error !== undefined && !this.#isAborted) throw this.#failure()
  }

  async #writeAll(pieces: Buffer[], start: number): Promise<void> {
    const file = await this.#file
    let position = start
    let rest = pieces
    while (rest.length > 0) {
      const { bytesWritten } = await file.writev(rest, position)
      if (bytesWritten === 0) throw new Error('nothing could be written')
      position += bytesWritten
      rest = without(rest, bytesWritten)
    }
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await (await this.#file).close()
  }

  #failure(): Error {
    return asStoreError(this.#error, `write ${this.#path}`)
  }
}

/** What remains of a list of buffers after its first `count` bytes. */
function without(buffers: Buffer[], count: number): Buffer[] {
  let left = count
  for (const [i, buffer] of buffers.entries()) {
    if (left < buffer.length) return [buffer.subarray(left), ...buffers.slice(i + 1)]
    left -= buffer.length
  }
  return []
}
