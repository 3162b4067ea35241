/** The program itself, as its own process. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { banner } from '../../src/cli/banner.ts'
import { stoppingText } from '../../src/cli/serve.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import { raw } from '../http/raw-client.ts'

const main = fileURLToPath(new URL(`../../src/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))
const loader = process.execArgv.filter((argument) => !argument.startsWith('--test'))

interface Program {
  child: ChildProcess
  out(): string
  err(): string
  /** Waits for text on standard output. */
  until(text: string): Promise<string>
  exited: Promise<number | null>
}

function program(t: TestContext, argv: string[], hasIpc = false, env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [...loader, main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe', ...(hasIpc ? (['ipc'] as const) : [])],
    env: { PATH: process.env.PATH, ...env },
    cwd: tmpdir(),
  })
  t.after(() => child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  // Node does not emit `close` after the parent has disconnected.
  const exited = once(child, hasIpc ? 'exit' : 'close').then(([code]) => code as number | null)
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  const until = async (text: string): Promise<string> => {
    while (!out.includes(text)) {
      const next = await Promise.race([once(child.stdout as NodeJS.EventEmitter, 'data'), exited])
      if (!Array.isArray(next)) assert.fail(`exited with ${next}: ${out}${err}`)
    }
    return out
  }
  return { child, out: () => out, err: () => err, until, exited }
}

/** Paths below a folder that somebody else may read or write. */
function openToOthers(folder: string): string[] {
  const paths = ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]
  return paths.filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0)
}

const memory = ['--in-memory', '--port', '0']

describe('what people read', () => {
  it('names the way to stop at once that was used', () => {
    const requests = [{ method: 'PUT', path: '/photos/big', state: 'receiving' as const }]
    assert.match(stoppingText(requests, 130), /for 1 request\. Press Ctrl-C again to stop at once\.\n {2}PUT/)
    assert.match(stoppingText(requests, 143), /for 1 request\. A second signal stops at once\.\n/)
  })

  it('is narrow, and promises no secret that the program does not know', () => {
    const told = (options: object) => banner('http://127.0.0.1:9000', '1.0.0', resolveOptions(options), undefined)
    const open = told({})
    assert.match(
      open,
      /servers \(minioadmin\/minioadmin, test\/test, \.\.\.\)\nwork too, until you configure a key\.\n/,
    )
    for (const line of open.split('\n')) assert.ok(line.length <= 80 || line.startsWith('Data is in'), line)
    const own = told({ accessKeyId: 'me', secretAccessKey: 'hush' })
    assert.match(own, /The secret is the one you gave; sandbucket env with the same options\nprints/)
    assert.doesNotMatch(own, /hush/)
  })
})

