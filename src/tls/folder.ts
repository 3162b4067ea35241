/**
 * Where certificates and their keys are kept: a folder of the data directory, or nowhere. Private keys are sealed with
 * the key ring's key, so that a copy of the folder alone is of no use.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecretSealer } from '../encryption/secret-sealer.ts'

/** The files of the folder, the CA's certificate being the one that clients are given. */
export type TlsFile = 'ca.pem' | 'ca-key.sealed' | 'cert.pem' | 'key.sealed'

const isKey = (file: TlsFile): boolean => file.endsWith('.sealed')

/** The path of a file in a data directory. */
export function tlsPath(dataDir: string, file: TlsFile): string {
  return join(dataDir, 'tls', file)
}

/** Reads and writes whole files; without a data directory, nothing is ever there. */
export interface TlsFolder {
  /** Undefined when it is not there. What was sealed with another key, or is damaged, is an empty text. */
  read(file: TlsFile): Promise<string | undefined>
  write(file: TlsFile, text: string): Promise<void>
  /** Keeps a file that cannot be used under another name, before a new one is written. */
  setAside(file: TlsFile): Promise<void>
}

const nowhere: TlsFolder = { read: async () => undefined, write: async () => {}, setAside: async () => {} }

/** The folder of a data directory. @throws the system's error, from its functions */
export function tlsFolder(dataDir: string | undefined, sealer: SecretSealer): TlsFolder {
  if (dataDir === undefined) return nowhere
  const placeOf = (file: TlsFile): Buffer => Buffer.from(`tls/${file}`)

  return {
    async read(file) {
      const bytes = await readMaybe(tlsPath(dataDir, file))
      if (bytes === undefined || !isKey(file)) return bytes?.toString()
      return sealer.open(bytes, placeOf(file))?.toString() ?? ''
    },
    async write(file, text) {
      await mkdir(join(dataDir, 'tls'), { recursive: true, mode: 0o700 })
      const plain = Buffer.from(text)
      await writeWhole(tlsPath(dataDir, file), isKey(file) ? sealer.seal(plain, placeOf(file)) : plain)
    },
    async setAside(file) {
      const path = tlsPath(dataDir, file)
      await rename(path, `${path}.unusable`).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') throw cause
      })
    },
  }
}

async function readMaybe(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}

/** Written aside and renamed, and never readable by others in between. */
async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  const aside = `${path}.new`
  // A leftover of a crash would keep its mode.
  await rm(aside, { force: true })
  const handle = await open(aside, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(aside, path)
}
