// Malformed policies, unknown names, references that go round, forged tokens, forms sent again: AWS's error each time,
// and nothing is stored. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList (MalformedPolicy)
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import aws4 from 'aws4'
import { createPresignedPost } from './post-form.ts'
import { accountA, allOfS3, type Asker, expectSaid, openScene, policyOf, said, type Scene } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

async function ask(who: Asker, operation: string, input: object) {
  const options = { endpoint: scene.server.url, region: 'us-east-1', credentials: { ...who.key }, maxAttempts: 1 }
  const isSts = `${operation}Command` in sts
  const client = isSts ? new sts.STSClient(options) : new iam.IAMClient(options)
  try {
    return await said(client, isSts ? sts : iam, operation, input)
  } finally {
    client.destroy()
  }
}

/** PutBucketPolicy with exactly these bytes, as the owner's root. */
async function putBytes(Bucket: string, body: Buffer): Promise<string> {
  const sha = createHash('sha256').update(body).digest('hex')
  const path = `/${Bucket}?policy`
  const request = { method: 'PUT', path, host: new URL(scene.endpoint).host, service: 's3', region: 'us-east-1' }
  const headers = { 'x-amz-content-sha256': sha, 'content-type': 'application/json' }
  const signed = aws4.sign({ ...request, headers, body: body as unknown as string }, scene.a.key)
  const { Host: _host, ...sent } = signed.headers as Record<string, string>
  const answer = await scene.anonymous('PUT', path, { headers: sent, body })
  return answer.outcome
}

const deep = (depth: number) => `{"Statement":${'['.repeat(depth)}${']'.repeat(depth)}}`
const texts: [name: string, text: string][] = [
  ['nothing', ' '],
  ['words', 'allow all'],
  ['a list', '[]'],
  ['half a policy', '{"Version":"2012-10-17","Statement":['],
  ['a policy that nests without end', deep(20_000)],
  ['a member twice', '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}'],
  ['a number for a statement', '{"Version":"2012-10-17","Statement":[1]}'],
  ['an object for an action', '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":{},"Resource":"*"}]}'],
  ['numbers in a list', '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*",1],"Resource":"*"}]}'],
  ['a prototype', '{"__proto__":{"Statement":[]},"constructor":1}'],
  ['a statement in a statement', '{"Version":"2012-10-17","Statement":[[{"Effect":"Allow"}]]}'],
]

