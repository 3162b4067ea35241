import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide } from '../../src/policy/decide.ts'
import { explain } from '../../src/policy/explain.ts'
import { publicAccessMessage } from '../../src/policy/message.ts'
import { traceDecision } from '../../src/policy/trace.ts'
import { callers, type DecisionCase, readCases, requestOf } from './support.ts'

const explained = (given: Omit<DecisionCase, 'name' | 'expect'>) => {
  const request = requestOf({ ...given, name: '', expect: '' })
  return explain(request, traceDecision(request, decide(request)))
}

test('a denial names what every statement lacked and the smallest statement that would help', () => {
  const explanation = explained({
    caller: 'u',
    action: 's3:PutObject',
    resource: 'b/k',
    identity: [
      [
        { Sid: 'Read', Effect: 'Allow', Action: 's3:Get*', Resource: '*' },
        { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::c/*' },
        { Effect: 'Allow', Action: 's3:*', Resource: '*', Condition: { StringEquals: { 's3:x-amz-acl': 'private' } } },
      ],
    ],
    bucketPolicy: [{ Effect: 'Allow', Principal: { AWS: '%x' }, Action: 's3:*', Resource: 'arn:aws:s3:::b/*' }],
  })
  assert.deepEqual(
    explanation.policies.flatMap(({ statements }) => statements.map(({ statement, why }) => `${statement}: ${why}`)),
    [
      'identity-0#0 (Read): the action is not covered by ["s3:Get*"]',
      'identity-0#1: the resource is not covered by ["arn:aws:s3:::c/*"]',
      'identity-0#2: StringEquals s3:x-amz-acl wants ["private"]; the request has absent',
      'bucket#0: the principal is not named',
    ],
  )
  assert.deepEqual(explanation.remedies, [
    {
      text: 'The statement identity-0#2 would allow it, but s3:x-amz-acl has to be StringEquals ["private"] and is absent. Send the header x-amz-acl: private',
      send: { 's3:x-amz-acl': 'private' },
    },
  ])
  assert.match(explanation.message ?? '', /because no identity-based policy allows the s3:PutObject action$/)
  assert.doesNotThrow(() => JSON.stringify(explanation))
})

test('every condition is told with what the request had', () => {
  const Condition = { StringEquals: { 's3:x-amz-acl': 'private' }, Bool: { 'aws:SecureTransport': 'false' } }
  const { policies, notes } = explained({
    caller: 'u',
    action: 's3:PutObject',
    resource: 'b/k',
    identity: [[{ Effect: 'Allow', Action: 's3:*', Resource: '*', Condition }]],
    context: { 'aws:securetransport': 'false' },
  })
  assert.deepEqual(policies[0]?.statements[0]?.conditions, [
    { operator: 'StringEquals', key: 's3:x-amz-acl', wanted: ['private'], actual: null, holds: false },
    { operator: 'Bool', key: 'aws:SecureTransport', wanted: ['false'], actual: 'false', holds: true },
  ])
  assert.deepEqual(notes, ['Statements ask for s3:x-amz-acl, which the request does not have.'])
})

test('policies that are in the way one after the other are told together', () => {
  const { remedies } = explained({
    caller: 'u',
    action: 's3:GetObject',
    resource: 'b/k',
    boundary: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }],
  })
  assert.deepEqual(
    remedies.map(({ addTo }) => addTo),
    ['identity', 'boundary'],
  )
})

test("an object of another account is its owner's to grant", () => {
  const { remedies, notes } = explained({
    caller: 'u',
    action: 's3:GetObject',
    resource: 'b/k',
    identity: [[{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]],
    objectOwner: 'X',
    acls: { bucket: [{ Grantee: { Type: 'CanonicalUser', ID: 'c', DisplayName: 'us' }, Permission: 'FULL_CONTROL' }] },
  })
  assert.match(remedies[0]?.text ?? '', /^Let account \d+, which owns the object, grant it by the object's ACL/)
  assert.equal(remedies[0]?.statement, undefined)
  assert.match(notes.join('\n'), /belongs to account \d+: the policy of the bucket does not reach it/)
  assert.match(notes.join('\n'), /ACLs are on: that of the bucket grants FULL_CONTROL to us/)
})

test('an explicit deny is named, because no Allow helps', () => {
  const explanation = explained({
    caller: 'u',
    action: 's3:GetObject',
    resource: 'b/k',
    identity: [[{ Sid: 'No', Effect: 'Deny', Action: '*', Resource: '*' }]],
  })
  assert.equal(explanation.statement, 'identity-0#0 (No)')
  assert.match(explanation.remedies[0]?.text ?? '', /Deny statement identity-0#0 \(No\)/)
})

test('across accounts both sides are told', () => {
  const { remedies } = explained({ caller: 'x', action: 's3:GetObject', resource: 'b/k' })
  assert.deepEqual(
    remedies.map(({ addTo }) => addTo),
    ['identity', 'resource'],
  )
  assert.deepEqual(remedies[1]?.statement?.Principal, { AWS: callers.x?.arn })
})

test('the statements suggested make the request allowed, all together, in every case that statements can help', () => {
  for (const given of readCases<DecisionCase>('decisions.json')) {
    const request = requestOf(given)
    const { remedies, decision } = explain(request, traceDecision(request, decide(request)))
    if (decision !== 'implicitDeny' || given.objectOwner || given.publicAccessBlock || given.caller === 'f') continue
    const helped: DecisionCase = { ...given }
    for (const { addTo, statement, send = {}, setVersion } of remedies) {
      if (setVersion !== undefined) {
        const newer = (document: DecisionCase['boundary'], name: string) =>
          name === setVersion && !Array.isArray(document) ? { ...document, Version: '2012-10-17' } : document
        helped.identity = (helped.identity ?? []).map((document, at) => newer(document, `identity-${at}`) ?? [])
        if (helped.bucketPolicy !== undefined) helped.bucketPolicy = newer(helped.bucketPolicy, 'bucket') ?? []
      }
      for (const [key, value] of Object.entries(send)) {
        const { [key]: _old, ...rest } = helped.context ?? {}
        helped.context = value === null ? rest : { ...rest, [key]: value as string | string[] }
      }
      if (statement === undefined) continue
      const add = (document: DecisionCase['boundary']) => [...(Array.isArray(document) ? document : []), statement]
      if (addTo === 'identity') helped.identity = [...(helped.identity ?? []), [statement]]
      else if (addTo === 'boundary') helped.boundary = add(helped.boundary)
      else if (addTo === 'session') helped.session = [add(helped.session?.[0])]
      else helped.bucketPolicy = add(helped.bucketPolicy)
    }
    assert.ok(remedies.length > 0, given.name)
    assert.equal(decide(requestOf(helped)).decision, 'allowed', given.name)
  }
})

test('a trace agrees with the decision, and knows what was missing', () => {
  for (const given of readCases<DecisionCase>('decisions.json')) {
    const request = requestOf(given)
    const verdict = decide(request)
    const { policies } = traceDecision(request, verdict)
    if (verdict.by === 'owner' || verdict.by === 'always') continue
    const denies = policies.some(({ outcome }) => outcome === 'explicitDeny')
    assert.equal(denies, verdict.decision === 'explicitDeny', given.name)
  }
  const request = requestOf({
    name: '',
    caller: 'u',
    action: 's3:GetObject',
    resource: 'b/k',
    identity: [
      [
        {
          Effect: 'Allow',
          Action: 's3:GetObject',
          Resource: '*',
          Condition: { StringEquals: { 'aws:Referer': 'x', 'aws:RequestedRegion': 'us-east-1' } },
        },
      ],
    ],
    context: { 'aws:requestedregion': 'us-east-1' },
    expect: '',
  })
  assert.deepEqual(traceDecision(request, decide(request)).missingKeys, ['aws:referer'])
})

test('#58 BlockPublicPolicy has words of its own', () => {
  const request = requestOf({ name: '', caller: 'rootA', action: 's3:PutBucketPolicy', resource: 'b', expect: '' })
  assert.equal(
    publicAccessMessage(request, 'BlockPublicPolicy'),
    'User: arn:aws:iam::111111111111:root is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::b" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access',
  )
})
