/**
 * The file of the key ring: readable by its owner only, written whole or not at all, and on the disk before any data is
 * encrypted under a key in it. Without it nothing in the data directory can be read.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion'
import { isError } from '../lib/is-error.ts'

/** A KMS key as it is stored. */
export interface StoredKmsKey {
  id: string
  /** 32 bytes, Base64. */
  material: string
  accountId: string
  /** Undefined: the key is there in every region. */
  region?: string
  /** Each with its `alias/`. */
  aliases: string[]
  state: KeyState
}

export interface KeyFile {
  version: 1
  /** The key of SSE-S3: 32 bytes, Base64. */
  master: string
  kms: StoredKmsKey[]
}

/** Where a key ring is kept. `read` is undefined when nothing was saved yet. */
export interface KeyStorage {
  read(): KeyFile | undefined
  save(file: KeyFile): void
}

/** Keys that are gone with the process. */
export function memoryKeys(): KeyStorage {
  return { read: () => undefined, save: () => {} }
}

/**
 * Keys in a file. Writing is synchronous: it happens at the first start and when a key is made on demand.
 * @throws the system's error; Error when the file is not a key file
 */
export function keysAt(path: string): KeyStorage {
  return {
    read() {
      let text: string
      try {
        text = readFileSync(path, 'utf8')
      } catch (error) {
        if (isError(error) && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
      return parseKeyFile(text, path)
    },
    save(file) {
      const aside = `${path}.new`
      const handle = openSync(aside, 'w', 0o600)
      try {
        writeSync(handle, `${JSON.stringify(file, undefined, 2)}\n`)
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      renameSync(aside, path)
      syncFolder(dirname(path))
    },
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function parseKeyFile(text: string, path: string): KeyFile {
  const refuse = (): Error => new Error(`${path} is not a key file of this version. Restore it from a backup.`)
  let file: KeyFile
  try {
    file = JSON.parse(text)
  } catch {
    throw refuse()
  }
  const isWhole =
    file?.version === 1 && isKey(file.master) && Array.isArray(file.kms) && file.kms.every((key) => isKey(key.material))
  if (!isWhole) throw refuse()
  return file
}

const isKey = (text: unknown): boolean => typeof text === 'string' && Buffer.from(text, 'base64').length === 32