describe('malformed policies', () => {
  it('of buckets leave the policy that is there', async () => {
    const Bucket = await scene.bucket()
    const allow = {
      Effect: 'Allow',
      Principal: { AWS: accountA },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::B/*',
    }
    await scene.policy(Bucket, allow)
    const stored = (await scene.a.ask('GetBucketPolicy', { Bucket })).output.Policy
    for (const [name, text] of texts) {
      expectSaid(await scene.a.ask('PutBucketPolicy', { Bucket, Policy: text }), '400 MalformedPolicy')
      assert.equal((await scene.a.ask('GetBucketPolicy', { Bucket })).output.Policy, stored, name)
    }
    const bytes: Buffer[] = [
      Buffer.from('\ufeff{"Statement":[]}'),
      Buffer.from('7b2253746174656d656e74223a5b22fffe225d7d', 'hex'),
      Buffer.from('{\0}'),
      Buffer.alloc(0),
    ]
    for (const body of bytes) assert.match(await putBytes(Bucket, body), /^400 /, body.toString('hex'))
    assert.equal((await scene.a.ask('GetBucketPolicy', { Bucket })).output.Policy, stored)
  })

  it('of any size are answered', async () => {
    const Bucket = await scene.bucket()
    const Resource = Array.from({ length: 3000 }, (_, at) => `arn:aws:s3:::${Bucket}/${at}`)
    const large = policyOf({ Effect: 'Allow', Principal: { AWS: accountA }, Action: 's3:GetObject', Resource })
    expectSaid(await scene.a.ask('PutBucketPolicy', { Bucket, Policy: large }), '400 MalformedPolicy', '20480 bytes')
    const huge = `{"Id":"${'x'.repeat(3_000_000)}"}`
    assert.match((await scene.a.ask('PutBucketPolicy', { Bucket, Policy: huge })).outcome, /^400 /)
    expectSaid(await scene.a.ask('GetBucketPolicy', { Bucket }), '404 NoSuchBucketPolicy')
  })

  it('of users, roles and sessions are not taken either', async () => {
    const u = await scene.user({ allow: [allOfS3, { Effect: 'Allow', Action: 'sts:*', Resource: '*' }] })
    const malformed = /^400 (?:MalformedPolicyDocument(?:Exception)?|ValidationError)$/
    const trust = policyOf({ Effect: 'Allow', Principal: { AWS: accountA }, Action: 'sts:AssumeRole' })
    await scene.iam('A', 'CreateRole', { RoleName: 'steady', AssumeRolePolicyDocument: trust })
    for (const [name, text] of texts) {
      for (const [operation, input] of [
        ['PutUserPolicy', { UserName: u.name, PolicyName: 'q', PolicyDocument: text }],
        ['CreatePolicy', { PolicyName: 'q', PolicyDocument: text }],
        ['CreateRole', { RoleName: 'q', AssumeRolePolicyDocument: text }],
        ['UpdateAssumeRolePolicy', { RoleName: 'steady', PolicyDocument: text }],
      ] as const) {
        assert.match((await ask(scene.a, operation, input)).outcome, malformed, `${operation}: ${name}`)
      }
      assert.match((await ask(u, 'GetFederationToken', { Name: 'f', Policy: text })).outcome, malformed, name)
    }
    const { output } = await ask(scene.a, 'ListUserPolicies', { UserName: u.name })
    assert.deepEqual(output.PolicyNames, ['p'])
    assert.match((await ask(scene.a, 'GetRole', { RoleName: 'q' })).outcome, /^404 /)
    const { Role } = await scene.iam('A', 'GetRole', { RoleName: 'steady' })
    assert.equal(decodeURIComponent((Role as { AssumeRolePolicyDocument: string }).AssumeRolePolicyDocument), trust)
  })
})

describe('names that lead nowhere, or back', () => {
  it('are refused where they are put', async () => {
    const u = await scene.user()
    const nowhere = `arn:aws:iam::${accountA}:policy/none`
    for (const [operation, input] of [
      ['AttachUserPolicy', { UserName: u.name, PolicyArn: nowhere }],
      ['PutUserPermissionsBoundary', { UserName: u.name, PermissionsBoundary: nowhere }],
      ['AddUserToGroup', { UserName: u.name, GroupName: 'none' }],
    ] as const) {
      assert.match((await ask(scene.a, operation, input)).outcome, /^404 NoSuchEntity/, operation)
    }
    const role = `arn:aws:iam::${accountA}:role/itself`
    const trust = policyOf({ Effect: 'Allow', Principal: { AWS: role }, Action: 'sts:AssumeRole' })
    const itself = { RoleName: 'itself', AssumeRolePolicyDocument: trust }
    const refused = await ask(scene.a, 'CreateRole', itself)
    expectSaid(refused, '400 MalformedPolicyDocumentException', `Invalid principal in policy: "AWS":"${role}"`)
    const Bucket = await scene.bucket()
    const Policy = policyOf({
      Effect: 'Allow',
      Principal: { AWS: role },
      Action: 's3:*',
      Resource: `arn:aws:s3:::${Bucket}/*`,
    })
    expectSaid(await scene.a.ask('PutBucketPolicy', { Bucket, Policy }), '400 MalformedPolicy', 'Invalid principal')
  })

  it('two roles may trust each other, and each session is worth what its role is', async () => {
    const one = await scene.role([{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }])
    const two = await scene.role([{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }])
    for (const [role, other] of [
      [one, two],
      [two, one],
    ] as const) {
      const PolicyDocument = policyOf({ Effect: 'Allow', Principal: { AWS: other.arn }, Action: 'sts:AssumeRole' })
      await scene.iam('A', 'UpdateAssumeRolePolicy', { RoleName: role.name, PolicyDocument })
    }
    let who = await scene.session(one)
    for (const role of [two, one, two, one]) {
      const { outcome, output } = await ask(who, 'AssumeRole', { RoleArn: role.arn, RoleSessionName: 'round' })
      assert.equal(outcome, '200')
      const { AccessKeyId, SecretAccessKey, SessionToken } = output.Credentials as Record<string, string>
      const key = {
        accessKeyId: AccessKeyId ?? '',
        secretAccessKey: SecretAccessKey ?? '',
        sessionToken: SessionToken ?? '',
      }
      who = scene.asker('chained', '', key)
    }
    expectSaid(await who.ask('ListBuckets', {}), '403 AccessDenied', `assumed-role/${one.name}/round is not authorized`)
  })
})

describe('what is signed', () => {
  it('a token that was changed anywhere is no token', async () => {
    const role = await scene.role([allOfS3])
    const session = await scene.session(role)
    expectSaid(await session.ask('ListBuckets', {}), '200')
    const token = session.key.sessionToken ?? ''
    const other = await scene.session(role)
    const changed = [
      token.slice(0, -4),
      `${token}AAAA`,
      `${token.slice(0, 40)}${token[40] === 'A' ? 'B' : 'A'}${token.slice(41)}`,
      'x',
      Buffer.alloc(200).toString('base64'),
      other.key.sessionToken ?? '',
    ]
    for (const sessionToken of changed) {
      const forged = scene.asker('forged', '', { ...session.key, sessionToken })
      expectSaid(await forged.ask('ListBuckets', {}), '400 InvalidToken')
      assert.equal((await ask(forged, 'GetCallerIdentity', {})).outcome, '403 InvalidClientTokenId')
    }
  })

  it('a form may be sent again until its policy expires, but not after, and not changed', async () => {
    const u = await scene.user({ allow: [allOfS3] })
    const Bucket = await scene.bucket()
    const send = (key: string, change?: (form: FormData) => void) => {
      const form = createPresignedPost(u.key, Bucket, key)
      change?.(form)
      return scene.anonymous('POST', `/${Bucket}`, { body: form })
    }
    const again = createPresignedPost(u.key, Bucket, 'k')
    for (let time = 0; time < 2; time++) {
      expectSaid(await scene.anonymous('POST', `/${Bucket}`, { body: again }), '204')
    }
    expectSaid(
      await send('other', (form) => form.set('key', 'elsewhere')),
      '403 AccessDenied',
      'Policy Condition failed',
    )
    const policy = Buffer.from(JSON.stringify({ expiration: '2020-01-01T00:00:00Z', conditions: [] })).toString(
      'base64',
    )
    expectSaid(await send('old', (form) => form.set('policy', policy)), '403 SignatureDoesNotMatch')
    await scene.iam('A', 'DeleteUserPolicy', { UserName: u.name, PolicyName: 'p' })
    expectSaid(await scene.anonymous('POST', `/${Bucket}`, { body: again }), '403 AccessDenied', 's3:PutObject')
    const { output } = await scene.must(scene.a, 'ListObjectsV2', { Bucket })
    assert.deepEqual(
      (output.Contents as { Key: string }[]).map(({ Key }) => Key),
      ['k'],
    )
  })
})
