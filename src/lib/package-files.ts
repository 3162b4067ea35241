/** Files of this package, found from wherever its code runs: `src/`, `dist/src/` or the single bundled file. */
import { existsSync, readFileSync } from 'node:fs'

/** The folder that holds package.json and data/. */
const root = findRoot()

function findRoot(): URL {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('..', folder)
    if (parent.href === folder.href)
      throw new Error('The package is incomplete: package.json is missing. Install it again.')
    folder = parent
  }
  return folder
}

/** Reads a file of the package. @param path relative to its root */
export function readPackageFile(path: string): Buffer {
  return readFileSync(new URL(path, root))
}

/** Reads a JSON file of the package. @param path relative to its root, such as `data/actions.json` */
export function readPackageJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'))
}
