/** `sandbucket simulate` against a server. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { run } from '../../src/cli/run.ts'
import { startSandbucket } from '../../src/index.ts'

async function simulate(t: TestContext, tests: unknown, argv: string[] = [], name = 'tests.json') {
  const directory = mkdtempSync(join(tmpdir(), 'sandbucket-simulate-'))
  t.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, name), typeof tests === 'string' ? tests : JSON.stringify(tests))
  const ran = { exitCode: -1, out: '', err: '' }
  const out = (text: string) => {
    ran.out += text
  }
  const err = (text: string) => {
    ran.err += text
  }
  ran.exitCode = await run({
    argv: ['simulate', name, ...argv],
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

const byAccount = { ...statement, Condition: { StringEquals: { 'aws:PrincipalAccount': '012345678901' } } }
const yaml = `# who may do what
tests:
  - &alice
    name: reads
    principal: user/alice
    action: s3:GetObject
    resource: [arn:aws:s3:::b/k, 'arn:aws:s3:::b/no']
    context: { aws:PrincipalAccount: 012345678901 }
    expect: allowed
  - principal: user/alice
    action: s3:GetObject
    expect: denied
  - name: may not delete
    principal: user/alice
    action: s3:DeleteObject
    resource: arn:aws:s3:::b/k
    expect: explicitDeny
`

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
      { ...alice, name: 'writes', resource: 'arn:aws:s3:::b/k', action: 's3:PutObject', expect: 'allowed' },
      { principal: 'user/bob', action: 's3:GetObject', expect: 'denied' },
    ]
    assert.deepEqual(await simulate(t, { tests: bad }, argv), {
      exitCode: 1,
      out:
        'not ok: writes (tests.json test 1)\n    user/alice s3:PutObject arn:aws:s3:::b/k\n' +
        '  - allowed\n  + implicitDeny; no value for aws:SourceIp\n' +
        'not ok: (tests.json test 2)\n    user/bob s3:GetObject *\n' +
        '  - denied\n  + an error: The user with name bob cannot be found.\n' +
        '0 of 2 as expected\n',
      err: '',
    })
  })

  it('reads YAML, where every value is the text that stands there', async (t) => {
    const iam = { users: [{ name: 'alice', policies: { own: { ...policy, Statement: [byAccount] } } }] }
    const server = await startSandbucket({ iam })
    t.after(() => server.close({ graceMs: 0 }))
    const argv = ['--port', String(server.port)]
    const { exitCode, out, err } = await simulate(t, yaml, argv, 'policies.yaml')
    assert.deepEqual([exitCode, err], [1, ''])
    const expected = [
      'not ok: may not delete (policies.yaml:13)',
      '    user/alice s3:DeleteObject arn:aws:s3:::b/k',
      '  - explicitDeny',
      '  + implicitDeny',
      '3 of 4 as expected',
      '',
    ]
    assert.deepEqual(out.split('\n'), expected)
  })

  it('takes flags before and after the file', async (t) => {
    const { exitCode, err } = await simulate(t, [], ['--port', '0', '--region', 'x'])
    assert.deepEqual(
      [exitCode, err],
      [
        2,
        'sandbucket: port 0 is chosen when the server starts, and none runs on this data folder; say --port PORT to simulate\n',
      ],
    )
    const io = { env: {}, directory: '/', isTerminal: false, out() {}, err() {} }
    assert.equal(await run({ ...io, argv: ['--port', '0', 'simulate', 'f'] }), 2)
    assert.equal(await run({ ...io, argv: ['simulate', '--help'] }), 0)
    assert.equal(await run({ ...io, argv: ['simulate'] }), 2)
    assert.equal(await run({ ...io, argv: ['simulate', 'a', 'b'] }), 2)
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
      [[{ principal: 'user/a', action: 's3:GetObject', expect: 'yes' }], /tests\.json test 1: expect must be allowed/],
      [[{ principal: 'user/a', expects: 'denied' }], /"expects" is not known/],
      [[{ principal: 'user/a', action: 's3:a', context: { a: null }, expect: 'denied' }], /context must hold/],
    ]
    for (const [file, expected] of cases) {
      const { exitCode, err } = await simulate(t, file)
      assert.equal(exitCode, 2)
      assert.match(err, expected)
    }
    const texts: [string, RegExp][] = [
      ['a: [', /^sandbucket: t\.yml is not YAML: Flow sequence .* at line 1/],
      ['- a: 1\n  a: 2', /keys must be unique/],
      ['--- 1\n--- 2', /multiple documents/],
      ['- &x [*x]', /is not YAML/],
      ['- *x', /Unresolved alias/],
      ['- !!js/function x', /Unresolved tag/],
      ['tests: 1', /must hold a list of tests/],
      ['\n- principal: user/a\n  action:\n  expect: denied', /^sandbucket: t\.yml:2: action must be a text/],
    ]
    for (const [file, expected] of texts) {
      const { exitCode, err } = await simulate(t, file, [], 't.yml')
      assert.equal(exitCode, 2)
      assert.match(err, expected)
    }
    const bomb = [
      '- &a [x, x, x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((name, at) => `- &${name} [${Array(8).fill(`*${'abcdefgh'[at]}`)}]`),
    ]
    assert.match((await simulate(t, bomb.join('\n'), [], 't.yml')).err, /Excessive alias count/)
  })
})
