/** Remedies as a server tells them, applied through its own API: the request then succeeds, and a neighbour stays denied. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as sts from '@aws-sdk/client-sts'
import type { ToldExplanation } from '../../src/explain.ts'
import type { Remedy } from '../../src/policy/remedies.ts'
import { accountA, type Asker, allOfS3, openScene, policyOf, type Said, said, type Scene } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

async function remediesOf({ output }: Said): Promise<Remedy[]> {
  const id = (output.$metadata as { requestId: string }).requestId
  const response = await fetch(`${scene.server.url}/_sandbucket/explain/${id}`)
  const { decisions } = (await response.json()) as ToldExplanation
  return decisions.flatMap(({ remedies }) => remedies)
}

/** Adds what the remedies say to a policy of the user and to the policy of the bucket. */
async function apply(remedies: readonly Remedy[], account: 'A' | 'X', user: Asker, Bucket: string): Promise<void> {
  for (const { addTo, statement } of remedies) {
    if (statement === undefined) continue
    const document = policyOf(statement)
    if (addTo === 'identity') {
      await scene.iam(account, 'PutUserPolicy', { UserName: user.name, PolicyName: 'remedy', PolicyDocument: document })
    } else if (addTo === 'resource') await scene.must(scene.a, 'PutBucketPolicy', { Bucket, Policy: document })
    else assert.fail(`no remedy for ${addTo} was expected`)
  }
}

