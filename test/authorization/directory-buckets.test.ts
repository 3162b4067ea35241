// Permissions of directory buckets: s3express actions on the bucket, sessions for its objects.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam-example-bucket-policies.html
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as s3 from '@aws-sdk/client-s3'
import { controlRequest } from './control-request.ts'
import {
  accountA,
  accountX,
  allOfS3,
  type Asker,
  expectSaid,
  type Key,
  openScene,
  policyOf,
  type Said,
  said,
  type Scene,
  type Statement,
} from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const Bucket = 'data--use1-az4--x-s3'
const arnOf = (name: string) => `arn:aws:s3express:us-east-1:${accountA}:bucket/${name}`
const arn = arnOf(Bucket)
const may = (action: string | string[], more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Action: action,
  Resource: '*',
  ...more,
})
const configuration = {
  Location: { Type: 'AvailabilityZone', Name: 'use1-az4' },
  Bucket: { Type: 'Directory', DataRedundancy: 'SingleAvailabilityZone' },
}

/** Asks with the caller's own key; SDKs left to themselves make a session first. */
async function ask(who: { key: Key }, operation: string, input: object, isWithSessions = false): Promise<Said> {
  const client = new s3.S3Client({
    endpoint: scene.server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: who.key,
    maxAttempts: 1,
    disableS3ExpressSessionAuth: !isWithSessions,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  try {
    return await said(client, s3, operation, input)
  } finally {
    client.destroy()
  }
}

async function sessionOf(who: Asker, more: object = {}): Promise<{ key: Key }> {
  const { outcome, output, message } = await ask(who, 'CreateSession', { Bucket, ...more })
  assert.equal(outcome, '200', message)
  const { AccessKeyId, SecretAccessKey, SessionToken } = output.Credentials as Record<string, string>
  return {
    key: { accessKeyId: AccessKeyId ?? '', secretAccessKey: SecretAccessKey ?? '', sessionToken: SessionToken ?? '' },
  }
}

const put = (who: { key: Key }, Key = 'k') => ask(who, 'PutObject', { Bucket, Key, Body: 'x' })
const get = (who: { key: Key }, Key = 'k') => ask(who, 'GetObject', { Bucket, Key })

async function policy(...statements: Statement[]): Promise<void> {
  const answer = await ask(scene.a, 'PutBucketPolicy', { Bucket, Policy: policyOf(statements) })
  expectSaid(answer, '204')
}

describe('directory buckets', () => {
  before(async () => {
    const answer = await ask(scene.a, 'CreateBucket', { Bucket, CreateBucketConfiguration: configuration })
    expectSaid(answer, '200')
    expectSaid(await put(scene.a), '200')
  })

  it('know no action of s3, and say no more than Access Denied', async () => {
    const u = await scene.user({ allow: [allOfS3] })
    for (const [operation, input] of [
      ['GetObject', { Key: 'k' }],
      ['ListObjectsV2', {}],
      ['GetBucketEncryption', {}],
      ['DeleteBucket', {}],
    ] as const) {
      const answer = await ask(u, operation, { Bucket, ...input })
      expectSaid(answer, '403 AccessDenied')
      assert.equal(answer.message, 'Access Denied')
    }
  })

  it('ask for CreateSession, whatever is done to objects', async () => {
    const u = await scene.user({ allow: [may('s3express:CreateSession', { Resource: arn })] })
    expectSaid(await put(u), '200')
    expectSaid(await get(u), '200')
    expectSaid(await ask(u, 'HeadBucket', { Bucket }), '200')
    expectSaid(await ask(u, 'ListObjectsV2', { Bucket }), '200')
    const Delete = { Objects: [{ Key: 'gone' }] }
    const deleted = await ask(u, 'DeleteObjects', { Bucket, Delete, ChecksumAlgorithm: 'CRC32' })
    expectSaid(deleted, '200')
    assert.equal(deleted.output.Errors, undefined)
    expectSaid(await get(u, 'missing'), '404 NoSuchKey')
    const elsewhere = await scene.user({ allow: [may('s3express:CreateSession', { Resource: arnOf('other') })] })
    expectSaid(await get(elsewhere), '403 AccessDenied')
    expectSaid(await get(await scene.user()), '403 AccessDenied')
  })

  it('let a session do what it was made for', async () => {
    const u = await scene.user({ allow: [may('s3express:CreateSession')] })
    const writing = await sessionOf(u, { SessionMode: 'ReadWrite' })
    expectSaid(await put(writing), '200')
    const reading = await sessionOf(u, { SessionMode: 'ReadOnly' })
    expectSaid(await get(reading), '200')
    expectSaid(await put(reading), '403 AccessDenied')
    const withSdk = await ask(u, 'PutObject', { Bucket, Key: 'k', Body: 'x' }, true)
    expectSaid(withSdk, '200')
    const { requestId } = (await get(reading)).output.$metadata as { requestId: string }
    const explained = await fetch(`${scene.server.url}/_sandbucket/explain/${requestId}`)
    const [decision] = ((await explained.json()) as { decisions: Record<string, unknown>[] }).decisions
    assert.deepEqual(
      [decision?.action, decision?.resource, decision?.decidedBy],
      ['s3express:CreateSession', arn, 'session'],
    )
    // What a session is not for is asked of its maker.
    expectSaid(await ask(writing, 'DeleteBucket', { Bucket }), '403 AccessDenied')
  })

  it('s3express:SessionMode: without a mode a session may what its maker may', async () => {
    const only = (mode: string) =>
      scene.user({
        allow: [may('s3express:CreateSession', { Condition: { StringEquals: { 's3express:SessionMode': mode } } })],
      })
    const reader = await only('ReadOnly')
    expectSaid(await ask(reader, 'CreateSession', { Bucket, SessionMode: 'ReadWrite' }), '403 AccessDenied')
    const session = await sessionOf(reader)
    expectSaid(await get(session), '200')
    expectSaid(await put(session), '403 AccessDenied')
    expectSaid(await get(reader), '200')
    expectSaid(await put(reader), '403 AccessDenied')
    const writer = await only('ReadWrite')
    expectSaid(await put(await sessionOf(writer)), '200')
    // A session that writes reads too.
    expectSaid(await get(writer), '200')
    expectSaid(await ask(writer, 'CopyObject', { Bucket, Key: 'copy', CopySource: `${Bucket}/k` }), '200')
    expectSaid(await ask(reader, 'CopyObject', { Bucket, Key: 'copy', CopySource: `${Bucket}/k` }), '403 AccessDenied')
    expectSaid(await ask(writer, 'CreateSession', { Bucket, SessionMode: 'ReadOnly' }), '403 AccessDenied')
    expectSaid(await ask(await scene.user(), 'CreateSession', { Bucket }), '403 AccessDenied')
  })

  it('have an action for each thing done to the bucket', async () => {
    const rows: [operation: string, input: object, action: string, outcome: string][] = [
      ['GetBucketEncryption', {}, 'GetEncryptionConfiguration', '200'],
      ['DeleteBucketLifecycle', {}, 'PutLifecycleConfiguration', '204'],
      ['GetBucketLifecycleConfiguration', {}, 'GetLifecycleConfiguration', '404 NoSuchLifecycleConfiguration'],
      ['GetBucketPolicy', {}, 'GetBucketPolicy', '404 NoSuchBucketPolicy'],
      ['DeleteBucketPolicy', {}, 'DeleteBucketPolicy', '204'],
    ]
    const other = await scene.user({ allow: [may('s3express:CreateSession')] })
    for (const [operation, input, action, outcome] of rows) {
      expectSaid(await ask(other, operation, { Bucket, ...input }), '403 AccessDenied')
      const able = await scene.user({ allow: [may(`s3express:${action}`, { Resource: arn })] })
      expectSaid(await ask(able, operation, { Bucket, ...input }), outcome)
    }
  })

  it('are made with s3express:CreateBucket, in the zones that a policy names', async () => {
    const name = 'made--use1-az5--x-s3'
    const CreateBucketConfiguration = { ...configuration, Location: { ...configuration.Location, Name: 'use1-az5' } }
    const create = (who: Asker) => ask(who, 'CreateBucket', { Bucket: name, CreateBucketConfiguration })
    expectSaid(await create(await scene.user({ allow: [allOfS3] })), '403 AccessDenied')
    const inZone = (zone: string) => ({ Condition: { StringEquals: { 's3express:LocationName': zone } } })
    expectSaid(
      await create(await scene.user({ allow: [may('s3express:CreateBucket', inZone('use1-az4'))] })),
      '403 AccessDenied',
    )
    const u = await scene.user({ allow: [may('s3express:*', { ...inZone('use1-az5'), Resource: arnOf(name) })] })
    expectSaid(await create(u), '200')
    const tagged = {
      Bucket: 'tagged--use1-az5--x-s3',
      CreateBucketConfiguration: { ...CreateBucketConfiguration, Tags: [{ Key: 'team', Value: 'red' }] },
    }
    const creator = await scene.user({ allow: [may('s3express:CreateBucket')] })
    expectSaid(await ask(creator, 'CreateBucket', tagged), '403 AccessDenied')
    const Condition = { StringEquals: { 'aws:RequestTag/team': 'red' } }
    const tagger = await scene.user({
      allow: [may(['s3express:CreateBucket', 's3express:TagResource'], { Condition })],
    })
    expectSaid(await ask(tagger, 'CreateBucket', tagged), '200')
    const lister = await scene.user({ allow: [may('s3express:ListAllMyDirectoryBuckets')] })
    expectSaid(await ask(lister, 'ListDirectoryBuckets', {}), '200')
    expectSaid(await ask(u, 'ListDirectoryBuckets', {}), '403 AccessDenied')
  })

  it('have policies of their own kind', async () => {
    const fault = async (statement: Statement, message: string) => {
      const answer = await ask(scene.a, 'PutBucketPolicy', { Bucket, Policy: policyOf(statement) })
      expectSaid(answer, '400 MalformedPolicy')
      assert.equal(answer.message, message)
    }
    const open: Statement = { ...may('s3express:CreateSession', { Resource: arn }), Principal: { AWS: accountX } }
    await fault({ ...open, Action: 's3:GetObject' }, 'Policy has invalid action')
    await fault({ ...open, Action: 's3express:ListAllMyDirectoryBuckets' }, 'Policy has invalid action')
    await fault({ ...open, Resource: `arn:aws:s3:::${Bucket}` }, 'Policy has invalid resource')
    await fault({ ...open, Resource: arnOf('other') }, 'Policy has invalid resource')
    await fault(
      { ...open, Condition: { StringEquals: { 's3:authType': 'POST' } } },
      'Policy has an invalid condition key',
    )
    await fault(
      {
        ...open,
        Action: 's3express:DeleteBucket',
        Condition: { StringEquals: { 's3express:SessionMode': 'ReadOnly' } },
      },
      'Conditions do not apply to combination of actions and resources in statement',
    )
    const everybody = await ask(scene.a, 'PutBucketPolicy', { Bucket, Policy: policyOf({ ...open, Principal: '*' }) })
    expectSaid(everybody, '403 AccessDenied')
    assert.equal(everybody.message, 'Access Denied')
    const foreign = await scene.user({ account: 'X', allow: [may('s3express:*')] })
    expectSaid(await get(foreign), '403 AccessDenied')
    await policy(open)
    expectSaid(await get(foreign), '200')
    expectSaid(await get(await sessionOf(foreign)), '200')
    const condition = { StringEquals: { 's3express:SessionMode': 'ReadOnly' } }
    await policy({ ...open, Resource: '*', Condition: condition })
    expectSaid(await get(foreign), '200')
    expectSaid(await put(foreign), '403 AccessDenied')
    await policy({ ...open, Effect: 'Deny', Principal: '*', Action: 's3express:*' })
    expectSaid(await get(scene.a), '403 AccessDenied')
    expectSaid(await ask(scene.a, 'GetBucketPolicy', { Bucket }), '200')
    expectSaid(await ask(scene.a, 'DeleteBucketPolicy', { Bucket }), '204')
    expectSaid(await get(scene.a), '200')
  })

  it('do not have Block Public Access to change, nor a policy status', async () => {
    const PublicAccessBlockConfiguration = { BlockPublicPolicy: false }
    expectSaid(
      await ask(scene.a, 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration }),
      '501 NotImplemented',
    )
    expectSaid(await ask(scene.a, 'GetBucketPolicyStatus', { Bucket }), '501 NotImplemented')
  })

  it('are the source and the target of copies', async () => {
    const General = await scene.bucket()
    await scene.put(General, 'k')
    const copy = (who: Asker, from: string, to: string) =>
      ask(who, 'CopyObject', { Bucket: to, Key: 'copy', CopySource: `${from}/k` })
    const session = may('s3express:CreateSession')
    const both = await scene.user({ allow: [session, may(['s3:GetObject', 's3:PutObject'])] })
    expectSaid(await copy(both, General, Bucket), '200')
    expectSaid(await copy(both, Bucket, General), '200')
    const unable = await scene.user({ allow: [session] })
    expectSaid(await copy(unable, General, Bucket), '403 AccessDenied', 's3:GetObject')
    expectSaid(await copy(await scene.user({ allow: [may('s3:PutObject')] }), Bucket, General), '403 AccessDenied')
  })

  it('have tags that count, managed by their ARN', async () => {
    const path = `/v20180820/tags/${encodeURIComponent(arn)}`
    const body = '<TagResourceRequest><Tags><Tag><Key>team</Key><Value>red</Value></Tag></Tags></TagResourceRequest>'
    const unable = await scene.user({ allow: [allOfS3] })
    assert.match((await controlRequest(scene, unable.key, accountA, 'POST', path, body)).text, /<Code>AccessDenied</)
    const able = await scene.user({ allow: [may('s3express:TagResource', { Resource: arn })] })
    assert.equal((await controlRequest(scene, able.key, accountA, 'POST', path, body)).status, 204)
    const tagged = (key: string, value: string) =>
      scene.user({ allow: [may('s3express:CreateSession', { Condition: { StringEquals: { [key]: value } } })] })
    expectSaid(await get(await tagged('aws:ResourceTag/team', 'red')), '200')
    expectSaid(await get(await tagged('s3express:BucketTag/team', 'red')), '200')
    expectSaid(await get(await tagged('aws:ResourceTag/team', 'blue')), '403 AccessDenied')
  })
})
