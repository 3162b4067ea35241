// Block Public Access of buckets and accounts, Object Ownership and ACLs as they decide: cases 58 to 68.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { controlRequest } from './control-request.ts'
import { createPresignedPost } from './post-form.ts'
import {
  accountA,
  accountX,
  allOfS3,
  canonicalX,
  expectSaid,
  openScene,
  policyOf,
  type Scene,
  type Statement,
} from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const allow = (principal: unknown, more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::B/*',
  ...more,
})
const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers'
const own = `id="${'a'.repeat(64)}"`
/** Grants of another account's objects that leave the bucket's owner nothing. */
const grantees = ({ Grants }: Record<string, unknown>) =>
  (Grants as { Grantee?: { URI?: string; ID?: string } }[]).map(({ Grantee }) => Grantee?.URI ?? Grantee?.ID)

describe('block public access', () => {
  it('58, 59: BlockPublicPolicy refuses what is public, and only that', async () => {
    const Bucket = await scene.bucket('BucketOwnerEnforced', { BlockPublicPolicy: true })
    const from = (ip: string) => ({ Condition: { IpAddress: { 'aws:SourceIp': ip } } })
    const put = (...statements: Statement[]) =>
      scene.a.ask('PutBucketPolicy', { Bucket, Policy: policyOf(statements).replaceAll('::B/', `::${Bucket}/`) })
    expectSaid(
      await put(allow('*')),
      '403 AccessDenied',
      'because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access',
    )
    expectSaid(await put(allow('*', from('11.0.0.0/8'))), '204')
    expectSaid(await put(allow('*', from('11.0.0.0/7'))), '403 AccessDenied')
    expectSaid(await put(allow({ AWS: accountX })), '204')
  })

  it('the settings of the account count too', async () => {
    const Bucket = await scene.bucket()
    const Policy = policyOf(allow('*')).replaceAll('::B/', `::${Bucket}/`)
    const body =
      '<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy></PublicAccessBlockConfiguration>'
    const path = '/v20180820/configuration/publicAccessBlock'
    const ask = (method: string, text?: string) => controlRequest(scene, scene.a.key, accountA, method, path, text)
    assert.match((await ask('GET')).text, /<ErrorResponse><Error><Code>NoSuchPublicAccessBlockConfiguration</)
    assert.equal((await ask('PUT', body)).status, 200)
    assert.match((await ask('GET')).text, /<BlockPublicPolicy>true<.*<RestrictPublicBuckets>false</)
    expectSaid(await scene.a.ask('PutBucketPolicy', { Bucket, Policy }), '403 AccessDenied', 'BlockPublicPolicy')
    assert.equal((await ask('DELETE')).status, 204)
    expectSaid(await scene.a.ask('PutBucketPolicy', { Bucket, Policy }), '204')
    const stranger = await controlRequest(scene, scene.x.key, accountA, 'GET', path)
    assert.match(stranger.text, /<Code>AccessDenied</)
  })

  it('60: RestrictPublicBuckets shuts everyone out of a public policy but the owner', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const x = await scene.user({ account: 'X', allow: [allOfS3] })
    const u = await scene.user({ allow: [allOfS3] })
    await scene.policy(Bucket, allow('*', { Resource: 'arn:aws:s3:::B/open/*' }), allow({ AWS: accountX }))
    expectSaid(await x.ask('GetObject', { Bucket, Key: 'k' }), '200')
    const PublicAccessBlockConfiguration = { RestrictPublicBuckets: true }
    await scene.must(scene.a, 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration })
    expectSaid(await x.ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied')
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'k' }), '200')
    expectSaid(await scene.anonymous('GET', `/${Bucket}/open/k`), '403 AccessDenied')
    const { output } = await scene.a.ask('GetBucketPolicyStatus', { Bucket })
    assert.deepEqual(output.PolicyStatus, { IsPublic: true })
  })

  it('61: IgnorePublicAcls takes their effect and hides them', async () => {
    const Bucket = await scene.bucket('ObjectWriter')
    await scene.put(Bucket, 'k', { ACL: 'public-read' })
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '200')
    const PublicAccessBlockConfiguration = { IgnorePublicAcls: true }
    await scene.must(scene.a, 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration })
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '403 AccessDenied')
    const { output } = await scene.a.ask('GetObjectAcl', { Bucket, Key: 'k' })
    assert.ok(!grantees(output).includes(allUsers))
  })

  it('62: BlockPublicAcls refuses public ACLs as they come', async () => {
    const Bucket = await scene.bucket('ObjectWriter', { BlockPublicAcls: true })
    await scene.put(Bucket, 'k')
    const text = 'because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access'
    const acl = (ACL: string) => scene.a.ask('PutObjectAcl', { Bucket, Key: 'k', ACL })
    expectSaid(await acl('authenticated-read'), '403 AccessDenied', text)
    expectSaid(await acl('bucket-owner-full-control'), '200')
    const grant = { Grantee: { Type: 'Group', URI: allUsers }, Permission: 'READ' }
    const AccessControlPolicy = { Owner: { ID: 'a'.repeat(64) }, Grants: [grant] }
    expectSaid(await scene.a.ask('PutBucketAcl', { Bucket, AccessControlPolicy }), '403 AccessDenied', text)
    expectSaid(await scene.a.ask('PutBucketAcl', { Bucket, GrantRead: `uri="${allUsers}"` }), '403 AccessDenied', text)
    const put = { Bucket, Key: 'n', Body: 'x', ACL: 'public-read' }
    expectSaid(await scene.a.ask('PutObject', put), '403 AccessDenied', text)
    const copy = { Bucket, Key: 'n', CopySource: `${Bucket}/k`, GrantRead: `uri="${allUsers}"` }
    expectSaid(await scene.a.ask('CopyObject', copy), '403 AccessDenied', text)
    const upload = { Bucket, Key: 'n', ACL: 'public-read-write' }
    expectSaid(await scene.a.ask('CreateMultipartUpload', upload), '403 AccessDenied', text)
    const form = (acl: string) => createPresignedPost(scene.a.key, Bucket, 'n', { acl })
    expectSaid(await scene.anonymous('POST', `/${Bucket}`, { body: form('public-read') }), '403 AccessDenied', text)
    expectSaid(await scene.anonymous('POST', `/${Bucket}`, { body: form('private') }), '204')
    await scene.must(scene.a, 'DeletePublicAccessBlock', { Bucket })
    expectSaid(await scene.a.ask('PutObject', put), '200')
  })
})

