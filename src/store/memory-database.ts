/** LevelDB's model in memory. */
import { MemoryLevel } from 'memory-level'
import type { LevelDatabase } from './level-kv.ts'

/** A database that is gone with the process. */
export async function openMemoryDatabase(): Promise<LevelDatabase> {
  const database = new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await database.open()
  return database
}
