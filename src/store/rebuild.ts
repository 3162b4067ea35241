/**
 * Makes a database anew out of what can be read of a damaged one: rows of all tables and logs, of each key the last one.
 * Tables are merged block by block, so memory does not grow with their number. The damaged database is kept.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataDir } from './data-dir.ts'
import { openDiskDatabase } from './disk-database.ts'
import { folderMode } from './folder-modes.ts'
import { isRowKey } from './keys.ts'
import { readLevelLog, rowsOfBatch, rowsOfRemains } from './leveldb-log.ts'
import { type Manifest, readManifest, tableName } from './leveldb-manifest.ts'
import { type Place, readTable, rowsOfBlock, type TableRow, trailerBytes } from './leveldb-table.ts'
import { databaseFiles } from './run-state.ts'

const rowsPerBatch = 1000
/** Above every sequence: what stands in logs is newer than all tables. */
const ofLogs = Number.MAX_SAFE_INTEGER

/** Tables of a database that are damaged, in words. Reads each once. */
export async function damagedTables(
  databaseDir: string,
  onFile: (done: number, total: number) => void,
): Promise<string[]> {
  const names = await tableNames(databaseDir)
  const damage: string[] = []
  for (const [at, name] of names.entries()) {
    const table = readTable(await readFile(join(databaseDir, name)))
    for (const what of table.damage) damage.push(`db/${name}: ${what}`)
    onFile(at + 1, names.length)
  }
  return damage
}

/** Those that the manifest names; without one, all. */
async function tableNames(databaseDir: string): Promise<string[]> {
  const files = Object.keys(await databaseFiles(databaseDir)).filter((name) => /\.(ldb|sst)$/.test(name))
  const manifest = await readManifest(databaseDir)
  if (typeof manifest !== 'object') return files.sort()
  const live = new Set([...manifest.tables.keys()].map(tableName))
  return files.filter((name) => live.has(name.replace('.sst', '.ldb'))).sort()
}

/** What can be taken over of a row out of a damaged block; undefined: nothing. */
export type Salvage = (key: Buffer, value: Buffer) => Buffer | undefined

/** Puts a new database in the place of the damaged one, which goes to `damaged`. @returns how many rows it has */
export async function rebuildDatabase(dirs: DataDir, salvage: Salvage): Promise<number> {
  const fresh = join(dirs.path, 'db.new')
  await rm(fresh, { recursive: true, force: true })
  const database = await openDiskDatabase(fresh)
  let count = 0
  let batch = database.batch()
  try {
    for await (const { key, value } of lastRows(dirs.databaseDir, salvage)) {
      if (value === undefined) continue
      batch.put(key, value)
      if (++count % rowsPerBatch !== 0) continue
      await batch.write({ sync: false })
      batch = database.batch()
    }
    await batch.write({ sync: true })
    await database.flush?.()
  } finally {
    await database.close()
  }
  await mkdir(dirs.damagedDir, { recursive: true, mode: folderMode })
  await rename(dirs.databaseDir, join(dirs.damagedDir, `db-${Date.now()}`))
  await rename(fresh, dirs.databaseDir)
  return count
}

/** Of each key the row with the highest sequence, in order. */
async function* lastRows(databaseDir: string, salvage: Salvage): AsyncGenerator<TableRow> {
  const sources: Source[] = [await logSource(databaseDir)]
  for (const name of await tableNames(databaseDir)) sources.push(await tableSource(join(databaseDir, name), salvage))
  const waiting = sources.filter(hasRow).sort((a, b) => Buffer.compare(b.row.key, a.row.key))
  /** Those whose rows have begun: few, because the tables of a level do not overlap. */
  let active: (Source & { row: TableRow })[] = []
  for (;;) {
    let best = active.reduce<TableRow | undefined>((found, { row }) => before(row, found), undefined)
    for (let next = waiting.at(-1); next !== undefined; next = waiting.at(-1)) {
      if (best !== undefined && Buffer.compare(next.row.key, best.key) > 0) break
      active.push(next)
      waiting.pop()
      best = before(next.row, best)
    }
    if (best === undefined) return
    yield best
    const { key } = best
    // Older rows of the same key, wherever they are.
    for (const source of active) while (source.row?.key.equals(key)) source.next()
    active = active.filter(hasRow)
  }
}

const hasRow = (source: Source): source is Source & { row: TableRow } => source.row !== undefined

/** The one that counts first. */
const before = (one: TableRow, other: TableRow | undefined): TableRow =>
  other === undefined || comesBefore(one, other) ? one : other

function comesBefore(one: TableRow, other: TableRow): boolean {
  const order = Buffer.compare(one.key, other.key)
  return order < 0 || (order === 0 && one.sequence > other.sequence)
}

/** Rows in order. */
interface Source {
  readonly row: TableRow | undefined
  next(): void
}

/** Reads a block when its turn comes. */
async function tableSource(path: string, salvage: Salvage): Promise<Source> {
  const { blocks } = readTable(await readFile(path))
  let rows: TableRow[] = []
  let block = 0
  let at = 0
  const source = { row: undefined as TableRow | undefined, next }
  function next(): void {
    while (at >= rows.length && block < blocks.length) {
      rows = readBlock(path, blocks[block++] as Place, salvage)
      at = 0
    }
    source.row = rows[at++]
  }
  next()
  return source
}

function readBlock(path: string, { offset, size }: Place, salvage: Salvage): TableRow[] {
  const bytes = Buffer.alloc(size + trailerBytes)
  const file = openSync(path, 'r')
  try {
    readSync(file, bytes, 0, bytes.length, offset)
  } finally {
    closeSync(file)
  }
  const { rows, isDamaged } = rowsOfBlock(bytes, { offset: 0, size })
  if (!isDamaged) return rows
  const sound: TableRow[] = []
  for (const { key, sequence, value } of rows) {
    const last = sound.at(-1)
    const isInOrder = last === undefined || Buffer.compare(last.key, key) <= 0
    const taken = value && isInOrder ? salvage(key, value) : undefined
    if (taken !== undefined) sound.push({ key, sequence, value: taken })
  }
  return sound
}

async function logSource(databaseDir: string): Promise<Source> {
  const rows = new Map<string, TableRow>()
  const manifest = await readManifest(databaseDir)
  for (const name of await logNames(databaseDir, typeof manifest === 'object' ? manifest : undefined)) {
    const log = readLevelLog(await readFile(join(databaseDir, name)))
    const remains = log.remains.flatMap(({ stretches }) => rowsOfRemains(stretches, isRowKey))
    const whole = log.records.flatMap((record) => {
      try {
        return rowsOfBatch(record)
      } catch {
        return []
      }
    })
    for (const row of [...remains, ...whole]) {
      const value = row.kind === 'put' ? row.value : undefined
      rows.set(row.key.toString('latin1'), { key: row.key, sequence: ofLogs, value })
    }
  }
  const sorted = [...rows.values()].sort((a, b) => Buffer.compare(a.key, b.key))
  let at = 0
  const source = {
    row: sorted[0],
    next() {
      source.row = sorted[++at]
    },
  }
  return source
}

async function logNames(databaseDir: string, manifest: Manifest | undefined): Promise<string[]> {
  const names = Object.keys(await databaseFiles(databaseDir)).filter((name) => name.endsWith('.log'))
  return names.filter((name) => Number.parseInt(name, 10) >= (manifest?.logNumber ?? 0)).sort()
}
