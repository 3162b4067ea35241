/** A server that starts again with another configuration of IAM than the one that made its data. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { IamSeed } from '../src/config/iam.ts'
import { resolveOptions } from '../src/config/resolve.ts'
import { createServer } from '../src/server.ts'
import { openStore } from '../src/store/open.ts'
import type { Store } from '../src/store/store.ts'

const id = '111111111111'
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const allow = (action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
})
const key = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: `${accessKeyId}-secret` })
const trust = (name: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${id}:user/${name}` }, Action: 'sts:AssumeRole' }],
})

let store: Store
before(async () => {
  store = await openStore()
})
after(() => store.close())

async function start(iam: IamSeed) {
  const { config } = resolveOptions({ iam, accounts: [{ id, keys: [key('ROOT')] }] })
  const server = await createServer(config, silent, { store: { ...store, close: async () => {} } })
  await server.close({ graceMs: 0 })
  return store.iam.account(id)
}

describe('a changed configuration', () => {
  it('changes what it names, keeps ids, and leaves the rest', async () => {
    const first = await start({
      policies: [{ name: 'shared', document: allow('s3:Get*') }],
      users: [
        { name: 'ann', keys: [key('K1')], policies: { own: allow('s3:*'), old: allow('s3:*') }, attach: ['shared'] },
        { name: 'bob', keys: [key('K2')] },
      ],
      roles: [{ name: 'deploy', trust: trust('ann'), attach: ['shared'] }],
    })
    const annId = first.get('user', 'ann')?.UserId
    const roleId = first.get('role', 'deploy')?.RoleId
    const account = await start({
      policies: [{ name: 'shared', document: allow('s3:List*') }],
      users: [{ name: 'ann', path: '/dev/', keys: [key('K3')], policies: { own: allow('s3:GetObject') } }],
      roles: [{ name: 'deploy', trust: trust('dev/ann') }],
    })
    const ann = account.get('user', 'ann')
    assert.equal(ann?.UserId, annId)
    assert.equal(ann?.Path, '/dev/')
    assert.deepEqual(Object.keys(ann?.inline ?? {}), ['own'])
    assert.match(ann?.inline.own ?? '', /s3:GetObject/)
    assert.deepEqual(ann?.attached, [])
    assert.ok(account.get('user', 'bob'), 'a user who is no longer named stays')
    const shared = account.get('policy', 'shared')
    assert.deepEqual(
      shared?.versions.map(({ VersionId }) => VersionId),
      ['v2', 'v1'],
    )
    assert.equal(shared?.DefaultVersionId, 'v2')
    const role = account.get('role', 'deploy')
    assert.equal(role?.RoleId, roleId)
    assert.deepEqual(role?.trusted, { [`arn:aws:iam::${id}:user/dev/ann`]: annId })
  })

  it('takes a key away that it named before, and none that the API made', async () => {
    const keysOf = async (seed: IamSeed) =>
      (await start(seed)).get('user', 'carl')?.accessKeys.map(({ AccessKeyId }) => AccessKeyId)
    const carl = (...ids: string[]): IamSeed => ({ users: [{ name: 'carl', keys: ids.map(key) }] })
    assert.deepEqual(await keysOf(carl('C1')), ['C1'])
    await store.iam.change(id, (draft) => {
      const user = draft.get('user', 'carl')
      assert.ok(user)
      const made = { AccessKeyId: 'MADE', SecretAccessKey: 's', Status: 'Active' as const, createdMs: 1 }
      draft.put('user', { ...user, accessKeys: [...user.accessKeys, made] })
    })
    assert.deepEqual(await keysOf(carl('C2')), ['C2', 'MADE'])
    const createdMs = (await store.iam.account(id)).get('user', 'carl')?.accessKeys[0]?.createdMs
    assert.deepEqual(await keysOf(carl('C2')), ['C2', 'MADE'])
    assert.equal((await store.iam.account(id)).get('user', 'carl')?.accessKeys[0]?.createdMs, createdMs)
    assert.deepEqual(await keysOf(carl()), ['MADE'])
  })

  it('that is wrong ends the start and leaves everything as it was', async () => {
    const before = await store.iam.account(id)
    const shared = before.get('policy', 'shared')?.versions.length
    const wrong: IamSeed = {
      policies: [{ name: 'shared', document: allow('s3:Put*') }],
      users: [{ name: 'dora', attach: ['nowhere'] }],
    }
    await assert.rejects(start(wrong), /^UsageError: iam: \w+ [\w-]+: there is no managed policy nowhere/)
    const account = await store.iam.account(id)
    assert.equal(account.get('policy', 'shared')?.versions.length, shared)
    assert.equal(account.get('user', 'dora'), undefined)
  })
})
