/** AssumeRoleWithWebIdentity, with the built-in identity provider and with keys of a configured one. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { ListBucketsCommand } from '@aws-sdk/client-s3'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { isSignedBy, readJwt } from '../../src/sts/jwt.ts'
import { issueTestToken, testIssuer, testKeys } from '../../src/sts/test-idp.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { createServer, type RunningServer } from '../../src/server.ts'
import { allow, failure, trust } from '../iam/support.ts'
import { IAMClient } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { resolveOptions } from '../../src/config/resolve.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const host = testIssuer.slice('https://'.length)
const providerArn = `arn:aws:iam::000000000000:oidc-provider/${host}`

describe('AssumeRoleWithWebIdentity', () => {
  let store: Store
  let server: RunningServer
  const client = (keys?: object) => ({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test', ...keys },
    maxAttempts: 1,
  })
  const token = (more: object = {}) =>
    issueTestToken(store.iam, { sub: 'repo:ours', aud: 'sandbucket', ...more }, Date.now())
  const assume = (WebIdentityToken: string, role = 'ci', more: object = {}) =>
    new STSClient(client()).send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: `arn:aws:iam::000000000000:role/${role}`,
        RoleSessionName: 'build',
        WebIdentityToken,
        ...more,
      }),
    )

  before(async () => {
    store = await openStore()
    server = await createServer(resolveOptions({}).config, silent, { store })
    const iam = new IAMClient(client())
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url: testIssuer, ClientIDList: ['sandbucket'] }))
    const condition = { StringEquals: { [`${host}:aud`]: 'sandbucket' }, StringLike: { [`${host}:sub`]: 'repo:ours*' } }
    const document = trust({ Federated: providerArn }, 'sts:AssumeRoleWithWebIdentity', condition)
    await iam.send(new CreateRoleCommand({ RoleName: 'ci', AssumeRolePolicyDocument: document }))
    const PolicyDocument = allow('s3:*', '*')
    await iam.send(new PutRolePolicyCommand({ RoleName: 'ci', PolicyName: 'p', PolicyDocument }))
  })
  after(() => server.close({ graceMs: 0 }))

  it('a token of a trusted provider, subject and audience becomes a session', async () => {
    const made = await assume(await token())
    assert.equal(made.Provider, providerArn)
    assert.equal(made.Audience, 'sandbucket')
    assert.equal(made.SubjectFromWebIdentityToken, 'repo:ours')
    const session = {
      accessKeyId: made.Credentials?.AccessKeyId,
      secretAccessKey: made.Credentials?.SecretAccessKey,
      sessionToken: made.Credentials?.SessionToken,
    }
    await new S3Client(client(session)).send(new ListBucketsCommand({}))
    const { Arn } = await new STSClient(client(session)).send(new GetCallerIdentityCommand({}))
    assert.equal(Arn, 'arn:aws:sts::000000000000:assumed-role/ci/build')
  })

  it('others are refused, each in its way', async () => {
    const denied = '403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity'
    assert.equal(await failure(assume(await token({ sub: 'repo:theirs' }))), denied)
    assert.equal(await failure(assume(await token(), 'none')), denied)
    assert.match(
      await failure(assume(await token({ aud: 'other' }))),
      /^400 InvalidIdentityToken\w*: Incorrect token audience$/,
    )
    assert.match(
      await failure(assume(await token({ expiresIn: -10 }))),
      /^400 ExpiredToken\w*: Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/,
    )
    assert.match(
      await failure(assume('not a token')),
      /^400 InvalidIdentityToken\w*: The ID Token provided is not a valid JWT/,
    )
    const [head, body, signature = ''] = (await token()).split('.')
    const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    assert.match(await failure(assume(forged)), /^400 InvalidIdentityToken/)
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const foreign = `${part({ alg: 'RS256' })}.${part({ iss: 'https://else.example', sub: 'x', aud: 'y' })}.AAAA`
    assert.match(
      await failure(assume(foreign)),
      /^400 InvalidIdentityToken\w*: No OpenIDConnect provider found in your account for https:\/\/else\.example$/,
    )
  })

  it('tokens with tags need sts:TagSession', async () => {
    const claims = { 'https://aws.amazon.com/tags': { principal_tags: { team: ['a'] } } }
    assert.match(await failure(assume(await token({ claims }))), /^403 AccessDenied/)
  })

  it("a token's source identity needs sts:SetSourceIdentity, and its subject stays a condition key of the session", async () => {
    const claims = { 'https://aws.amazon.com/source_identity': 'ann' }
    assert.match(await failure(assume(await token({ claims }))), /^403 AccessDenied/)
    const iam = new IAMClient(client())
    const document = trust({ Federated: providerArn }, ['sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity'])
    await iam.send(new CreateRoleCommand({ RoleName: 'named', AssumeRolePolicyDocument: document }))
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 's3:ListAllMyBuckets',
          Resource: '*',
          Condition: { StringEquals: { [`${host}:sub`]: 'repo:ours', 'aws:SourceIdentity': 'ann' } },
        },
      ],
    })
    await iam.send(new PutRolePolicyCommand({ RoleName: 'named', PolicyName: 'p', PolicyDocument }))
    const list = async (sub: string) => {
      const { Credentials, SourceIdentity } = await assume(await token({ claims, sub }), 'named')
      assert.equal(SourceIdentity, 'ann')
      const session = {
        accessKeyId: Credentials?.AccessKeyId,
        secretAccessKey: Credentials?.SecretAccessKey,
        sessionToken: Credentials?.SessionToken,
      }
      return new S3Client(client(session)).send(new ListBucketsCommand({}))
    }
    await list('repo:ours')
    assert.match(await failure(list('repo:other')), /^403 AccessDenied/)
  })

  it('signatures of the usual algorithms are verified; none and shared secrets are not', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const made = (alg: string, key: typeof rsa.privateKey) => {
      const signed = `${part({ alg })}.${part({ sub: 'x' })}`
      const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
      return readJwt(`${signed}.${signature.toString('base64url')}`)
    }
    const keys = [rsa.publicKey.export({ format: 'jwk' }), ec.publicKey.export({ format: 'jwk' })] as never[]
    const rs256 = made('RS256', rsa.privateKey)
    const es256 = made('ES256', ec.privateKey)
    assert.ok(rs256 && isSignedBy(rs256, keys))
    assert.ok(es256 && isSignedBy(es256, keys))
    assert.ok(rs256 && !isSignedBy({ ...rs256, algorithm: 'none' }, keys))
    assert.ok(rs256 && !isSignedBy({ ...rs256, algorithm: 'HS256' }, keys))
    assert.ok(rs256 && !isSignedBy({ ...rs256, signed: `${rs256.signed}x` }, keys))
    assert.equal((await testKeys(store.iam)).keys[0]?.d, undefined)
  })
})
