/**
 * Which files a LevelDB database consists of: CURRENT names a manifest, a log of changes to the list of tables.
 * @see https://github.com/google/leveldb/blob/main/doc/impl.md
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readLevelLog, Varints } from './leveldb-log.ts'
import { errorCode } from './store-error.ts'

export interface Manifest {
  /** Its name. */
  file: string
  /** Logs with lower numbers are in tables. */
  logNumber: number
  formerLogNumber: number
  /** Sizes of tables, by number. */
  tables: Map<number, number>
}

/** The name of a table's file. */
export const tableName = (number: number): string => `${String(number).padStart(6, '0')}.ldb`

/** @returns the manifest; what is wrong with it, in words; undefined: there is no database */
export async function readManifest(databaseDir: string): Promise<Manifest | string | undefined> {
  const current = await readMaybe(join(databaseDir, 'CURRENT'))
  if (current === undefined) return undefined
  const name = /^(MANIFEST-\d+)\n$/.exec(current.toString('latin1'))?.[1]
  if (name === undefined) return 'db/CURRENT does not name a manifest'
  const bytes = await readMaybe(join(databaseDir, name))
  if (bytes === undefined) return `db/${name} is missing`
  const log = readLevelLog(bytes)
  if (log.isDamaged || log.records.length === 0) return `db/${name} cannot be read`
  const manifest: Manifest = { file: name, logNumber: 0, formerLogNumber: 0, tables: new Map() }
  try {
    for (const record of log.records) applyEdit(record, manifest)
  } catch {
    return `db/${name} cannot be read`
  }
  return manifest
}

/** Tags of what an edit says. */
const tags = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  formerLogNumber: 9,
} as const

function applyEdit(record: Buffer, manifest: Manifest): void {
  const reader = new Varints(record)
  while (!reader.isAtEnd) {
    const tag = reader.number()
    if (tag === tags.comparator) reader.text()
    else if (tag === tags.logNumber) manifest.logNumber = reader.number()
    else if (tag === tags.formerLogNumber) manifest.formerLogNumber = reader.number()
    else if (tag === tags.nextFile || tag === tags.lastSequence) reader.number()
    else if (tag === tags.compactPointer) {
      reader.number()
      reader.text()
    } else if (tag === tags.deletedFile) {
      reader.number()
      manifest.tables.delete(reader.number())
    } else if (tag === tags.newFile) {
      reader.number()
      const number = reader.number()
      manifest.tables.set(number, reader.number())
      // The smallest and the largest key.
      reader.text()
      reader.text()
    } else throw new RangeError(`an edit of the manifest has the tag ${tag}`)
  }
}

async function readMaybe(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
