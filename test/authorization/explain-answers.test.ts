/** Every answer has an explanation that says what happened and what to do, and its headline is not "allowed" where it failed. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import * as sts from '@aws-sdk/client-sts'
import * as iam from '@aws-sdk/client-iam'
import aws4 from 'aws4'
import type { RequestExplanation } from '../../src/authorization/journal-explanation.ts'
import { printExplanation } from '../../src/cli/explain.ts'
import { errorTable } from '../../src/error-table.ts'
import type { ToldExplanation } from '../../src/explain.ts'
import { adviceOnAnswer } from '../../src/explain-answers.ts'
import { accountA, allOfS3, type Key, openScene, type Said, said, type Scene } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const rootA = { accessKeyId: 'AKIAROOTA', secretAccessKey: 'secret-of-root-a' }

async function told(id: string): Promise<ToldExplanation> {
  const response = await fetch(`${scene.server.url}/_sandbucket/explain/${id}`)
  assert.equal(response.status, 200, id)
  return (await response.json()) as ToldExplanation
}

/** The id of whatever answered: the SDK's result, or that of fetch. */
function idOf({ output }: Said): string {
  const { headers, $metadata } = output as { headers?: Headers; $metadata?: { requestId?: string } }
  return $metadata?.requestId ?? headers?.get('x-amz-request-id') ?? assert.fail('no request id')
}

async function service(names: typeof sts | typeof iam, key: Key, operation: string, input: object): Promise<Said> {
  const options = { endpoint: scene.endpoint, region: 'us-east-1', credentials: { ...key }, maxAttempts: 1 }
  const client = names === sts ? new sts.STSClient(options) : new iam.IAMClient(options)
  try {
    return await said(client, names, operation, input)
  } finally {
    client.destroy()
  }
}

/** A signed request by hand. */
async function sent(method: string, path: string, more: { headers?: Record<string, string>; body?: string } = {}) {
  const { host } = new URL(scene.server.url)
  const signed = aws4.sign({ method, host, path, service: 's3', region: 'us-east-1', ...more }, rootA)
  const { Host: _host, 'Content-Length': _size, ...headers } = signed.headers as Record<string, string>
  return scene.anonymous(method, path, { headers, ...(more.body !== undefined && { body: more.body }) })
}

/** Bytes that are no request; the id of the answer. */
function raw(text: string): Promise<Said> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(scene.server.url).port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk
      if (answer.includes('</Error>')) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const requestId = /x-amz-request-id: (\S+)/.exec(answer)?.[1] ?? ''
      resolve({ outcome: answer.slice(9, 12), message: answer, output: { $metadata: { requestId } } })
    })
  })
}

type Row = [name: string, ask: () => Promise<Said>, answered: RegExp, headline: RegExp, advice: RegExp]

