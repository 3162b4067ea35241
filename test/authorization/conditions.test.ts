// Condition keys as requests fill them: cases 42 to 57. The operators themselves are tested in test/policy.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createPresignedPost } from './post-form.ts'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { type Asker, expectSaid, openScene, policyOf, type Scene, type Statement } from './support.ts'

let scene: Scene
let u: Asker
before(async () => {
  scene = await openScene()
  u = await scene.user({ allow: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] })
})
after(() => scene.close())

/** A policy variable. */
const variable = (name: string) => `\${${name}}`

const objects = 'arn:aws:s3:::B/*'

/** Requests of a user with all of S3 against a bucket policy that denies under a condition. */
const denials: {
  name: string
  action: string
  condition: Statement
  operation: string
  input: object
  /** Whether the deny hits. */
  isDenied: boolean
}[] = [
  {
    name: '42: default encryption does not fill the key of the request',
    action: 's3:PutObject',
    condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } },
    operation: 'PutObject',
    input: { Key: 'n', Body: 'x' },
    isDenied: true,
  },
  {
    name: '42: the header does',
    action: 's3:PutObject',
    condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } },
    operation: 'PutObject',
    input: { Key: 'n', Body: 'x', ServerSideEncryption: 'AES256' },
    isDenied: false,
  },
  {
    name: '43: IfExists holds without the header too, so the deny hits (IAM User Guide, ...IfExists)',
    action: 's3:PutObject',
    condition: { StringNotEqualsIfExists: { 's3:x-amz-server-side-encryption': 'AES256' } },
    operation: 'PutObject',
    input: { Key: 'n', Body: 'x' },
    isDenied: true,
  },
  {
    name: '44: Null asks for the header itself',
    action: 's3:PutObject',
    condition: { Null: { 's3:x-amz-acl': 'true' } },
    operation: 'PutObject',
    input: { Key: 'n', Body: 'x' },
    isDenied: true,
  },
  {
    name: '44: the header is there',
    action: 's3:PutObject',
    condition: { Null: { 's3:x-amz-acl': 'true' } },
    operation: 'PutObject',
    input: { Key: 'n', Body: 'x', ACL: 'bucket-owner-full-control' },
    isDenied: false,
  },
  {
    name: '46: tags of an upload are several values',
    action: 's3:PutObject',
    condition: { 'ForAnyValue:StringNotEquals': { 's3:RequestObjectTagKeys': ['a'] } },
    operation: 'PutObject',
    input: { Key: 'n', Body: 'x', Tagging: 'a=1&b=2' },
    isDenied: true,
  },
  {
    name: 'a tag of an upload has its value',
    action: 's3:PutObject',
    condition: { StringEquals: { 's3:RequestObjectTag/Stage': 'prod' } },
    operation: 'PutObject',
    input: { Key: 'n', Body: 'x', Tagging: 'stage=prod' },
    isDenied: true,
  },
  {
    name: 'tags in the document of PutObjectTagging count',
    action: 's3:PutObjectTagging',
    condition: { StringEquals: { 's3:RequestObjectTag/stage': 'prod' } },
    operation: 'PutObjectTagging',
    input: { Key: 'k', Tagging: { TagSet: [{ Key: 'stage', Value: 'prod' }] } },
    isDenied: true,
  },
  {
    name: 'other tags in the document do not',
    action: 's3:PutObjectTagging',
    condition: { StringEquals: { 's3:RequestObjectTag/stage': 'prod' } },
    operation: 'PutObjectTagging',
    input: { Key: 'k', Tagging: { TagSet: [{ Key: 'stage', Value: 'test' }] } },
    isDenied: false,
  },
  {
    name: '47: long-term keys have no MultiFactorAuthPresent',
    action: 's3:GetObject',
    condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } },
    operation: 'GetObject',
    input: { Key: 'k' },
    isDenied: false,
  },
  {
    name: '47: BoolIfExists catches them',
    action: 's3:GetObject',
    condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    operation: 'GetObject',
    input: { Key: 'k' },
    isDenied: true,
  },
  {
    name: '48: plain HTTP is not SecureTransport',
    action: 's3:GetObject',
    condition: { Bool: { 'aws:SecureTransport': 'false' } },
    operation: 'GetObject',
    input: { Key: 'k' },
    isDenied: true,
  },
  {
    name: '49: addresses',
    action: 's3:GetObject',
    condition: { NotIpAddress: { 'aws:SourceIp': '127.0.0.0/8' } },
    operation: 'GetObject',
    input: { Key: 'k' },
    isDenied: false,
  },
  {
    name: 'ArnLike on the caller',
    action: 's3:GetObject',
    condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/*' } },
    operation: 'GetObject',
    input: { Key: 'k' },
    isDenied: true,
  },
  {
    name: '55: the copied source is compared as sent',
    action: 's3:PutObject',
    condition: { StringLike: { 's3:x-amz-copy-source': '*/private/*' } },
    operation: 'CopyObject',
    input: { Key: 'n', CopySource: 'BUCKET/%70rivate/k' },
    isDenied: false,
  },
  {
    name: '55: written out it matches',
    action: 's3:PutObject',
    condition: { StringLike: { 's3:x-amz-copy-source': '*/private/*' } },
    operation: 'CopyObject',
    input: { Key: 'n', CopySource: 'BUCKET/private/k' },
    isDenied: true,
  },
  {
    name: 'lists have the limit that they name',
    action: 's3:ListBucket',
    condition: { NumericGreaterThan: { 's3:max-keys': '10' } },
    operation: 'ListObjectsV2',
    input: { MaxKeys: 5 },
    isDenied: false,
  },
  {
    name: 'or a thousand',
    action: 's3:ListBucket',
    condition: { NumericGreaterThan: { 's3:max-keys': '10' } },
    operation: 'ListObjectsV2',
    input: {},
    isDenied: true,
  },
  {
    name: 'a signed header request',
    action: 's3:GetObject',
    condition: { StringEquals: { 's3:authType': 'REST-HEADER', 's3:signatureversion': 'AWS4-HMAC-SHA256' } },
    operation: 'GetObject',
    input: { Key: 'k' },
    isDenied: true,
  },
]

describe('conditions', () => {
  for (const { name, action, condition, operation, input, isDenied } of denials) {
    it(name, async () => {
      const Bucket = await scene.bucket()
      await scene.put(Bucket, 'k')
      await scene.put(Bucket, 'private/k')
      const Resource = action === 's3:ListBucket' ? 'arn:aws:s3:::B' : objects
      await scene.policy(Bucket, { Effect: 'Deny', Principal: '*', Action: action, Resource, Condition: condition })
      const source = (input as { CopySource?: string }).CopySource?.replace('BUCKET', Bucket)
      const answer = await u.ask(operation, { Bucket, ...input, ...(source && { CopySource: source }) })
      expectSaid(answer, isDenied ? '403 AccessDenied' : '200')
    })
  }

  it('45: ForAllValues holds for no values, unless Null asks for some', async () => {
    const Bucket = await scene.bucket()
    const some = { 'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['a', 'b'] } }
    const put = (Condition: Statement): Statement => ({
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: objects,
      Condition,
    })
    const nobody = await scene.user()
    await scene.policy(Bucket, put(some))
    expectSaid(await nobody.ask('PutObject', { Bucket, Key: 'n', Body: 'x' }), '200')
    await scene.policy(Bucket, put({ ...some, Null: { 's3:RequestObjectTagKeys': 'false' } }))
    expectSaid(await nobody.ask('PutObject', { Bucket, Key: 'n', Body: 'x' }), '403 AccessDenied')
  })

  it('52, 53, 54: variables in resources', async () => {
    const Bucket = await scene.bucket()
    const at = (Resource: string) => ({
      Effect: 'Allow',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${Bucket}/${Resource}`,
    })
    const document = (version: string, resource: string) => JSON.parse(policyOf(at(resource), version))
    const put = (who: Asker, Key: string) => who.ask('PutObject', { Bucket, Key, Body: 'x' })
    const old = await scene.user({ policy: document('2008-10-17', `${variable('aws:username')}/*`) })
    expectSaid(await put(old, `${old.name}/k`), '403 AccessDenied')
    const named = await scene.user({ policy: document('2012-10-17', `${variable('aws:username')}/*`) })
    expectSaid(await put(named, `${named.name}/k`), '200')
    expectSaid(await put(named, 'another/k'), '403 AccessDenied')
    const team = document('2012-10-17', `${variable("aws:PrincipalTag/team, 'pub'")}/*`)
    expectSaid(await put(await scene.user({ policy: team }), 'pub/x'), '200')
    expectSaid(await put(await scene.user({ policy: team, tags: { Team: 'red' } }), 'red/x'), '200')
    const star = await scene.user({ policy: document('2012-10-17', `a${variable('*')}`) })
    expectSaid(await put(star, 'a*'), '200')
    expectSaid(await put(star, 'ab'), '403 AccessDenied')
  })

  it('50: a session of a role is compared as the role, with its path', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const role = await scene.role([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }])
    const session = await scene.session(role)
    const Condition = { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/team/r*' } }
    await scene.policy(Bucket, { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: objects, Condition })
    expectSaid(await session.ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied', 'explicit deny')
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'k' }), '200')
  })

  it('56: a prefix that was not asked for is no match', async () => {
    const Bucket = await scene.bucket()
    const Condition = { StringLike: { 's3:prefix': ['', 'home/*'] } }
    const lister = await scene.user({ allow: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*', Condition }] })
    expectSaid(await lister.ask('ListObjectsV2', { Bucket }), '403 AccessDenied')
    expectSaid(await lister.ask('ListObjectsV2', { Bucket, Prefix: '' }), '200')
    expectSaid(await lister.ask('ListObjectsV2', { Bucket, Prefix: 'home/me' }), '200')
  })

  it('57: tags of the bucket count once ABAC is on', async () => {
    const Bucket = await scene.bucket()
    await scene.must(scene.a, 'PutBucketTagging', { Bucket, Tagging: { TagSet: [{ Key: 'team', Value: 'red' }] } })
    const Condition = { StringEquals: { 'aws:ResourceTag/team': 'red' } }
    const red = await scene.user({ allow: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*', Condition }] })
    expectSaid(await red.ask('ListObjectsV2', { Bucket }), '403 AccessDenied')
    await scene.must(scene.a, 'PutBucketAbac', { Bucket, AbacStatus: { Status: 'Enabled' } })
    expectSaid(await red.ask('ListObjectsV2', { Bucket }), '200')
    const { output } = await scene.a.ask('GetBucketAbac', { Bucket })
    assert.deepEqual(output.AbacStatus, { Status: 'Enabled' })
  })

  it('parts and completion have the encryption that began the upload', async () => {
    const Bucket = await scene.bucket()
    const Condition = { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } }
    await scene.policy(Bucket, { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: objects, Condition })
    const begin = { Bucket, Key: 'n', ServerSideEncryption: 'AES256' }
    const { output } = await scene.must(u, 'CreateMultipartUpload', begin)
    const upload = { Bucket, Key: 'n', UploadId: output.UploadId }
    const part = await scene.must(u, 'UploadPart', { ...upload, PartNumber: 1, Body: 'x' })
    const Parts = [{ PartNumber: 1, ETag: part.output.ETag }]
    expectSaid(await u.ask('CompleteMultipartUpload', { ...upload, MultipartUpload: { Parts } }), '200')
  })

  it('presigned URLs and forms say how they were signed, and how long ago', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const deny = (Condition: Statement): Statement => ({
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: objects,
      Condition,
    })
    const client = new S3Client({
      endpoint: scene.server.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: u.key,
    })
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'k' }), {
      signingDate: new Date(Date.now() - 120_000),
    })
    client.destroy()
    const path = url.slice(scene.server.url.length)
    const form = () => createPresignedPost(u.key, Bucket, 'posted')
    expectSaid(await scene.anonymous('GET', path), '200')
    expectSaid(await scene.anonymous('POST', `/${Bucket}`, { body: form() }), '204')
    await scene.policy(Bucket, deny({ NumericGreaterThan: { 's3:signatureAge': '60000' } }))
    expectSaid(await scene.anonymous('GET', path), '403 AccessDenied', 'explicit deny in a resource-based policy')
    expectSaid(await scene.anonymous('POST', `/${Bucket}`, { body: form() }), '204')
    await scene.policy(Bucket, deny({ StringEquals: { 's3:authType': 'POST' } }))
    expectSaid(await scene.anonymous('GET', path), '200')
    expectSaid(await scene.anonymous('POST', `/${Bucket}`, { body: form() }), '403 AccessDenied')
    await scene.policy(Bucket, deny({ StringEquals: { 's3:authType': 'REST-QUERY-STRING' } }))
    expectSaid(await scene.anonymous('GET', path), '403 AccessDenied')
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'k' }), '200')
  })
})
