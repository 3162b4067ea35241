/** Remedies: each is applied as it stands, the request is then allowed, and a neighbour of it is not. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide } from '../../src/policy/decide.ts'
import { type Remedy, escapeArn, remediesFor } from '../../src/policy/remedies.ts'
import { type DecisionCase, type Document, requestOf, type Values } from './support.ts'

type Case = Omit<DecisionCase, 'name' | 'expect'>

const remediesOf = (given: Case): Remedy[] => {
  const request = requestOf({ ...given, name: '', expect: '' })
  return remediesFor(request, decide(request))
}

const decisionOf = (given: Case): string => decide(requestOf({ ...given, name: '', expect: '' })).decision

const statementsOf = (document: Document | undefined): Record<string, unknown>[] => {
  if (document === undefined) return []
  return Array.isArray(document) ? document : [document.Statement as Record<string, unknown>].flat()
}

/** The case with all its remedies applied. */
function mended(given: Case): Case {
  const helped: Case = { ...given, context: { ...given.context } }
  for (const { addTo, statement, send = {}, setVersion } of remediesOf(given)) {
    for (const [key, value] of Object.entries(send)) {
      const context = helped.context ?? {}
      for (const name of Object.keys(context)) if (name.toLowerCase() === key.toLowerCase()) delete context[name]
      if (value !== null) context[key] = value as string | string[]
    }
    if (setVersion !== undefined) {
      helped.identity = (helped.identity ?? []).map((document) => statementsOf(document))
      if (helped.bucketPolicy !== undefined) helped.bucketPolicy = statementsOf(helped.bucketPolicy)
    }
    if (statement === undefined) continue
    if (addTo === 'identity') helped.identity = [...(helped.identity ?? []), [statement]]
    else if (addTo === 'boundary') helped.boundary = [...statementsOf(helped.boundary), statement]
    else if (addTo === 'session') helped.session = [[...statementsOf(helped.session?.[0]), statement]]
    else helped.bucketPolicy = [...statementsOf(helped.bucketPolicy), statement]
  }
  return helped
}

const read = { caller: 'u', action: 's3:GetObject', resource: 'b/k' }
const all = { Effect: 'Allow', Action: 's3:*', Resource: '*' }
const only = (Condition: object) => [[{ ...all, Condition }]]
const denied = (Condition: object) => [[all, { Sid: 'No', Effect: 'Deny', Action: '*', Resource: '*', Condition }]]

interface Row {
  name: string
  given: Case
  /** What the first remedy says. */
  says: RegExp
  /** A request beside it that must stay denied; undefined: another key of the bucket. */
  neighbour?: Partial<Case>
  /** Kinds of policy that get a statement. */
  adds?: string[]
}

