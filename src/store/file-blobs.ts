/**
 * Large bodies as files with opaque names: `tmp/RUN-ID` while they are written, `blobs/xx/ID` from then on. A blob file
 * without a row in the database belongs to a commit that never happened; the sweep deletes it.
 */
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobHandle, BlobSink, Blobs } from './blobs.ts'
import { FileSink } from './file-sink.ts'
import { folderMode } from './folder-modes.ts'
import { randomId } from './random.ts'
import { asStoreError, errorCode } from './store-error.ts'

const blobName = /^[0-9a-f]{32}$/
const temporaryName = /^[0-9a-f]{32}-[0-9a-f]{32}$/

export class FileBlobs implements Blobs {
  readonly #blobsDir: string
  readonly #tmpDir: string
  readonly #durable: boolean
  /** Tells this run's temporary files from those of former ones. */
  readonly #run = randomId()
  /** Files of this run that no row refers to yet. */
  readonly #staged = new Set<string>()
  /** Folders under `blobs` that are known to exist. */
  readonly #folders = new Set<string>()

  /** Both folders exist. `durable`: a finished blob survives a loss of power. */
  constructor(options: { blobsDir: string; tmpDir: string; durable: boolean }) {
    this.#blobsDir = options.blobsDir
    this.#tmpDir = options.tmpDir
    this.#durable = options.durable
  }

  create(id: string): BlobSink {
    this.#staged.add(id)
    const temporary = join(this.#tmpDir, `${this.#run}-${id}`)
    const sink = new FileSink(temporary)
    return {
      write: (chunk) => sink.write(chunk),
      finish: async () => {
        await sink.finish({ sync: this.#durable })
        await this.#publish(temporary, id)
      },
      abort: async () => {
        await sink.abort()
        await this.remove(id)
      },
    }
  }

  adopted(id: string): void {
    this.#staged.delete(id)
  }

  async open(id: string): Promise<BlobHandle | undefined> {
    try {
      return new FileBlobHandle(await open(this.#path(id)))
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw asStoreError(error, `open ${this.#path(id)}`)
    }
  }

  async remove(id: string): Promise<void> {
    await removeFile(this.#path(id))
    this.#staged.delete(id)
  }

  async sweep(
    isKnown: (id: string) => boolean | Promise<boolean>,
    signal: AbortSignal,
    sinceMs: number,
  ): Promise<boolean> {
    for (const name of await readdir(this.#tmpDir)) {
      if (signal.aborted) return false
      if (temporaryName.test(name) && !name.startsWith(this.#run)) await removeFile(join(this.#tmpDir, name))
    }
    for (const folder of await readdir(this.#blobsDir)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue
      for (const id of await readdir(join(this.#blobsDir, folder))) {
        if (signal.aborted) return false
        // In this order: whatever is committed between the two questions is known by then.
        if (!blobName.test(id) || this.#staged.has(id) || (await isKnown(id))) continue
        if (await isOlder(this.#path(id), sinceMs)) continue
        await removeFile(this.#path(id))
      }
    }
    return true
  }

  #path(id: string): string {
    return join(this.#blobsDir, id.slice(0, 2), id)
  }

  async #publish(temporary: string, id: string): Promise<void> {
    const folder = join(this.#blobsDir, id.slice(0, 2))
    try {
      if (!this.#folders.has(folder)) {
        await mkdir(folder, { recursive: true, mode: folderMode })
        if (this.#durable) await syncFolder(this.#blobsDir)
        this.#folders.add(folder)
      }
      await rename(temporary, this.#path(id))
      if (this.#durable) await syncFolder(folder)
    } catch (error) {
      await removeFile(temporary).catch(() => {})
      throw asStoreError(error, `write ${this.#path(id)}`)
    }
  }
}

class FileBlobHandle implements BlobHandle {
  readonly #file: FileHandle

  constructor(file: FileHandle) {
    this.#file = file
  }

  async read(position: number, length: number, scratch?: Buffer): Promise<Buffer> {
    const buffer = scratch ?? Buffer.allocUnsafeSlow(length)
    try {
      const { bytesRead } = await this.#file.read(buffer, 0, length, position)
      return bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead)
    } catch (error) {
      throw asStoreError(error, 'read the file of a body')
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

async function isOlder(path: string, ms: number): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < ms
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true
    throw asStoreError(error, `look at ${path}`)
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw asStoreError(error, `delete ${path}`)
  }
}

/** Makes the names in a folder survive a loss of power. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
