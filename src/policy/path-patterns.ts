/**
 * Many paths as few patterns. Folders (what ends in `/`) stand for what is in them once too many of their paths are
 * known; a whole that still has too many parts becomes everything. Used to write policies from what was seen.
 */

/** Paths as they are, and folders (`''`: everything) that stand for all that begins with them. */
export interface PathSet {
  exact: string[]
  folders: string[]
}

/** A folder with more than this many paths and folders in it stands for all of them. */
const maxInFolder = 4
/** The same at the top, where everything is a coarser answer. */
const maxAtTop = 8

interface Folder {
  paths: string[]
  folders: Map<string, Folder>
  isWhole: boolean
}

const newFolder = (): Folder => ({ paths: [], folders: new Map(), isWhole: false })

/** The fewest patterns within the limits above, sorted; every path given is covered. */
export function generalisePaths(exact: Iterable<string>, folders: Iterable<string>): PathSet {
  const top = newFolder()
  for (const path of exact) openFolder(top, path).paths.push(path)
  for (const folder of folders) openFolder(top, folder).isWhole = true
  const result = collapse(top, '', maxAtTop)
  return { exact: result.exact.sort(), folders: result.folders.sort() }
}

/** The folder that a path is in; of a path that ends in `/`, that folder itself. */
function openFolder(top: Folder, path: string): Folder {
  let folder = top
  for (let at = path.indexOf('/'), from = 0; at !== -1; from = at + 1, at = path.indexOf('/', from)) {
    const name = path.slice(from, at)
    let inner = folder.folders.get(name)
    if (inner === undefined) {
      inner = newFolder()
      folder.folders.set(name, inner)
    }
    folder = inner
  }
  return folder
}

/** Keys have at most 1,024 bytes, which bounds the depth. */
function collapse(folder: Folder, path: string, limit: number): PathSet {
  const everything: PathSet = { exact: [], folders: [path] }
  if (folder.isWhole) return everything
  const result: PathSet = { exact: [...new Set(folder.paths)], folders: [] }
  for (const [name, inner] of folder.folders) {
    const { exact, folders } = collapse(inner, `${path}${name}/`, maxInFolder)
    for (const one of exact) result.exact.push(one)
    for (const one of folders) result.folders.push(one)
    if (result.exact.length + result.folders.length > limit) return everything
  }
  return result.exact.length + result.folders.length > limit ? everything : result
}

/** What all texts begin with, cut after its last `-`, `.`, `_` or `/` where it has one: names are made of words. */
export function commonStart(texts: readonly string[]): string {
  const [first = '', ...rest] = texts
  let length = first.length
  for (const text of rest) {
    let at = 0
    while (at < length && text[at] === first[at]) at++
    length = at
  }
  const start = first.slice(0, length)
  const cut = Math.max(...['-', '.', '_', '/'].map((mark) => start.lastIndexOf(mark)))
  return cut === -1 ? start : start.slice(0, cut + 1)
}

/** Text that a pattern takes for itself. What IAM cannot store, which is all beyond Latin-1, becomes `*`. */
export function patternText(text: string): string {
  return text.replace(/[*?]|\$(?=\{)/g, (mark) => `\${${mark}}`).replace(/[^\t\n\r\u0020-\u00ff]+/g, '*')
}
