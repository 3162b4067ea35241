/**
 * Room on the disk. LevelDB must note a deletion, and write its log anew when it opens: a disk that bodies have filled
 * to the last byte can be neither cleared nor opened. So bodies stop short of the end.
 */
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from './store-error.ts'

const MiB = 1024 * 1024
/** Kept for the database: what it may write anew at once before it removes the old, mostly. */
const reserveBytes = 96 * MiB
/** A disk of a few MiB keeps this part of itself. */
const reservePart = 1 / 4
/** Bodies are counted; the disk is asked again after so many bytes of them. */
const measureEveryBytes = 8 * MiB

/** What is asked of LevelDB. */
export interface RoomDatabase {
  /** Of its tables. */
  sizeBytes(): Promise<number>
  /** Drops deleted rows, which LevelDB does not do by itself until more is written. */
  compact(): Promise<void>
}

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
  readonly #database: RoomDatabase
  /** Of rows that were deleted and that LevelDB may still hold. */
  #deletedBytes = 0
  #isReclaiming = false

  /** @param path of the data directory, for messages */
  constructor(path: string, database: RoomDatabase, measure: () => Promise<Disk> = () => diskOf(path)) {
    this.#path = path
    this.#database = database
    this.#measure = measure
  }

  /** Before bytes of a body are written. @throws StoreError NO_SPACE when only the reserve is left */
  take(sizeBytes: number): void {
    this.#leftBytes -= sizeBytes
    this.#takenBytes += sizeBytes
    if (this.#takenBytes < measureEveryBytes && this.#leftBytes >= 0) return
    void this.refresh()
    if (this.#leftBytes >= 0) return
    void this.#reclaim()
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

  /** A body that was a row has been deleted. */
  gaveUp(sizeBytes: number): void {
    this.#deletedBytes += sizeBytes
  }

  /**
   * Has the database drop what was deleted, once that is half of it: it writes anew what it keeps before it removes the
   * old tables, which a full disk has no room for.
   */
  async #reclaim(): Promise<void> {
    if (this.#isReclaiming || this.#deletedBytes === 0) return
    this.#isReclaiming = true
    try {
      if (2 * this.#deletedBytes >= (await this.#database.sizeBytes())) {
        this.#deletedBytes = 0
        await this.#database.compact()
      }
    } catch {
      // The database is being closed, or is out of order: whoever writes to it hears of that.
    }
    this.#isReclaiming = false
    await this.refresh()
  }
}

/** Whether there is room for LevelDB to open: it writes what its logs hold into a table first. */
export async function canOpenAgain(databaseDir: string): Promise<boolean> {
  const neededBytes = MiB + (await filesBytes(databaseDir, '.log'))
  return (await diskOf(databaseDir)).freeBytes >= neededBytes
}

/** Size of a folder's files whose names end so. */
export async function filesBytes(folder: string, ending: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending))
  // One may have gone by now.
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

async function diskOf(path: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(path)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
