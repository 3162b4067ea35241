/**
 * The run file of a data folder, `server.json`: where its server listens, for commands that are typed in the same place.
 * Written when the server listens, removed when it closes; one that a crash left behind is known by its process.
 */
import { readFileSync } from 'node:fs'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a run file says. It holds no secret. */
export interface RunFile {
  /** As a client on this machine writes it: `http://127.0.0.1:9000`. */
  url: string
  /** Of the process that listens. */
  pid: number
  region: string
  /** The first root key of the default account. */
  accessKeyId: string
  /** Path of the CA that clients with TLS have to trust; undefined without TLS or with a certificate that was given. */
  ca?: string | undefined
}

/** In the data folder. */
export const runFileName = 'server.json'

/** Writes the run file, readable by its owner alone, in one step. @throws the system's error */
export async function writeRunFile(dataDir: string, run: RunFile): Promise<void> {
  const path = join(dataDir, runFileName)
  const temporary = `${path}.new`
  await writeFile(temporary, `${JSON.stringify(run, undefined, 2)}\n`, { mode: 0o600 })
  // The mode of a new file is narrowed by the umask; that of one left behind is not.
  await chmod(temporary, 0o600)
  await rename(temporary, path)
}

/** Removes the run file if it is still of this server: a later one may have replaced it. */
export async function removeRunFile(dataDir: string, { pid, url }: RunFile): Promise<void> {
  const found = readRunFile(dataDir)
  if (found?.pid === pid && found.url === url) await rm(join(dataDir, runFileName), { force: true })
}

/** Undefined when there is none, or none that can be read. The server may have ended since. */
export function readRunFile(dataDir: string): RunFile | undefined {
  let value: Partial<RunFile> | null
  try {
    value = JSON.parse(readFileSync(join(dataDir, runFileName), 'utf8')) as Partial<RunFile> | null
  } catch {
    return undefined
  }
  const { url, pid, region, accessKeyId, ca } = value ?? {}
  const isWhole = [url, region, accessKeyId].every((text) => typeof text === 'string') && Number.isInteger(pid)
  if (!isWhole || !/^https?:\/\//.test(url as string) || !URL.canParse(url as string)) return undefined
  return { url, pid, region, accessKeyId, ...(typeof ca === 'string' && { ca }) } as RunFile
}

/** Whether the process of a run file is still there; its number may have gone to another one. */
export function isAlive({ pid }: RunFile): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // Another user's process.
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
}
