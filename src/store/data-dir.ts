/**
 * The data directory: its folders, the file that says which format it has, and messages that say what to do when it
 * cannot be used.
 */
import { existsSync } from 'node:fs'
import { access, constants, mkdir, open, readFile, readlink, rename, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { keysAt } from '../encryption/key-file.ts'
import { type ConfiguredKmsKey, KeyRing } from '../encryption/key-ring.ts'
import { isError } from '../lib/is-error.ts'
import { fileMode, folderMode, tightenModes } from './folder-modes.ts'
import { foreignNames, refuseForeign, someOf } from './foreign-files.ts'
import { asStoreError, errorCode, StoreError } from './store-error.ts'

/**
 * Counts up when an older version could not read what a newer one writes.
 * 1: bodies in plain. 2: bodies are encrypted with the keys of keys.json; those of before stay as they are. 3: small bodies
 * stand in the rows of their records, and a journal may hold what the database has not got yet. 4: records of IAM, secrets
 * of this server and private keys are sealed (`upgrade.ts`); rows and files of bodies have checks.
 */
export const formatVersion = 4

export interface DataDir {
  /** Absolute. */
  path: string
  databaseDir: string
  blobsDir: string
  tmpDir: string
  journalDir: string
  /** Where damaged files are kept. */
  damagedDir: string
  /** The key ring's file. */
  keysFile: string
  /** How the last run ended (`run-state.ts`). */
  stateFile: string
}

/** What format.json says. */
interface Format {
  version: number
  /** Fingerprint of the master key that bodies are encrypted with. */
  keys?: string
}

/** The paths of a data directory. */
export function dataDirAt(dataDir: string): DataDir {
  const path = resolve(dataDir)
  return {
    path,
    databaseDir: join(path, 'db'),
    blobsDir: join(path, 'blobs'),
    tmpDir: join(path, 'tmp'),
    journalDir: join(path, 'journal'),
    damagedDir: join(path, 'damaged'),
    keysFile: join(path, 'keys.json'),
    stateFile: join(path, 'state.json'),
  }
}

/** A data directory that can be used. */
export interface PreparedDir {
  dirs: DataDir
  /** What it was written with; undefined: it is new. */
  formerFormat: number | undefined
  /** It has had a database. */
  wasUsed: boolean
  /** For the person who runs the server. */
  notes: string[]
}

/**
 * Creates what is missing, checks the rest, and takes the rights of other users away.
 * @throws StoreError FORMAT, PERMISSION, NO_SPACE, IO
 */
export async function prepareDataDir(dataDir: string): Promise<PreparedDir> {
  const dirs = dataDirAt(dataDir)
  const { path } = dirs
  try {
    await makeFolder(path)
    const former = await findFormat(dirs)
    if (former === undefined) {
      await refuseForeign(path)
      await writeFormat(dirs, { version: formatVersion })
    }
    const foreign = former === undefined ? [] : await foreignNames(path)
    const notes = foreign.length === 0 ? [] : [`the data directory ${path} has other files in it: ${someOf(foreign)}`]
    for (const dir of [dirs.databaseDir, dirs.blobsDir, dirs.tmpDir, dirs.journalDir]) {
      await mkdir(dir, { recursive: true, mode: folderMode })
      await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
    }
    notes.push(...(await tightenModes(path, former !== undefined && former.version < formatVersion)))
    return { dirs, formerFormat: former?.version, wasUsed: former?.keys !== undefined, notes }
  } catch (error) {
    throw explain(error, path)
  }
}

/**
 * With its parents, one after the other: Node's own way tries for ever where the system says of a folder that is there
 * that it is not (`/proc`, Node 20.20).
 * @throws the system's error, of the folder that stands in the way
 */
async function makeFolder(path: string): Promise<void> {
  const missing: string[] = []
  let there = path
  while (!(await isThere(there))) {
    missing.unshift(there)
    there = dirname(there)
  }
  for (const folder of missing) {
    // Another process may have been faster.
    await mkdir(folder, { mode: folderMode }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
  }
  if (!(await stat(path)).isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
}

/** A link counts as what it points to. @throws StoreError when that is missing */
async function isThere(path: string): Promise<boolean> {
  if (await exists(path)) return true
  const target = await readlink(path).catch(() => undefined)
  if (target === undefined) return false
  throw new StoreError('IO', `The data directory cannot be made: ${path} is a link to ${target}, which does not exist.`)
}

export const isLocked = (path: string, cause?: unknown): StoreError =>
  new StoreError(
    'LOCKED',
    `The data directory ${path} is in use by another Sandbucket. Stop that one, or give this one another with --data.`,
    cause,
  )

/** Turns whatever stood in the way of opening a data directory into a message for the person who starts the server. */
export function explain(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error
  const code = errorCode(error)
  if (code === 'LEVEL_LOCKED') return isLocked(path, error)
  // LevelDB has no codes for these, only the system's text.
  const text = isError(error) ? String(error.cause ?? error) : ''
  if (code === 'EROFS' || text.includes('Read-only file system')) {
    const message = `The data directory ${path} is on a read-only file system. Mount it writable, or choose another with --data.`
    return new StoreError('PERMISSION', message, error)
  }
  if (code === 'EACCES' || code === 'EPERM' || text.includes('Permission denied')) {
    const uid = process.getuid?.() ?? 0
    const gid = process.getgid?.() ?? 0
    const make = existsSync(path) ? '' : `mkdir -p ${path} && `
    return new StoreError(
      'PERMISSION',
      `The data directory ${path} cannot be written by uid ${uid}. Let somebody who may run: ${make}chown -R ${uid}:${gid} ${path}`,
      error,
    )
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new StoreError('IO', `The data directory ${path} is not a directory.`, error)
  }
  if (code === 'ENAMETOOLONG') {
    return new StoreError('IO', 'The path of the data directory is too long. Choose another with --data.', error)
  }
  if (code === 'ELOOP') {
    return new StoreError('IO', `The path of the data directory ${path} is a circle of links.`, error)
  }
  if (code === 'ENOENT' && !existsSync(path)) {
    const message = `The data directory ${path} cannot be made: its file system takes no folders. Choose another with --data.`
    return new StoreError('IO', message, error)
  }
  return asStoreError(error, `use the data directory ${path}`)
}

/**
 * Opens the key ring of a data directory that nobody else has open. Data that was encrypted with other keys is found
 * out here, not when it is read.
 * @throws StoreError FORMAT, PERMISSION, NO_SPACE, IO
 */
export async function openKeys(dirs: DataDir, kmsKeys: readonly ConfiguredKmsKey[]): Promise<KeyRing> {
  const { path, keysFile } = dirs
  try {
    const format = (await findFormat(dirs)) ?? { version: formatVersion }
    const storage = keysAt(keysFile)
    const lost = (what: string) =>
      new StoreError('FORMAT', `${what}: the data in ${path} cannot be decrypted. Restore keys.json from a backup.`)
    if (format.keys !== undefined && storage.read() === undefined) throw lost(`${keysFile} is missing`)
    const ring = new KeyRing(storage, kmsKeys)
    if (format.keys === ring.fingerprint) return ring
    const isForeign = format.keys !== undefined && format.keys !== ring.fingerprint
    if (isForeign) throw lost(`${keysFile} is not the file that this directory was written with`)
    await writeFormat(dirs, { ...format, keys: ring.fingerprint })
    return ring
  } catch (error) {
    throw asStoreError(error, `use ${keysFile}`)
  }
}

/** The directory has been brought to this version's format. */
export async function noteFormat(dirs: DataDir, fingerprint: string): Promise<void> {
  await writeFormat(dirs, { version: formatVersion, keys: fingerprint })
}

/** What format.json says; undefined when there is none. @throws StoreError FORMAT */
export async function findFormat(dirs: DataDir): Promise<Format | undefined> {
  const file = formatFile(dirs)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    if (await exists(dirs.databaseDir)) {
      throw new StoreError(
        'FORMAT',
        (await exists(dirs.keysFile))
          ? `The data directory ${dirs.path} has lost its format.json. Restore it from a backup, or run: sandbucket check --repair --data ${dirs.path}`
          : `The data directory ${dirs.path} has a folder "db" but no format.json: it is not Sandbucket's. Choose another with --data.`,
      )
    }
    return undefined
  }
  const format = parseFormat(text)
  if (format === undefined) {
    throw new StoreError(
      'FORMAT',
      `${file} cannot be read as a format version. Restore it, or choose another with --data.`,
    )
  }
  if (format.version > formatVersion) {
    throw new StoreError(
      'FORMAT',
      `The data directory ${dirs.path} has format ${format.version}, written by a newer Sandbucket; this one reads up to ${formatVersion}. Upgrade, or choose another with --data.`,
    )
  }
  return format
}

const formatFile = (dirs: DataDir): string => join(dirs.path, 'format.json')

function parseFormat(text: string): Format | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || !('version' in parsed)) return undefined
    const { version } = parsed
    if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return undefined
    return 'keys' in parsed && typeof parsed.keys === 'string' ? { version, keys: parsed.keys } : { version }
  } catch {
    return undefined
  }
}

/** Whole or not at all: written aside and renamed. */
async function writeFormat(dirs: DataDir, format: Format): Promise<void> {
  const file = formatFile(dirs)
  const handle = await open(`${file}.new`, 'w', fileMode)
  try {
    await handle.writeFile(`${JSON.stringify({ product: 'sandbucket', ...format })}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}

/** Whether there is anything at a path. @throws the system's error when that cannot be told */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
