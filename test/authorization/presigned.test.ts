// Presigned URLs and forms are worth what their key is worth when they are used.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html ("Who can create a presigned URL",
// "Expiration time for presigned URLs")
import { after, before, describe, it } from 'node:test'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { sealSession } from '../../src/iam/session-tokens.ts'
import { createPresignedPost } from './post-form.ts'
import { accountA, allOfS3, type Asker, expectSaid, type Key, openScene, type Scene } from './support.ts'

let scene: Scene
let Bucket: string
before(async () => {
  scene = await openScene()
  Bucket = await scene.bucket()
  await scene.put(Bucket, 'k')
})
after(() => scene.close())

/** Path and query of a GET signed now. */
async function presign({ key }: Asker): Promise<string> {
  const { endpoint } = scene
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { ...key } })
  const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'k' }), { expiresIn: 3600 })
  client.destroy()
  return url.slice(endpoint.length)
}

const key = ({ name, key: { accessKeyId } }: Asker) => ({ UserName: name, AccessKeyId: accessKeyId })

describe('presigned URLs and forms', () => {
  it('of a key that is deactivated are refused, until it is active again', async () => {
    const u = await scene.user({ allow: [allOfS3] })
    const path = await presign(u)
    const form = createPresignedPost(u.key, Bucket, 'posted')
    const post = () => scene.anonymous('POST', `/${Bucket}`, { body: form })
    expectSaid(await scene.anonymous('GET', path), '200')
    expectSaid(await post(), '204')
    await scene.iam('A', 'UpdateAccessKey', { ...key(u), Status: 'Inactive' })
    expectSaid(await scene.anonymous('GET', path), '403 InvalidAccessKeyId')
    expectSaid(await post(), '403 InvalidAccessKeyId')
    await scene.iam('A', 'UpdateAccessKey', { ...key(u), Status: 'Active' })
    expectSaid(await scene.anonymous('GET', path), '200')
    await scene.iam('A', 'DeleteAccessKey', key(u))
    expectSaid(await scene.anonymous('GET', path), '403 InvalidAccessKeyId')
    expectSaid(await post(), '403 InvalidAccessKeyId')
  })

  it('of a session end with it, however long they were made for', async () => {
    const role = await scene.role([allOfS3])
    const nowMs = Date.now()
    const made: Key = { accessKeyId: 'ASIA00000000000ENDED', secretAccessKey: 'secret-of-a-session' }
    const claims = {
      ...made,
      accountId: accountA,
      kind: 'role' as const,
      uniqueId: role.id,
      name: 's1',
      session: {
        by: 'AssumeRole' as const,
        issuedMs: nowMs - 3_600_000,
        expiresMs: nowMs - 1000,
        tags: {},
        transitiveTagKeys: [],
        policies: [],
        policyArns: [],
      },
    }
    const sessionToken = sealSession(claims, await scene.server.store.iam.secret('session'))
    const ended = scene.asker('ended', '', { ...made, sessionToken })
    expectSaid(await scene.anonymous('GET', await presign(ended)), '400 ExpiredToken')
    const live = await scene.session(role)
    const path = await presign(live)
    expectSaid(await scene.anonymous('GET', path), '200')
    await scene.iam('A', 'DeleteRolePolicy', { RoleName: role.name, PolicyName: 'p' })
    expectSaid(await scene.anonymous('GET', path), '403 AccessDenied', 'no identity-based policy allows')
    await scene.iam('A', 'DeleteRole', { RoleName: role.name })
    expectSaid(await scene.anonymous('GET', path), '403 InvalidAccessKeyId')
  })

  it('of a user who has lost the permission are refused, and of one who is denied by the bucket', async () => {
    const u = await scene.user({ allow: [allOfS3] })
    const path = await presign(u)
    const deny = { Effect: 'Deny', Principal: { AWS: u.arn }, Action: 's3:GetObject', Resource: 'arn:aws:s3:::B/*' }
    await scene.policy(Bucket, deny)
    expectSaid(await scene.anonymous('GET', path), '403 AccessDenied', 'explicit deny in a resource-based policy')
    await scene.must(scene.a, 'DeleteBucketPolicy', { Bucket })
    expectSaid(await scene.anonymous('GET', path), '200')
    await scene.iam('A', 'DeleteUserPolicy', { UserName: u.name, PolicyName: 'p' })
    expectSaid(await scene.anonymous('GET', path), '403 AccessDenied', 'no identity-based policy allows')
  })
})
