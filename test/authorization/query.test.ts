// Permissions of IAM's own operations: action and resource as the Service Authorization Reference has them.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { accountA, type Asker, openScene, type Scene, said } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

async function ask(who: Asker, operation: string, input: object) {
  const client = new iam.IAMClient({
    endpoint: scene.server.url,
    region: 'us-east-1',
    credentials: who.key,
    maxAttempts: 1,
  })
  const answer = await said(client, iam, operation, input)
  client.destroy()
  return answer
}

describe('calls of IAM', () => {
  it('are refused without a policy, the resource unquoted and with its path', async () => {
    const u = await scene.user()
    await scene.iam('A', 'CreateUser', { UserName: 'pathy', Path: '/team/red/' })
    const { outcome, message } = await ask(u, 'GetUser', { UserName: 'pathy' })
    assert.equal(outcome, '403 AccessDenied')
    assert.equal(
      message,
      `User: ${u.arn} is not authorized to perform: iam:GetUser on resource: arn:aws:iam::${accountA}:user/team/red/pathy because no identity-based policy allows the iam:GetUser action`,
    )
  })

  it('are allowed by action and resource; without a name they are about the caller', async () => {
    const Resource = [`arn:aws:iam::${accountA}:user/team/*`, `arn:aws:iam::${accountA}:user/u*`]
    const u = await scene.user({ allow: [{ Effect: 'Allow', Action: ['iam:Get*', 'iam:ListAccessKeys'], Resource }] })
    assert.equal((await ask(u, 'GetUser', { UserName: 'pathy' })).outcome, '200')
    assert.equal((await ask(u, 'GetUser', {})).outcome, '200')
    assert.equal((await ask(u, 'ListAccessKeys', {})).outcome, '200')
    assert.equal((await ask(u, 'ListUsers', {})).outcome, '403 AccessDenied')
    assert.equal((await ask(u, 'DeleteUser', { UserName: 'pathy' })).outcome, '403 AccessDenied')
  })
})
