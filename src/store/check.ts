/**
 * Checks a data directory that no server has open: journal, logs, tables, rows, references, sizes and bytes. Repairing, it
 * makes a damaged database anew out of what can be read, writes again what follows from the rest, and sets aside, in
 * `damaged`, what cannot be read or is named by nothing. It removes nothing.
 */
import { appendFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keysAt, memoryKeys } from '../encryption/key-file.ts'
import { type ConfiguredKmsKey, KeyRing } from '../encryption/key-ring.ts'
import { isError } from '../lib/is-error.ts'
import { BodyCheck } from './check-bodies.ts'
import { BodyReferences } from './body-references.ts'
import { type Findings, RowCheck } from './check-rows.ts'
import { exists, type DataDir, dataDirAt, explain, findFormat, isLocked } from './data-dir.ts'
import { isDatabaseOpen } from './disk-database.ts'
import { examineDatabase } from './examine.ts'
import { fileMode, folderMode } from './folder-modes.ts'
import { type OpenedStore, openWithParts } from './open.ts'
import { damagedTables, rebuildDatabase } from './rebuild.ts'
import { salvageWith } from './salvage.ts'
import { readRunState, writeRunState } from './run-state.ts'
import { errorCode, StoreError } from './store-error.ts'

export interface CheckOptions {
  dataDir: string
  repair: boolean
  kmsKeys?: readonly ConfiguredKmsKey[]
  /** @param total undefined: not known */
  onProgress?(doing: string, done: number, total: number | undefined): void
}

export interface CheckReport {
  /** What is damaged, or cannot be got back, in the words of who uses the server. */
  damage: string[]
  /** Whose damage is beyond repair: objects and parts, to be uploaded again or deleted. Each is named in `damage`, too. */
  lost: string[]
  /** Something of the damage can be mended. Of a repair: something was. */
  isMendable: boolean
  /** What has been put right. Without a repair: what would be. */
  mended: string[]
  rows: number
  buckets: number
  /** Without older versions and delete markers. */
  objects: number
  /** Of files that were read and verified. */
  bytes: number
  /** Bodies of which no more than the size could be compared: of earlier versions, under keys that are not here. */
  unverified: number
  /** Rows and files of bodies that nothing names: a crash leaves some, which the next start clears away. */
  leftOver: number
}

/** @throws StoreError LOCKED when a server has it open; IO, PERMISSION when it cannot be read; FORMAT when it is none of ours */
export async function checkDataDir(options: CheckOptions): Promise<CheckReport> {
  const dirs = dataDirAt(options.dataDir)
  const report: CheckReport = {
    damage: [],
    lost: [],
    isMendable: false,
    mended: [],
    rows: 0,
    buckets: 0,
    objects: 0,
    bytes: 0,
    unverified: 0,
    leftOver: 0,
  }
  try {
    if (!(await exists(dirs.path))) {
      throw new StoreError('IO', `There is no data directory at ${dirs.path}. Say which one with --data.`)
    }
    if (!((await exists(dirs.databaseDir)) || (await exists(join(dirs.path, 'format.json'))))) {
      throw new StoreError(
        'IO',
        `${dirs.path} is not a data directory of Sandbucket: nothing of it is in there. Name the right one with --data.`,
      )
    }
    if ((await exists(dirs.databaseDir)) && (await isDatabaseOpen(dirs.databaseDir))) throw isLocked(dirs.path)
    const keys = await checkFormat(dirs, options.repair, report)
    if (keys !== undefined && (await checkDatabase(dirs, keys, options, report))) {
      await checkContents(dirs, options, report)
    }
    return report
  } catch (error) {
    // What is no error of the system's is a mistake of ours.
    throw errorCode(error) === undefined ? error : explain(error, dirs.path)
  }
}

/** @returns the keys of the directory; undefined: it cannot be opened */
async function checkFormat(dirs: DataDir, repair: boolean, report: CheckReport): Promise<KeyRing | undefined> {
  let keys: KeyRing | undefined
  try {
    const storage = keysAt(dirs.keysFile)
    if (storage.read() !== undefined) keys = new KeyRing(storage)
  } catch (error) {
    report.damage.push(`${messageOf(error)} Without it nothing can be decrypted.`)
    return undefined
  }
  const format = await findFormat(dirs).catch((error: unknown) => {
    if (error instanceof StoreError && error.code === 'FORMAT' && !/newer/.test(error.message))
      return 'unreadable' as const
    throw error
  })
  if (typeof format === 'object') {
    if (format.keys === keys?.fingerprint) return keys
    // It was made, and never used: there are no keys yet.
    if (format.keys === undefined) return keys ?? new KeyRing(memoryKeys())
    const what = keys === undefined ? 'is missing' : 'is not the file that this directory was written with'
    report.damage.push(`keys.json ${what}. Restore it from a backup: without it nothing can be decrypted.`)
    return undefined
  }
  if (keys === undefined) throw new StoreError('FORMAT', `${dirs.path} is not a data directory of Sandbucket.`)
  report.isMendable = true
  if (!repair) {
    report.damage.push('format.json is missing or cannot be read; --repair writes it again')
    return undefined
  }
  // The format before the last: the next opening seals what is not sealed yet, and leaves the rest.
  const text = `${JSON.stringify({ product: 'sandbucket', version: 3, keys: keys.fingerprint })}\n`
  await writeFile(join(dirs.path, 'format.json'), text, { mode: fileMode })
  report.mended.push('format.json was written again')
  return keys
}

