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
      addTo: 'identity',
      text: 'Let the identity policy of arn:aws:iam::111111111111:user/team/u allow it.',
      statement: { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::b/k' },
    },
  ])
  assert.match(explanation.message ?? '', /because no identity-based policy allows the s3:PutObject action$/)
  assert.doesNotThrow(() => JSON.stringify(explanation))
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

test('the statement suggested makes the request allowed, in every case that a statement can help', () => {
  for (const given of readCases<DecisionCase>('decisions.json')) {
    const request = requestOf(given)
    const { remedies, decision } = explain(request, traceDecision(request, decide(request)))
    if (decision !== 'implicitDeny' || given.objectOwner || given.publicAccessBlock || given.caller === 'f') continue
    const helped: DecisionCase = { ...given }
    for (let round = 0; round < 4; round++) {
      const again = requestOf(helped)
      const { remedies: further, decision: now } = explain(again, traceDecision(again, decide(again)))
      if (now === 'allowed') break
      for (const { addTo, statement = {} } of further) {
        const add = (document: DecisionCase['boundary']) => [...(Array.isArray(document) ? document : []), statement]
        if (addTo === 'identity') helped.identity = [...(helped.identity ?? []), [statement]]
        else if (addTo === 'boundary') helped.boundary = add(helped.boundary)
        else if (addTo === 'session') helped.session = [add(helped.session?.[0])]
        else helped.bucketPolicy = add(helped.bucketPolicy)
      }
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
