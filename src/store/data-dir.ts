/**
 * The data directory: its folders, the file that says which format it has, and messages that say what to do when it
 * cannot be used.
 */
import { existsSync } from 'node:fs'
import { access, constants, mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { keysAt } from '../encryption/key-file.ts'
import { type ConfiguredKmsKey, KeyRing } from '../encryption/key-ring.ts'
import { asStoreError, errorCode, StoreError } from './store-error.ts'

/**
 * Counts up when an older version could not read what a newer one writes.
 * 1: bodies in plain. 2: bodies are encrypted with the keys of keys.json; those of before stay as they are. 3: small bodies
 * stand in the rows of their records, and a journal may hold what the database has not got yet.
 */
const formatVersion = 3

export interface DataDir {
  /** Absolute. */
  path: string
  databaseDir: string
  blobsDir: string
  tmpDir: string
  journalDir: string
  /** The key ring's file. */
  keysFile: string
}

/** What format.json says. */
interface Format {
  version: number
  /** Fingerprint of the master key that bodies are encrypted with. */
  keys?: string
}

/**
 * Creates what is missing and checks the rest.
 * @throws StoreError FORMAT, PERMISSION, NO_SPACE, IO
 */
export async function prepareDataDir(dataDir: string): Promise<DataDir> {
  const path = resolve(dataDir)
  const dirs = {
    path,
    databaseDir: join(path, 'db'),
    blobsDir: join(path, 'blobs'),
    tmpDir: join(path, 'tmp'),
    journalDir: join(path, 'journal'),
    keysFile: join(path, 'keys.json'),
  }
  try {
    await makeFolder(path)
    await readFormat(dirs)
    for (const dir of [dirs.databaseDir, dirs.blobsDir, dirs.tmpDir, dirs.journalDir]) {
      await mkdir(dir, { recursive: true })
      await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
    }
    return dirs
  } catch (error) {
    throw explain(error, path)
  }
}

/** With its parents. @throws the system's error, of the folder that stands in the way */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    // That is what Node makes of a read-only file system, where a parent cannot be made (v20.20).
    let parent = path
    while (!existsSync(parent)) parent = dirname(parent)
    await access(parent, constants.W_OK)
    throw error
  }
}

/** Turns whatever stood in the way of opening a data directory into a message for the person who starts the server. */
export function explain(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error
  const code = errorCode(error)
  if (code === 'LEVEL_LOCKED') {
    return new StoreError(
      'LOCKED',
      `The data directory ${path} is in use by another Sandbucket. Stop that one, or give this one another with --data.`,
      error,
    )
  }
  // LevelDB has no codes for these, only the system's text.
  const text = error instanceof Error ? String(error.cause ?? error) : ''
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
    const format = await readFormat(dirs)
    const storage = keysAt(keysFile)
    const lost = (what: string) =>
      new StoreError('FORMAT', `${what}: the data in ${path} cannot be decrypted. Restore keys.json from a backup.`)
    if (format.keys !== undefined && storage.read() === undefined) throw lost(`${keysFile} is missing`)
    const ring = new KeyRing(storage, kmsKeys)
    if (format.keys === ring.fingerprint && format.version === formatVersion) return ring
    const isForeign = format.keys !== undefined && format.keys !== ring.fingerprint
    if (isForeign) throw lost(`${keysFile} is not the file that this directory was written with`)
    await writeFormat(dirs, { version: formatVersion, keys: ring.fingerprint })
    return ring
  } catch (error) {
    throw asStoreError(error, `use ${keysFile}`)
  }
}

/** What format.json says; written when there is none. @throws StoreError FORMAT */
async function readFormat(dirs: DataDir): Promise<Format> {
  const file = formatFile(dirs)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    if (await exists(dirs.databaseDir)) {
      throw new StoreError(
        'FORMAT',
        `The data directory ${dirs.path} has a folder "db" but no format.json: it is not Sandbucket's. Choose another with --data.`,
      )
    }
    const format = { version: formatVersion }
    await writeFormat(dirs, format)
    return format
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
  const handle = await open(`${file}.new`, 'w')
  try {
    await handle.writeFile(`${JSON.stringify({ product: 'sandbucket', ...format })}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
