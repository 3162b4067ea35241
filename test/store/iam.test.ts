/** IAM's state: atomic changes of an account, by several writers and from several processes. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClaimTaken, Iam } from '../../src/store/iam.ts'
import type { UserRecord } from '../../src/store/iam-records.ts'
import { openWithParts } from '../../src/store/open.ts'
import type { Engine } from '../../src/store/transaction.ts'

const user = (UserName: string, ...keys: string[]): UserRecord => ({
  UserName,
  UserId: `AIDA-${UserName}`,
  Path: '/',
  createdMs: 1,
  inline: {},
  attached: [],
  groups: [],
  accessKeys: keys.map((AccessKeyId) => ({ AccessKeyId, SecretAccessKey: 's', Status: 'Active', createdMs: 1 })),
})

/** Two stores over one database, as two processes would have them. */
async function openTwice() {
  const { kv, store } = await openWithParts()
  const engine = { kv } as Engine
  return { kv, store, one: new Iam(engine, store.keys.secrets), two: new Iam(engine, store.keys.secrets) }
}

describe('the state of IAM', () => {
  it('finds by name without case and by id, and lists in order of names', async () => {
    const { one } = await openTwice()
    await one.change('a', (draft) => {
      for (const name of ['bob', 'Ann', 'cyd']) draft.put('user', user(name))
      assert.equal(draft.list('user').length, 3)
    })
    const account = await one.account('a')
    assert.equal(account.get('user', 'ANN')?.UserName, 'Ann')
    assert.equal(account.byId('user', 'AIDA-bob')?.UserName, 'bob')
    assert.deepEqual(
      account.list('user').map(({ UserName }) => UserName),
      ['Ann', 'bob', 'cyd'],
    )
    assert.equal((await one.account('b')).get('user', 'ann'), undefined)
  })

  it('is read synchronously once it is in memory', async () => {
    const { one } = await openTwice()
    await one.change('a', (draft) => draft.put('user', user('ann', 'AKIA1')))
    await one.account('a')
    await one.keyOwner('AKIA1')
    assert.ok(!(one.account('a') instanceof Promise))
    assert.ok(!(one.keyOwner('AKIA1') instanceof Promise))
  })

  it('what another process changes is seen at the next read', async () => {
    const { one, two } = await openTwice()
    await one.change('a', (draft) => draft.put('user', user('ann', 'AKIA1')))
    assert.equal((await two.account('a')).get('user', 'ann')?.UserName, 'ann')
    await two.change('a', (draft) => draft.delete('user', 'ann'))
    assert.equal((await one.account('a')).get('user', 'ann'), undefined)
    assert.equal(await one.keyOwner('AKIA1'), undefined)
  })

  it('writers in two processes lose no change', async () => {
    const { one, two } = await openTwice()
    const add = (iam: Iam, name: string) => iam.change('a', (draft) => draft.put('user', user(name)))
    await Promise.all(Array.from({ length: 40 }, (_, i) => add(i % 2 === 0 ? one : two, `u${i}`)))
    assert.equal((await one.account('a')).list('user').length, 40)
    assert.equal((await two.account('a')).list('user').length, 40)
  })

  it('a change that is refused leaves nothing, and one that changes nothing is not written', async () => {
    const { one } = await openTwice()
    const refused = one.change('a', (draft) => {
      draft.put('user', user('ann'))
      throw new Error('no')
    })
    await assert.rejects(refused, /no/)
    assert.equal((await one.account('a')).revision, '')
    await one.change('a', (draft) => draft.get('user', 'ann'))
    assert.equal((await one.account('a')).revision, '')
  })

  it('access key ids and aliases are unique among accounts', async () => {
    const { one } = await openTwice()
    await one.change('a', (draft) => draft.put('user', user('ann', 'AKIA1')))
    const again = one.change('b', (draft) => draft.put('user', user('bob', 'AKIA1')))
    await assert.rejects(again, ClaimTaken)
    await one.change('a', (draft) => draft.put('account', { alias: 'ours', accessKeys: [] }))
    await assert.rejects(
      one.change('b', (draft) => draft.put('account', { alias: 'ours', accessKeys: [] })),
      ClaimTaken,
    )
    assert.equal(await one.aliasOwner('ours'), 'a')
    await one.change('a', (draft) => draft.delete('account', ''))
    await one.change('b', (draft) => draft.put('account', { alias: 'ours', accessKeys: [] }))
  })

  it('a rename keeps the keys', async () => {
    const { one } = await openTwice()
    await one.change('a', (draft) => draft.put('user', user('ann', 'AKIA1')))
    await one.change('a', (draft) => {
      const ann = draft.get('user', 'ann') as UserRecord
      draft.delete('user', 'ann')
      draft.put('user', { ...ann, UserName: 'eve' })
    })
    const owner = await one.keyOwner('AKIA1')
    assert.equal((await one.account('a')).byId('user', owner?.userId ?? '')?.UserName, 'eve')
  })

  it('a reset removes all but secrets, and changes under way begin anew', async () => {
    const { one, store } = await openTwice()
    await store.iam.change('a', (draft) => draft.put('user', user('ann', 'AKIA1')))
    const secret = await one.secret('session')
    assert.equal(secret.length, 32)
    await store.reset()
    assert.equal((await store.iam.account('a')).list('user').length, 0)
    assert.equal(await store.iam.keyOwner('AKIA1'), undefined)
    assert.deepEqual(await one.secret('session'), secret)
    await store.iam.change('a', (draft) => draft.put('user', user('ann', 'AKIA1')))
    assert.equal((await store.iam.account('a')).list('user').length, 1)
  })
})
