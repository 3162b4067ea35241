/** mc, MinIO's client, built from the Go module proxy: the commands of compose files and CI scripts. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MiB, noise } from '../lib/bytes.ts'
import { run } from '../lib/command.ts'
import { type CommandLine, commandLine } from '../lib/command-line.ts'
import { fetchRaw } from '../lib/http.ts'
import { goBin } from '../lib/paths.ts'
import { bucketName, type Check, type Client, runChecks, type Target } from '../lib/scenario.ts'
import { baseEnv } from '../lib/server.ts'
import { sdkFor } from './s3cmd.ts'

const program = process.env.CONFORMANCE_MC ?? join(goBin, 'mc')

interface Mc extends CommandLine {
  target: Target
  /** Makes a bucket of a name not used before. @returns its path for mc, `sb/NAME`, and its name */
  bucket(hint: string, ...flags: string[]): Promise<{ path: string; name: string }>
}

export const mc: Client = {
  name: 'mc',
  styles: ['path'],
  install: `GOBIN=$PWD/node_modules/.cache/conformance-go go install github.com/minio/mc@latest`,
  async version() {
    const result = await run([program, '--version'], { env: baseEnv('/nonexistent') })
    return result.code === 0 ? result.stdout.split('\n')[0] : undefined
  },
  async run(target, report) {
    const line = commandLine([program, '--no-color'], { ...target.env, MC_CONFIG_DIR: `${target.dir}/mc` }, target.dir)
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = target.env
    const client: Mc = {
      ...line,
      target,
      async bucket(hint, ...flags) {
        const name = bucketName(hint)
        await line.ok('mb', ...flags, `sb/${name}`)
        return { path: `sb/${name}`, name }
      },
    }
    const alias = ['alias', 'set', 'sb', target.endpoint, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY]
    const checks: Check[] = [['alias set', async () => void (await line.ok(...alias))], ...mcChecks(client)]
    await runChecks(checks, `mc/${target.style}`, report)
  },
}

function mcChecks(mc: Mc): Check[] {
  return [
    ['cp, ls, cat, stat, pipe, rm, rb', () => objects(mc)],
    ['cp of 70 MiB in parts, and mv on the server', () => large(mc)],
    ['mirror, diff, find, du', () => mirror(mc)],
    ['version enable, ls --versions, rm --versions', () => versions(mc)],
    ['tag set, list, remove', () => tags(mc)],
    ['anonymous set download on a bucket that blocks no public access', () => anonymous(mc)],
    ['share download and share upload', () => share(mc)],
    ['mb --with-lock, retention set, legalhold set', () => locks(mc)],
    ['encrypt set sse-s3, encrypt info', () => encrypt(mc)],
    ['a wrong secret', () => wrongSecret(mc)],
  ]
}

async function objects(mc: Mc): Promise<void> {
  const { path } = await mc.bucket('objects')
  await mc.ok('cp', '--attr', 'colour=blue', await mc.file('one.txt', 'one'), `${path}/dir/`)
  assert.match((await mc.ok('ls', `${path}/dir/`)).stdout, / 3B STANDARD one\.txt\n/)
  assert.equal((await mc.ok('cat', `${path}/dir/one.txt`)).stdout, 'one')
  assert.match((await mc.ok('stat', `${path}/dir/one.txt`)).stdout, /X-Amz-Meta-Colour *: blue/)
  await mc.piped('from a pipe', 'pipe', `${path}/piped`)
  assert.equal((await mc.ok('cat', `${path}/piped`)).stdout, 'from a pipe')
  await mc.refused(/not empty/i, 'rb', path)
  await mc.ok('rm', '--recursive', '--force', path)
  await mc.ok('rb', path)
}

async function large(mc: Mc): Promise<void> {
  const { path } = await mc.bucket('large')
  const body = noise(70 * MiB + 1, 41)
  await mc.ok('cp', await mc.file('large', body), `${path}/large`)
  await mc.ok('mv', `${path}/large`, `${path}/moved`)
  await mc.ok('cp', `${path}/moved`, mc.path('large.down'))
  assert.ok(body.equals(await readFile(mc.path('large.down'))))
}

async function mirror(mc: Mc): Promise<void> {
  const { path } = await mc.bucket('mirror')
  for (const name of ['a', 'd/b', 'd/ü c']) await mc.file(`tree/${name}`, name)
  await mc.ok('mirror', 'tree', path)
  await mc.file('tree/d/b', 'changed')
  await mc.ok('mirror', '--overwrite', 'tree', path)
  assert.equal((await mc.ok('cat', `${path}/d/b`)).stdout, 'changed')
  assert.equal((await mc.ok('diff', 'tree', path)).stdout, '')
  assert.equal((await mc.ok('find', path, '--name', '*b*')).stdout, `${path}/d/b\n`)
  assert.match((await mc.ok('du', path)).stdout, /3 objects/)
}

