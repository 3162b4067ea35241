/**
 * Looks at a database before it is opened. LevelDB drops what it cannot read of its logs without a word, makes a new
 * database where one has lost its CURRENT, and deletes tables that its manifest does not name. So damage is found here,
 * what can be read of a damaged log is kept, and the log itself as well.
 */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataDir } from './data-dir.ts'
import { folderMode } from './folder-modes.ts'
import { isRowKey } from './keys.ts'
import type { Mutation } from './kv.ts'
import { readLevelLog, rowsOfBatch, rowsOfRemains } from './leveldb-log.ts'
import { type Manifest, readManifest, tableName } from './leveldb-manifest.ts'
import { databaseFiles, type RunState } from './run-state.ts'

export interface Examination {
  /** What is damaged, in words. */
  damage: string[]
  /** LevelDB must not open it: it would lose more. */
  mustNotOpen: boolean
  /** Rows of damaged logs that LevelDB will not take over: their last state, as far as it can be read. */
  rows: Mutation[]
  /** Names of damaged logs. */
  damagedLogs: string[]
}

/**
 * @param state of the last run; undefined when it is not known
 * @param wasUsed there has been a database
 * @throws the system's error
 */
export async function examineDatabase(
  dirs: DataDir,
  state: RunState | undefined,
  wasUsed: boolean,
): Promise<Examination> {
  const found: Examination = { damage: [], mustNotOpen: false, rows: [], damagedLogs: [] }
  const files = await databaseFiles(dirs.databaseDir)
  const manifest = await readManifest(dirs.databaseDir)
  if (manifest === undefined) {
    found.mustNotOpen = wasUsed || state !== undefined || Object.keys(files).length > 0
    if (found.mustNotOpen) found.damage.push('db/CURRENT is missing')
    return found
  }
  if (typeof manifest === 'string') return { ...found, damage: [manifest], mustNotOpen: true }
  compareWithState(files, state, manifest, found)
  for (const [number, size] of manifest.tables) {
    const name = tableName(number)
    const there = files[name] ?? files[name.replace('.ldb', '.sst')]
    if (there === undefined) {
      found.mustNotOpen = true
      found.damage.push(`db/${name} is missing`)
    } else if (there !== size) found.damage.push(`db/${name} has ${there} bytes instead of ${size}`)
  }
  await examineLogs(dirs, files, state, manifest, found)
  return found
}

/** What a closed database consisted of, it must consist of still. */
function compareWithState(
  files: Record<string, number>,
  state: RunState | undefined,
  manifest: Manifest,
  found: Examination,
): void {
  for (const [name, size] of Object.entries(state?.closed ?? {})) {
    // Tables have their own comparison.
    if (files[name] === size || /\.(ldb|sst)$/.test(name)) continue
    const what = files[name] === undefined ? 'is missing' : `has ${files[name]} bytes instead of ${size}`
    found.damage.push(`db/${name} ${what}`)
    if (name === manifest.file || name === 'CURRENT') found.mustNotOpen = true
    else if (files[name] !== undefined) found.damagedLogs.push(name)
  }
}

async function examineLogs(
  { databaseDir }: DataDir,
  files: Record<string, number>,
  state: RunState | undefined,
  manifest: Manifest,
  found: Examination,
): Promise<void> {
  const rows = new Map<string, Mutation>()
  const logs = Object.keys(files).filter((name) => name.endsWith('.log') && isLive(name, manifest))
  // The manifest names a log only when it is there.
  const current = `${String(manifest.logNumber).padStart(6, '0')}.log`
  if (manifest.logNumber > 0 && files[current] === undefined && state?.closed?.[current] === undefined) {
    found.damage.push(`db/${current} is missing`)
  }
  for (const name of logs.sort()) {
    const log = readLevelLog(await readFile(join(databaseDir, name)))
    let isDamaged = log.isDamaged || found.damagedLogs.includes(name)
    const remains = [...log.remains]
    for (const [at, record] of [...log.records, undefined].entries()) {
      // A record that only its end is missing of was never acknowledged.
      for (let next = remains[0]; isDamaged && next?.before === at; next = remains[0]) {
        for (const row of rowsOfRemains(next.stretches, isRowKey)) rows.set(row.key.toString('latin1'), row)
        remains.shift()
      }
      try {
        for (const row of record === undefined ? [] : rowsOfBatch(record)) rows.set(row.key.toString('latin1'), row)
      } catch {
        isDamaged = true
      }
    }
    if (isDamaged) found.damage.push(`db/${name} cannot be read in places: changes are lost`)
    if (isDamaged && !found.damagedLogs.includes(name)) found.damagedLogs.push(name)
  }
  // Logs are newer than tables: what is last in them is the state.
  if (found.damagedLogs.length > 0) found.rows = [...rows.values()]
}

function isLive(name: string, { logNumber, formerLogNumber }: Manifest): boolean {
  const number = Number.parseInt(name, 10)
  return number >= logNumber || (formerLogNumber > 0 && number === formerLogNumber)
}

/** Keeps copies of damaged logs: LevelDB removes them when it opens. @returns how to take the copies back */
export async function keepLogs(dirs: DataDir, names: readonly string[]): Promise<() => Promise<void>> {
  if (names.length === 0) return async () => {}
  await mkdir(dirs.damagedDir, { recursive: true, mode: folderMode })
  const copies = names.map((name) => join(dirs.damagedDir, `db-${Date.now()}-${name}`))
  for (const [at, name] of names.entries()) await copyFile(join(dirs.databaseDir, name), copies[at] as string)
  return async () => {
    for (const copy of copies) await rm(copy, { force: true })
  }
}
