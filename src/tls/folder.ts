/** Where certificates and their keys are kept: a folder of the data directory, or nowhere. */
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The files of the folder, the CA's certificate being the one that clients are given. */
export type TlsFile = 'ca.pem' | 'ca-key.pem' | 'cert.pem' | 'key.pem'

/** The path of a file in a data directory. */
export function tlsPath(dataDir: string, file: TlsFile): string {
  return join(dataDir, 'tls', file)
}

/** Reads and writes whole files; without a data directory, nothing is ever there. */
export interface TlsFolder {
  read(file: TlsFile): Promise<string | undefined>
  write(file: TlsFile, text: string): Promise<void>
}

/** The folder of a data directory. @throws the system's error, from its functions */
export function tlsFolder(dataDir: string | undefined): TlsFolder {
  if (dataDir === undefined) return { read: async () => undefined, write: async () => {} }
  return {
    async read(file) {
      try {
        return await readFile(tlsPath(dataDir, file), 'utf8')
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw cause
      }
    },
    async write(file, text) {
      const path = tlsPath(dataDir, file)
      await mkdir(join(dataDir, 'tls'), { recursive: true })
      await writeWhole(path, text, file.endsWith('key.pem') ? 0o600 : 0o644)
    },
  }
}

/** Written aside and renamed, and never readable by others in between. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const aside = `${path}.new`
  // A leftover of a crash would keep its mode.
  await rm(aside, { force: true })
  const handle = await open(aside, 'wx', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  // The umask may have taken reading away from the certificate, which other users and containers need.
  await chmod(aside, mode)
  await rename(aside, path)
}