async function versions(mc: Mc): Promise<void> {
  const { path } = await mc.bucket('versions')
  await mc.ok('version', 'enable', path)
  assert.match((await mc.ok('version', 'info', path)).stdout, /versioning is enabled/)
  for (const text of ['1', '22']) await mc.piped(text, 'pipe', `${path}/k`)
  await mc.ok('rm', `${path}/k`)
  const listed = (await mc.ok('ls', '--versions', path)).stdout
  assert.match(listed, / DEL k\n.* v2 PUT k\n.* v1 PUT k\n/s)
  await mc.ok('rm', '--recursive', '--versions', '--force', path)
  assert.equal((await mc.ok('ls', '--versions', path)).stdout, '')
  await mc.ok('version', 'suspend', path)
}

async function tags(mc: Mc): Promise<void> {
  const { path } = await mc.bucket('tags')
  await mc.piped('k', 'pipe', `${path}/k`)
  await mc.ok('tag', 'set', `${path}/k`, 'project=north')
  assert.match((await mc.ok('tag', 'list', `${path}/k`)).stdout, /project *: north/)
  await mc.ok('tag', 'remove', `${path}/k`)
  await mc.ok('tag', 'set', path, 'of=bucket')
  assert.match((await mc.ok('tag', 'list', path)).stdout, /of *: bucket/)
}

async function anonymous(mc: Mc): Promise<void> {
  const { path, name } = await mc.bucket('anonymous')
  await mc.piped('for all', 'pipe', `${path}/k`)
  // As on AWS: a new bucket blocks public policies.
  await mc.refused(/Access Denied|BlockPublicPolicy/i, 'anonymous', 'set', 'download', path)
  const client = sdkFor(mc.target)
  await client.deletePublicAccessBlock({ Bucket: name })
  client.destroy()
  await mc.ok('anonymous', 'set', 'download', path)
  assert.match((await mc.ok('anonymous', 'get', path)).stdout, /is `download`/)
  assert.equal((await fetchRaw(`${mc.target.server.url}/${name}/k`)).text, 'for all')
  await mc.ok('anonymous', 'set', 'none', path)
  assert.equal((await fetchRaw(`${mc.target.server.url}/${name}/k`)).status, 403)
}

async function share(mc: Mc): Promise<void> {
  const { path } = await mc.bucket('share')
  await mc.piped('shared', 'pipe', `${path}/k`)
  const { stdout } = await mc.ok('share', 'download', '--expire', '1h', `${path}/k`)
  const url = /^Share: (\S+)$/m.exec(stdout)?.[1] ?? ''
  assert.equal((await fetchRaw(url)).text, 'shared', stdout)
  const upload = (await mc.ok('share', 'upload', `${path}/uploaded`)).stdout
  const command = /^Share: (curl .*)$/m.exec(upload)?.[1] ?? ''
  const file = await mc.file('upload', 'by a form')
  const posted = await run(['sh', '-c', command.replaceAll('<FILE>', file)], { env: baseEnv(mc.target.dir) })
  assert.equal(posted.code, 0, posted.stderr)
  assert.equal((await mc.ok('cat', `${path}/uploaded`)).stdout, 'by a form', posted.stdout)
}

async function locks(mc: Mc): Promise<void> {
  const { path } = await mc.bucket('locks', '--with-lock')
  await mc.piped('kept', 'pipe', `${path}/k`)
  await mc.ok('retention', 'set', 'governance', '1d', `${path}/k`)
  assert.match((await mc.ok('retention', 'info', `${path}/k`)).stdout, /Mode *: GOVERNANCE/)
  await mc.ok('legalhold', 'set', `${path}/k`)
  assert.match((await mc.ok('legalhold', 'info', `${path}/k`)).stdout, /ON/)
  await mc.ok('legalhold', 'clear', `${path}/k`)
  await mc.ok('retention', 'set', '--default', 'compliance', '30d', path)
  assert.match((await mc.ok('retention', 'info', '--default', path)).stdout, /COMPLIANCE.*30DAYS/i)
}

async function encrypt(mc: Mc): Promise<void> {
  const { path } = await mc.bucket('encrypt')
  await mc.ok('encrypt', 'set', 'sse-s3', path)
  assert.match((await mc.ok('encrypt', 'info', path)).stdout, /sse-s3/i)
}

async function wrongSecret(mc: Mc): Promise<void> {
  const args = ['alias', 'set', 'wrong', mc.target.endpoint, 'sandbucket', 'not-the-secret']
  await mc.ok(...args)
  await mc.refused(/signature we calculated does not match/, 'ls', 'wrong')
}
