/** The scratch directory of a client's scenarios. */
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface Scratch {
  /** A path in the scratch directory. */
  path(...parts: string[]): string
  /** Writes a file, a minute old, into the scratch directory. @returns its path */
  file(name: string, content: string | Uint8Array): Promise<string>
}

/** @param dir exists already */
export function scratchIn(dir: string): Scratch {
  return {
    path: (...parts) => join(dir, ...parts),
    async file(name, content) {
      const path = join(dir, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
      // S3 tells times in whole seconds: what is uploaded within a second of its making would look older than its file,
      // and `aws s3 sync` would send it again.
      const before = Date.now() / 1000 - 60
      await utimes(path, before, before)
      return path
    },
  }
}
