/** A build puts its result into place without taking anything away from a server that runs from there. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { root } from './root.ts'

const script = pathToFileURL(join(root, 'src', 'build', 'publish.mjs')).href
const { publish } = (await import(script)) as { publish(stage: string, dist: string): void }

/** The bundle that `main.js` names. */
const newest = (dist: string): string =>
  /'\.\/([0-9a-f]+)\/main\.js'/.exec(readFileSync(join(dist, 'bundle', 'main.js'), 'utf8'))?.[1] as string
const bundles = (dist: string): string[] =>
  readdirSync(join(dist, 'bundle'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

/** A folder like an installed package, with the bundle that was built last. */
function packageFolder(t: TestContext): { folder: string; dist: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sandbucket-publish-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['data', 'node_modules']) symlinkSync(join(root, name), join(folder, name), 'junction')
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  const dist = join(folder, 'dist')
  stageBundle(folder, dist)
  return { folder, dist }
}

/** Publishes the built bundle, as it is or with a change. */
function stageBundle(folder: string, dist: string, change?: string): void {
  const stage = join(folder, 'stage')
  mkdirSync(stage)
  cpSync(join(root, 'dist', 'bundle', newest(join(root, 'dist'))), join(stage, 'bundle'), { recursive: true })
  if (change !== undefined) {
    // As another version has it: nothing that is loaded on demand has the same name.
    for (const name of readdirSync(join(stage, 'bundle'))) {
      if (name !== 'main.js' && name !== 'index.cjs') rmSync(join(stage, 'bundle', name))
    }
    appendFileSync(join(stage, 'bundle', 'main.js'), change)
  }
  publish(stage, dist)
  rmSync(stage, { recursive: true })
}

describe('a build', () => {
  it('leaves a running server what it has not loaded yet', async (t) => {
    const { folder, dist } = packageFolder(t)
    const argv = [
      join(dist, 'bundle', 'main.js'),
      '--in-memory',
      '--port',
      '0',
      '--bucket',
      'photos',
      '--log-format',
      'json',
    ]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder })
    t.after(() => child.kill('SIGKILL'))
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    while (!out.includes('\n')) await once(child.stdout, 'data')
    const { url } = JSON.parse(out.slice(0, out.indexOf('\n'))) as { url: string }
    stageBundle(folder, dist, '// another version\n')
    assert.equal(bundles(dist).length, 2)
    const form = new FormData()
    form.append('key', 'k')
    form.append('file', new Blob(['x']))
    assert.equal((await fetch(`${url}/photos`, { method: 'POST', body: form })).status, 403, 'the parser of forms')
    assert.equal((await fetch(`${url}/_sandbucket/coverage`)).status, 200, 'administration')
    const action = 'Action=AssumeRoleWithWebIdentity&Version=2011-06-15'
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    assert.equal((await fetch(url, { method: 'POST', body: action, headers })).status, 400, 'STS')
  })

  it('of the same sources makes the same folder', (t) => {
    const { folder, dist } = packageFolder(t)
    const before = newest(dist)
    stageBundle(folder, dist)
    assert.deepEqual([newest(dist), bundles(dist)], [before, [before]])
  })

  it('removes what no build has made for a week', (t) => {
    const { folder, dist } = packageFolder(t)
    const first = newest(dist)
    stageBundle(folder, dist, '// second\n')
    const eightDaysAgo = Date.now() / 1000 - 8 * 24 * 3600
    utimesSync(join(dist, 'bundle', first), eightDaysAgo, eightDaysAgo)
    stageBundle(folder, dist, '// third\n')
    assert.ok(!existsSync(join(dist, 'bundle', first)))
    assert.equal(bundles(dist).length, 2)
  })

  it('replaces compiled files one by one, touches none that stays the same, and removes what is gone', (t) => {
    const { folder, dist } = packageFolder(t)
    const stage = (files: Record<string, string>): void => {
      const source = join(folder, 'stage', 'src', 'deep')
      mkdirSync(source, { recursive: true })
      for (const [name, text] of Object.entries(files)) writeFileSync(join(source, name), text)
      cpSync(join(dist, 'bundle', newest(dist)), join(folder, 'stage', 'bundle'), { recursive: true })
      publish(join(folder, 'stage'), dist)
      rmSync(join(folder, 'stage'), { recursive: true })
    }
    const at = (name: string): string => join(dist, 'src', 'deep', name)
    stage({ 'same.js': 'same', 'changed.js': 'one', 'gone.js': 'gone' })
    const { ino } = statSync(at('same.js'))
    stage({ 'same.js': 'same', 'changed.js': 'two' })
    assert.equal(statSync(at('same.js')).ino, ino)
    assert.equal(readFileSync(at('changed.js'), 'utf8'), 'two')
    assert.ok(!existsSync(at('gone.js')))
  })

  it('is packed without the bundles of former builds', async (t) => {
    const { folder, dist } = packageFolder(t)
    const former = newest(dist)
    stageBundle(folder, dist, '// newer\n')
    const argv = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const { stdout } = await promisify(execFile)('npm', argv, { cwd: folder, shell: process.platform === 'win32' })
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]
    const paths = files.map(({ path }) => path)
    assert.ok(paths.includes('dist/bundle/main.js') && paths.includes(`dist/bundle/${newest(dist)}/main.js`))
    assert.deepEqual(
      paths.filter((path) => path.includes(former) || path.includes('.npmignore')),
      [],
    )
  })
})