const rows: Row[] = [
  { name: 'no policy at all', given: read, says: /^Add this statement to a policy of user u\.$/, adds: ['identity'] },
  {
    name: 'a boundary in the way',
    given: { ...read, boundary: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }] },
    says: /policy of user u/,
    adds: ['identity', 'boundary'],
  },
  {
    name: 'another account: both sides',
    given: { ...read, caller: 'x' },
    says: /policy of user x/,
    adds: ['identity', 'resource'],
  },
  {
    name: 'another account whose identity policy allows already',
    given: { ...read, caller: 'x', identity: [[all]] },
    says: /policy of bucket b/,
    adds: ['resource'],
  },
  {
    name: 'another account that the bucket policy allows already',
    given: {
      ...read,
      caller: 'x',
      bucketPolicy: [{ Effect: 'Allow', Principal: { AWS: '%x' }, Action: 's3:*', Resource: 'arn:aws:s3:::b/*' }],
    },
    says: /policy of user x/,
    adds: ['identity'],
  },
  {
    name: 'an anonymous caller',
    given: { ...read, caller: 'anonymous' },
    says: /^Sign the request\./,
    adds: ['resource'],
  },
  {
    name: 'a key with a star',
    given: { ...read, resource: 'b/a*' },
    says: /It needs "Version": "2012-10-17"/,
    neighbour: { resource: 'b/ab' },
  },
  {
    name: 'a key with a question mark',
    given: { ...read, resource: 'b/a?' },
    says: /2012-10-17/,
    neighbour: { resource: 'b/ab' },
  },
  {
    name: 'a key with a variable in it',
    given: { ...read, resource: `b/\${aws:username}`, context: { 'aws:username': 'u' } },
    says: /2012-10-17/,
    neighbour: { resource: 'b/u' },
  },
  {
    name: 'a variable in a policy without Version',
    given: {
      ...read,
      resource: 'b/u/k',
      identity: [{ Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::b/\${aws:username}/*` }] }],
      context: { 'aws:username': 'u' },
    },
    says: /^Put "Version": "2012-10-17" into the policy identity-0: it has no Version/,
    neighbour: { resource: 'b/v/k' },
    adds: [],
  },
  {
    name: 'a Deny with a variable in a policy of the old version',
    given: {
      ...read,
      resource: 'b/u/k',
      identity: [
        {
          Version: '2008-10-17',
          Statement: [all, { Effect: 'Deny', Action: '*', NotResource: `arn:aws:s3:::b/\${aws:username}/*` }],
        },
      ],
      context: { 'aws:username': 'u' },
    },
    says: /^Put "Version": "2012-10-17" into the policy identity-0: it has the Version 2008-10-17/,
    neighbour: { resource: 'b/v/k' },
    adds: [],
  },
]

/** Conditions of an Allow that fail: what to send, and never a statement. */
const conditions: [name: string, condition: object, context: Values, says: RegExp][] = [
  ['MFA', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, {}, /MFA: aws sts get-session-token/],
  ['recent MFA', { NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } }, {}, /made with MFA/],
  ['HTTPS', { Bool: { 'aws:SecureTransport': 'true' } }, { 'aws:securetransport': 'false' }, /Use https:\/\//],
  ['a prefix', { StringLike: { 's3:prefix': ['home/u/*'] } }, {}, /Send the parameter prefix=home\/u\/$/],
  [
    'a prefix of the caller',
    { StringLike: { 's3:prefix': `\${aws:username}/*` } },
    { 'aws:username': 'u' },
    /Send the parameter prefix=u\/$/,
  ],
  ['max-keys', { NumericLessThanEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '1000' }, /max-keys=10$/],
  [
    'a header',
    { StringEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
    {},
    /Send the header x-amz-server-side-encryption: aws:kms$/,
  ],
  [
    'no header',
    { StringNotEquals: { 's3:x-amz-acl': 'public-read' } },
    { 's3:x-amz-acl': 'public-read' },
    /Leave out the header x-amz-acl/,
  ],
  ['a header that is there', { Null: { 's3:if-none-match': 'false' } }, {}, /Send the header If-None-Match/],
  ['a tag of the object sent', { StringEquals: { 's3:RequestObjectTag/Team': 'red' } }, {}, /x-amz-tagging: Team=red$/],
  [
    'a tag of the object there',
    { StringEquals: { 's3:ExistingObjectTag/team': 'red' } },
    { 's3:existingobjecttag/team': 'blue' },
    /give the object the tag.*Key=team,Value=red/,
  ],
  ['a tag of the caller', { StringEquals: { 'aws:PrincipalTag/team': 'red' } }, {}, /Tag the caller with team=red/],
  ['a tag of the call', { StringEquals: { 'aws:RequestTag/team': 'red' } }, {}, /Call with the tag team=red/],
  [
    'an address',
    { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    { 'aws:sourceip': '127.0.0.1' },
    /for example 10\.0\.0\.0/,
  ],
  [
    'not an address',
    { NotIpAddress: { 'aws:SourceIp': '127.0.0.0/8' } },
    { 'aws:sourceip': '127.0.0.1' },
    /such an address/,
  ],
  [
    'a user agent',
    { StringLike: { 'aws:UserAgent': 'ours-*' } },
    { 'aws:useragent': 'curl' },
    /Send the header User-Agent: ours-/,
  ],
  ['an external id', { StringEquals: { 'sts:ExternalId': 'e-1' } }, {}, /Call with ExternalId e-1$/],
  ['a user', { StringEquals: { 'aws:username': 'bob' } }, { 'aws:username': 'u' }, /Ask as the user bob/],
  [
    'a time',
    { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
    { 'aws:currenttime': '2026-01-01T00:00:00Z' },
    /Ask at another time, for example at 2019-12-31T23:59:59Z/,
  ],
  ['all tag keys', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:tagkeys': ['c'] }, /tags/],
  [
    'two of them',
    { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 's3:prefix': 'a' } },
    { 'aws:securetransport': 'false' },
    /Use https.* Send the parameter prefix=a$/,
  ],
  ['a network of AWS', { StringEquals: { 'aws:SourceVpce': 'vpce-1' } }, {}, /comes from AWS's own networks/],
]

for (const [name, condition, context, says] of conditions) {
  rows.push({
    name: `only ${name}`,
    given: { ...read, identity: only(condition), context },
    says,
    adds: [],
    neighbour: { context },
  })
}

/** Conditions of a Deny that hold. */
const denials: [name: string, condition: object, context: Values, says: RegExp][] = [
  ['without HTTPS', { Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:securetransport': 'false' }, /Use https/],
  ['without MFA', { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }, {}, /made with MFA/],
  ['without encryption', { Null: { 's3:x-amz-server-side-encryption': 'true' } }, {}, /x-amz-server-side-encryption/],
  [
    'with other encryption',
    { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
    {},
    /x-amz-server-side-encryption: aws:kms/,
  ],
  [
    'from elsewhere',
    { NotIpAddress: { 'aws:SourceIp': ['10.1.0.0/16'] } },
    { 'aws:sourceip': '127.0.0.1' },
    /10\.1\.0\.0/,
  ],
]
for (const [name, condition, context, says] of denials) {
  const given = { ...read, identity: denied(condition), context }
  rows.push({ name: `denied ${name}`, given, says, adds: [], neighbour: { context } })
}

describe('remedies', () => {
  for (const { name, given, says, neighbour, adds } of rows) {
    it(`${name}: the request is then allowed, and its neighbour is not`, () => {
      assert.notEqual(decisionOf(given), 'allowed')
      const remedies = remediesOf(given)
      assert.match(remedies[0]?.text ?? '', says)
      if (adds !== undefined)
        assert.deepEqual(
          remedies.flatMap(({ addTo, statement }) => (statement ? [addTo] : [])),
          adds,
        )
      const helped = mended(given)
      assert.equal(decisionOf(helped), 'allowed', JSON.stringify(remedies))
      const beside = { ...helped, ...(neighbour ?? { resource: `${given.resource}x` }) }
      assert.notEqual(decisionOf(beside), 'allowed', 'the neighbour')
    })
  }

  it('an anonymous caller signs, or everybody is let in: two ways, without a third', () => {
    const remedies = remediesOf({ ...read, caller: 'anonymous' })
    assert.deepEqual(
      remedies.map(({ isEnough, statement }) => [isEnough, statement !== undefined]),
      [
        [true, false],
        [undefined, true],
      ],
    )
    assert.equal(remedies[0]?.text, 'Sign the request.')
    assert.match(remedies[1]?.text ?? '', /^To let everybody do it: switch off .*, then add this statement/)
  })

  it('a trust policy gets no Resource', () => {
    const trust = { caller: 'u', action: 'sts:AssumeRole', resource: 'arn:aws:iam::111111111111:role/r' }
    const remedies = remediesOf({ ...trust, isResourceRequired: true, identity: [[{ ...all, Action: 'sts:*' }]] })
    assert.deepEqual(remedies, [
      {
        addTo: 'resource',
        text: 'Add this statement to the trust policy of arn:aws:iam::111111111111:role/r.',
        statement: {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111111111111:user/team/u' },
          Action: 'sts:AssumeRole',
        },
      },
    ])
    assert.equal(decisionOf(mended({ ...trust, isResourceRequired: true })), 'allowed')
  })

  it('a Deny without a way round it is to be removed, and what is missing beside it is told', () => {
    const remedies = remediesOf({ ...read, identity: [[{ Sid: 'No', Effect: 'Deny', Action: '*', Resource: '*' }]] })
    assert.match(remedies[0]?.text ?? '', /^Remove or narrow the Deny statement identity-0#0 \(No\)/)
    assert.deepEqual(
      remedies.map(({ statement }) => statement !== undefined),
      [false, true],
    )
  })

  it('conditions that nothing can meet are to be changed', () => {
    const impossible = { StringEquals: { 's3:prefix': 'a' }, StringNotEquals: { 's3:prefix': 'a' } }
    assert.deepEqual(remediesOf({ ...read, identity: only(impossible) }), [
      {
        addTo: 'identity',
        text: 'The statement identity-0#0 would allow it, but no request can meet its conditions: change them.',
      },
    ])
  })

  it('a resource is escaped so that it means itself alone', () => {
    assert.equal(escapeArn(`arn:aws:s3:::b/a*?$x\${y}$`), `arn:aws:s3:::b/a\${*}\${?}$x\${$}{y}$`)
    assert.equal(escapeArn('*'), '*')
  })
})
