/** LevelDB in a folder. */
import { Level } from 'level'
import type { LevelDatabase } from './level-kv.ts'
import { errorCode } from './store-error.ts'

export interface DiskDatabase extends LevelDatabase {
  /** Drops the rows that were deleted. */
  compact(): Promise<void>
}

/** What the types of `level` leave out, because it is lacking in browsers. */
interface Compactable {
  compactRange(start: Buffer, end: Buffer): Promise<void>
}

/** Opens, and on first use creates, a database. @throws LevelDB's error, such as LEVEL_LOCKED */
export async function openDiskDatabase(folder: string): Promise<DiskDatabase> {
  const level = new Level<Buffer, Buffer>(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    cacheSize: 16 * 1024 * 1024,
    writeBufferSize: 8 * 1024 * 1024,
  })
  await level.open()
  const { compactRange } = level as unknown as Compactable
  const compact = compactRange.bind(level)
  return Object.assign(level, {
    // Compacting nothing empties the log before it looks for tables.
    flush: () => compact(Buffer.of(0), Buffer.of(0)),
    // Every key begins with a letter; the end is below itself.
    compact: () => compact(Buffer.of(0), Buffer.of(0xff, 0xff)),
  })
}

/** Whether some process has a database open. Nothing of it is changed. */
export async function isDatabaseOpen(folder: string): Promise<boolean> {
  const level = new Level<Buffer, Buffer>(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  try {
    // LevelDB takes the lock first, and then refuses in any case: that there is one, or that there is none.
    await level.open({ createIfMissing: false, errorIfExists: true })
    await level.close()
    return false
  } catch (error) {
    return errorCode(error) === 'LEVEL_LOCKED'
  }
}
