/**
 * The built package under its name, as other projects use it: `require` and `import()` in CommonJS, `import` in a module,
 * and `require` in Jest's default mode. It is found through a link in the node_modules of a folder made for the purpose.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { root } from './root.ts'

const run = promisify(execFile)

/** Starts a server on disk, stores and reads, is refused and starts a second one; prints what it saw. */
const program = (find: string): string => `
const { mkdtempSync, rmSync } = ${find === 'import' ? "await import('node:fs')" : "require('node:fs')"}
const main = async () => {
  const { startSandbucket } = ${find === 'require' ? "require('sandbucket')" : "await import('sandbucket')"}
  const data = mkdtempSync(process.cwd() + '/data-')
  const server = await startSandbucket({ data, buckets: ['photos'], softMode: true, logLevel: 'silent' })
  const at = (path) => server.endpoint + path
  // 8 MiB take the way through the thread that computes digests, where there is one.
  const big = new Uint8Array(8 << 20).fill(7)
  const put = await fetch(at('/photos/big'), { method: 'PUT', body: big, headers: { 'x-amz-checksum-algorithm': 'SHA256' } })
  const got = new Uint8Array(await (await fetch(at('/photos/big'))).arrayBuffer())
  const missing = await fetch(at('/photos/missing'))
  const form = new FormData()
  form.append('key', 'form')
  form.append('file', new Blob(['x']))
  const posted = await fetch(at('/photos'), { method: 'POST', body: form })
  const tags = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'
  const tagged = await fetch(at('/photos/big?tagging'), { method: 'PUT', body: tags })
  const version = await (await fetch(at('/_sandbucket/version'))).json()
  const wrong = await startSandbucket({ port: 'x' }).then(() => 'started', ({ message }) => message)
  const busy = await startSandbucket({ port: server.port }).then(() => 'started', ({ code, message }) => code ?? message)
  await server.close()
  const again = await startSandbucket({ data })
  const kept = again.buckets.length
  await again.close()
  rmSync(data, { recursive: true })
  console.log(JSON.stringify({
    put: put.status, size: got.length, missing: missing.status, posted: posted.status, tagged: tagged.status,
    version: version.version, wrong: wrong.split(' ')[0], isBusy: busy !== 'started', kept,
  }))
}
${find === 'import' ? 'await main()' : 'main().catch((cause) => { console.error(cause); process.exit(1) })'}
`

let folder: string

/** Runs the program and reads its line. */
async function saw(find: string, file: string, argv: string[]): Promise<unknown> {
  const path = join(folder, file)
  writeFileSync(path, program(find))
  const { stdout } = await run(process.execPath, ['--no-warnings', ...argv, path], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    timeout: 60_000,
  })
  return JSON.parse(stdout)
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const expected = {
  put: 200,
  size: 8 << 20,
  missing: 404,
  posted: 204,
  tagged: 200,
  version,
  wrong: 'port',
  isBusy: true,
  kept: 0,
}

describe('the package', () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbucket-package-'))
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'sandbucket'), 'junction')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('is required by CommonJS', async () => {
    assert.deepEqual(await saw('require', 'required.cjs', []), expected)
  })

  it('is imported by CommonJS', async () => {
    assert.deepEqual(await saw('import()', 'imported.cjs', []), expected)
  })

  it('is imported by a module', async () => {
    assert.deepEqual(await saw('import', 'imported.mjs', []), expected)
  })

  it("is required in Jest's default mode, which has no import()", async () => {
    const jestLike = join(root, 'test', 'package', 'jest-like.mjs')
    assert.deepEqual(await saw('require', 'jest.cjs', [jestLike]), expected)
  })

  it('names files that are there, for both kinds of modules', () => {
    const { main, types, bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const conditions = exports['.'] as Record<string, Record<string, string>>
    const paths = [main, types, bin.sandbucket, ...Object.values(conditions).flatMap((one) => Object.values(one))]
    for (const path of paths) assert.ok(readFileSync(join(root, path), 'utf8').length > 0, path)
    const commonTypes = conditions.require?.types as string
    assert.equal(JSON.parse(readFileSync(join(root, dirname(commonTypes), 'package.json'), 'utf8')).type, 'commonjs')
  })
})
