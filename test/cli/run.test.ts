import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { explainFailure } from '../../src/cli/exit-codes.ts'
import { shellQuote } from '../../src/cli/exports.ts'
import { optionsMarkdown } from '../../src/cli/help.ts'
import { run } from '../../src/cli/run.ts'
import { options, optionRows } from '../../src/config/options.ts'
import { resolveOptions } from '../../src/config/resolve.ts'

interface Ran {
  exitCode: number
  out: string
  err: string
}

async function cli(argv: string[], env: Record<string, string> = {}, directory = '/nonexistent'): Promise<Ran> {
  const ran: Ran = { exitCode: -1, out: '', err: '' }
  ran.exitCode = await run({
    argv,
    env,
    directory,
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

function folder(t: TestContext, files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'sandbucket-cli-'))
  t.after(() => rmSync(path, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

describe('sandbucket env', () => {
  it('prints lines for eval', async () => {
    assert.deepEqual(await cli(['env', '--port', '2', '--region', 'eu-west-1']), {
      exitCode: 0,
      out:
        'export AWS_ENDPOINT_URL=http://127.0.0.1:2\nexport AWS_ACCESS_KEY_ID=sandbucket\n' +
        'export AWS_SECRET_ACCESS_KEY=sandbucket\nexport AWS_REGION=eu-west-1\nexport AWS_DEFAULT_REGION=eu-west-1\n',
      err: 'note: no server answers at http://127.0.0.1:2 yet.\n',
    })
  })

  it('quotes what a shell would read', async () => {
    const { out } = await cli(['env'], { SANDBUCKET_ACCESS_KEY_ID: 'me', SANDBUCKET_SECRET_ACCESS_KEY: "a'b $(c)" })
    assert.match(out, /^export AWS_SECRET_ACCESS_KEY='a'\\''b \$\(c\)'$/m)
    assert.equal(shellQuote('a b'), "'a b'")
  })

  it('prints JSON', async () => {
    const { out } = await cli(['env', '--json'], { SANDBUCKET_HOST: '::' })
    assert.deepEqual(JSON.parse(out), {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9000',
      AWS_ACCESS_KEY_ID: 'sandbucket',
      AWS_SECRET_ACCESS_KEY: 'sandbucket',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
    })
  })

  it('takes out of the shell what would send clients elsewhere or spoil the key', async () => {
    const env = {
      AWS_PROFILE: 'work',
      AWS_SESSION_TOKEN: 'x',
      AWS_ENDPOINT_URL_S3: 'https://s3.example',
      AWS_PAGER: '',
    }
    const { out } = await cli(['env'], env)
    assert.match(out, /^unset AWS_SESSION_TOKEN AWS_PROFILE AWS_ENDPOINT_URL_S3$/m)
    assert.doesNotMatch((await cli(['env', '--json'], env)).out, /unset|AWS_PROFILE/)
  })

  it('cannot know a port that is chosen later', async () => {
    const { exitCode, err } = await cli(['env', '--port', '0'])
    assert.equal(exitCode, 2)
    assert.match(err, /say --port PORT to env/)
  })
})

describe('sandbucket s3cfg', () => {
  it('prints a path-style configuration for this endpoint', async () => {
    const { out, exitCode } = await cli(['s3cfg', '-p', '9001', '--host', '192.168.0.7'])
    assert.equal(exitCode, 0)
    for (const line of [
      '[default]',
      'access_key = sandbucket',
      'secret_key = sandbucket',
      'bucket_location = us-east-1',
      'host_base = 192.168.0.7:9001',
      'host_bucket = 192.168.0.7:9001',
      'use_https = False',
      'signurl_use_https = False',
      'signature_v2 = False',
    ]) {
      assert.ok(out.split('\n').includes(line), line)
    }
  })
})

describe('the configuration file', () => {
  it('is found in the working directory', async (t) => {
    const { out } = await cli(['env'], {}, folder(t, { 'sandbucket.config.json': '{"port":9100}' }))
    assert.match(out, /:9100$/m)
  })

  it('may be a module', async (t) => {
    const { out } = await cli(
      ['env'],
      {},
      folder(t, { 'sandbucket.config.mjs': 'export default { port: 9000 + 200 }' }),
    )
    assert.match(out, /:9200$/m)
  })

  it('may be named by flag or variable', async (t) => {
    const directory = folder(t, { 'a.json': '{"port":9300}', 'b.json': '{"port":9400}' })
    assert.match((await cli(['env', '--config', 'a.json'], { SANDBUCKET_CONFIG: 'b.json' }, directory)).out, /:9300$/m)
    assert.match((await cli(['env'], { SANDBUCKET_CONFIG: join(directory, 'b.json') }, directory)).out, /:9400$/m)
  })

  it('with a mistake deep inside says where it is', async (t) => {
    const user = { name: 'ann', keys: [{ accessKeyId: 'AKIA1', secretAccesKey: 'x' }] }
    const directory = folder(t, {
      'iam.json': JSON.stringify({ iam: { users: [user] } }),
      'several.json': JSON.stringify({ iam: [{}, { roles: [{ name: 'r', trust: {}, maxSessionDuration: 1 }] }] }),
      'accounts.json': JSON.stringify({ accounts: [{ id: '1', keys: [] }] }),
      'kyes.yaml': 'iam: { users: [{ name: ann, kyes: [] }] }',
      'plain.json': JSON.stringify({ iam: 7 }),
    })
    const problem = async (file: string) => (await cli(['env', '-c', file], {}, directory)).err
    assert.match(
      await problem('iam.json'),
      /^sandbucket: \S*iam\.json: iam\.users\[0\]\.keys\[0\]\.secretAccesKey is not known; did you mean secretAccessKey\?\n$/,
    )
    assert.match(await problem('kyes.yaml'), /kyes\.yaml: iam\.users\[0\]\.kyes is not known; did you mean keys\?\n$/)
    assert.match(await problem('several.json'), /; look at 1\.roles\.0\.maxSessionDuration\n$/)
    assert.match(await problem('accounts.json'), /; look at 0\.keys\n$/)
    assert.doesNotMatch(await problem('plain.json'), /look at/)
  })

  it('that is missing or broken is a usage error', async (t) => {
    const directory = folder(t, { 'a.json': '{' })
    const missing = await cli(['env', '-c', 'none.json'], {}, directory)
    assert.equal(missing.exitCode, 2)
    assert.equal(missing.err, `sandbucket: there is no file ${join(directory, 'none.json')}\n`)
    assert.match((await cli(['env', '-c', 'a.json'], {}, directory)).err, /it must be JSON/)
  })
})

describe('help', () => {
  it('names every option, by flag and by variable', async () => {
    const { out, exitCode } = await cli(['--help'])
    assert.equal(exitCode, 0)
    for (const [, row] of optionRows) {
      assert.ok(out.includes(row.env), row.env)
      if (row.flag !== undefined) assert.ok(out.includes(`--${row.flag}`), row.flag)
    }
  })

  it('--version is bare semver', async () => {
    for (const argv of [['--version'], ['-v'], ['version']]) assert.match((await cli(argv)).out, /^\d+\.\d+\.\d+\n$/)
  })

  it('the table for the README has a row per option', () => {
    assert.equal(optionsMarkdown().trim().split('\n').length, Object.keys(options).length + 2)
  })

  it('mistakes exit with 2 and one line each', async () => {
    const { exitCode, err, out } = await cli(['--prot', '--port', 'x'])
    assert.equal(exitCode, 2)
    assert.equal(out, '')
    assert.equal(err.trim().split('\n').length, 2)
  })
})

describe('a start that fails', () => {
  const { config } = resolveOptions({ port: 9000 })
  const cases: [string, object, number, RegExp][] = [
    ['port in use', { code: 'EADDRINUSE', syscall: 'listen' }, 3, /Port 9000 of 127\.0\.0\.1 is in use.*--port 9001/],
    ['a privileged port', { code: 'EACCES', syscall: 'listen' }, 3, /no privilege/],
    [
      'an address of another machine',
      { code: 'EADDRNOTAVAIL', syscall: 'listen' },
      3,
      /not an address of this machine/,
    ],
    [
      'a locked data directory',
      { name: 'StoreError', code: 'LOCKED', message: 'in use by another' },
      4,
      /in use by another/,
    ],
    ['anything else', { message: 'bug', stack: 'Error: bug\n at x' }, 1, /at x/],
  ]
  for (const [name, fields, exitCode, message] of cases) {
    it(`${name} exits with ${exitCode} and says what to do`, () => {
      const failure = explainFailure(Object.assign(new Error('x'), fields), config)
      assert.equal(failure.exitCode, exitCode)
      assert.match(failure.message, message)
    })
  }
})
