/** The examples in README.md work as they stand there. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { S3 } from '@aws-sdk/client-s3'
import { parse } from 'yaml'
import { run } from '../src/cli/run.ts'
import { startSandbucket } from '../src/index.ts'

const here = dirname(fileURLToPath(import.meta.url))
const readme = readFileSync(
  join(resolve(here, here.includes(join('dist', 'test')) ? '../..' : '..'), 'README.md'),
  'utf8',
)

/** The block behind `<!-- example: NAME -->`. */
function example(name: string): string {
  const found = new RegExp(`<!-- example: ${name.replaceAll('.', '\\.')} -->\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\``).exec(
    readme,
  )
  return found?.[1] ?? assert.fail(`README.md has no example ${name}`)
}

it('the policies of README.md pass the tests beside them', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'sandbucket-readme-'))
  t.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'policies.yaml'), example('policies.yaml'))
  const server = await startSandbucket(JSON.parse(example('sandbucket.config.json')) as object)
  t.after(() => server.close({ graceMs: 0 }))
  let out = ''
  const print = (text: string) => {
    out += text
  }
  const argv = ['simulate', 'policies.yaml', '--port', String(server.port)]
  const exitCode = await run({ argv, env: {}, directory, isTerminal: false, out: print, err: print })
  assert.deepEqual([exitCode, out], [0, '6 of 6 as expected\n'])
})

it('the user of README.md may put and get, and may not delete', async (t) => {
  const options: object = parse(example('sandbucket.config.yaml'), { schema: 'failsafe' })
  const server = await startSandbucket(options)
  t.after(() => server.close({ graceMs: 0 }))
  const s3 = new S3(server.clientConfig({ accessKeyId: 'alice', secretAccessKey: 'alice-secret' }))
  t.after(() => s3.destroy())
  const object = { Bucket: 'photos', Key: 'README.md' }
  await s3.putObject({ ...object, Body: 'text' })
  assert.equal(await (await s3.getObject(object)).Body?.transformToString(), 'text')
  await assert.rejects(s3.deleteObject(object), { name: 'AccessDenied' })
})
