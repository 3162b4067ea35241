/** `sandbucket simulate` against a server. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { run } from '../../src/cli/run.ts'
import { startSandbucket } from '../../src/index.ts'

async function simulate(t: TestContext, tests: unknown, argv: string[] = []) {
  const directory = mkdtempSync(join(tmpdir(), 'sandbucket-simulate-'))
  t.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'tests.json'), typeof tests === 'string' ? tests : JSON.stringify(tests))
  const ran = { exitCode: -1, out: '', err: '' }
  const out = (text: string) => {
    ran.out += text
  }
  const err = (text: string) => {
    ran.err += text
  }
  ran.exitCode = await run({
    argv: ['simulate', 'tests.json', ...argv],
    env: {},
    directory,
    isTerminal: false,
    out,
    err,
  })
  return ran
}

const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }
const Condition = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }
const policy = { Version: '2012-10-17', Statement: [statement, { ...statement, Action: 's3:PutObject', Condition }] }

describe('sandbucket simulate', () => {
  it('exits 0 when all is as expected and 1 with what differs', async (t) => {
    const iam = { users: [{ name: 'alice', policies: { own: policy } }] }
    const server = await startSandbucket({ iam })
    t.after(() => server.close({ graceMs: 0 }))
    const argv = ['--port', String(server.port)]
    const alice = { principal: 'user/alice', resource: ['arn:aws:s3:::b/k', 'arn:aws:s3:::b/<&>'] }
    const good = [
      { ...alice, name: 'reads', action: 's3:GetObject', expect: 'allowed' },
      { ...alice, action: 's3:PutObject', context: { 'aws:SourceIp': '10.1.1.1' }, expect: 'allowed' },
      { ...alice, action: ['s3:PutObject', 's3:DeleteObject'], expect: 'denied' },
    ]
    assert.deepEqual(await simulate(t, good, argv), { exitCode: 0, out: '8 of 8 as expected\n', err: '' })
    const bad = [
      { ...alice, resource: 'arn:aws:s3:::b/k', action: 's3:PutObject', expect: 'allowed' },
      { principal: 'user/bob', action: 's3:GetObject', expect: 'denied' },
    ]
    assert.deepEqual(await simulate(t, { tests: bad }, argv), {
      exitCode: 1,
      out:
        'not ok: user/alice s3:PutObject arn:aws:s3:::b/k: expected allowed, got implicitDeny; no value for aws:SourceIp\n' +
        'not ok: user/bob s3:GetObject *: expected denied, got an error: The user with name bob cannot be found.\n' +
        '0 of 2 as expected\n',
      err: '',
    })
  })

  it('exits 1 when no server answers', async (t) => {
    const server = await startSandbucket()
    await server.close({ graceMs: 0 })
    const tests = [{ principal: 'user/a', action: 's3:GetObject', expect: 'denied' }]
    const { exitCode, out, err } = await simulate(t, tests, ['--port', String(server.port)])
    assert.deepEqual([exitCode, out], [1, ''])
    assert.match(err, /^http:.*ECONNREFUSED/)
  })

  it('says what is wrong with a file', async (t) => {
    const cases: [unknown, RegExp][] = [
      ['{', /^sandbucket: tests\.json is not JSON/],
      [[], /must hold a list of tests/],
      [
        [{ principal: 'user/a', action: 's3:GetObject', expect: 'yes' }],
        /test 1 of tests\.json: expect must be allowed/,
      ],
      [[{ principal: 'user/a', expects: 'denied' }], /"expects" is not known/],
      [[{ principal: 'user/a', action: 's3:a', context: { a: null }, expect: 'denied' }], /context must hold/],
    ]
    for (const [file, expected] of cases) {
      const { exitCode, err } = await simulate(t, file)
      assert.equal(exitCode, 2)
      assert.match(err, expected)
    }
  })
})
