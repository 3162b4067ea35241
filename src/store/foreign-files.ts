/** What lies in a folder that is to become a data directory: nothing of somebody else's may be mixed with ours. */
import { readdir } from 'node:fs/promises'
import { StoreError } from './store-error.ts'

/** What this program keeps at the top of a data directory; each may have a `.new` beside it while it is written. */
export const ownNames: ReadonlySet<string> = new Set([
  'format.json',
  'keys.json',
  'state.json',
  // Where a running server can be found.
  'server.json',
  'db',
  'blobs',
  'tmp',
  'journal',
  'tls',
  // What was found damaged and set aside.
  'damaged',
])

/** What operating systems, file systems, editors and version control leave in any folder, in lower case. */
const systemNames: ReadonlySet<string> = new Set([
  'lost+found',
  '.ds_store',
  '.localized',
  '.spotlight-v100',
  '.fseventsd',
  '.trashes',
  '.temporaryitems',
  '.documentrevisions-v100',
  '.volumeicon.icns',
  '.directory',
  '.snapshot',
  '.snapshots',
  '.zfs',
  '.gitignore',
  '.gitkeep',
  '.gitattributes',
  '.keep',
  '.keepme',
  '.empty',
  '.placeholder',
  '.dockerignore',
  '.npmignore',
  '.nobackup',
  '.nomedia',
  '.stfolder',
  '.stignore',
  'cachedir.tag',
  'thumbs.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
])
/** Apple's resource forks, files deleted on NFS while open, those of FUSE, bins of Linux desktops, mounted secrets' links. */
const systemPrefixes = ['._', '.nfs', '.fuse_hidden', '.trash', '..']

/** How many are named in a message. */
const namedAtMost = 5

function isSystem(name: string): boolean {
  const lower = name.toLowerCase()
  return systemNames.has(lower) || systemPrefixes.some((prefix) => lower.startsWith(prefix))
}

/** Names in a folder that are neither ours nor the system's, sorted. */
export async function foreignNames(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  return names.filter((name) => !ownNames.has(name.replace(/\.new$/, '')) && !isSystem(name)).sort()
}

/** Some of the names, for people. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, namedAtMost).map((name) => JSON.stringify(name))
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** @throws StoreError FORMAT when a folder without our format has files of others in it */
export async function refuseForeign(folder: string): Promise<void> {
  const names = await foreignNames(folder)
  if (names.includes('.minio.sys')) {
    throw new StoreError(
      'FORMAT',
      `The folder ${folder} belongs to MinIO (it has .minio.sys), whose files Sandbucket cannot read. Choose an empty folder with --data, ` +
        'start both servers, and copy the buckets from one to the other, for instance with: rclone sync minio:BUCKET sandbucket:BUCKET',
    )
  }
  if (names.length === 0) return
  throw new StoreError(
    'FORMAT',
    `The folder ${folder} is not a data directory of Sandbucket: it has other files in it (${someOf(names)}). ` +
      'Choose an empty or a new folder with --data, or move these files away.',
  )
}
