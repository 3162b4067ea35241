/** The server under test, as users start it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'
import type { Keys } from './sign.ts'

export const keys: Keys = { accessKeyId: 'sandbucket', secretAccessKey: 'sandbucket' }
export const mainFile = fileURLToPath(new URL('../../bundle/main.js', import.meta.url))

/** A directory that `withTemporary` removes afterwards. */
export async function withTemporary<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'sandbucket-bench-'))
  try {
    return await use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Starts `sandbucket serve` on a data directory with a bucket `bench`. */
export function startSandbucket(
  dataDir: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Child> {
  const always = ['--port', '0', '--data', dataDir, '--log-format', 'json', '--bucket', 'bench']
  return startChild([mainFile, ...always, ...args], env)
}

/** Runs `use` with a server of its own. */
export async function withSandbucket<T>(
  use: (server: Child, dataDir: string) => Promise<T>,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<T> {
  return withTemporary(async (directory) => {
    const server = await startSandbucket(directory, args, env)
    try {
      return await use(server, directory)
    } finally {
      await server.stop()
    }
  })
}
