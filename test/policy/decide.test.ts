import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decide } from '../../src/policy/decide.ts'
import { denialMessage } from '../../src/policy/message.ts'
import { type DecisionCase, readCases, requestOf } from './support.ts'

// Numbers are those of the specification's table of tricky cases; "table 1.4" is its same-account outcome table, which
// restates https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
describe('decisions', () => {
  for (const given of readCases<DecisionCase>('decisions.json')) {
    test(given.name, () => {
      const request = requestOf(given)
      const verdict = decide(request)
      const [decision, by = verdict.by] = given.expect.split(' ')
      assert.deepEqual([verdict.decision, verdict.by], [decision, by])
      if (given.message !== undefined) assert.equal(denialMessage(request, verdict), given.message)
    })
  }

  test('inside an organization the message explains across accounts', () => {
    const request = requestOf({
      name: '',
      caller: 'x',
      action: 's3:GetObject',
      resource: 'b/k',
      identity: [[{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]],
      expect: '',
    })
    assert.equal(
      denialMessage(request, decide(request), { isSameOrganization: true }),
      'User: arn:aws:iam::222222222222:user/x is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" because no resource-based policy allows the s3:GetObject action',
    )
  })
})
