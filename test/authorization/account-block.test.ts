// Block Public Access of an account counts in all its buckets, whatever they say themselves.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html ("most restrictive")
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { controlRequest } from './control-request.ts'
import { accountA, allOfS3, expectSaid, openScene, type Scene, type Statement } from './support.ts'

const path = '/v20180820/configuration/publicAccessBlock'
let scene: Scene
let Bucket: string
before(async () => {
  scene = await openScene()
})
after(() => scene.close())
beforeEach(async () => {
  assert.equal((await controlRequest(scene, scene.a.key, accountA, 'DELETE', path)).status, 204)
  Bucket = await scene.bucket('ObjectWriter')
  await scene.put(Bucket, 'k', { ACL: 'public-read' })
})

/** Sets one flag for the account. */
async function block(flag: string): Promise<void> {
  const body = `<PublicAccessBlockConfiguration><${flag}>true</${flag}></PublicAccessBlockConfiguration>`
  assert.equal((await controlRequest(scene, scene.a.key, accountA, 'PUT', path, body)).status, 200)
}

const open: Statement = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::B/*' }

describe('block public access of an account', () => {
  it('BlockPublicAcls: no public ACL comes in, those there stay', async () => {
    await block('BlockPublicAcls')
    const refused = await scene.a.ask('PutObjectAcl', { Bucket, Key: 'k', ACL: 'public-read' })
    expectSaid(refused, '403 AccessDenied', 'BlockPublicAcls setting in S3 Block Public Access')
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '200')
  })

  it('IgnorePublicAcls: public ACLs are as if they were not', async () => {
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '200')
    await block('IgnorePublicAcls')
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '403 AccessDenied')
    expectSaid(await scene.a.ask('PutObjectAcl', { Bucket, Key: 'k', ACL: 'public-read' }), '200')
  })

  it('RestrictPublicBuckets: a public policy is for the account alone', async () => {
    await scene.must(scene.a, 'PutObjectAcl', { Bucket, Key: 'k', ACL: 'private' })
    const x = await scene.user({ account: 'X', allow: [allOfS3] })
    const u = await scene.user()
    await scene.policy(Bucket, open)
    for (const who of [x, u]) expectSaid(await who.ask('GetObject', { Bucket, Key: 'k' }), '200')
    await block('RestrictPublicBuckets')
    expectSaid(await x.ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied')
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'k' }), '200')
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '403 AccessDenied')
  })

  it('needs permission: its own actions, on the account', async () => {
    const able = await scene.user({
      allow: [{ Effect: 'Allow', Action: 's3:GetAccountPublicAccessBlock', Resource: '*' }],
    })
    await block('BlockPublicAcls')
    assert.equal((await controlRequest(scene, able.key, accountA, 'GET', path)).status, 200)
    for (const method of ['DELETE', 'GET'] as const) {
      const who = method === 'GET' ? await scene.user() : able
      const { status, text } = await controlRequest(scene, who.key, accountA, method, path)
      assert.equal(status, 403)
      const action = method === 'GET' ? 's3:GetAccountPublicAccessBlock' : 's3:PutAccountPublicAccessBlock'
      assert.ok(text.includes(`is not authorized to perform: ${action}`), text)
    }
  })
})
