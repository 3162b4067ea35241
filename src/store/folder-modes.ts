/**
 * Who may look into the data directory: its owner only. Folders are 0700 and files 0600. Directories of earlier versions,
 * and what was unpacked from a backup, are tightened at the start. On systems without such modes nothing happens.
 */
import { chmod, stat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from './store-error.ts'

export const folderMode = 0o700
export const fileMode = 0o600
/** Rights of the group and of others. */
const foreignRights = 0o077

/** Of one path. */
type Outcome = 'tight' | 'tightened' | 'refused'

/**
 * Takes the rights of others away from a data directory: always from the folder itself and from what is small, from the
 * many files of bodies only when the folder was open to others.
 * @returns what the person who runs the server should know
 */
export async function tightenModes(path: string, isOldFormat: boolean): Promise<string[]> {
  if (process.platform === 'win32') return []
  const top = await tighten(path)
  const isDeep = isOldFormat || top !== 'tight'
  const refused = await tightenBelow(path, isDeep)
  if (top === 'tightened') {
    return [`the data directory ${path} could be read by other users of this machine; it is its owner's alone now`]
  }
  // What a closed folder has in it, nobody else could read.
  if (top === 'tight' || refused === 0) return []
  return [
    `other users can read the data directory ${path}, which belongs to another user; let that one run: chmod -R go-rwx ${path}`,
  ]
}

/** @returns how many files could not be changed */
async function tightenBelow(folder: string, isDeep: boolean): Promise<number> {
  let refused = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    // `lost+found` and what links point to are not ours.
    if (entry.isSymbolicLink() || entry.name === 'lost+found') continue
    const outcome = await tighten(path)
    if (outcome === 'refused') refused++
    else if (entry.isDirectory() && (isDeep || outcome === 'tightened' || entry.name !== 'blobs')) {
      refused += await tightenBelow(path, isDeep)
    }
  }
  return refused
}

async function tighten(path: string): Promise<Outcome> {
  try {
    const { mode } = await stat(path)
    if ((mode & foreignRights) === 0) return 'tight'
    await chmod(path, mode & 0o7700)
    return 'tightened'
  } catch (error) {
    // It may be a file of the database that has just gone.
    if (errorCode(error) === 'ENOENT') return 'tight'
    // The owner of a mounted volume is often another one; there are file systems without modes.
    return 'refused'
  }
}
