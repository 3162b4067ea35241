// Who may, by identity, boundary, session and bucket policies. Numbers are those of the specification's tricky cases, which
// restate https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  accountA,
  accountX,
  allOfS3,
  type Asker,
  expectSaid,
  openScene,
  type Scene,
  type Statement,
} from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const allow = (principal: unknown, more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::B/*',
  ...more,
})
const onlyEc2: Statement[] = [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }]

/** A bucket with object k and these statements; what the caller is told when it gets k. */
async function getUnder(caller: Asker, ...statements: Statement[]) {
  const Bucket = await scene.bucket()
  await scene.put(Bucket, 'k')
  if (statements.length > 0) await scene.policy(Bucket, ...statements)
  return caller.ask('GetObject', { Bucket, Key: 'k' })
}

describe('users and bucket policies', () => {
  it('1: a policy for the account only delegates', async () => {
    const u = await scene.user()
    const answer = await getUnder(u, allow({ AWS: accountA }))
    expectSaid(answer, '403 AccessDenied', 'because no identity-based policy allows the s3:GetObject action')
    assert.match(
      answer.message,
      new RegExp(`^User: ${u.arn} is not authorized to perform: s3:GetObject on resource: "arn:`),
    )
  })

  it('2, 3: a policy for the user, or for everyone, is enough', async () => {
    const u = await scene.user()
    expectSaid(await getUnder(u, allow({ AWS: u.arn })), '200')
    expectSaid(await getUnder(u, allow('*')), '200')
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    await scene.policy(Bucket, allow('*'))
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '200')
  })

  it('4, 5, 6: another account needs both sides', async () => {
    const able = await scene.user({ account: 'X', allow: [allOfS3] })
    const unable = await scene.user({ account: 'X' })
    const denied = await getUnder(able)
    expectSaid(denied, '403 AccessDenied')
    assert.equal(denied.message, 'Access Denied')
    expectSaid(await getUnder(unable, allow({ AWS: unable.arn })), '403 AccessDenied')
    expectSaid(await getUnder(able, allow({ AWS: accountX })), '200')
  })

  it('7: the root of another account needs the resource side only', async () => {
    expectSaid(await getUnder(scene.x, allow({ AWS: accountX })), '200')
    expectSaid(await getUnder(scene.x), '403 AccessDenied', 'Access Denied')
  })

  it('8, 9: a boundary limits identity policies, not a grant to the user', async () => {
    const u = await scene.user({ allow: [allOfS3], boundary: onlyEc2 })
    expectSaid(await getUnder(u), '403 AccessDenied', 'because no permissions boundary allows the s3:GetObject action')
    expectSaid(await getUnder(u, allow({ AWS: u.arn })), '200')
  })

  it('15: an explicit deny wins', async () => {
    const u = await scene.user({ allow: [{ Effect: 'Deny', Action: 's3:GetObject', Resource: '*' }] })
    expectSaid(await getUnder(u, allow('*')), '403 AccessDenied', 'with an explicit deny in an identity-based policy')
  })

  it('16: the owner root can be locked out of all but its policy', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: ['arn:aws:s3:::B', 'arn:aws:s3:::B/*'] }
    await scene.policy(Bucket, deny)
    const get = await scene.a.ask('GetObject', { Bucket, Key: 'k' })
    expectSaid(get, '403 AccessDenied', 'with an explicit deny in a resource-based policy')
    expectSaid(await scene.a.ask('GetBucketPolicyStatus', { Bucket }), '403 AccessDenied')
    expectSaid(await scene.a.ask('GetBucketPolicy', { Bucket }), '200')
    expectSaid(await scene.a.ask('DeleteBucketPolicy', { Bucket }), '204')
    expectSaid(await scene.a.ask('GetObject', { Bucket, Key: 'k' }), '200')
  })

  it('17: NotPrincipal never leaves out who has a boundary', async () => {
    const plain = await scene.user({ allow: [allOfS3] })
    const bounded = await scene.user({ allow: [allOfS3], boundary: [allOfS3] })
    const deny = (u: Asker) => ({
      ...allow(undefined, { Effect: 'Deny', NotPrincipal: { AWS: [u.arn, `arn:aws:iam::${accountA}:root`] } }),
    })
    expectSaid(await getUnder(plain, deny(plain)), '200')
    expectSaid(await getUnder(bounded, deny(bounded)), '403 AccessDenied', 'explicit deny in a resource-based policy')
  })

  it('80: a presigned URL is decided by the policies of the moment it is used', async () => {
    const u = await scene.user({ allow: [allOfS3] })
    const { S3Client, GetObjectCommand } = await import('@aws-sdk/client-s3')
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const { url: endpoint } = scene.server
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: u.key })
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'k' }))
    const path = url.slice(endpoint.length)
    expectSaid(await scene.anonymous('GET', path), '200')
    await scene.iam('A', 'DeleteUserPolicy', { UserName: u.name, PolicyName: 'p' })
    expectSaid(await scene.anonymous('GET', path), '403 AccessDenied', 'no identity-based policy allows')
    client.destroy()
  })
})