/** @returns whether the database can be opened */
async function checkDatabase(
  dirs: DataDir,
  keys: KeyRing,
  options: CheckOptions,
  report: CheckReport,
): Promise<boolean> {
  await mkdir(dirs.databaseDir, { recursive: true, mode: folderMode })
  const read = await readRunState(dirs.stateFile)
  const state = typeof read === 'object' ? read : undefined
  const found = await examineDatabase(dirs, state, true)
  const tables = await damagedTables(dirs.databaseDir, (done, total) => options.onProgress?.('tables', done, total))
  if (!found.mustNotOpen && tables.length === 0) return true
  const damage = [...new Set([...found.damage, ...tables])]
  report.damage.push(...damage)
  report.isMendable = true
  if (!options.repair) return !found.mustNotOpen
  const rows = await rebuildDatabase(dirs, salvageWith(keys.secrets))
  await writeRunState(dirs.stateFile, { sinceMs: Date.now(), damage: [...(state?.damage ?? []), ...damage] })
  report.mended.push(
    `the database was made anew out of the ${rows} rows that can be read; the former one is in damaged/`,
  )
  return true
}

async function checkContents(dirs: DataDir, options: CheckOptions, report: CheckReport): Promise<void> {
  const { dataDir, kmsKeys = [] } = options
  const known = new Set(report.damage)
  const opened = await openWithParts({ dataDir, kmsKeys, mayClear: false }).catch((error: unknown) => {
    if (!(error instanceof StoreError && error.code === 'CORRUPT')) throw error
    report.damage.push(error.message)
    return undefined
  })
  if (opened === undefined) return
  const references = await BodyReferences.open(join(dirs.tmpDir, 'check'))
  try {
    for (const what of opened.damage) if (!known.has(what)) report.damage.push(what)
    // A repair forgets the damage that was noted.
    if (opened.damage.length > 0) report.isMendable = true
    await checkRowsAndBodies(opened, dirs, references, options, report)
    if (options.repair) await opened.noteRepaired()
  } finally {
    await references.close()
    await opened.store.close()
  }
}

async function checkRowsAndBodies(
  { kv, store }: OpenedStore,
  dirs: DataDir,
  references: BodyReferences,
  { repair, onProgress }: CheckOptions,
  report: CheckReport,
): Promise<void> {
  const lost = new Set<string>()
  const findings: Findings = {
    lost(who, what) {
      report.damage.push(`${who}: ${what}`)
      lost.add(who)
    },
    seen() {
      if (++report.rows % 1000 === 0) onProgress?.('rows', report.rows, undefined)
    },
    async mend(what, changes) {
      report.mended.push(what)
      report.isMendable = true
      if (repair) await kv.commit([], changes)
    },
    async setAside(what, key, value) {
      report.damage.push(`${what} cannot be read`)
      report.isMendable = true
      if (!repair) return
      await mkdir(dirs.damagedDir, { recursive: true, mode: folderMode })
      const line = JSON.stringify({ what, key: key.toString('base64'), value: value.toString('base64') })
      await appendFile(join(dirs.damagedDir, 'rows.jsonl'), `${line}\n`, { mode: fileMode })
      await kv.commit([], [{ kind: 'delete', key }])
    },
  }
  const rows = new RowCheck({ kv, sealer: store.keys.secrets, references, findings })
  await rows.run()
  report.buckets = rows.buckets
  report.objects = rows.objects
  const totalBytes = await bytesOfFiles(dirs.blobsDir)
  const onBytes = (sizeBytes: number): void => {
    report.bytes += sizeBytes
    onProgress?.('bodies', report.bytes, totalBytes)
  }
  const { keys, bodies } = store
  const check = new BodyCheck({ kv, keys, bodies, dirs, references, findings, isRepairing: repair, onBytes })
  await check.run()
  report.unverified = check.unverified
  report.leftOver = check.leftOver
  report.lost = [...lost]
}

async function bytesOfFiles(blobsDir: string): Promise<number> {
  let total = 0
  for (const folder of await readdir(blobsDir)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue
    for (const name of await readdir(join(blobsDir, folder))) total += (await stat(join(blobsDir, folder, name))).size
  }
  return total
}

const messageOf = (error: unknown): string => (isError(error) ? error.message : String(error))
