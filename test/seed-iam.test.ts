/** IAM out of the configuration: there before the first request, the same after a reset, refused aloud when wrong. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GetRoleCommand, GetUserCommand, ListAttachedGroupPoliciesCommand } from '@aws-sdk/client-iam'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import type { IamSeed } from '../src/config/iam.ts'
import { resolveOptions } from '../src/config/resolve.ts'
import { createServer } from '../src/server.ts'
import { openStore } from '../src/store/open.ts'
import { failure, startArena } from './iam/support.ts'

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }
const keys = (id: string) => [{ accessKeyId: id, secretAccessKey: `${id}-secret` }]

const iam: IamSeed = {
  policies: [{ name: 'photos', document: everything, description: 'all of it' }],
  groups: [{ name: 'readers', attach: ['AmazonS3ReadOnlyAccess'] }],
  users: [
    { name: 'ann', path: '/dev/', keys: keys('ANN'), attach: ['photos'], tags: { team: 'a' } },
    {
      name: 'bob',
      keys: keys('BOB'),
      groups: ['readers'],
      policies: { own: JSON.stringify(everything) },
      boundary: 'AmazonS3ReadOnlyAccess',
    },
  ],
  roles: [
    {
      name: 'deploy',
      attach: ['photos'],
      maxSessionDuration: 7200,
      trust: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111111111111:user/dev/ann' }, Action: 'sts:AssumeRole' },
        ],
      },
    },
  ],
}

const as = (id: string) => ({ accessKeyId: id, secretAccessKey: `${id}-secret` })

describe('IAM in the configuration', () => {
  it('is in force from the start, and again after a reset', async () => {
    await using arena = await startArena({ buckets: ['photos'], iam })
    const check = async () => {
      const put = new PutObjectCommand({ Bucket: 'photos', Key: 'k', Body: 'x' })
      await arena.as(as('ANN')).s3.send(put)
      await arena.as(as('BOB')).s3.send(new GetObjectCommand({ Bucket: 'photos', Key: 'k' }))
      assert.match(await failure(arena.as(as('BOB')).s3.send(put)), /no permissions boundary allows/)
      const RoleArn = 'arn:aws:iam::111111111111:role/deploy'
      await arena.as(as('ANN')).sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }))
      assert.match(
        await failure(arena.as(as('BOB')).sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }))),
        /^403 AccessDenied/,
      )
    }
    await check()
    const { User } = await arena.root.iam.send(new GetUserCommand({ UserName: 'ann' }))
    assert.equal(User?.Arn, 'arn:aws:iam::111111111111:user/dev/ann')
    assert.deepEqual(User?.Tags, [{ Key: 'team', Value: 'a' }])
    const { AttachedPolicies } = await arena.root.iam.send(
      new ListAttachedGroupPoliciesCommand({ GroupName: 'readers' }),
    )
    assert.deepEqual(AttachedPolicies, [
      { PolicyName: 'AmazonS3ReadOnlyAccess', PolicyArn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' },
    ])
    const { Role } = await arena.root.iam.send(new GetRoleCommand({ RoleName: 'deploy' }))
    assert.equal(Role?.MaxSessionDuration, 7200)
    await arena.server.reset()
    await check()
  })

  it('keeps the ids of what is there, and adds no version for the same document', async () => {
    const store = await openStore()
    const silent = { debug() {}, info() {}, warn() {}, error() {} }
    const { config } = resolveOptions({ iam })
    config.accounts = config.accounts.map((account) => ({ ...account, id: '111111111111' }))
    const keep = { ...store, close: async () => {} }
    const ids = async () => {
      const server = await createServer(config, silent, { store: keep })
      await server.close({ graceMs: 0 })
      const account = await store.iam.account('111111111111')
      return [account.get('user', 'ann')?.UserId, account.get('policy', 'photos')?.versions.length]
    }
    const before = await ids()
    assert.deepEqual(await ids(), before)
    assert.equal(before[1], 1)
    await store.close()
  })

  const refused: [title: string, seed: IamSeed, message: RegExp][] = [
    [
      'a policy that is none',
      { policies: [{ name: 'p', document: {} }] },
      /^iam\.policies\.0\.document has no Statement \(AWS answers: Syntax errors in policy\.\)$/,
    ],
    [
      'a group that is not there',
      { users: [{ name: 'u', groups: ['none'] }] },
      /^iam: user u: The group with name none/,
    ],
    [
      'a policy that is not there',
      { users: [{ name: 'u', attach: ['none'] }] },
      /iam: user u: there is no managed policy none/,
    ],
    [
      'a policy with a slip of the pen',
      { groups: [{ name: 'g', attach: ['AmazonS3FullAcess'] }] },
      /iam: group g: there is no managed policy AmazonS3FullAcess; did you mean AmazonS3FullAccess\?/,
    ],
    ['an account that is not there', { account: '9', users: [{ name: 'u' }] }, /there is no account 9/],
    [
      'trust in nobody',
      {
        roles: [
          { name: 'r', trust: { Statement: [{ Effect: 'Allow', Principal: { AWS: 'x' }, Action: 'sts:AssumeRole' }] } },
        ],
      },
      /^iam: role r: Invalid principal in policy: "AWS":"x"$/,
    ],
    [
      'one key for two',
      {
        users: [
          { name: 'u', keys: keys('K') },
          { name: 'v', keys: keys('K') },
        ],
      },
      /the access key id "K" of user v is in use/,
    ],
    [
      'members that mean nothing',
      { users: [{ nam: 'u' } as never] },
      /^the options: iam\.users\[0\]\.nam is not known; did you mean name\?$/,
    ],
  ]
  for (const [title, seed, message] of refused) {
    it(`${title} ends the start`, async () => {
      await assert.rejects(startArena({ iam: seed }), (cause: Error) => {
        assert.equal(cause.name, 'UsageError')
        assert.match(cause.message, message)
        return true
      })
    })
  }
})
