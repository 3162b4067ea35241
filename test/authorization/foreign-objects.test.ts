// Objects of other accounts in a bucket with ACLs: who may delete and tag them, as CreateBucket, PutObjectAcl and
// PutObjectTagging document it.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountX, allOfS3, expectSaid, openScene, type Scene } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const body = { Body: 'x' }

/** A bucket of A in which everybody may write. */
async function openBucket(): Promise<string> {
  const Bucket = await scene.bucket('ObjectWriter')
  await scene.must(scene.a, 'PutBucketAcl', { Bucket, ACL: 'public-read-write' })
  return Bucket
}

describe('WRITE in the ACL of a bucket', () => {
  it('lets others create objects and delete their own, not those of others', async () => {
    const Bucket = await openBucket()
    const user = await scene.user({ account: 'X', allow: [allOfS3] })
    await scene.put(Bucket, 'of-a')
    for (const who of [scene.x, user]) {
      await scene.must(who, 'PutObject', { Bucket, Key: 'of-x', ...body })
      expectSaid(await who.ask('DeleteObject', { Bucket, Key: 'of-a' }), '403 AccessDenied')
      await scene.must(who, 'DeleteObject', { Bucket, Key: 'of-x' })
      await scene.must(who, 'DeleteObject', { Bucket, Key: 'missing' })
    }
    expectSaid(await scene.anonymous('DELETE', `/${Bucket}/of-a`), '403 AccessDenied')
    const Objects = [{ Key: 'of-a' }, { Key: 'of-x' }]
    const { output } = await scene.must(scene.x, 'DeleteObjects', { Bucket, Delete: { Objects } })
    assert.deepEqual(
      (output.Errors as { Key: string }[]).map(({ Key }) => Key),
      ['of-a'],
    )
    await scene.must(scene.a, 'HeadObject', { Bucket, Key: 'of-a' })
  })

  it('lets the owner of the bucket delete everything, and a policy let others', async () => {
    const Bucket = await openBucket()
    await scene.must(scene.x, 'PutObject', { Bucket, Key: 'of-x', ...body })
    await scene.must(scene.a, 'DeleteObject', { Bucket, Key: 'of-x' })
    await scene.put(Bucket, 'of-a')
    const Resource = 'arn:aws:s3:::B/*'
    await scene.policy(Bucket, { Effect: 'Allow', Principal: { AWS: accountX }, Action: 's3:DeleteObject', Resource })
    await scene.must(scene.x, 'DeleteObject', { Bucket, Key: 'of-a' })
  })
})

describe('tags of objects of other accounts', () => {
  const Tagging = { TagSet: [{ Key: 'k', Value: 'v' }] }

  it('are read, set and deleted by the owner of the bucket, and its users with a policy', async () => {
    const Bucket = await openBucket()
    const able = await scene.user({ allow: [allOfS3] })
    const unable = await scene.user({})
    await scene.must(scene.x, 'PutObject', { Bucket, Key: 'of-x', ...body })
    for (const who of [scene.a, able]) {
      await scene.must(who, 'PutObjectTagging', { Bucket, Key: 'of-x', Tagging })
      const read = await scene.must(who, 'GetObjectTagging', { Bucket, Key: 'of-x' })
      assert.deepEqual(read.output.TagSet, Tagging.TagSet)
      await scene.must(who, 'DeleteObjectTagging', { Bucket, Key: 'of-x' })
      expectSaid(await who.ask('GetObject', { Bucket, Key: 'of-x' }), '403 AccessDenied')
    }
    expectSaid(await unable.ask('GetObjectTagging', { Bucket, Key: 'of-x' }), '403 AccessDenied')
    // The owner of the object keeps its rights.
    await scene.must(scene.x, 'PutObjectTagging', { Bucket, Key: 'of-x', Tagging })
  })

  it('are reached by the policy of the bucket: the owner can grant the permission to others', async () => {
    const Bucket = await openBucket()
    await scene.must(scene.x, 'PutObject', { Bucket, Key: 'of-x', ...body })
    const user = await scene.user({})
    const Resource = 'arn:aws:s3:::B/*'
    const Action = ['s3:GetObjectTagging', 's3:GetObject']
    await scene.policy(Bucket, { Effect: 'Allow', Principal: { AWS: user.arn }, Action, Resource })
    await scene.must(user, 'GetObjectTagging', { Bucket, Key: 'of-x' })
    expectSaid(await user.ask('GetObject', { Bucket, Key: 'of-x' }), '403 AccessDenied')
    expectSaid(await scene.x.ask('GetObjectTagging', { Bucket, Key: 'of-x' }), '200')
  })

  it('of the bucket owner are not for the account that may write', async () => {
    const Bucket = await openBucket()
    await scene.put(Bucket, 'of-a')
    expectSaid(await scene.x.ask('GetObjectTagging', { Bucket, Key: 'of-a' }), '403 AccessDenied')
    expectSaid(await scene.x.ask('PutObjectTagging', { Bucket, Key: 'of-a', Tagging }), '403 AccessDenied')
  })
})
