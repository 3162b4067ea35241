/** The steps of the guides that people follow for S3: users, groups and policies per client, by console or by API. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  DeleteAccessKeyCommand,
  GetGroupCommand,
  ListGroupsForUserCommand,
  PutGroupPolicyCommand,
  PutUserPolicyCommand,
  RemoveUserFromGroupCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { type Arena, failure, startArena } from './support.ts'

const put = (s3: S3Client, Bucket: string, Key = 'a.txt') => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
const denied = /^403 AccessDenied: User: arn:aws:iam::111111111111:user\/.* is not authorized to perform: s3:/

describe('isolation between clients', () => {
  let arena: Arena
  before(async () => {
    arena = await startArena({ buckets: ['new-client', 'new-client-dev', 'other-client'] })
  })
  after(() => arena[Symbol.asyncDispose]())

  it('a group with a custom policy that has no Version opens the buckets of one client to its members', async () => {
    const { iam } = arena.root
    const developer = await arena.user('developer')
    const application = await arena.user('application')
    await iam.send(new CreateGroupCommand({ GroupName: 'new-client' }))
    const PolicyDocument = `{
      "Statement": [
        { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::new-client*" },
        { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::new-client-dev*" }
      ]
    }`
    await iam.send(new PutGroupPolicyCommand({ GroupName: 'new-client', PolicyName: 'access', PolicyDocument }))
    assert.match(await failure(put(developer.s3, 'new-client')), denied)
    for (const UserName of ['developer', 'application']) {
      await iam.send(new AddUserToGroupCommand({ GroupName: 'new-client', UserName }))
      await iam.send(new AddUserToGroupCommand({ GroupName: 'NEW-CLIENT', UserName }))
    }
    const { Users } = await iam.send(new GetGroupCommand({ GroupName: 'new-client' }))
    assert.deepEqual(
      Users?.map(({ UserName }) => UserName),
      ['application', 'developer'],
    )
    for (const { s3 } of [developer, application]) {
      await put(s3, 'new-client')
      await put(s3, 'new-client-dev')
      await s3.send(new ListObjectsV2Command({ Bucket: 'new-client' }))
      assert.match(await failure(put(s3, 'other-client')), denied)
      assert.match(await failure(s3.send(new ListBucketsCommand({}))), denied)
    }
    await iam.send(new RemoveUserFromGroupCommand({ GroupName: 'new-client', UserName: 'developer' }))
    assert.match(await failure(put(developer.s3, 'new-client')), denied)
    await put(application.s3, 'new-client')
    const { Groups } = await iam.send(new ListGroupsForUserCommand({ UserName: 'developer' }))
    assert.deepEqual(Groups, [])
  })

  it('a policy of its own, made first and attached then, opens one bucket for one user', async () => {
    const { iam, s3: root } = arena.root
    await root.send(new CreateBucketCommand({ Bucket: 'opevbucketname' }))
    const user = await arena.user('opev_user')
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['s3:ListBucket', 's3:GetBucketLocation'],
          Resource: 'arn:aws:s3:::opevbucketname',
        },
        { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::opevbucketname/*' },
      ],
    })
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'opev_bucket_access', PolicyDocument }))
    assert.match(await failure(put(user.s3, 'opevbucketname')), denied)
    await iam.send(new AttachUserPolicyCommand({ UserName: 'opev_user', PolicyArn: Policy?.Arn ?? '' }))
    await put(user.s3, 'opevbucketname')
    await user.s3.send(new GetBucketLocationCommand({ Bucket: 'opevbucketname' }))
    assert.match(await failure(user.s3.send(new DeleteBucketCommand({ Bucket: 'opevbucketname' }))), denied)
    assert.match(await failure(put(user.s3, 'new-client')), denied)
  })

  it('everything on one bucket, and reading only', async () => {
    const { iam, s3: root } = arena.root
    await root.send(new CreateBucketCommand({ Bucket: 'cccs-docs' }))
    const docs = await arena.user('cccs-docs')
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['s3:*'], Resource: ['arn:aws:s3:::cccs-docs', 'arn:aws:s3:::cccs-docs/*'] },
      ],
    })
    await iam.send(new PutUserPolicyCommand({ UserName: 'cccs-docs', PolicyName: 'docs', PolicyDocument }))
    await put(docs.s3, 'cccs-docs')
    const reader = await arena.user('reader')
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
    await iam.send(new AttachUserPolicyCommand({ UserName: 'reader', PolicyArn }))
    await reader.s3.send(new GetObjectCommand({ Bucket: 'cccs-docs', Key: 'a.txt' }))
    await reader.s3.send(new ListBucketsCommand({}))
    assert.match(await failure(put(reader.s3, 'cccs-docs')), denied)
  })

  it('a key that is deactivated or deleted signs no longer', async () => {
    const { iam } = arena.root
    const leaver = await arena.user('leaver')
    const key = { UserName: 'leaver', AccessKeyId: leaver.keys.accessKeyId }
    await leaver.sts.send(new GetCallerIdentityCommand({}))
    await iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Inactive' }))
    assert.match(await failure(leaver.s3.send(new ListBucketsCommand({}))), /^403 InvalidAccessKeyId/)
    assert.match(await failure(leaver.sts.send(new GetCallerIdentityCommand({}))), /^403 InvalidClientTokenId/)
    await iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Active' }))
    await leaver.sts.send(new GetCallerIdentityCommand({}))
    await iam.send(new DeleteAccessKeyCommand(key))
    assert.match(await failure(leaver.s3.send(new ListBucketsCommand({}))), /^403 InvalidAccessKeyId/)
  })
})