describe('sessions', () => {
  it('10, 11, 12: a boundary limits grants to the role, not to the session or to everyone', async () => {
    const role = await scene.role([allOfS3], onlyEc2)
    const session = await scene.session(role)
    expectSaid(await getUnder(session, allow({ AWS: role.arn })), '403 AccessDenied', 'no permissions boundary allows')
    expectSaid(await getUnder(session, allow({ AWS: session.arn })), '200')
    const condition = { ArnEquals: { 'aws:PrincipalArn': role.arn } }
    expectSaid(await getUnder(session, allow('*', { Condition: condition })), '200')
  })

  it('13: a session policy limits the role', async () => {
    const role = await scene.role([allOfS3])
    const session = await scene.session(role, [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }])
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    expectSaid(await session.ask('GetObject', { Bucket, Key: 'k' }), '200')
    const denied = await session.ask('PutObject', { Bucket, Key: 'k', Body: 'new' })
    expectSaid(denied, '403 AccessDenied', 'because no session policy allows the s3:PutObject action')
    assert.ok(denied.message.includes(session.arn))
  })

  it('14: a federated user without session policy has no permissions of its own', async () => {
    const issuer = await scene.user({ allow: [allOfS3] })
    const { User } = await scene.iam('A', 'GetUser', { UserName: issuer.name })
    const { UserId: id } = User as { UserId: string }
    const session = await scene.session({ name: 's1', id }, undefined, 'federated')
    expectSaid(await getUnder(session), '403 AccessDenied')
    expectSaid(await getUnder(session, allow({ AWS: session.arn })), '200')
  })

  it("85: a session follows its role's policies as they are edited", async () => {
    const role = await scene.role([allOfS3])
    const session = await scene.session(role)
    expectSaid(await getUnder(session), '200')
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: onlyEc2 })
    await scene.iam('A', 'PutRolePolicy', { RoleName: role.name, PolicyName: 'p', PolicyDocument })
    expectSaid(await getUnder(session), '403 AccessDenied', 'no identity-based policy allows')
  })

  it('18: a role made again under its old name is another one', async () => {
    const role = await scene.role([{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }])
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    await scene.policy(Bucket, allow({ AWS: role.arn }))
    expectSaid(await (await scene.session(role)).ask('GetObject', { Bucket, Key: 'k' }), '200')
    await scene.iam('A', 'DeleteRolePolicy', { RoleName: role.name, PolicyName: 'p' })
    await scene.iam('A', 'DeleteRole', { RoleName: role.name })
    const trust = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: accountA }, Action: 'sts:AssumeRole' },
    })
    const input = { RoleName: role.name, AssumeRolePolicyDocument: trust, Path: '/team/' }
    const { Role } = await scene.iam('A', 'CreateRole', input)
    const again = { name: role.name, id: (Role as { RoleId: string }).RoleId }
    expectSaid(await (await scene.session(again)).ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied')
    const { output } = await scene.a.ask('GetBucketPolicy', { Bucket })
    assert.equal(JSON.parse(output.Policy as string).Statement[0].Principal.AWS, role.id)
  })
})
