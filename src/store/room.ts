/**
 * Room on the disk. LevelDB must note a deletion, and write its log anew when it opens: a disk that bodies have filled
 * to the last byte can be neither cleared nor opened. So bodies stop short of the end.
 */
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from './store-error.ts'

const MiB = 1024 * 1024
/** Kept for the database: twice what it gathers before it writes a table, and some. */
const reserveBytes = 32 * MiB
/** A disk of a few MiB keeps this part of itself. */
const reservePart = 1 / 8
/** Bodies are counted; the disk is asked again after so many bytes of them. */
const measureEveryBytes = 8 * MiB

/** Of a file system. */
export interface Disk {
  freeBytes: number
  totalBytes: number
}

export class Room {
  readonly #path: string
  readonly #measure: () => Promise<Disk>
  /** Bytes until the reserve: as measured last, less what was taken since. */
  #leftBytes = Number.POSITIVE_INFINITY
  #takenBytes = 0
  #isMeasuring = false

  /** @param path of the data directory, for messages */
  constructor(path: string, measure: () => Promise<Disk> = () => diskOf(path)) {
    this.#path = path
    this.#measure = measure
  }

  /** Before bytes of a body are written. @throws StoreError NO_SPACE when only the reserve is left */
  take(sizeBytes: number): void {
    this.#leftBytes -= sizeBytes
    this.#takenBytes += sizeBytes
    if (this.#takenBytes < measureEveryBytes && this.#leftBytes >= 0) return
    void this.refresh()
    if (this.#leftBytes >= 0) return
    const message = `The disk of ${this.#path} is full but for what deletions need. Delete objects, or make room there.`
    throw new StoreError('NO_SPACE', message)
  }

  /** Asks the disk. A disk that cannot be asked has room. */
  async refresh(): Promise<void> {
    if (this.#isMeasuring) return
    this.#isMeasuring = true
    try {
      const { freeBytes, totalBytes } = await this.#measure()
      this.#leftBytes = freeBytes - Math.min(reserveBytes, totalBytes * reservePart)
    } catch {
      this.#leftBytes = Number.POSITIVE_INFINITY
    }
    this.#takenBytes = 0
    this.#isMeasuring = false
  }
}

/** Whether there is room for LevelDB to open: it writes what its logs hold into a table first. */
export async function canOpenAgain(databaseDir: string): Promise<boolean> {
  const logs = (await readdir(databaseDir)).filter((name) => name.endsWith('.log'))
  const sizes = await Promise.all(logs.map(async (name) => (await stat(join(databaseDir, name))).size))
  const neededBytes = sizes.reduce((sum, size) => sum + size, MiB)
  return (await diskOf(databaseDir)).freeBytes >= neededBytes
}

async function diskOf(path: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(path)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
