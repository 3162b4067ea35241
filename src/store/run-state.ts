/**
 * How the last run ended, and what was found damaged: `state.json`. What a closed database consists of is noted, so that
 * a file that was lost or cut short afterwards is noticed; and since when the run has been going, because only files of
 * that time can be leftovers of it.
 */
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileMode } from './folder-modes.ts'
import { errorCode } from './store-error.ts'

export interface RunState {
  /** Files of bodies written before have been looked at: what is not known among them was not left by a crash. */
  sinceMs: number
  /** Sizes of the database's files when it was closed, by name; undefined: it is open, or its process died. */
  closed?: Record<string, number>
  /** What was found damaged and has not been repaired, in words. While there is some, nothing is cleared away. */
  damage?: string[]
}

/** How far clocks of files and of processes may be apart, ms. */
const clockToleranceMs = 60_000

/** From when on a file may be a leftover. */
export const leftoverSinceMs = (state: RunState): number => state.sinceMs - clockToleranceMs

/** What the file says; undefined: there is none; 'unreadable' otherwise. @throws the system's error */
export async function readRunState(file: string): Promise<RunState | 'unreadable' | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const state: Partial<RunState> | null = JSON.parse(text)
    return typeof state?.sinceMs === 'number' ? (state as RunState) : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** Written aside and renamed. @throws the system's error: then no state is there, which is the careful one */
export async function writeRunState(file: string, state: RunState): Promise<void> {
  try {
    await writeFile(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: fileMode })
    await rename(`${file}.new`, file)
  } catch (error) {
    await rm(file, { force: true }).catch(() => {})
    throw error
  }
}

/** Files of a database that say something: not LevelDB's lock and its own reports. */
export async function databaseFiles(databaseDir: string): Promise<Record<string, number>> {
  const names = (await readdir(databaseDir)).filter(
    (name) => name === 'CURRENT' || /^(MANIFEST-\d+|\d+\.(log|ldb|sst))$/.test(name),
  )
  const sizes = await Promise.all(
    names.map(async (name) => [name, (await stat(join(databaseDir, name))).size] as const),
  )
  return Object.fromEntries(sizes)
}
