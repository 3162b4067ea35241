// Policies of guides that people follow, as written there: a synced bucket, a public website, a user named by the bucket.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountA, expectSaid, openScene, type Scene } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

describe('guides', () => {
  it('syncing a bucket: list all, list one, put, get and delete in it', async () => {
    const Bucket = await scene.bucket()
    const other = await scene.bucket()
    const policy = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['s3:GetBucketLocation', 's3:ListAllMyBuckets'], Resource: 'arn:aws:s3:::*' },
        { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: [`arn:aws:s3:::${Bucket}`] },
        {
          Effect: 'Allow',
          Action: ['s3:PutObject', 's3:PutObjectAcl', 's3:GetObject', 's3:GetObjectAcl', 's3:DeleteObject'],
          Resource: [`arn:aws:s3:::${Bucket}/*`],
        },
      ],
    }
    const u = await scene.user({ policy })
    for (const [operation, input] of [
      ['ListBuckets', {}],
      ['GetBucketLocation', { Bucket }],
      ['GetBucketLocation', { Bucket: other }],
      ['ListObjectsV2', { Bucket }],
      ['PutObject', { Bucket, Key: 'a/b.txt', Body: 'x' }],
      ['PutObject', { Bucket, Key: 'a/b.txt', Body: 'x', ACL: 'bucket-owner-full-control' }],
      ['HeadObject', { Bucket, Key: 'a/b.txt' }],
      ['GetObject', { Bucket, Key: 'a/b.txt' }],
      ['CopyObject', { Bucket, Key: 'c', CopySource: `${Bucket}/a/b.txt` }],
      ['DeleteObject', { Bucket, Key: 'c' }],
    ] as const) {
      await scene.must(u, operation, input)
    }
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'gone' }), '404 NoSuchKey')
    for (const [operation, input, action] of [
      ['ListObjectsV2', { Bucket: other }, 's3:ListBucket'],
      ['PutObject', { Bucket: other, Key: 'k', Body: 'x' }, 's3:PutObject'],
      ['DeleteBucket', { Bucket }, 's3:DeleteBucket'],
      ['PutObject', { Bucket, Key: 'k', Body: 'x', Tagging: 'a=b' }, 's3:PutObjectTagging'],
    ] as const) {
      expectSaid(await u.ask(operation, input), '403 AccessDenied', `perform: ${action} on resource`)
    }
  })

  it('a public website: the policy is refused until Block Public Access lets it in, then everybody reads', async () => {
    const Bucket = 'example.com'
    await scene.must(scene.a, 'CreateBucket', { Bucket })
    await scene.put(Bucket, 'index.html')
    const Policy = `{
  "Version":"2012-10-17",
  "Statement": [{
    "Sid": "Allow Public Access to All Objects",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::example.com/*"
  }
 ]
}`
    const refused = await scene.a.ask('PutBucketPolicy', { Bucket, Policy })
    expectSaid(refused, '403 AccessDenied', 'BlockPublicPolicy setting')
    await scene.must(scene.a, 'DeletePublicAccessBlock', { Bucket })
    await scene.must(scene.a, 'PutBucketPolicy', { Bucket, Policy })
    expectSaid(await scene.anonymous('GET', `/${Bucket}/index.html`), '200')
    expectSaid(await scene.anonymous('GET', `/${Bucket}`), '403 AccessDenied')
    expectSaid(await scene.anonymous('PUT', `/${Bucket}/index.html`, { body: 'mine' }), '403 AccessDenied')
    const { output } = await scene.must(scene.a, 'GetBucketPolicyStatus', { Bucket })
    assert.deepEqual(output.PolicyStatus, { IsPublic: true })
  })

  it('a user named by the bucket: objects need a resource of their own', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    await scene.iam('A', 'CreateUser', { UserName: 'Dave' })
    const { AccessKey } = await scene.iam('A', 'CreateAccessKey', { UserName: 'Dave' })
    const { AccessKeyId, SecretAccessKey } = AccessKey as { AccessKeyId: string; SecretAccessKey: string }
    const arn = `arn:aws:iam::${accountA}:user/Dave`
    const dave = scene.asker('Dave', arn, { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey })
    const policy = (...Resource: string[]) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'ExampleStatement1',
            Effect: 'Allow',
            Principal: { AWS: arn },
            Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:GetObject'],
            Resource,
          },
        ],
      })
    const short = await scene.a.ask('PutBucketPolicy', { Bucket, Policy: policy(`arn:aws:s3:::${Bucket}`) })
    expectSaid(short, '400 MalformedPolicy', 'Action does not apply to any resource(s) in statement')
    const Policy = policy(`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`)
    await scene.must(scene.a, 'PutBucketPolicy', { Bucket, Policy })
    await scene.must(dave, 'GetObject', { Bucket, Key: 'k' })
    await scene.must(dave, 'ListObjectsV2', { Bucket })
    expectSaid(await dave.ask('PutObject', { Bucket, Key: 'k', Body: 'x' }), '403 AccessDenied', 's3:PutObject')
    expectSaid(await dave.ask('ListBuckets', {}), '403 AccessDenied')
  })
})
