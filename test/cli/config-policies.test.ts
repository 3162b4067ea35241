/** A bad policy in the configuration is told with its file, place and fault; YAML is read as JSON is. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { run } from '../../src/cli/run.ts'
import { loadConfigFile } from '../../src/config/file.ts'
import { findPolicyFault, type PolicyUse } from '../../src/find-policy-fault.ts'
import { startSandbucket } from '../../src/index.ts'

function folder(t: TestContext, files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'sandbucket-policies-'))
  t.after(() => rmSync(path, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

async function serve(directory: string, env: Record<string, string> = {}): Promise<{ exitCode: number; err: string }> {
  let err = ''
  const print = (text: string) => {
    err += text
  }
  const exitCode = await run({
    argv: ['--in-memory', '--port', '0'],
    env,
    directory,
    isTerminal: false,
    out() {},
    err: print,
  })
  return { exitCode, err }
}

const user = (policy: string) => `{
  "iam": {
    "users": [
      { "name": "ann",
        "policies": { "own": ${policy} } }
    ]
  }
}
`

describe('a bad policy in the configuration', () => {
  it('is told with file, line, column, path and fault', async (t) => {
    const policy = `{ "Version": "2012-10-17", "Statement": [
          { "Effect": "Allow", "Acton": "s3:GetObject", "Resource": "*" } ] }`
    const { exitCode, err } = await serve(folder(t, { 'sandbucket.config.json': user(policy) }))
    assert.equal(exitCode, 2)
    assert.equal(
      err,
      'sandbucket: sandbucket.config.json:6:32: iam.users.0.policies.own.Statement.0.Acton is no member of a statement; did you mean Action? (AWS answers: Syntax errors in policy.)\n',
    )
  })

  it('in YAML too', async (t) => {
    const yaml = `iam:
  roles:
    - name: worker
      trust:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: { Service: ecs-tasks.amazonaws.com }
            Action: sts:AssumeRole
            Resource: "*"
`
    const { exitCode, err } = await serve(folder(t, { 'sandbucket.config.yaml': yaml }))
    assert.equal(exitCode, 2)
    assert.match(
      err,
      /^sandbucket: sandbucket\.config\.yaml:10:13: iam\.roles\.0\.trust\.Statement\.0\.Resource does not belong here/,
    )
  })

  it('in a file of its own is told with its place in that', async (t) => {
    const directory = folder(t, {
      'sandbucket.config.json': user('{ "$file": "p.json" }'),
      'p.json': '{\n  "Statement": {\n    "Effect": "allow", "Action": "s3:*", "Resource": "*" }\n}\n',
    })
    const { err } = await serve(directory)
    assert.match(
      err,
      /^sandbucket: p\.json:3:5: iam\.users\.0\.policies\.own\.Statement\.Effect must be "Allow" or "Deny"/,
    )
  })

  it('in a variable or a program is told with its path, and all of them at once', async (t) => {
    const bad = { Statement: [{ Effect: 'Allow', Action: 's3.GetObject', Resource: '*' }] }
    const iam = { policies: [{ name: 'p', document: bad }], groups: [{ name: 'g', policies: { a: bad } }] }
    const { err } = await serve(folder(t, {}), { SANDBUCKET_IAM: JSON.stringify(iam) })
    assert.deepEqual(err.split('\n').length, 3)
    assert.match(err, /^sandbucket: iam\.policies\.0\.document\.Statement\.0\.Action must be/)
    assert.match(err, /\nsandbucket: iam\.groups\.0\.policies\.a\.Statement\.0\.Action must be "\*" or SERVICE:NAME/)
    await assert.rejects(
      startSandbucket({ iam }),
      /^UsageError: iam\.policies\.0\.document\.Statement\.0\.Action must be/,
    )
  })

  const faults: [string, PolicyUse, unknown, RegExp][] = [
    [
      'the old version',
      'managed',
      { Statement: { Effect: 'Deny', Action: '*', Resource: '*' } },
      /^ needs "Version": "2012-10-17"/,
    ],
    ['no JSON', 'inline', '{', /^ is no JSON: /],
    ['a list', 'inline', [], /^ must be an object/],
    [
      'an unknown member',
      'inline',
      { version: '2012-10-17' },
      /^version is no member of a policy; did you mean Version/,
    ],
    ['a wrong version', 'inline', { Version: '2012-10-18' }, /^Version must be "2012-10-17"/],
    ['no statement', 'inline', { Version: '2012-10-17' }, /^ has no Statement/],
    ['no statements', 'inline', { Statement: [] }, /^Statement is empty/],
    ['a text', 'inline', { Statement: ['x'] }, /^Statement\.0 must be an object/],
    ['no effect', 'inline', { Statement: {} }, /^Statement has no Effect/],
    ['no action', 'inline', { Statement: { Effect: 'Deny' } }, /^Statement has no Action/],
    ['no resource', 'inline', { Statement: { Effect: 'Deny', Action: '*' } }, /^Statement has no Resource/],
    [
      'no ARN',
      'inline',
      { Statement: { Effect: 'Deny', Action: '*', Resource: ['*', 'b/*'] } },
      /^Statement\.Resource\.1 must be/,
    ],
    [
      'two that exclude',
      'inline',
      { Statement: { Effect: 'Deny', Action: '*', NotAction: '*' } },
      /NotAction excludes Action/,
    ],
    [
      'a principal',
      'inline',
      { Statement: { Effect: 'Deny', Action: '*', Principal: '*' } },
      /Principal does not belong here/,
    ],
    [
      'no principal',
      'trust',
      { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole' } },
      /^Statement has no Principal/,
    ],
    [
      'an operator',
      'inline',
      { Statement: { Effect: 'Deny', Action: '*', Resource: '*', Condition: { StringEqual: { a: 'b' } } } },
      /Condition\.StringEqual is no operator of conditions; did you mean StringEquals/,
    ],
    [
      'a Sid',
      'inline',
      { Statement: { Sid: 'a b', Effect: 'Deny', Action: '*', Resource: '*' } },
      /Sid may have letters/,
    ],
  ]
  for (const [name, use, document, expected] of faults) {
    it(`${name} is found`, () => {
      const fault = findPolicyFault(typeof document === 'string' ? document : JSON.stringify(document), use)
      assert.match(`${fault?.path.join('.')} ${fault?.problem}`, expected)
    })
  }
})

describe('a configuration file in YAML', () => {
  it('says what JSON says, and keeps text as it stands there', async (t) => {
    const yaml = `# comments are welcome
port: 9100
tls: true
buckets: [photos, docs]
accounts:
  - id: 000000000012
    keys: [{ accessKeyId: AKIA1, secretAccessKey: { $file: secret } }]
iam:
  account: 000000000012
  roles:
    - name: worker
      trust: { Version: 2012-10-17, Statement: { Effect: Allow, Principal: { AWS: "000000000012" }, Action: "sts:AssumeRole" } }
      maxSessionDuration: 7200
      instanceProfile: true
`
    const directory = folder(t, { 'sandbucket.config.yaml': yaml, secret: 'hush\n' })
    const file = await loadConfigFile(undefined, directory)
    const { port, tls, ...rest } = (file?.value ?? {}) as Record<string, unknown>
    assert.deepEqual([port, tls], ['9100', 'true'])
    const server = await startSandbucket({ ...rest, port: 0 })
    t.after(() => server.close({ graceMs: 0 }))
    assert.deepEqual(server.credentials, { accessKeyId: 'AKIA1', secretAccessKey: 'hush' })
    assert.deepEqual([server.accounts[0]?.id, server.buckets], ['000000000012', ['photos', 'docs']])
  })

  it('that is none says where', async (t) => {
    const directory = folder(t, { 'sandbucket.config.yaml': 'port: [1\nbuckets: }' })
    const { exitCode, err } = await serve(directory)
    assert.equal(exitCode, 2)
    assert.match(err, /^sandbucket: sandbucket\.config\.yaml: .*line 2.*it must be YAML/s)
  })
})
