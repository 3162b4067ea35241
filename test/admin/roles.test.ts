/** Roles for code without keys, through the SDK's own providers and in their exact form. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  CreateSAMLProviderCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import {
  ListBucketsCommand,
  PutObjectCommand,
  GetObjectCommand,
  CreateBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  AssumeRoleWithSAMLCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { fromHttp } from '@aws-sdk/credential-provider-http'
import { fromInstanceMetadata } from '@smithy/credential-provider-imds'
import { refuseReader } from '../../src/admin/guard.ts'
import type { Options } from '../../src/config/options.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import { createServer, type RunningServer } from '../../src/server.ts'
import { allow, trust } from '../iam/support.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const issuer = 'https://idp.sandbucket.localhost'
const policies = { p: allow('s3:ListAllMyBuckets', '*') }
const iam = {
  roles: [
    { name: 'web', trust: trust({ Service: 'ec2.amazonaws.com' }), policies, instanceProfile: true },
    { name: 'task', path: '/jobs/', trust: trust({ Service: 'ecs-tasks.amazonaws.com' }), policies },
    { name: 'closed', trust: trust({ AWS: '000000000000' }), policies },
    {
      name: 'ci',
      trust: trust(
        { Federated: `arn:aws:iam::000000000000:oidc-provider/${issuer.slice(8)}` },
        'sts:AssumeRoleWithWebIdentity',
        {
          StringEquals: { 'idp.sandbucket.localhost:sub': 'repo:ours' },
        },
      ),
      policies,
    },
  ],
}

class Clock {
  ms = Date.now()
  now(): number {
    return this.ms
  }
}

const start = (options: Options = {}, clock = new Clock()): Promise<RunningServer> =>
  createServer(resolveOptions({ iam, maxClockSkew: 'off', ...options }).config, silent, { clock })

interface Keys {
  RoleArn: string
  AccessKeyId: string
  SecretAccessKey: string
  Token: string
  Expiration: string
}

const client = (server: RunningServer, keys?: Keys) => ({
  endpoint: server.url,
  region: 'us-east-1',
  forcePathStyle: true,
  maxAttempts: 1,
  credentials: {
    accessKeyId: keys?.AccessKeyId ?? 'test',
    secretAccessKey: keys?.SecretAccessKey ?? 'test',
    ...(keys && { sessionToken: keys.Token }),
  },
})

describe('container credentials', () => {
  let server: RunningServer
  const clock = new Clock()
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/_sandbucket/credentials/${path}`, { headers })
  before(async () => {
    server = await start({}, clock)
  })
  after(() => server.close({ graceMs: 0 }))

  it('gives a session of the role that works', async () => {
    const answer = await get('task')
    assert.equal(answer.status, 200)
    const keys = (await answer.json()) as Keys
    assert.deepEqual(Object.keys(keys), ['RoleArn', 'AccessKeyId', 'SecretAccessKey', 'Token', 'Expiration'])
    assert.equal(keys.RoleArn, 'arn:aws:iam::000000000000:role/jobs/task')
    assert.match(keys.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const { Arn } = await new STSClient(client(server, keys)).send(new GetCallerIdentityCommand({}))
    assert.equal(Arn, 'arn:aws:sts::000000000000:assumed-role/task/container')
    await new S3Client(client(server, keys)).send(new ListBucketsCommand({}))
    const put = new S3Client(client(server, keys)).send(new CreateBucketCommand({ Bucket: 'not-allowed' }))
    await assert.rejects(put, { name: 'AccessDenied' })
  })

  it('works with fromHttp of the JavaScript SDK', async () => {
    const keys = await fromHttp({
      awsContainerCredentialsFullUri: `${server.url}/_sandbucket/credentials/task`,
    })()
    assert.equal(
      (await new STSClient({ ...client(server), credentials: keys }).send(new GetCallerIdentityCommand({}))).Account,
      '000000000000',
    )
  })

  it('gives the same credentials until they are old, then new ones before they expire', async () => {
    const read = async () => (await (await get('task')).json()) as Keys
    const first = await read()
    assert.deepEqual(await read(), first)
    const expiresMs = Date.parse(first.Expiration)
    clock.ms = expiresMs - 3600_000
    const second = await read()
    assert.notEqual(second.AccessKeyId, first.AccessKeyId)
    assert.ok(Date.parse(second.Expiration) > expiresMs)
    // The old ones still work meanwhile.
    await new STSClient(client(server, first)).send(new GetCallerIdentityCommand({}))
  })

  it('names other accounts in the path, and knows configured ones only', async () => {
    assert.equal((await get('000000000000/task')).status, 200)
    assert.equal((await get('999999999999/task')).status, 404)
  })

  it('refuses roles that are not there or trust no service, in the form SDKs read', async () => {
    const missing = await get('nobody')
    assert.equal(missing.status, 404)
    assert.equal(((await missing.json()) as { code: string }).code, 'NoSuchEntity')
    assert.equal((await get('Task')).status, 404)
    assert.equal((await get('closed')).status, 403)
  })

  it('is not for web pages', async () => {
    assert.equal((await get('task', { Origin: server.url })).status, 403)
    assert.equal((await get('task', { 'Sec-Fetch-Site': 'same-origin' })).status, 403)
  })

  it('wants the configured token as Authorization', async () => {
    const guarded = await start({ credentialsToken: 'let me in' })
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${guarded.url}/_sandbucket/credentials/task`, { headers })).status
    assert.equal(await status({}), 401)
    assert.equal(await status({ Authorization: 'let me in!' }), 401)
    assert.equal(await status({ Authorization: 'let me in' }), 200)
    await guarded.close({ graceMs: 0 })
  })
})

describe('who may ask', () => {
  const status = (remoteAddress: string, headers: Record<string, string>, options: Options = {}, isTrusted = false) =>
    refuseReader({ remoteAddress, headers }, resolveOptions(options).config, isTrusted)?.status
  const cases: [string, number | undefined, Parameters<typeof status>][] = [
    ['programs of this machine may', undefined, ['127.0.0.1', { host: '127.0.0.1:9000' }]],
    ['by any of its names', undefined, ['::ffff:127.0.0.1', { host: 'localhost:9000' }]],
    ['a name that was pointed at 127.0.0.1 may not (DNS rebinding)', 403, ['127.0.0.1', { host: 'evil.test' }]],
    ['other machines may not', 403, ['10.0.0.7', { host: '10.0.0.1:9000' }]],
    ['unless configured', undefined, ['10.0.0.7', { host: 'sandbucket:9000' }, { remoteCredentials: true }]],
    ['or with the token', undefined, ['10.0.0.7', { host: 'sandbucket:9000' }, {}, true]],
    ['a page never may', 403, ['127.0.0.1', { host: 'localhost', origin: 'http://localhost' }, {}, true]],
  ]
  for (const [name, expected, args] of cases) {
    it(name, () => assert.equal(status(...args), expected))
  }
})

describe('instance metadata', () => {
  let server: RunningServer
  const clock = new Clock()
  const call = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, { method, headers })
  const token = async (base = '/_sandbucket/imds', seconds = '60') =>
    (await call(`${base}/latest/api/token`, 'PUT', { 'X-aws-ec2-metadata-token-ttl-seconds': seconds })).text()
  const read = async (path: string, base = '/_sandbucket/imds') => {
    const answer = await call(`${base}/latest/${path}`, 'GET', { 'X-aws-ec2-metadata-token': await token(base) })
    return { status: answer.status, text: await answer.text() }
  }
  before(async () => {
    server = await start({ region: 'eu-west-1' }, clock)
  })
  after(() => server.close({ graceMs: 0 }))

  // boto3 and the SDKs for Go and Java keep the path of AWS_EC2_METADATA_SERVICE_ENDPOINT; the one for JavaScript drops it.
  for (const base of ['/_sandbucket/imds', '']) {
    it(`gives the role of the instance profile below "${base}/latest/"`, async () => {
      assert.deepEqual(await read('meta-data/iam/security-credentials/', base), { status: 200, text: 'web' })
      const { text } = await read('meta-data/iam/security-credentials/web', base)
      const keys = JSON.parse(text) as Keys & { Code: string; Type: string }
      assert.deepEqual(Object.keys(keys), [
        'Code',
        'LastUpdated',
        'Type',
        'AccessKeyId',
        'SecretAccessKey',
        'Token',
        'Expiration',
      ])
      assert.equal(`${keys.Code} ${keys.Type}`, 'Success AWS-HMAC')
      const { Arn } = await new STSClient(client(server, keys)).send(new GetCallerIdentityCommand({}))
      assert.match(Arn ?? '', /^arn:aws:sts::000000000000:assumed-role\/web\/i-[0-9a-f]{17}$/)
      assert.equal((await read('meta-data/iam/security-credentials/task', base)).status, 404)
    })
  }

  it('works with fromInstanceMetadata of the JavaScript SDK', async () => {
    const before = process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT
    process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = `${server.url}/_sandbucket/imds`
    try {
      const keys = await fromInstanceMetadata({ ec2MetadataV1Disabled: true, maxRetries: 0 })()
      await new S3Client({ ...client(server), credentials: keys }).send(new ListBucketsCommand({}))
    } finally {
      if (before === undefined) delete process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT
      else process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = before
    }
  })

  it('tells region, zone, profile and identity document', async () => {
    assert.equal((await read('meta-data/placement/region')).text, 'eu-west-1')
    assert.equal((await read('meta-data/placement/availability-zone/')).text, 'eu-west-1a')
    const info = JSON.parse((await read('meta-data/iam/info')).text)
    assert.equal(info.InstanceProfileArn, 'arn:aws:iam::000000000000:instance-profile/web')
    const document = JSON.parse((await read('dynamic/instance-identity/document')).text)
    assert.equal(`${document.region} ${document.accountId}`, 'eu-west-1 000000000000')
    assert.equal((await read('meta-data/')).text, 'iam/\ninstance-id\nplacement/')
    assert.equal((await read('meta-data/iam/')).text, 'info\nsecurity-credentials/')
    assert.equal((await read('meta-data/nothing')).status, 404)
    assert.equal((await read('user-data')).status, 404)
  })

  it('wants a token that it made and that has not expired, as version 2 does (EC2 user guide)', async () => {
    const path = '/_sandbucket/imds/latest/meta-data/instance-id'
    const status = async (value?: string) =>
      (await call(path, 'GET', value === undefined ? {} : { 'X-aws-ec2-metadata-token': value })).status
    const good = await token()
    assert.equal(await status(good), 200)
    assert.equal(await status(), 401)
    assert.equal(await status('x'), 401)
    assert.equal(await status(`9${good}`), 401)
    clock.ms += 60_000
    assert.equal(await status(good), 401)
  })

  it('gives no token for a bad lifetime, a proxy, a page or another method (EC2 user guide)', async () => {
    const ttl = 'X-aws-ec2-metadata-token-ttl-seconds'
    const status = async (headers: Record<string, string>, method = 'PUT') =>
      (await call('/_sandbucket/imds/latest/api/token', method, headers)).status
    for (const value of ['', '0', '21601', '-1', '1.5', 'x']) assert.equal(await status({ [ttl]: value }), 400)
    assert.equal(await status({}), 400)
    assert.equal(await status({ [ttl]: '21600' }), 200)
    assert.equal(await status({ [ttl]: '60', 'X-Forwarded-For': '10.0.0.1' }), 403)
    assert.equal(await status({ [ttl]: '60', Origin: server.url }), 403)
    assert.equal(await status({ [ttl]: '60' }, 'GET'), 405)
  })

  it('leaves a bucket named latest alone', async () => {
    const s3 = new S3Client(client(server))
    await s3.send(new CreateBucketCommand({ Bucket: 'latest' }))
    await s3.send(new PutObjectCommand({ Bucket: 'latest', Key: 'api/token', Body: 'mine' }))
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'latest', Key: 'api/token' }))
    assert.equal(await Body?.transformToString(), 'mine')
    const anonymous = await call('/latest/api/token', 'PUT')
    assert.equal(anonymous.status, 403)
    assert.match(await anonymous.text(), /<Code>AccessDenied/)
    assert.match(await (await call('/latest/meta-data/iam/security-credentials/')).text(), /<Code>AccessDenied/)
  })

  it('says in the words of EC2 that a role does not trust it', async () => {
    const other = await start({
      iam: { roles: [{ name: 'r', trust: trust({ Service: 'lambda.amazonaws.com' }), instanceProfile: true }] },
    })
    const base = `${other.url}/_sandbucket/imds/latest`
    const put = await fetch(`${base}/api/token`, {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '9' },
    })
    const headers = { 'X-aws-ec2-metadata-token': await put.text() }
    const answer = await fetch(`${base}/meta-data/iam/security-credentials/r`, { headers })
    assert.equal(answer.status, 200)
    assert.equal(((await answer.json()) as { Code: string }).Code, 'AssumeRoleUnauthorizedAccess')
    await other.close({ graceMs: 0 })
  })

  it('asks which profile is meant when there are several', async () => {
    const two = ['a', 'b'].map((name) => ({
      name,
      trust: trust({ Service: 'ec2.amazonaws.com' }),
      instanceProfile: true,
    }))
    for (const [instanceProfile, expected] of [
      [undefined, 404],
      ['b', 200],
      ['c', 404],
    ] as const) {
      const other = await start({ iam: { roles: two }, instanceProfile })
      const base = `${other.url}/_sandbucket/imds/latest`
      const put = await fetch(`${base}/api/token`, {
        method: 'PUT',
        headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '9' },
      })
      const headers = { 'X-aws-ec2-metadata-token': await put.text() }
      assert.equal((await fetch(`${base}/meta-data/iam/security-credentials/`, { headers })).status, expected)
      await other.close({ graceMs: 0 })
    }
  })
})

describe('the test identity provider', () => {
  let server: RunningServer
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/_sandbucket/idp/token`, { method: 'POST', body, headers })
  before(async () => {
    server = await start()
  })
  after(() => server.close({ graceMs: 0 }))

  it('issues tokens that become a session, and says with which keys they are verified', async () => {
    await new IAMClient(client(server)).send(
      new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ['sts.amazonaws.com'] }),
    )
    const answer = await post('{"sub":"repo:ours","extra":1}')
    assert.equal(answer.status, 200)
    const { token, issuer: by } = (await answer.json()) as { token: string; issuer: string }
    assert.equal(by, issuer)
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    assert.equal(claims.extra, 1)
    const made = await new STSClient(client(server)).send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: 'arn:aws:iam::000000000000:role/ci',
        RoleSessionName: 'build',
        WebIdentityToken: token,
      }),
    )
    assert.equal(made.SubjectFromWebIdentityToken, 'repo:ours')
    const keys = (await (await fetch(`${server.url}/_sandbucket/idp/jwks`)).json()) as {
      keys: { alg: string; d?: string }[]
    }
    assert.equal(keys.keys[0]?.alg, 'EdDSA')
    assert.equal(keys.keys[0]?.d, undefined)
  })

  it('says what is wrong with claims', async () => {
    for (const body of [
      '',
      '[]',
      'null',
      '{',
      '{"aud":"x"}',
      '{"sub":""}',
      '{"sub":"s","aud":1}',
      '{"sub":"s","expiresIn":"1"}',
      '{"sub":"s","exp":1}',
    ]) {
      const answer = await post(body)
      assert.equal(answer.status, 400, body)
      assert.equal(typeof ((await answer.json()) as { error: string }).error, 'string')
    }
    assert.equal((await post(`{"sub":"${'x'.repeat(70_000)}"}`)).status, 413)
    assert.equal((await post('{"sub":"s"}', { Origin: 'https://evil.test' })).status, 403)
    assert.equal((await fetch(`${server.url}/_sandbucket/idp/token`)).status, 405)
  })

  it('issues SAML responses that become a session, by the metadata that it publishes', async () => {
    const iam = new IAMClient(client(server))
    const SAMLMetadataDocument = await (await fetch(`${server.url}/_sandbucket/idp/saml/metadata`)).text()
    await iam.send(new CreateSAMLProviderCommand({ Name: 'corp', SAMLMetadataDocument }))
    const provider = 'arn:aws:iam::000000000000:saml-provider/corp'
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:AssumeRoleWithSAML' }],
    })
    await iam.send(new CreateRoleCommand({ RoleName: 'sso', AssumeRolePolicyDocument }))
    const role = 'arn:aws:iam::000000000000:role/sso'
    const at = `${server.url}/_sandbucket/idp/saml/response`
    const body = JSON.stringify({ role, provider, sub: 'ann@corp', format: 'emailAddress' })
    const answer = await fetch(at, { method: 'POST', body })
    assert.equal(answer.status, 200)
    const { assertion } = (await answer.json()) as { assertion: string }
    const made = await new STSClient(client(server)).send(
      new AssumeRoleWithSAMLCommand({ RoleArn: role, PrincipalArn: provider, SAMLAssertion: assertion }),
    )
    assert.equal(made.Subject, 'ann@corp')
    for (const wrong of [
      '',
      '{}',
      '{"role":"r"}',
      '{"role":"r","provider":"p","sub":""}',
      '{"role":"r","provider":"p","x":1}',
    ]) {
      const refused = await fetch(at, { method: 'POST', body: wrong })
      assert.equal(refused.status, 400, wrong)
      assert.equal(typeof ((await refused.json()) as { error: string }).error, 'string')
    }
  })
})
