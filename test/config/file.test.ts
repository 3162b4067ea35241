import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadConfigFile } from '../../src/config/file.ts'

const directory = mkdtempSync(join(tmpdir(), 'sandbucket-config-'))
after(() => rmSync(directory, { recursive: true }))

function load(text: string, files: Record<string, string> = {}) {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  writeFileSync(join(directory, 'c.json'), text)
  return loadConfigFile('c.json', directory)
}

describe('a configuration file in JSON', () => {
  it('that is none tells line and column', async () => {
    const broken = '{\n  "port": 9000,\n  "iam": { "users": [ { "name": "x" ] }\n}\n'
    await assert.rejects(load(broken), /^UsageError: c\.json: .* at position 54 \(line 3 column 37\); it must be JSON$/)
  })

  it('takes secrets and policies from files beside it', async () => {
    const text = `{
      "iam": { "users": [{
        "name": "ann",
        "keys": [{ "accessKeyId": "K", "secretAccessKey": { "$file": "secret.txt" } }],
        "policies": { "own": { "$file": "policy.json" } }
      }] }
    }`
    const file = await load(text, { 'secret.txt': ' s3cret \n', 'policy.json': '{"Statement":[]}\n' })
    assert.deepEqual(file?.value, {
      iam: {
        users: [
          {
            name: 'ann',
            keys: [{ accessKeyId: 'K', secretAccessKey: ' s3cret ' }],
            policies: { own: '{"Statement":[]}' },
          },
        ],
      },
    })
  })

  it('names the place of a file that cannot be read', async () => {
    await assert.rejects(
      load('{ "accounts": [{ "keys": [{ "secretAccessKey": { "$file": "none" } }] }] }'),
      /^UsageError: accounts\.0\.keys\.0\.secretAccessKey in c\.json: cannot read none \(ENOENT.*\); name a readable file$/,
    )
  })
})
