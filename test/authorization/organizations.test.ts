// Accounts of one organization: condition keys, and messages that tell why across accounts.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html (within one organization)
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountX, allOfS3, expectSaid, openScene, type Scene, type Statement } from './support.ts'

const org = 'o-a1b2c3d4e5'
let scene: Scene
before(async () => {
  scene = await openScene({ organizations: { A: `${org}/r-ab12/ou-ab12-11111111`, X: org } })
})
after(() => scene.close())

const get = (Condition: Statement): Statement => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::B/*',
  Condition,
})

async function bucketWith(...statements: Statement[]): Promise<string> {
  const Bucket = await scene.bucket()
  await scene.put(Bucket, 'k')
  if (statements.length > 0) await scene.policy(Bucket, ...statements)
  return Bucket
}

describe('organizations', () => {
  it('a bucket opens to the accounts of one, and to nobody else', async () => {
    const x = await scene.user({ account: 'X', allow: [allOfS3] })
    const Bucket = await bucketWith(get({ StringEquals: { 'aws:PrincipalOrgID': org } }))
    expectSaid(await x.ask('GetObject', { Bucket, Key: 'k' }), '200')
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '403 AccessDenied')
    const other = await bucketWith(get({ StringEquals: { 'aws:PrincipalOrgID': 'o-zzzzzzzzzz' } }))
    expectSaid(await x.ask('GetObject', { Bucket: other, Key: 'k' }), '403 AccessDenied')
  })

  it('paths go by organizational units; an account without one has none', async () => {
    const u = await scene.user()
    const x = await scene.user({ account: 'X', allow: [allOfS3] })
    const paths = (...wanted: string[]) => get({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': wanted } })
    const Bucket = await bucketWith(paths(`${org}/r-ab12/*`))
    expectSaid(await u.ask('GetObject', { Bucket, Key: 'k' }), '200')
    expectSaid(await x.ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied')
    const exact = await bucketWith(paths(`${org}/r-ab12/ou-ab12-11111111/`))
    expectSaid(await u.ask('GetObject', { Bucket: exact, Key: 'k' }), '200')
    const other = await bucketWith(paths(`${org}/r-ab12/ou-ab12-22222222/*`))
    expectSaid(await u.ask('GetObject', { Bucket: other, Key: 'k' }), '403 AccessDenied')
  })

  it('keys about the owner of the resource', async () => {
    const own = (Condition: Statement) => scene.user({ allow: [{ ...allOfS3, Condition }] })
    const Bucket = await bucketWith()
    const read = { Bucket, Key: 'k' }
    const inside = await own({ StringEquals: { 'aws:ResourceOrgID': `\${aws:PrincipalOrgID}` } })
    expectSaid(await inside.ask('GetObject', read), '200')
    const outside = await own({ StringNotEquals: { 'aws:ResourceOrgID': org } })
    expectSaid(await outside.ask('GetObject', read), '403 AccessDenied')
    const path = await own({ 'ForAnyValue:StringLike': { 'aws:ResourceOrgPaths': `${org}/r-ab12/ou-*` } })
    expectSaid(await path.ask('GetObject', read), '200')
    const wrong = await own({ 'ForAnyValue:StringLike': { 'aws:ResourceOrgPaths': `${org}/r-zz99/*` } })
    expectSaid(await wrong.ask('GetObject', read), '403 AccessDenied')
  })

  it('inside one, a denial across accounts says why', async () => {
    const Bucket = await bucketWith()
    const able = await scene.user({ account: 'X', allow: [allOfS3] })
    const message = (who: string, reason: string) =>
      `User: ${who} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::${Bucket}/k" ${reason}`
    const lacking = await able.ask('GetObject', { Bucket, Key: 'k' })
    assert.equal(lacking.message, message(able.arn, 'because no resource-based policy allows the s3:GetObject action'))
    const unable = await scene.user({ account: 'X' })
    await scene.policy(Bucket, { ...get({}), Principal: { AWS: accountX } })
    const denied = await unable.ask('GetObject', { Bucket, Key: 'k' })
    assert.equal(denied.message, message(unable.arn, 'because no identity-based policy allows the s3:GetObject action'))
    await scene.policy(Bucket, { ...get({}), Effect: 'Deny' })
    const explicit = await able.ask('GetObject', { Bucket, Key: 'k' })
    assert.equal(explicit.message, message(able.arn, 'with an explicit deny in a resource-based policy'))
  })
})