describe('remedies, applied', () => {
  const keys = ['k', 'a*b', 'a?b', `\${aws:username}`, 'a b+%/ü', `$\${*}`]
  for (const Key of keys) {
    it(`let a user read ${JSON.stringify(Key)}, and nothing beside it`, async () => {
      const Bucket = await scene.bucket()
      const user = await scene.user()
      const beside = [...new Set([`${Key}x`, Key.replaceAll(/[*?]/g, 'x'), user.name])].filter((key) => key !== Key)
      for (const key of [Key, ...beside]) await scene.put(Bucket, key)
      const denied = await user.ask('GetObject', { Bucket, Key })
      assert.equal(denied.outcome, '403 AccessDenied')
      await apply(await remediesOf(denied), 'A', user, Bucket)
      assert.equal((await user.ask('GetObject', { Bucket, Key })).outcome, '200')
      for (const key of beside) {
        assert.equal((await user.ask('GetObject', { Bucket, Key: key })).outcome, '403 AccessDenied', key)
      }
      assert.equal((await user.ask('PutObject', { Bucket, Key, Body: 'x' })).outcome, '403 AccessDenied')
    })
  }

  const sides: [string, object[] | undefined, boolean, string[]][] = [
    ['both sides', undefined, false, ['identity', 'resource']],
    ['the bucket alone', [allOfS3], false, ['resource']],
    ['the user alone', undefined, true, ['identity']],
  ]
  for (const [name, allow, isTrusted, expected] of sides) {
    it(`of another account ask for ${name}`, async () => {
      const Bucket = await scene.bucket()
      await scene.put(Bucket, 'k')
      const x = await scene.user({ account: 'X', ...(allow && { allow: allow as Record<string, unknown>[] }) })
      if (isTrusted) {
        await scene.policy(Bucket, {
          Effect: 'Allow',
          Principal: { AWS: x.arn },
          Action: 's3:GetObject',
          Resource: 'arn:aws:s3:::B/*',
        })
      }
      const remedies = await remediesOf(await x.ask('GetObject', { Bucket, Key: 'k' }))
      assert.deepEqual(
        remedies.map(({ addTo }) => addTo),
        expected,
      )
      await apply(remedies, 'X', x, Bucket)
      assert.equal((await x.ask('GetObject', { Bucket, Key: 'k' })).outcome, '200')
      assert.equal((await x.ask('PutObject', { Bucket, Key: 'k', Body: 'x' })).outcome, '403 AccessDenied')
    })
  }

  const sent: [string, object, string, object, object, RegExp][] = [
    [
      'a prefix',
      { StringLike: { 's3:prefix': 'home/*' } },
      'ListObjectsV2',
      {},
      { Prefix: 'home/' },
      /parameter prefix=home\/$/,
    ],
    [
      'a header',
      { StringEquals: { 's3:x-amz-acl': 'private' } },
      'PutObject',
      { Key: 'k', Body: 'x' },
      { ACL: 'private' },
      /header x-amz-acl: private$/,
    ],
    [
      'a tag',
      { StringEquals: { 's3:RequestObjectTag/team': 'red' } },
      'PutObject',
      { Key: 'k', Body: 'x' },
      { Tagging: 'team=red' },
      /x-amz-tagging: team=red$/,
    ],
    [
      'a number',
      { NumericLessThanEquals: { 's3:max-keys': '10' } },
      'ListObjectsV2',
      {},
      { MaxKeys: 10 },
      /max-keys=10$/,
    ],
  ]
  for (const [name, Condition, operation, input, more, says] of sent) {
    it(`say to send ${name}, and add nothing`, async () => {
      const Bucket = await scene.bucket()
      const user = await scene.user({
        allow: [
          { Effect: 'Allow', Action: 's3:*', Resource: '*', Condition },
          { Effect: 'Allow', Action: 's3:PutObjectTagging', Resource: '*' },
        ],
      })
      const denied = await user.ask(operation, { Bucket, ...input })
      const remedies = await remediesOf(denied)
      assert.match(remedies[0]?.text ?? '', says)
      assert.ok(remedies.every(({ statement }) => statement === undefined))
      assert.match((await user.ask(operation, { Bucket, ...input, ...more })).outcome, /^20/)
    })
  }

  it('let a user assume a role, by a statement without Resource', async () => {
    const RoleName = 'untrusting'
    const trust = policyOf({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' })
    await scene.iam('A', 'CreateRole', { RoleName, AssumeRolePolicyDocument: trust })
    const [user, other] = [await scene.user(), await scene.user()]
    const assume = async (who: Asker) => {
      const client = new sts.STSClient({
        endpoint: scene.endpoint,
        region: 'us-east-1',
        credentials: { ...who.key },
        maxAttempts: 1,
      })
      const RoleArn = `arn:aws:iam::${accountA}:role/${RoleName}`
      const answer = await said(client, sts, 'AssumeRole', { RoleArn, RoleSessionName: 'session' })
      client.destroy()
      return answer
    }
    const [remedy, ...further] = await remediesOf(await assume(user))
    assert.deepEqual([remedy?.addTo, further], ['resource', []])
    assert.equal(remedy?.statement?.Resource, undefined)
    const PolicyDocument = policyOf([JSON.parse(trust).Statement, remedy?.statement ?? {}])
    await scene.iam('A', 'UpdateAssumeRolePolicy', { RoleName, PolicyDocument })
    assert.equal((await assume(user)).outcome, '200')
    assert.equal((await assume(other)).outcome, '403 AccessDenied')
  })

  it('put the Version into a policy whose variables are text', async () => {
    const Bucket = await scene.bucket()
    const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/\${aws:username}/*` }
    const user = await scene.user({ policy: { Statement: [statement] } })
    const Key = `${user.name}/k`
    for (const key of [Key, 'other/k']) await scene.put(Bucket, key)
    const denied = await user.ask('GetObject', { Bucket, Key })
    const remedies = await remediesOf(denied)
    assert.deepEqual(
      remedies.map(({ setVersion }) => setVersion),
      ['p'],
    )
    await scene.iam('A', 'PutUserPolicy', { UserName: user.name, PolicyName: 'p', PolicyDocument: policyOf(statement) })
    assert.equal((await user.ask('GetObject', { Bucket, Key })).outcome, '200')
    assert.equal((await user.ask('GetObject', { Bucket, Key: 'other/k' })).outcome, '403 AccessDenied')
  })
})
