/** What the program says to people and clients when TLS is on. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { banner, listeningEvent } from '../../src/cli/banner.ts'
import { caFile } from '../../src/cli/exports.ts'
import { run } from '../../src/cli/run.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import { issueCa } from '../../src/tls/certificate.ts'

const main = fileURLToPath(new URL(`../../src/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))
const loader = process.execArgv.filter((argument) => !argument.startsWith('--test'))

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sandbucket-tls-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function cli(
  argv: string[],
  env: Record<string, string> = {},
): Promise<{ exitCode: number; out: string; err: string }> {
  const ran = { exitCode: -1, out: '', err: '' }
  ran.exitCode = await run({
    argv,
    env,
    directory: '/home/me',
    isTerminal: false,
    out: (text) => {
      ran.out += text
    },
    err: (text) => {
      ran.err += text
    },
  })
  return ran
}

const lines = (text: string): string[] => text.split('\n')

function assertHas(text: string, expected: readonly string[]): void {
  for (const line of expected) assert.ok(lines(text).includes(line), `${line}\n is not in\n${text}`)
}

describe('sandbucket env --tls', () => {
  it('has https and the CA of the data directory, for Node, AWS, Python and curl', async () => {
    const { out, exitCode } = await cli(['env', '--tls', '--data', '/my data'])
    assert.equal(exitCode, 0)
    const ca = "'/my data/tls/ca.pem'"
    assertHas(out, [
      'export AWS_ENDPOINT_URL=https://127.0.0.1:9000',
      `export NODE_EXTRA_CA_CERTS=${ca}`,
      `export AWS_CA_BUNDLE=${ca}`,
      `# Python's requests: export REQUESTS_CA_BUNDLE=${ca}`,
      `# curl: curl --cacert ${ca} https://127.0.0.1:9000/`,
    ])
    // `eval $(sandbucket env)` without quotes makes one line of it: what follows a comment is lost.
    assert.ok(
      lines(out).findLastIndex((line) => line.startsWith('export')) <
        lines(out).findIndex((line) => line.startsWith('#')),
    )
  })

  it('says how to fetch a CA that is in memory', async () => {
    const { out } = await cli(['env', '--in-memory'], { SANDBUCKET_TLS: '1' })
    assertHas(out, [
      'export NODE_EXTRA_CA_CERTS=/home/me/sandbucket-ca.pem',
      '# The CA is in memory. Save it first: curl -fso /home/me/sandbucket-ca.pem http://127.0.0.1:9000/_sandbucket/ca.pem',
    ])
  })

  it('leaves the CA to you when the certificate is yours, and prints JSON', async () => {
    const { out } = await cli(['env', '--json', '--tls-cert', 'cert.pem', '--tls-key', 'key.pem'])
    const variables = JSON.parse(out)
    assert.equal(variables.AWS_ENDPOINT_URL, 'https://127.0.0.1:9000')
    assert.equal(variables.AWS_CA_BUNDLE, undefined)
    assert.equal(JSON.parse((await cli(['env', '--json', '--tls', '-d', '/d'])).out).AWS_CA_BUNDLE, '/d/tls/ca.pem')
  })

  it('says nothing of a CA without TLS', async () => {
    assert.doesNotMatch((await cli(['env'])).out, /CA|#/)
  })
})

describe('sandbucket s3cfg --tls', () => {
  it('uses https with the CA', async () => {
    const { out } = await cli(['s3cfg', '--tls', '--data', '/d'])
    assertHas(out, [
      'host_base = 127.0.0.1:9000',
      'use_https = True',
      'ca_certs_file = /d/tls/ca.pem',
      'check_ssl_certificate = True',
      'signurl_use_https = True',
    ])
    assert.doesNotMatch((await cli(['s3cfg'])).out, /ca_certs_file|True\nsignurl/)
  })
})

describe('the start', () => {
  const resolution = resolveOptions({ tls: true, data: '/d' })
  const ca = caFile(resolution.config, '/home/me')

  it('says that both schemes work, and what clients need', () => {
    const text = banner('https://127.0.0.1:9000', '1.2.3', resolution, ca)
    assertHas(text, [
      'Sandbucket 1.2.3: S3 on https://127.0.0.1:9000, and on http:// of the same address',
      'export AWS_ENDPOINT_URL=https://127.0.0.1:9000',
      'export NODE_EXTRA_CA_CERTS=/d/tls/ca.pem',
      'export AWS_CA_BUNDLE=/d/tls/ca.pem',
      '# curl: curl --cacert /d/tls/ca.pem https://127.0.0.1:9000/',
    ])
  })

  it('tells scripts the path of the CA, and the port of https when it is left out', () => {
    const event = listeningEvent('https://127.0.0.1', '1.2.3', resolution, ca) as { ca: string; port: number }
    assert.equal(event.ca, '/d/tls/ca.pem')
    assert.equal(event.port, 443)
    const inMemory = resolveOptions({ tls: true })
    const other = listeningEvent('https://127.0.0.1:1', '1.2.3', inMemory, caFile(inMemory.config, '/x'))
    assert.equal((other as { ca: unknown }).ca, null)
  })
})

describe('options for TLS', () => {
  it('a certificate turns TLS on; --no-tls turns it off again', () => {
    const files = { tlsCert: 'c.pem', tlsKey: 'k.pem' }
    assert.equal(resolveOptions(files).config.tls, true)
    assert.equal(resolveOptions({ ...files, tls: false }).config.tls, false)
    assert.equal(resolveOptions({}).config.tls, false)
  })

  it('a certificate and its key come together', async () => {
    const { exitCode, err } = await cli(['env', '--tls-cert', 'c.pem'])
    assert.equal(exitCode, 2)
    assert.match(err, /tlsCert \(--tls-cert\) is set but tlsKey \(--tls-key\) is not/)
    assert.match((await cli(['env'], { SANDBUCKET_TLS_KEY: 'k.pem' })).err, /tlsKey \(--tls-key\) is set but tlsCert/)
  })
})

interface Program {
  child: ChildProcess
  /** The first line of standard output. */
  line: Promise<string>
  exited: Promise<number | null>
  err(): string
}

