import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveOptions } from '../../src/config/resolve.ts'

const keys = (id: string) => [{ accessKeyId: id, secretAccessKey: `${id}-secret` }]
const organizationsOf = (options: Parameters<typeof resolveOptions>[0]) =>
  resolveOptions(options).config.accounts.map(({ organization }) => organization)

describe('the organization of accounts', () => {
  it('is none unless said; a path ends in a slash, as aws:PrincipalOrgPaths has it', () => {
    assert.deepEqual(organizationsOf({}), [undefined])
    assert.deepEqual(organizationsOf({ organization: 'o-a1b2c3d4e5' }), ['o-a1b2c3d4e5/'])
    assert.deepEqual(organizationsOf({ organization: 'o-a1b2c3d4e5/r-ab12/' }), ['o-a1b2c3d4e5/r-ab12/'])
  })

  it('of single accounts wins over that of all, and empty takes one out', () => {
    const accounts = [
      { id: '1', keys: keys('K1') },
      { id: '2', keys: keys('K2'), organization: 'o-other' },
      { id: '3', keys: keys('K3'), organization: '' },
    ]
    assert.deepEqual(organizationsOf({ accounts, organization: 'o-all' }), ['o-all/', 'o-other/', undefined])
  })

  it('must look like one', () => {
    for (const organization of ['acme', 'o-', 'o-a/b', 'o-a1/r-b2/ou_c']) {
      assert.throws(() => resolveOptions({ organization }), /organization in the options must be the id of an/)
    }
  })
})

describe('keys of accounts and users', () => {
  it('may be the very objects that an SDK client was given, which writes into them', () => {
    const used = { accessKeyId: 'K', secretAccessKey: 's', $source: { CREDENTIALS_CODE: 'e' } }
    const { config } = resolveOptions({
      accounts: [{ id: '1', keys: [used] }],
      iam: { users: [{ name: 'u', keys: [{ ...used, accessKeyId: 'L' }] }] },
    })
    assert.deepEqual(config.accounts[0]?.keys, [{ accessKeyId: 'K', secretAccessKey: 's' }])
    assert.deepEqual(config.iam?.[0]?.users?.[0]?.keys, [{ accessKeyId: 'L', secretAccessKey: 's' }])
  })
})