const rows: Row[] = [
  [
    'no bucket',
    () => scene.a.ask('ListObjectsV2', { Bucket: 'nowhere' }),
    /404 NoSuchBucket/,
    /failed/,
    /There is no bucket nowhere here\. Make it/,
  ],
  [
    'no key',
    async () => scene.a.ask('GetObject', { Bucket: await scene.bucket(), Key: 'a b' }),
    /404 NoSuchKey/,
    /failed/,
    /no object "a b"/,
  ],
  [
    'a URL that was cut',
    () => scene.anonymous('GET', '/b/k?AWSAccessKeyId=sandbucket&Expires=17x&Signature=c2ln'),
    /403 AccessDenied/,
    /denied/,
    /^The presigned URL was changed or cut when it was copied\. Make it again and quote it in the shell\.$/,
  ],
  [
    'a wrong method',
    () => scene.anonymous('PATCH', '/b/k'),
    /405 MethodNotAllowed/,
    /failed/,
    /PATCH is no method of this/,
  ],
  [
    'the policy of a stranger',
    async () => {
      const Bucket = await scene.bucket()
      const x = await scene.user({ account: 'X', allow: [allOfS3] })
      await scene.policy(Bucket, {
        Effect: 'Allow',
        Principal: { AWS: x.arn },
        Action: 's3:*',
        Resource: 'arn:aws:s3:::B',
      })
      return x.ask('GetBucketPolicy', { Bucket })
    },
    /405 MethodNotAllowed/,
    /denied/,
    /Only account 111111111111, which owns the bucket, may use its policy/,
  ],
  [
    'an expected owner',
    async () => scene.a.ask('ListObjectsV2', { Bucket: await scene.bucket(), ExpectedBucketOwner: '999999999999' }),
    /403 AccessDenied/,
    /denied/,
    /belongs to account 111111111111, and the request expects 999999999999/,
  ],
  [
    'a public policy',
    async () => {
      const Bucket = await scene.bucket('BucketOwnerEnforced', { BlockPublicPolicy: true })
      const Policy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::${Bucket}/*"}}`
      return scene.a.ask('PutBucketPolicy', { Bucket, Policy })
    },
    /403 AccessDenied/,
    /denied/,
    /BlockPublicPolicy of the bucket or of its account .* put-public-access-block/,
  ],
  [
    'Object Lock',
    async () => {
      const Bucket = 'locked-for-explain'
      await scene.must(scene.a, 'CreateBucket', { Bucket, ObjectLockEnabledForBucket: true })
      const { output } = await scene.put(Bucket, 'k', { ObjectLockLegalHoldStatus: 'ON', ChecksumAlgorithm: 'CRC32' })
      return scene.a.ask('DeleteObject', { Bucket, Key: 'k', VersionId: output.VersionId })
    },
    /403 AccessDenied/,
    /denied/,
    /under retention or a legal hold/,
  ],
  [
    'a session that may not call IAM',
    async () => {
      const { output } = await service(sts, (await scene.user({ allow: [allOfS3] })).key, 'GetSessionToken', {})
      const c = output.Credentials as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string }
      const key = { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretAccessKey, sessionToken: c.SessionToken }
      return service(iam, key, 'ListUsers', {})
    },
    /403 InvalidClientTokenId/,
    /denied/,
    /^Temporary credentials of GetSessionToken without MFA may not call IAM/,
  ],
  [
    'a missing role',
    async () => {
      const u = await scene.user({ allow: [{ Effect: 'Allow', Action: 'sts:*', Resource: '*' }] })
      return service(sts, u.key, 'AssumeRole', { RoleArn: `arn:aws:iam::${accountA}:role/none`, RoleSessionName: 'ss' })
    },
    /403 AccessDenied/,
    /denied/,
    /^There is no role arn:aws:iam::111111111111:role\/none/,
  ],
  [
    'root assuming a role',
    async () => {
      const { arn } = await scene.role([allOfS3])
      return service(sts, rootA, 'AssumeRole', { RoleArn: arn, RoleSessionName: 'ss' })
    },
    /403 AccessDenied/,
    /denied/,
    /^The root of an account cannot assume roles/,
  ],
  [
    'no x-amz-content-sha256',
    () => {
      const { host } = new URL(scene.server.url)
      const { Authorization, 'X-Amz-Date': date } = aws4.sign({ host, path: '/b/k', service: 's3' }, rootA)
        .headers as Record<string, string>
      return scene.anonymous('GET', '/b/k', {
        headers: { Authorization, 'X-Amz-Date': date } as Record<string, string>,
      })
    },
    /400 InvalidRequest/,
    /failed/,
    /must carry the header x-amz-content-sha256/,
  ],
  [
    'Basic',
    () => scene.anonymous('GET', '/b/k', { headers: { Authorization: 'Basic YTpi' } }),
    /400 InvalidArgument/,
    /failed/,
    /takes neither Basic nor Bearer/,
  ],
  [
    'Bearer',
    () => scene.anonymous('GET', '/b/k', { headers: { Authorization: 'Bearer x' } }),
    /400 InvalidArgument/,
    /failed/,
    /takes neither Basic nor Bearer/,
  ],
  [
    'an entity of IAM that is not there',
    () => service(iam, rootA, 'GetUser', { UserName: 'nobody' }),
    /404 NoSuchEntity/,
    /failed/,
    /IAM has nothing of this name/,
  ],
  [
    'a bucket that is not empty',
    async () => {
      const Bucket = await scene.bucket()
      await scene.put(Bucket, 'k')
      return scene.a.ask('DeleteBucket', { Bucket })
    },
    /409 BucketNotEmpty/,
    /failed/,
    /Delete all objects first/,
  ],
  [
    'a condition',
    async () => {
      const Bucket = await scene.bucket()
      await scene.put(Bucket, 'k')
      return scene.a.ask('PutObject', { Bucket, Key: 'k', Body: 'x', IfNoneMatch: '*' })
    },
    /412 PreconditionFailed/,
    /failed/,
    /The condition If-None-Match does not hold/,
  ],
  [
    'a range',
    async () => {
      const Bucket = await scene.bucket()
      await scene.put(Bucket, 'k')
      return scene.a.ask('GetObject', { Bucket, Key: 'k', Range: 'bytes=100-' })
    },
    /416 InvalidRange/,
    /failed/,
    /has 5 bytes: count from 0/,
  ],
  [
    'what is not built',
    async () => sent('PUT', `/${await scene.bucket()}?logging`, { body: '<BucketLoggingStatus/>' }),
    /501 NotImplemented/,
    /failed/,
    /PutBucketLogging is not implemented by Sandbucket: access logs are not written\./,
  ],
  [
    'what is not built of IAM',
    () => service(iam, rootA, 'GetServiceLastAccessedDetails', { JobId: '0'.repeat(36) }),
    /501 NotImplemented/,
    /failed/,
    /GetServiceLastAccessedDetails is not implemented by Sandbucket: AWS tracks/,
  ],
  [
    'bytes that are no request',
    () => raw('GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n'),
    /400/,
    /failed/,
    /no request of HTTP/,
  ],
  [
    'a document that is none',
    async () => sent('PUT', `/${await scene.bucket()}?versioning`, { body: '<nonsense' }),
    /400 MalformedXML/,
    /failed/,
    /not the XML document of this operation/,
  ],
  [
    'a preflight without rules for it',
    async () => {
      const Bucket = await scene.bucket()
      const CORSConfiguration = { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['http://a.test'] }] }
      await scene.must(scene.a, 'PutBucketCors', { Bucket, CORSConfiguration })
      return scene.anonymous('OPTIONS', `/${Bucket}/k`, {
        headers: { Origin: 'http://b.test', 'Access-Control-Request-Method': 'GET' },
      })
    },
    /403 AccessForbidden/,
    /failed/,
    /CORS rules of the bucket do not allow this origin/,
  ],
  [
    'an action that is none',
    () =>
      scene.anonymous('POST', '/', {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: 'Action=Nothing',
      }),
    /405/,
    /failed/,
    /no method of this/,
  ],
  [
    'a delete marker',
    async () => {
      const Bucket = await scene.bucket()
      await scene.must(scene.a, 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } })
      const { output } = await scene.must(scene.a, 'DeleteObject', { Bucket, Key: 'k' })
      return scene.a.ask('GetObject', { Bucket, Key: 'k', VersionId: output.VersionId })
    },
    /405 MethodNotAllowed/,
    /failed/,
    /delete marker/,
  ],
  [
    'a success',
    async () => scene.a.ask('ListObjectsV2', { Bucket: await scene.bucket() }),
    /^200$/,
    /allowed/,
    /^It succeeded/,
  ],
  [
    'a success without permission',
    () => service(sts, rootA, 'GetCallerIdentity', {}),
    /^200$/,
    /allowed/,
    /^It succeeded/,
  ],
  [
    'what the client has already',
    async () => {
      const Bucket = await scene.bucket()
      const { output } = await scene.put(Bucket, 'k')
      return scene.a.ask('GetObject', { Bucket, Key: 'k', IfNoneMatch: output.ETag })
    },
    /^304/,
    /allowed|failed/,
    /copy that the client has is still good/,
  ],
]

describe('every answer is explained', () => {
  for (const [name, ask, answered, headline, advice] of rows) {
    it(name, async () => {
      const answer = await ask()
      assert.match(answer.outcome, answered, answer.message)
      const explanation = await told(idOf(answer))
      assert.match(explanation.advice, advice)
      const text = printExplanation(explanation)
      assert.match(text.split('\n', 1)[0] ?? '', headline)
      if (explanation.status >= 400) assert.doesNotMatch(text.split('\n', 1)[0] ?? '', /allowed/)
      assert.ok(text.includes(explanation.advice), text)
    })
  }

  it('each code of the error table has words of its own', () => {
    const of = (code: string) =>
      adviceOnAnswer({
        decisions: [],
        outcome: 'failed',
        status: 400,
        method: 'GET',
        path: '/',
        operation: 'X',
        answer: { code, message: '', fields: {}, isAuthentication: false },
      } as unknown as RequestExplanation)
    const without = Object.keys(errorTable).filter((code) => of(code) === of('NoSuchCode'))
    assert.deepEqual(without, [])
    for (const code of Object.keys(errorTable)) assert.match(of(code), /[.)?/]$|rules\.html$/, code)
  })
})