function program(t: TestContext, argv: string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [...loader, main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
    cwd: tmpdir(),
  })
  t.after(() => child.kill('SIGKILL'))
  let err = ''
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  const line = once(child.stdout as NodeJS.EventEmitter, 'data').then(([chunk]) => String(chunk).split('\n')[0] ?? '')
  return { child, line, exited: once(child, 'close').then(([code]) => code as number | null), err: () => err }
}

describe('sandbucket serve --tls', () => {
  it('serves Node programs that have NODE_EXTRA_CA_CERTS, and keeps its CA', async (t) => {
    const data = folder(t)
    const argv = ['--tls', '--data', data, '--port', '0', '--log-format', 'json', '--log-level', 'error']
    const first = program(t, argv)
    const { url, ca } = JSON.parse(await first.line)
    assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
    assert.equal(ca, join(data, 'tls', 'ca.pem'))
    const script = `fetch('${url}/_sandbucket/health/ready').then(async (r) => process.stdout.write(await r.text()))`
    const client = await promisify(execFile)(process.execPath, ['-e', script], { env: { NODE_EXTRA_CA_CERTS: ca } })
    assert.equal(client.stdout, '{"status":"ready"}\n')
    const before = readFileSync(ca, 'utf8')
    first.child.kill('SIGTERM')
    assert.equal(await first.exited, 143)
    const second = program(t, argv)
    await second.line
    assert.equal(readFileSync(ca, 'utf8'), before)
    const { port } = new URL(JSON.parse(await second.line).url)
    assert.equal(await program(t, ['health', '--tls', '--port', port]).exited, 0)
  })

  it('takes a certificate from the environment, as a file or as PEM', async (t) => {
    const pair = issueCa(Date.now())
    const keyFile = join(folder(t), 'key.pem')
    writeFileSync(keyFile, pair.key)
    const server = program(t, ['--in-memory', '--port', '0', '--log-format', 'json'], {
      SANDBUCKET_TLS_CERT: pair.cert,
      SANDBUCKET_TLS_KEY: keyFile,
    })
    const { url } = JSON.parse(await server.line)
    const answer = await fetch(`${url.replace('https:', 'http:')}/_sandbucket/ca.pem`)
    assert.equal(await answer.text(), pair.cert)
  })

  it('ends with the code for usage when the certificate cannot be used, and says what to do', async (t) => {
    const path = join(folder(t), 'cert.pem')
    writeFileSync(path, 'hello')
    const broken = program(t, ['--in-memory', '--port', '0', '--tls-cert', path, '--tls-key', path])
    assert.equal(await broken.exited, 2)
    assert.equal(
      broken.err(),
      '--tls-cert holds no certificate; it must be PEM, with a line -----BEGIN CERTIFICATE-----\n',
    )
  })
})