describe('ownership and ACLs', () => {
  it('63: without ACLs only harmless ones are taken', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const refused = '400 AccessControlListNotSupported'
    expectSaid(await scene.a.ask('PutObjectAcl', { Bucket, Key: 'k', ACL: 'private' }), refused)
    expectSaid(await scene.a.ask('PutObject', { Bucket, Key: 'k', Body: 'x', ACL: 'private' }), '200')
    expectSaid(await scene.a.ask('PutObject', { Bucket, Key: 'k', Body: 'x', ACL: 'public-read' }), refused)
  })

  it('64: a new bucket with a public ACL', async () => {
    const input = { Bucket: 'a-public-bucket', ACL: 'public-read' }
    expectSaid(await scene.a.ask('CreateBucket', input), '400 InvalidBucketAclWithObjectOwnership')
    const writer = await scene.a.ask('CreateBucket', { ...input, ObjectOwnership: 'ObjectWriter' })
    expectSaid(writer, '400 InvalidBucketAclWithBlockPublicAccessError')
  })

  it('65: who owns what another account uploads', async () => {
    const Bucket = await scene.bucket('BucketOwnerPreferred')
    await scene.policy(Bucket, allow({ AWS: accountX }, { Action: 's3:PutObject' }))
    await scene.must(scene.x, 'PutObject', { Bucket, Key: 'theirs', Body: 'x' })
    await scene.must(scene.x, 'PutObject', { Bucket, Key: 'ours', Body: 'x', ACL: 'bucket-owner-full-control' })
    await scene.must(scene.a, 'DeleteBucketPolicy', { Bucket })
    expectSaid(await scene.a.ask('GetObject', { Bucket, Key: 'ours' }), '200')
    expectSaid(await scene.a.ask('GetObject', { Bucket, Key: 'theirs' }), '403 AccessDenied')
    expectSaid(await scene.x.ask('GetObject', { Bucket, Key: 'theirs' }), '200')
    expectSaid(await scene.x.ask('GetObject', { Bucket, Key: 'ours' }), '403 AccessDenied')
  })

  it("66: the bucket's policy allows nothing on objects of others, but the bucket's owner may delete them", async () => {
    const Bucket = await scene.bucket('ObjectWriter')
    const u = await scene.user({ allow: [allOfS3] })
    const put = allow({ AWS: accountX }, { Action: 's3:PutObject' })
    await scene.policy(Bucket, put, allow({ AWS: u.arn }))
    await scene.must(scene.x, 'PutObject', { Bucket, Key: 'k', Body: 'x' })
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied')
    const AccessControl = { GrantRead: own, GrantFullControl: `id="${canonicalX}"` }
    await scene.must(scene.x, 'PutObjectAcl', { Bucket, Key: 'k', ...AccessControl })
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'k' }), '200')
    expectSaid(await u.ask('DeleteObject', { Bucket, Key: 'k' }), '204')
  })

  it('67: AuthenticatedUsers are those of any account who may themselves', async () => {
    const Bucket = await scene.bucket('ObjectWriter')
    await scene.must(scene.a, 'PutBucketAcl', { Bucket, ACL: 'authenticated-read' })
    const x = await scene.user({ account: 'X', allow: [allOfS3] })
    const powerless = await scene.user({ account: 'X' })
    expectSaid(await scene.anonymous('GET', `/${Bucket}`), '403 AccessDenied')
    expectSaid(await x.ask('ListObjectsV2', { Bucket }), '200')
    expectSaid(await powerless.ask('ListObjectsV2', { Bucket }), '403 AccessDenied')
  })

  it('68: explicit grants are the whole ACL, and the owner may still change it', async () => {
    const Bucket = await scene.bucket('ObjectWriter')
    await scene.put(Bucket, 'k', { GrantRead: `id="${canonicalX}"` })
    const { output } = await scene.must(scene.a, 'GetObjectAcl', { Bucket, Key: 'k' })
    assert.deepEqual(grantees(output), [canonicalX])
    expectSaid(await scene.x.ask('GetObject', { Bucket, Key: 'k' }), '200')
    expectSaid(await scene.a.ask('PutObjectAcl', { Bucket, Key: 'k', ACL: 'private' }), '200')
    expectSaid(await scene.x.ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied')
  })

  it('a public-read-write bucket takes uploads of anyone, who then own them', async () => {
    const Bucket = await scene.bucket('ObjectWriter')
    await scene.must(scene.a, 'PutBucketAcl', { Bucket, ACL: 'public-read-write' })
    expectSaid(await scene.anonymous('PUT', `/${Bucket}/k`, { body: 'x' }), '200')
    expectSaid(await scene.anonymous('GET', `/${Bucket}`), '200')
    expectSaid(await scene.a.ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied')
    const headers = { 'x-amz-acl': 'bucket-owner-full-control' }
    expectSaid(await scene.anonymous('PUT', `/${Bucket}/k`, { body: 'x', headers }), '200')
    expectSaid(await scene.a.ask('GetObject', { Bucket, Key: 'k' }), '200')
    expectSaid(await scene.anonymous('DELETE', `/${Bucket}/k`), '204')
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '404 NoSuchKey')
    expectSaid(
      await scene.anonymous('POST', `/${Bucket}/k?uploads`),
      '403 AccessDenied',
      'Anonymous users cannot initiate multipart uploads. Please authenticate.',
    )
  })
})
