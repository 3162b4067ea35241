/** Commands find the server of their data folder, or the one that is named, and say what to do when none answers. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { ServerAddress } from '../../src/cli/find-server.ts'
import { run } from '../../src/cli/run.ts'
import { callIam } from '../../src/cli/sign-query.ts'
import { type Sandbucket, type SandbucketOptions, startSandbucket } from '../../src/index.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sandbucket-find-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function start(t: TestContext, options: SandbucketOptions): Promise<Sandbucket> {
  const server = await startSandbucket(options)
  t.after(() => server.close({ graceMs: 0 }))
  return server
}

async function cli(directory: string, argv: string[], env: Record<string, string> = {}) {
  const ran = { exitCode: -1, out: '', err: '' }
  const out = (text: string) => {
    ran.out += text
  }
  const err = (text: string) => {
    ran.err += text
  }
  ran.exitCode = await run({ argv, env, directory, isTerminal: false, out, err })
  return ran
}

const data = '.sandbucket'
const file = (directory: string) => join(directory, data, 'server.json')

describe('the run file', () => {
  it('says where the server listens, to its owner alone, and goes with it', async (t) => {
    const directory = folder(t)
    const server = await start(t, { data: join(directory, data), region: 'eu-west-1' })
    assert.deepEqual(JSON.parse(readFileSync(file(directory), 'utf8')), {
      url: server.endpoint,
      pid: process.pid,
      region: 'eu-west-1',
      accessKeyId: 'sandbucket',
    })
    assert.equal(statSync(file(directory)).mode & 0o777, 0o600)
    await server.reset()
    assert.ok(existsSync(file(directory)))
    await server.close({ graceMs: 0 })
    assert.ok(!existsSync(file(directory)))
  })

  it('leads every command to the server of its folder', async (t) => {
    const [one, two] = [folder(t), folder(t)]
    const first = await start(t, { data: join(one, data) })
    const second = await start(t, { data: join(two, data), region: 'eu-central-1', buckets: ['photos'] })
    assert.match((await cli(one, ['env'])).out, new RegExp(`^export AWS_ENDPOINT_URL=${first.endpoint}$`, 'm'))
    const env = await cli(two, ['env'])
    assert.match(env.out, new RegExp(`^export AWS_ENDPOINT_URL=${second.endpoint}$`, 'm'))
    assert.match(env.out, /^export AWS_DEFAULT_REGION=eu-central-1$/m)
    assert.match((await cli(two, ['s3cfg'])).out, new RegExp(`^host_base = 127.0.0.1:${second.port}$`, 'm'))
    assert.deepEqual(await cli(two, ['health']), { exitCode: 0, out: 'ready\n', err: '' })
    assert.match((await cli(two, ['record', 'show'])).out, /^Nothing was recorded/)
    const id = (await fetch(`${second.endpoint}/photos/k`)).headers.get('x-amz-request-id') ?? ''
    assert.equal((await cli(two, ['explain', id])).exitCode, 0)
    assert.equal((await cli(one, ['explain', id])).exitCode, 1)
    assert.equal((await cli(one, ['explain', id, '--endpoint', second.endpoint])).exitCode, 0)
    assert.equal((await cli(one, ['explain', id, '--endpoint', `localhost:${second.port}/`])).exitCode, 0)
    assert.equal(
      (await cli(two, ['reset'])).out,
      `Reset ${second.endpoint}: everything stored is gone, what the configuration names is there again.\n`,
    )
    writeFileSync(
      join(two, 'tests.json'),
      JSON.stringify([{ principal: 'user/a', action: 's3:GetObject', expect: 'allowed' }]),
    )
    assert.match((await cli(two, ['simulate', 'tests.json'])).out, /user with name a cannot be found/i)
  })

  it('that a crash left behind is not believed', async (t) => {
    const directory = folder(t)
    const server = await start(t, { data: join(directory, data) })
    const text = readFileSync(file(directory), 'utf8')
    await server.close({ graceMs: 0 })
    for (const left of [text.replace(String(process.pid), '999999999'), text, '{', 'null', '{"url":"x","pid":1}']) {
      writeFileSync(file(directory), left)
      const { out, err } = await cli(directory, ['env', '--data', data], { SANDBUCKET_PORT: '1' })
      assert.match(out, /^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:1$/m, left)
      assert.match(err, /^note: no server answers at http:\/\/127\.0\.0\.1:1 yet/, left)
    }
    writeFileSync(file(directory), text)
    const { exitCode, err } = await cli(directory, ['explain', 'ID'], { SANDBUCKET_PORT: '1' })
    assert.equal(exitCode, 1)
    assert.match(
      err,
      /^http:\/\/127\.0\.0\.1:1: no server answers \(.*\)\. The server that .*server\.json names has ended/,
    )
  })

  it('of a server with another key: what is not known is not made up', async (t) => {
    const directory = folder(t)
    const key = { accessKeyId: 'me', secretAccessKey: 'hush' }
    await start(t, { data: join(directory, data), ...key })
    assert.ok(!readFileSync(file(directory), 'utf8').includes('hush'))
    const { exitCode, out, err } = await cli(directory, ['env'])
    assert.deepEqual([exitCode, out], [2, ''])
    assert.match(err, /started with the key me, whose secret is not configured here: .*SANDBUCKET_SECRET_ACCESS_KEY/)
    const env = { SANDBUCKET_ACCESS_KEY_ID: 'me', SANDBUCKET_SECRET_ACCESS_KEY: 'hush' }
    assert.match((await cli(directory, ['env'], env)).out, /^export AWS_SECRET_ACCESS_KEY=hush$/m)
  })

  it('of a server with TLS names its CA', async (t) => {
    const directory = folder(t)
    const server = await start(t, { data: join(directory, data), tls: true })
    const { out } = await cli(directory, ['env'])
    assert.match(out, new RegExp(`^export AWS_ENDPOINT_URL=https://127.0.0.1:${server.port}$`, 'm'))
    const ca = join(directory, data, 'tls', 'ca.pem')
    assert.ok(out.includes(`export AWS_CA_BUNDLE=${ca}\n`), out)
    assert.match((await cli(directory, ['s3cfg'])).out, /^use_https = True$/m)
    assert.deepEqual(await cli(directory, ['health', '--endpoint', server.endpoint]), {
      exitCode: 0,
      out: 'ready\n',
      err: '',
    })
  })
})

describe('a server that is not of this data folder', () => {
  it('is not emptied by a reset that does not name it', async (t) => {
    const directory = folder(t)
    const server = await start(t, { inMemory: true, buckets: ['photos'] })
    const env = { SANDBUCKET_PORT: String(server.port) }
    const url = `${server.endpoint}/photos/k`
    const at: ServerAddress = {
      url: server.endpoint,
      adminUrl: server.endpoint,
      region: 'us-east-1',
      key: { accessKeyId: 'sandbucket', secretAccessKey: 'sandbucket' },
      accessKeyId: 'sandbucket',
      ca: undefined,
      knownBy: 'flags',
      program: 'sandbucket',
    }
    const iam = (Action: string) => callIam(at, { Action, UserName: 'ann' }, at.key ?? assert.fail())
    await iam('CreateUser')
    for (const where of [['--data', './nosuch'], []]) {
      const path = join(directory, where[1] ?? data)
      assert.deepEqual(await cli(directory, ['reset', ...where], env), {
        exitCode: 1,
        out: '',
        err:
          `No server runs on ${path}, so nothing was reset. A server answers at ${server.endpoint}: ` +
          `to empty that one, run sandbucket reset --endpoint ${server.endpoint}.\n`,
      })
    }
    assert.match(await iam('GetUser'), /ann/)
    const id = (await fetch(url)).headers.get('x-amz-request-id') ?? ''
    const asked = await cli(directory, ['explain', id], env)
    assert.equal(asked.exitCode, 0)
    const note = `note: no server runs on ${join(directory, data)}; the one at ${server.endpoint} was asked.\n`
    assert.equal(asked.err, note)
    assert.equal((await cli(directory, ['record'], env)).err, note)
    assert.equal((await cli(directory, ['explain', id, '--endpoint', server.endpoint])).err, '')
    assert.equal((await cli(directory, ['reset', '--endpoint', server.endpoint])).exitCode, 0)
    await assert.rejects(iam('GetUser'), /ann cannot be found/)
    assert.equal((await cli(directory, ['reset', '--port', String(server.port)])).exitCode, 0)
  })

  it('with another key is told by env', async (t) => {
    const directory = folder(t)
    const [same, other] = [await start(t, {}), await start(t, { accessKeyId: 'me', secretAccessKey: 'hush' })]
    assert.equal((await cli(directory, ['env', '--endpoint', same.endpoint])).err, '')
    const { exitCode, err } = await cli(directory, ['env', '--endpoint', other.endpoint])
    assert.equal(exitCode, 0)
    assert.equal(err, "note: the key is the one of this folder's configuration; that server may have another.\n")
  })
})

describe('when no server answers', () => {
  const argvs = [['health'], ['explain', 'ID'], ['record'], ['reset']]
  for (const argv of argvs) {
    it(`${argv[0]} says what to do`, async (t) => {
      const { exitCode, out, err } = await cli(folder(t), [...argv, '--port', '1'])
      assert.deepEqual([exitCode, out], [1, ''])
      assert.match(
        err,
        /^http:\/\/127\.0\.0\.1:1: no server answers \(.*ECONNREFUSED.*\)\. Start one with "sandbucket", or say where it runs: --endpoint URL/,
      )
    })
  }

  it('reset without an address asks for one', async (t) => {
    const directory = folder(t)
    const { exitCode, err } = await cli(directory, ['reset'], { SANDBUCKET_PORT: '1' })
    assert.equal(exitCode, 1)
    assert.match(err, /^No server runs on .*\.sandbucket, so nothing was reset\. Say where it runs: --endpoint URL/)
  })

  it('the command that starts one is written as this one was', async (t) => {
    for (const env of [{ npm_execpath: '/npm-cli.js' }, { npm_command: 'exec' }]) {
      const { err } = await cli(folder(t), ['health', '--port', '1'], env)
      assert.match(err, /Start one with "npx sandbucket"/)
    }
  })

  it('HTTPS to a server without it is told by both sides', async (t) => {
    const directory = folder(t)
    const { endpoint, port } = await start(t, { data: join(directory, data) })
    const asked = await cli(directory, ['health', '--endpoint', `https://127.0.0.1:${port}`])
    assert.deepEqual([asked.exitCode, asked.out], [1, ''])
    const told = `https://127.0.0.1:${port} does not speak HTTPS. Use ${endpoint}, or start the server with --tls.\n`
    assert.equal(asked.err, told)
    assert.match((await cli(directory, ['explain', 'list'])).out, / 400 BadRequest \(unreadable\) /)
    const { out } = await cli(directory, ['explain', 'last'])
    assert.match(
      out.replace(/\s+/g, ' '),
      /A client spoke HTTPS to a server without TLS\. Use http:\/\/ in its endpoint,/,
    )
  })

  it('something else that answers is told apart', async (t) => {
    const other = createServer((_req, res) => res.writeHead(404).end('<html>'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    t.after(() => other.close())
    const { port } = other.address() as AddressInfo
    const { exitCode, err } = await cli(folder(t), ['explain', 'ID', '--endpoint', `http://127.0.0.1:${port}`])
    assert.equal(exitCode, 1)
    assert.match(err, /^status 404: what answers at http:\/\/127\.0\.0\.1:\d+ is no Sandbucket; --endpoint URL/)
    const env = await cli(folder(t), ['env', '--port', String(port)])
    assert.deepEqual([env.exitCode, env.err], [0, `note: what answers at http://127.0.0.1:${port} is no Sandbucket.\n`])
  })

  it('an endpoint that is none is a usage error', async (t) => {
    for (const endpoint of ['ftp://x', 'http://', ':']) {
      const { exitCode, err } = await cli(folder(t), ['health', '--endpoint', endpoint])
      assert.equal(exitCode, 2, endpoint)
      assert.match(err, /--endpoint must be the address of a server, such as http:\/\/127\.0\.0\.1:9000/)
    }
    assert.equal((await cli(folder(t), ['serve', '--endpoint', 'http://x'])).exitCode, 2)
  })
})
