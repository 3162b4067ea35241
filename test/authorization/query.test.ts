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
  it('are refused without a policy, the resource by kind and name', async () => {
    const u = await scene.user()
    await scene.iam('A', 'CreateUser', { UserName: 'pathy', Path: '/team/red/' })
    const { outcome, message } = await ask(u, 'GetUser', { UserName: 'pathy' })
    assert.equal(outcome, '403 AccessDenied')
    assert.equal(
      message,
      `User: ${u.arn} is not authorized to perform: iam:GetUser on resource: user pathy because no identity-based policy allows the iam:GetUser action`,
    )
  })

  it('name in refusals what AWS names: kind and name, policies by ARN, what is listed or made by ARN', async () => {
    const u = await scene.user()
    const on = `arn:aws:iam::${accountA}`
    const arn = `${on}:policy/mine`
    for (const [operation, input, resource] of [
      ['GetRole', { RoleName: 'my-role' }, 'role my-role'],
      ['ListGroupsForUser', { UserName: 'bob' }, 'user bob'],
      ['ListAccessKeys', {}, `user ${u.name}`],
      ['GetGroup', { GroupName: 'devs' }, 'group devs'],
      ['GetInstanceProfile', { InstanceProfileName: 'web' }, 'instance profile web'],
      ['GetPolicy', { PolicyArn: arn }, `policy ${arn}`],
      ['CreatePolicy', { PolicyName: 'mine', PolicyDocument: '{}' }, 'policy mine'],
      ['ListPolicies', {}, 'policy path /'],
      ['ListUsers', {}, `${on}:user/`],
      ['ListRoles', { PathPrefix: '/a/' }, `${on}:role/a/`],
      ['ListVirtualMFADevices', {}, `${on}:mfa/`],
      ['CreateUser', { UserName: 'bob', Path: '/a/' }, `${on}:user/a/bob`],
      ['GetAccountSummary', {}, '*'],
    ] as const) {
      const { message } = await ask(u, operation, input)
      assert.equal(
        message,
        `User: ${u.arn} is not authorized to perform: iam:${operation} on resource: ${resource} because no identity-based policy allows the iam:${operation} action`,
      )
    }
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

describe('condition keys of IAM', () => {
  const on = (Action: string | string[], Condition?: object) => ({
    Effect: 'Allow',
    Action,
    Resource: '*',
    ...(Condition && { Condition }),
  })
  const named = (name: string) => ({ UserName: name, RoleName: name })
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  })

  it('aws:ResourceTag and iam:ResourceTag are the tags of the user or role', async () => {
    await scene.iam('A', 'CreateUser', { UserName: 'tagged', Tags: [{ Key: 'team', Value: 'red' }] })
    await scene.iam('A', 'CreateUser', { UserName: 'untagged' })
    for (const key of ['aws:ResourceTag/team', 'iam:ResourceTag/team']) {
      const u = await scene.user({ allow: [on('iam:GetUser', { StringEquals: { [key]: 'red' } })] })
      assert.equal((await ask(u, 'GetUser', { UserName: 'tagged' })).outcome, '200')
      assert.equal((await ask(u, 'GetUser', { UserName: 'untagged' })).outcome, '403 AccessDenied')
    }
  })

  it('iam:PermissionsBoundary is the boundary that is set, or that the changed user has', async () => {
    const boundary = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
    const condition = { StringEquals: { 'iam:PermissionsBoundary': boundary } }
    const u = await scene.user({ allow: [on(['iam:CreateUser', 'iam:PutUserPolicy'], condition)] })
    assert.equal((await ask(u, 'CreateUser', { UserName: 'free' })).outcome, '403 AccessDenied')
    const { outcome } = await ask(u, 'CreateUser', { UserName: 'bounded', PermissionsBoundary: boundary })
    assert.equal(outcome, '200')
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [on('s3:*')] })
    const put = (UserName: string) => ask(u, 'PutUserPolicy', { UserName, PolicyName: 'p', PolicyDocument })
    assert.equal((await put('bounded')).outcome, '200')
    assert.equal((await put('tagged')).outcome, '403 AccessDenied')
  })

  it('iam:PolicyARN is the policy that is attached or detached', async () => {
    const own = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
    const u = await scene.user({ allow: [on('iam:*UserPolicy', { ArnEquals: { 'iam:PolicyARN': own } })] })
    const call = (operation: string, PolicyArn: string) => ask(u, operation, { UserName: 'tagged', PolicyArn })
    assert.equal((await call('AttachUserPolicy', own)).outcome, '200')
    assert.equal((await call('DetachUserPolicy', own)).outcome, '200')
    const { outcome } = await call('AttachUserPolicy', 'arn:aws:iam::aws:policy/AdministratorAccess')
    assert.equal(outcome, '403 AccessDenied')
  })

  it('something new with tags needs the permission to tag it', async () => {
    const u = await scene.user({ allow: [on('iam:CreateUser')] })
    const Tags = [{ Key: 'k', Value: 'v' }]
    const { outcome, message } = await ask(u, 'CreateUser', { UserName: 'fresh', Tags })
    assert.equal(outcome, '403 AccessDenied')
    assert.match(message, /iam:TagUser on resource: arn:aws:iam::\d+:user\/fresh because/)
    const both = await scene.user({ allow: [on(['iam:CreateUser', 'iam:TagUser'])] })
    assert.equal((await ask(both, 'CreateUser', { UserName: 'fresh', Tags })).outcome, '200')
  })

  it('a role in an instance profile is passed to EC2: iam:PassRole with iam:PassedToService', async () => {
    await scene.iam('A', 'CreateRole', { ...named('worker'), AssumeRolePolicyDocument: trust })
    await scene.iam('A', 'CreateInstanceProfile', { InstanceProfileName: 'web' })
    const input = { InstanceProfileName: 'web', RoleName: 'worker' }
    const u = await scene.user({ allow: [on('iam:AddRoleToInstanceProfile')] })
    const { outcome, message } = await ask(u, 'AddRoleToInstanceProfile', input)
    assert.equal(outcome, '403 AccessDenied')
    assert.match(message, /iam:PassRole on resource: arn:aws:iam::\d+:role\/worker because/)
    const pass = (service: string) => on('iam:PassRole', { StringEquals: { 'iam:PassedToService': service } })
    const wrong = await scene.user({ allow: [on('iam:AddRole*'), pass('lambda.amazonaws.com')] })
    assert.equal((await ask(wrong, 'AddRoleToInstanceProfile', input)).outcome, '403 AccessDenied')
    const right = await scene.user({ allow: [on('iam:AddRole*'), pass('ec2.amazonaws.com')] })
    assert.equal((await ask(right, 'AddRoleToInstanceProfile', input)).outcome, '200')
  })

  it('roles of services are told apart by iam:AWSServiceName, and by the ARN that they will have', async () => {
    const condition = { StringLike: { 'iam:AWSServiceName': 'ecs.amazonaws.com' } }
    const u = await scene.user({ allow: [on('iam:CreateServiceLinkedRole', condition)] })
    const make = (who: Asker, AWSServiceName: string) => ask(who, 'CreateServiceLinkedRole', { AWSServiceName })
    assert.equal((await make(u, 'ecs.amazonaws.com')).outcome, '200')
    const { outcome, message } = await make(u, 'rds.amazonaws.com')
    assert.equal(outcome, '403 AccessDenied')
    assert.match(message, /role\/aws-service-role\/rds\.amazonaws\.com\/AWSServiceRoleForRDS because/)
  })
})
