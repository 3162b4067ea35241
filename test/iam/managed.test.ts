/** The policies that AWS manages: all of them are there, and do what they say. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as api from '@aws-sdk/client-iam'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { managedPolicies } from '../../src/iam/managed.ts'
import { iamTable } from '../../src/model/iam.gen.ts'
import type { StructureRow } from '../../src/model/shape.ts'
import { validateIdentityPolicy } from '../../src/policy/validate-identity.ts'
import { type Arena, failure, startArena, trust } from './support.ts'

const arnOf = (rest: string) => `arn:aws:iam::aws:policy/${rest}`

describe('the policies of AWS', () => {
  it('are documents that could be stored, under names and ids as the model has them', () => {
    const members = new Map((iamTable.shapes.Policy as StructureRow)[1].map((row) => [row[0], row[5] ?? {}]))
    const ids = new Set<string>()
    let count = 0
    for (const policy of managedPolicies()) {
      const result = validateIdentityPolicy(policy.Document, { isManaged: true })
      assert.ok(result.ok, `${policy.arn}: ${result.ok ? '' : result.message}`)
      assert.match(policy.Path, /^\/(?:[\w-]+\/)?$/, policy.arn)
      assert.match(policy.DefaultVersionId, /^v[1-9]\d*$/, policy.arn)
      assert.ok(policy.createdMs > 0 && policy.updatedMs >= policy.createdMs, policy.arn)
      for (const member of ['PolicyName', 'PolicyId', 'Description'] as const) {
        const { min = 0, max = Number.POSITIVE_INFINITY, pattern } = members.get(member) ?? {}
        const value = policy[member]
        assert.ok(value.length >= min && value.length <= max, `${member} of ${policy.arn}`)
        if (pattern !== undefined) assert.match(value, new RegExp(`^(?:${pattern})$`), policy.arn)
      }
      ids.add(policy.PolicyId)
      count++
    }
    assert.ok(count > 1500, `${count} policies`)
    assert.equal(ids.size, count)
  })
})

describe('calls about the policies of AWS', () => {
  let arena: Arena
  let iam: api.IAMClient
  before(async () => {
    arena = await startArena()
    iam = arena.root.iam
    await iam.send(new api.CreateUserCommand({ UserName: 'ann' }))
    const AssumeRolePolicyDocument = trust({ Service: 'lambda.amazonaws.com' })
    await iam.send(new api.CreateRoleCommand({ RoleName: 'job', AssumeRolePolicyDocument }))
  })
  after(() => arena[Symbol.asyncDispose]())

  it('lists them page by page, each once', async () => {
    const seen: string[] = []
    let pages = 0
    for await (const { Policies = [] } of api.paginateListPolicies({ client: iam, pageSize: 1000 }, { Scope: 'AWS' })) {
      pages++
      seen.push(...Policies.map(({ Arn = '' }) => Arn))
    }
    assert.equal(pages, 2)
    assert.equal(new Set(seen).size, seen.length)
    assert.equal(seen.length, [...managedPolicies()].length)
    const { Policies } = await iam.send(new api.ListPoliciesCommand({ Scope: 'AWS', PathPrefix: '/job-function/' }))
    assert.ok(Policies?.some(({ PolicyName }) => PolicyName === 'ViewOnlyAccess'))
    assert.ok(Policies?.every(({ Path }) => Path === '/job-function/'))
  })

  it('attaches those of every path but the roles of services', async () => {
    for (const rest of [
      'AmazonSQSFullAccess',
      'CloudWatchLogsFullAccess',
      'service-role/AWSLambdaVPCAccessExecutionRole',
      'service-role/AmazonECSTaskExecutionRolePolicy',
      'job-function/ViewOnlyAccess',
      'AmazonSSMManagedInstanceCore',
      'AmazonEKSClusterPolicy',
      'SecurityAudit',
    ]) {
      const PolicyArn = arnOf(rest)
      await iam.send(new api.AttachRolePolicyCommand({ RoleName: 'job', PolicyArn }))
      const { Policy } = await iam.send(new api.GetPolicyCommand({ PolicyArn }))
      assert.equal(Policy?.AttachmentCount, 1)
      const VersionId = Policy?.DefaultVersionId ?? ''
      const { PolicyVersion } = await iam.send(new api.GetPolicyVersionCommand({ PolicyArn, VersionId }))
      assert.equal(PolicyVersion?.IsDefaultVersion, true)
      assert.equal(JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? '')).Version, '2012-10-17')
      await iam.send(new api.DetachRolePolicyCommand({ RoleName: 'job', PolicyArn }))
    }
    const PolicyArn = arnOf('aws-service-role/AmazonECSServiceRolePolicy')
    assert.equal(
      await failure(iam.send(new api.AttachRolePolicyCommand({ RoleName: 'job', PolicyArn }))),
      '400 PolicyNotAttachableException: Cannot attach a Service Role Policy to a Customer Role.',
    )
    const { Policy } = await iam.send(new api.GetPolicyCommand({ PolicyArn }))
    assert.equal(Policy?.PolicyName, 'AmazonECSServiceRolePolicy')
  })

  it('says of one that is not there what AWS says', async () => {
    const PolicyArn = arnOf('NoSuchPolicyOfAws')
    assert.equal(
      await failure(iam.send(new api.AttachUserPolicyCommand({ UserName: 'ann', PolicyArn }))),
      `404 NoSuchEntityException: Policy ${PolicyArn} does not exist or is not attachable.`,
    )
  })

  it('decides by them', async () => {
    const reader = await arena.user('reader')
    await iam.send(new api.AttachUserPolicyCommand({ UserName: 'reader', PolicyArn: arnOf('ReadOnlyAccess') }))
    await arena.root.s3.send(new CreateBucketCommand({ Bucket: 'managed' }))
    await arena.root.s3.send(new PutObjectCommand({ Bucket: 'managed', Key: 'k', Body: 'x' }))
    await reader.s3.send(new GetObjectCommand({ Bucket: 'managed', Key: 'k' }))
    assert.match(
      await failure(reader.s3.send(new PutObjectCommand({ Bucket: 'managed', Key: 'k', Body: 'x' }))),
      /^403 AccessDenied/,
    )
  })

  it('does not repeat the description when a policy is made', async () => {
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    })
    const made = await iam.send(new api.CreatePolicyCommand({ PolicyName: 'told', PolicyDocument, Description: 'why' }))
    assert.equal(made.Policy?.Description, undefined)
    const { Policy } = await iam.send(new api.GetPolicyCommand({ PolicyArn: made.Policy?.Arn ?? '' }))
    assert.equal(Policy?.Description, 'why')
  })
})
