// Puts a finished build into place without taking anything away from a server that runs.
//
// A server loads parts of itself when they are first needed, long after its start. So a bundle is a folder that never
// changes, named by its content (dist/bundle/ID), and what has a fixed name (dist/bundle/main.js) only names the newest:
// whoever has started from a folder finds everything in it, whatever is built later. Folders that no build has made for a
// week are removed. What is compiled is replaced file by file, each by a rename, so that there is no moment without it.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const keptMs = 7 * 24 * 3600_000

/** @param {string} stage where the build is; it is used up @param {string} dist */
export function publish(stage, dist) {
  mkdirSync(join(dist, 'bundle'), { recursive: true })
  publishBundle(stage, join(dist, 'bundle'))
  for (const name of readdirSync(stage)) replaceFiles(join(stage, name), join(dist, name))
}

function publishBundle(stage, bundles) {
  const made = join(stage, 'bundle')
  const id = contentId(made)
  const place = join(bundles, id)
  try {
    renameSync(made, place)
  } catch (cause) {
    // The same was built before, or at the same time by another build.
    if (!existsSync(place)) throw cause
    rmSync(made, { recursive: true })
    const now = new Date()
    utimesSync(place, now, now)
  }
  const entries = {
    'main.js': `#!/usr/bin/env node\nimport './${id}/main.js'\n`,
    'index.cjs': `module.exports = require('./${id}/index.cjs')\n`,
  }
  const others = readdirSync(bundles).filter((name) => name !== id && !(name in entries) && name !== '.npmignore')
  // A package has the newest only.
  const ignored = others.map((name) => `/${name}\n`).join('')
  for (const [name, text] of Object.entries({ ...entries, '.npmignore': ignored })) {
    const aside = join(stage, name)
    writeFileSync(aside, text)
    chmodSync(aside, 0o755)
    rename(aside, join(bundles, name))
  }
  for (const name of others) {
    const path = join(bundles, name)
    if (statSync(path, { throwIfNoEntry: false })?.mtimeMs < Date.now() - keptMs)
      rmSync(path, { recursive: true, force: true })
  }
}

/** Of the names and contents of all files. */
function contentId(folder) {
  const hash = createHash('sha256')
  for (const name of filesIn(folder).sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}

/** Makes a folder like another one. Files that stay the same are not touched. */
function replaceFiles(from, to) {
  const wanted = filesIn(from)
  for (const name of wanted) {
    const source = join(from, name)
    const target = join(to, name)
    if (existsSync(target) && readFileSync(source).equals(readFileSync(target))) continue
    mkdirSync(dirname(target), { recursive: true })
    rename(source, target)
  }
  const kept = new Set(wanted)
  for (const name of filesIn(to)) if (!kept.has(name)) rmSync(join(to, name), { force: true })
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

/** Windows refuses for a moment while another program, such as a virus scanner, reads the file. */
function rename(from, to) {
  for (let attempt = 1; ; attempt++) {
    try {
      return renameSync(from, to)
    } catch (cause) {
      if (attempt === 10 || !['EPERM', 'EACCES', 'EBUSY'].includes(cause.code)) throw cause
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50 * attempt)
    }
  }
}
