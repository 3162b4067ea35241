// Whether a caller hears that something is not there: cases 19 to 24 and 38.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html ("If the object you request doesn't exist ...")
import { after, before, describe, it } from 'node:test'
import { allOfS3, expectSaid, openScene, type Scene, type Statement } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const may = (...actions: string[]): Statement => ({ Effect: 'Allow', Action: actions, Resource: '*' })

describe('missing objects', () => {
  it('19, 20: a missing key is 404 only to those who may list the bucket', async () => {
    const Bucket = await scene.bucket()
    const reader = await scene.user({ allow: [may('s3:GetObject')] })
    const denied = await reader.ask('GetObject', { Bucket, Key: 'gone' })
    expectSaid(
      denied,
      '403 AccessDenied',
      `is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::${Bucket}"`,
    )
    const lister = await scene.user({ allow: [may('s3:GetObject', 's3:ListBucket')] })
    expectSaid(await lister.ask('GetObject', { Bucket, Key: 'gone' }), '404 NoSuchKey')
    expectSaid(await reader.ask('GetObjectTagging', { Bucket, Key: 'gone' }), '403 AccessDenied')
  })

  it('21: the permission to list is asked with the key as prefix', async () => {
    const Bucket = await scene.bucket()
    const list = { ...may('s3:ListBucket'), Condition: { StringLike: { 's3:prefix': 'public/*' } } }
    const u = await scene.user({ allow: [may('s3:GetObject'), list] })
    expectSaid(await u.ask('HeadObject', { Bucket, Key: 'public/a' }), '404')
    expectSaid(await u.ask('HeadObject', { Bucket, Key: 'private/a' }), '403')
  })

  it('22: without permission to read, listing does not help', async () => {
    const Bucket = await scene.bucket()
    const u = await scene.user({ allow: [may('s3:ListBucket')] })
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'gone' }), '403 AccessDenied', 'perform: s3:GetObject')
  })

  it('a deleted key and a missing version are missing too', async () => {
    const Bucket = await scene.bucket()
    await scene.must(scene.a, 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } })
    await scene.put(Bucket, 'k')
    await scene.must(scene.a, 'DeleteObject', { Bucket, Key: 'k' })
    const reader = await scene.user({ allow: [may('s3:GetObject', 's3:GetObjectVersion')] })
    const denied = await reader.ask('GetObject', { Bucket, Key: 'k' })
    expectSaid(denied, '403 AccessDenied', 's3:ListBucket')
    const lister = await scene.user({ allow: [may('s3:GetObject*', 's3:ListBucket')] })
    expectSaid(await lister.ask('GetObject', { Bucket, Key: 'k' }), '404 NoSuchKey')
  })

  it('23: anonymous callers hear of missing buckets, not of missing keys', async () => {
    const Bucket = await scene.bucket()
    expectSaid(await scene.anonymous('GET', '/no-such-bucket/k'), '404 NoSuchBucket')
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '403 AccessDenied', 'Access Denied')
  })

  it('24: deleting what is not there tells nothing', async () => {
    const Bucket = await scene.bucket()
    const u = await scene.user({ allow: [may('s3:DeleteObject')] })
    expectSaid(await u.ask('DeleteObject', { Bucket, Key: 'gone' }), '204')
  })

  it('the source of a copy follows the same rule', async () => {
    const Bucket = await scene.bucket()
    const Source = await scene.bucket()
    const u = await scene.user({ allow: [may('s3:GetObject', 's3:PutObject')] })
    const copy = { Bucket, Key: 'k', CopySource: `${Source}/gone` }
    expectSaid(
      await u.ask('CopyObject', copy),
      '403 AccessDenied',
      `s3:ListBucket on resource: "arn:aws:s3:::${Source}"`,
    )
    expectSaid(await scene.a.ask('CopyObject', copy), '404 NoSuchKey')
  })

  it('37, 38: uploads are ended and listed by who began them; an id that never was is missing to every writer', async () => {
    const Bucket = await scene.bucket()
    const x = await scene.user({ allow: [may('s3:PutObject')] })
    const other = await scene.user({ allow: [may('s3:PutObject')] })
    const { output } = await scene.must(x, 'CreateMultipartUpload', { Bucket, Key: 'k' })
    const upload = { Bucket, Key: 'k', UploadId: output.UploadId }
    expectSaid(await x.ask('ListParts', upload), '200')
    expectSaid(await other.ask('ListParts', upload), '403 AccessDenied', 's3:ListMultipartUploadParts')
    expectSaid(await other.ask('AbortMultipartUpload', upload), '403 AccessDenied')
    expectSaid(await other.ask('ListParts', { ...upload, UploadId: 'no-such-upload' }), '404 NoSuchUpload')
    expectSaid(await x.ask('AbortMultipartUpload', upload), '204')
    expectSaid(await x.ask('ListParts', upload), '404 NoSuchUpload')
    expectSaid(await scene.a.ask('ListParts', upload), '404 NoSuchUpload')
  })

  it('who began an upload neither ends nor lists it where a policy denies that (user guide, Multipart upload API and permissions; s3-tests test_deny_multipart_actions_in_user_policy)', async () => {
    const Bucket = await scene.bucket()
    const denied = { ...may('s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'), Effect: 'Deny' as const }
    const u = await scene.user({ allow: [may('s3:PutObject'), denied] })
    const { output } = await scene.must(u, 'CreateMultipartUpload', { Bucket, Key: 'k' })
    const upload = { Bucket, Key: 'k', UploadId: output.UploadId }
    const words = 'with an explicit deny in an identity-based policy'
    expectSaid(await u.ask('AbortMultipartUpload', upload), '403 AccessDenied', words)
    expectSaid(await u.ask('ListParts', upload), '403 AccessDenied', words)
    expectSaid(await scene.a.ask('AbortMultipartUpload', upload), '204')
  })

  it('a subresource that is not configured is told to those who may read it', async () => {
    const Bucket = await scene.bucket()
    const able = await scene.user({ allow: [allOfS3] })
    const unable = await scene.user()
    expectSaid(await able.ask('GetBucketPolicy', { Bucket }), '404 NoSuchBucketPolicy')
    expectSaid(await unable.ask('GetBucketPolicy', { Bucket }), '403 AccessDenied', 's3:GetBucketPolicy')
  })
})