describe('sandbucket serve', () => {
  it('keeps its data from other users, whatever the umask', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'modes-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    const data = join(folder, 'new')
    const { child, until, exited } = program(t, ['--data', data, '--port', '0', '--bucket', 'photos', '--tls'])
    await until('Ready.\n')
    assert.deepEqual(openToOthers(data), [])
    child.kill('SIGTERM')
    assert.equal(await exited, 143)
    assert.deepEqual(openToOthers(data), [])
  })

  it('says for which requests a stop waits, and how long', async (t) => {
    const { child, err, until, exited } = program(t, memory)
    const port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(await until('Ready.\n'))?.[1])
    const head = `PUT /photos/${'k'.repeat(100)} HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nAuthorization: AWS a:b\r\n`
    const client = await raw(port)
    client.send(
      `POST /photos HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n`,
    )
    // Answered already: nothing to wait for.
    const answered = await raw(port)
    answered.send(`${head}\r\n`)
    await answered.until((text) => text.includes('</Error>'))
    const startedMs = Date.now()
    child.kill('SIGTERM')
    while (!err().includes('being received')) await once(child.stderr as NodeJS.EventEmitter, 'data')
    assert.match(
      err(),
      /Stopping: waits up to 8 s for 1 request\. A second signal stops at once\.\n {2}POST \/photos \(being received\)\n/,
    )
    client.socket.destroy()
    assert.equal(await exited, 143)
    assert.ok(Date.now() - startedMs < 7000)
    answered.socket.destroy()
  })

  it('stops on SIGTERM while it starts', { timeout: 20_000 }, async (t) => {
    if (process.platform === 'win32') return t.skip('there are no named pipes')
    const folder = mkdtempSync(join(tmpdir(), 'start-'))
    t.after(() => rmSync(folder, { recursive: true }))
    // Nobody ever writes to it: the start waits.
    const pipe = join(folder, 'cert.pem')
    execFileSync('mkfifo', [pipe])
    const { child, err, exited } = program(t, [
      ...memory,
      '--host',
      '0.0.0.0',
      '--tls',
      '--tls-cert',
      pipe,
      '--tls-key',
      pipe,
    ])
    // The note is the first that a start says.
    while (!err().includes('note: ')) await once(child.stderr as NodeJS.EventEmitter, 'data')
    await setTimeout(200)
    child.kill('SIGTERM')
    assert.equal(await exited, 143)
  })

  it('answers what is under way when something throws that nobody catches, and ends with 1', async (t) => {
    const boom = "process.on('SIGUSR2', () => { Promise.reject(new Error('boom')) })"
    const { child, out, until, exited } = program(t, [...memory, '--log-format', 'json'], false, {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(boom)}`,
    })
    const port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(await until('"listening"'))?.[1])
    const client = await raw(port)
    client.send(
      'POST /photos HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n',
    )
    await setTimeout(100)
    child.kill('SIGUSR2')
    assert.match(await client.closed(), /^HTTP\/1\.1 500 .*<Code>InternalError<\/Code>/s)
    assert.equal(await exited, 1)
    assert.match(out(), /"message":"boom".*"msg":"crash"/)
    client.socket.destroy()
  })

  it('says at once that a folder cannot be made, with exit code 4', { timeout: 20_000 }, async (t) => {
    if (process.platform !== 'linux') return t.skip('there is no /proc')
    const { err, exited } = program(t, ['--data', '/proc/x', '--port', '0'])
    assert.equal(await exited, 4)
    assert.match(err(), /^The data directory \/proc\/x cannot be made: its file system takes no folders/m)
  })

  it('prints what to paste, says Ready., and stops on SIGTERM with 143', async (t) => {
    const { child, until, exited } = program(t, [...memory, '--bucket', 'photos'])
    const out = await until('Ready.\n')
    assert.match(out, /^Sandbucket \d+\.\d+\.\d+: S3 on http:\/\/127\.0\.0\.1:\d+\nData is in memory/)
    assert.match(out, /^Buckets: photos$/m)
    assert.match(out, /^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/m)
    assert.match(out, /^export AWS_SECRET_ACCESS_KEY=sandbucket$/m)
    assert.match(out, /^export AWS_REGION=us-east-1\nexport AWS_DEFAULT_REGION=us-east-1$/m)
    child.kill('SIGTERM')
    assert.equal(await exited, 143)
  })

  it('in JSON says one object, and does not print a configured secret', async (t) => {
    const { child, until, out, err, exited } = program(t, [
      ...memory,
      '--log-format',
      'json',
      '--access-key',
      'me',
      '--secret-key',
      'hush',
    ])
    const [line = ''] = (await until('\n')).split('\n')
    const event = JSON.parse(line)
    assert.equal(event.event, 'listening')
    assert.equal(event.url, `http://127.0.0.1:${event.port}`)
    assert.equal(event.accessKeyId, 'me')
    assert.equal(event.data, null)
    const answer = await fetch(`${event.url}/_sandbucket/health/ready`)
    assert.equal(answer.status, 200)
    assert.equal((await fetch(`${event.url}/b/k`)).status, 404)
    await until('"op"')
    child.kill('SIGINT')
    assert.equal(await exited, 130)
    for (const logged of out().trim().split('\n')) JSON.parse(logged)
    assert.ok(!`${out()}${err()}`.includes('hush'))
  })

  it('finishes a request in flight before it stops, and a second signal ends it at once', async (t) => {
    const { child, until, exited } = program(t, [...memory, '--log-format', 'json'])
    const { port } = JSON.parse((await until('\n')).split('\n')[0] ?? '')
    const client = await raw(port)
    client.send('GET /b/k HTTP/1.1\r\nHost: h\r\n')
    // The head of the request has arrived once a later one has been answered.
    await fetch(`http://127.0.0.1:${port}/_sandbucket/health/live`)
    child.kill('SIGTERM')
    while ((await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) !== undefined);
    assert.equal(child.exitCode, null)
    client.send('\r\n')
    assert.match(await client.closed(), /^HTTP\/1\.1 \d\d\d /)
    client.socket.destroy()
    assert.equal(await exited, 143)

    const second = program(t, [...memory, '--log-format', 'json'])
    const other = JSON.parse((await second.until('\n')).split('\n')[0] ?? '')
    const stuck = await raw(other.port)
    stuck.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n')
    await fetch(`http://127.0.0.1:${other.port}/_sandbucket/health/live`)
    second.child.kill('SIGTERM')
    while ((await fetch(`http://127.0.0.1:${other.port}/`).catch(() => undefined)) !== undefined);
    second.child.kill('SIGINT')
    assert.equal(await second.exited, 130)
    stuck.socket.destroy()
  })

  it('tells the program that forked it, and goes with it', async (t) => {
    const { child, exited } = program(t, memory, true)
    const [message] = (await once(child, 'message')) as [{ event: string; url: string }]
    assert.equal(message.event, 'listening')
    assert.match(message.url, /^http:\/\/127\.0\.0\.1:\d+$/)
    child.disconnect()
    assert.equal(await exited, 0)
  })

  it('has exit codes of its own for a port in use, a locked directory and bad usage', async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'sandbucket-serve-'))
    t.after(() => rmSync(data, { recursive: true, force: true }))
    const first = program(t, ['--data', data, '--port', '0', '--log-format', 'json'])
    const { port } = JSON.parse((await first.until('\n')).split('\n')[0] ?? '')
    const samePort = program(t, ['--in-memory', '--port', String(port)])
    const sameData = program(t, ['--data', data, '--port', '0'])
    const badFlag = program(t, ['--quux'])
    assert.equal(await samePort.exited, 3)
    assert.match(samePort.err(), new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is in use\\.`))
    assert.equal(await sameData.exited, 4)
    assert.match(sameData.err(), /in use by another/)
    assert.equal(await badFlag.exited, 2)
    first.child.kill('SIGTERM')
    assert.equal(await first.exited, 143)
  })

  it('health asks the running server', async (t) => {
    const server = program(t, [...memory, '--log-format', 'json'])
    const { port } = JSON.parse((await server.until('\n')).split('\n')[0] ?? '')
    assert.equal(await program(t, ['health', '--port', String(port)]).exited, 0)
    server.child.kill('SIGTERM')
    await server.exited
    assert.equal(await program(t, ['health', '--port', String(port)]).exited, 1)
  })
})
