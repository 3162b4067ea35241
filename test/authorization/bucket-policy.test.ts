// Bucket policies as documents, expected owners and requester pays: cases 69 to 72.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountA, accountX, allOfS3, expectSaid, openScene, policyOf, type Scene, type Statement } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const allow = (more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal: { AWS: accountA },
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::B/*',
  ...more,
})

describe('PutBucketPolicy', () => {
  const faults: [statement: Statement, message: string][] = [
    [allow({ Resource: 'arn:aws:s3:::B' }), 'Action does not apply to any resource(s) in statement'],
    [
      allow({ Action: ['s3:GetObject', 's3:PutObject'], Condition: { StringEquals: { 's3:x-amz-acl': 'private' } } }),
      'Conditions do not apply to combination of actions and resources in statement',
    ],
    [allow({ Action: 's3:CreateBucket', Resource: 'arn:aws:s3:::B' }), 'Policy has invalid action'],
    [allow({ Resource: 'arn:aws:s3:::another/*' }), 'Policy has invalid resource'],
    [allow({ Principal: { AWS: `arn:aws:iam::${accountA}:user/nobody` } }), 'Invalid principal in policy'],
    [allow({ Principal: { AWS: 'not an account' } }), 'Invalid principal in policy'],
    [allow({ Effect: 'allow' }), 'Invalid effect: allow'],
  ]
  for (const [statement, message] of faults) {
    it(`69: ${message}`, async () => {
      const Bucket = await scene.bucket()
      const Policy = policyOf(statement).replaceAll(':::B', `:::${Bucket}`)
      const answer = await scene.a.ask('PutBucketPolicy', { Bucket, Policy })
      expectSaid(answer, '400 MalformedPolicy')
      assert.equal(answer.message, message)
      expectSaid(await scene.a.ask('GetBucketPolicy', { Bucket }), '404 NoSuchBucketPolicy')
    })
  }

  it('69: an Allow may not have NotPrincipal', async () => {
    const Bucket = await scene.bucket()
    const { Principal, ...rest } = allow({ Resource: `arn:aws:s3:::${Bucket}/*` })
    const Policy = policyOf({ ...rest, NotPrincipal: Principal })
    expectSaid(await scene.a.ask('PutBucketPolicy', { Bucket, Policy }), '400 MalformedPolicy')
  })

  it('70: only the normalised size counts', async () => {
    const Bucket = await scene.bucket()
    const Resource = Array.from({ length: 330 }, (_, at) => `arn:aws:s3:::${Bucket}/${'k'.repeat(25)}${at}/*`)
    const pretty = JSON.stringify(JSON.parse(policyOf(allow({ Resource }))), undefined, 8)
    assert.ok(pretty.length > 20_480)
    expectSaid(await scene.a.ask('PutBucketPolicy', { Bucket, Policy: pretty }), '204')
    const { output } = await scene.a.ask('GetBucketPolicy', { Bucket })
    assert.ok((output.Policy as string).length < 20_480)
    const more = Array.from({ length: 100 }, (_, at) => `arn:aws:s3:::${Bucket}/${'m'.repeat(60)}${at}/*`)
    const Policy = policyOf(allow({ Resource: [...Resource, ...more] }))
    const answer = await scene.a.ask('PutBucketPolicy', { Bucket, Policy })
    expectSaid(
      answer,
      '400 MalformedPolicy',
      'Normalized policy document exceeds the maximum allowed size of 20480 bytes',
    )
  })

  it('71: another account may not manage the policy, whatever it is allowed', async () => {
    const Bucket = await scene.bucket()
    const x = await scene.user({ account: 'X', allow: [allOfS3] })
    const Action = ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy']
    await scene.policy(Bucket, allow({ Principal: { AWS: accountX }, Action, Resource: 'arn:aws:s3:::B' }))
    expectSaid(await x.ask('GetBucketPolicy', { Bucket }), '405 MethodNotAllowed')
    expectSaid(await x.ask('PutBucketPolicy', { Bucket, Policy: '{}' }), '405 MethodNotAllowed')
    expectSaid(await x.ask('DeleteBucketPolicy', { Bucket }), '405 MethodNotAllowed')
  })

  it('the policy is given back normalised (recorded, test_bucket_policy_crud)', async () => {
    const Bucket = await scene.bucket()
    await scene.policy(Bucket, allow({ Sid: 'S', Action: ['s3:GetObject'], Principal: { AWS: [accountA] } }))
    const { output } = await scene.a.ask('GetBucketPolicy', { Bucket })
    assert.equal(
      output.Policy,
      `{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${accountA}:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::${Bucket}/*"}]}`,
    )
    expectSaid(await scene.a.ask('DeleteBucketPolicy', { Bucket }), '204')
    expectSaid(await scene.a.ask('DeleteBucketPolicy', { Bucket }), '204')
  })
})

describe('expected owners and requester pays', () => {
  it('72: an expected owner must be an account, and the right one', async () => {
    const Bucket = await scene.bucket()
    const wrong = await scene.a.ask('ListObjectsV2', { Bucket, ExpectedBucketOwner: accountX })
    expectSaid(wrong, '403 AccessDenied', 'Access Denied')
    const bad = await scene.a.ask('ListObjectsV2', { Bucket, ExpectedBucketOwner: 'abcd' })
    expectSaid(bad, '400 InvalidBucketOwnerAWSAccountID')
  })

  it('others must acknowledge that they pay, and anonymous callers cannot', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    await scene.policy(Bucket, allow({ Principal: '*' }))
    const RequestPaymentConfiguration = { Payer: 'Requester' }
    await scene.must(scene.a, 'PutBucketRequestPayment', { Bucket, RequestPaymentConfiguration })
    expectSaid(await scene.x.ask('GetObject', { Bucket, Key: 'k' }), '403 AccessDenied')
    const { outcome, output } = await scene.x.ask('GetObject', { Bucket, Key: 'k', RequestPayer: 'requester' })
    assert.deepEqual([outcome, output.RequestCharged], ['200', 'requester'])
    const own = await scene.a.ask('GetObject', { Bucket, Key: 'k' })
    assert.deepEqual([own.outcome, own.output.RequestCharged], ['200', undefined])
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`), '403 AccessDenied')
    const headers = { 'x-amz-request-payer': 'requester' }
    expectSaid(await scene.anonymous('GET', `/${Bucket}/k`, { headers }), '403 AccessDenied')
  })
})
