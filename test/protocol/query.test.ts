import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForm } from '../../src/protocol/form.ts'
import { parseQueryAction } from '../../src/protocol/query.ts'

const parse = async (form: string, service: 'iam' | 'sts' = 'iam') =>
  parseQueryAction(service, parseForm(Buffer.from(form)))
const iam = (rest: string) => parse(`Version=2010-05-08&${rest}`)

test('lists are read in the order of their numbers, bytes and plus signs decoded', async () => {
  const { plan, input } = await iam(
    'Action=TagUser&UserName=a%2Bb&Tags.member.10.Key=z&Tags.member.10.Value=&Tags.member.2.Key=%C3%A9&Tags.member.2.Value=a+b&Ignored=1',
  )
  assert.equal(plan.name, 'TagUser')
  assert.deepEqual(input, {
    UserName: 'a+b',
    Tags: [
      { Key: 'é', Value: 'a b' },
      { Key: 'z', Value: '' },
    ],
  })
})

test('an answer names the operation twice and the request', async () => {
  const { plan } = await iam('Action=ListGroups')
  const body = plan.write({ Groups: [], IsTruncated: false }, 'R').body
  assert.equal(
    body,
    '<ListGroupsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListGroupsResult><Groups/><IsTruncated>false</IsTruncated></ListGroupsResult><ResponseMetadata><RequestId>R</RequestId></ResponseMetadata></ListGroupsResponse>',
  )
  const empty = await iam('Action=DeleteUser&UserName=a')
  assert.doesNotMatch(String(empty.plan.write(undefined, 'R').body), /Result/)
})

const one = (text: string) => `1 validation error detected: ${text}`
const refusals: [string, string, string | RegExp][] = [
  [
    'Action=TagUser',
    'ValidationError',
    /^2 validation errors detected: Value null at 'userName' failed to satisfy constraint: Member must not be null; Value null at 'tags' /,
  ],
  [
    'Action=CreateUser',
    'ValidationError',
    one("Value null at 'userName' failed to satisfy constraint: Member must not be null"),
  ],
  [
    'Action=CreateUser&UserName=',
    'ValidationError',
    one("Value '' at 'userName' failed to satisfy constraint: Member must have length greater than or equal to 1"),
  ],
  [
    `Action=CreateUser&UserName=${'a'.repeat(65)}`,
    'ValidationError',
    /Member must have length less than or equal to 64$/,
  ],
  [
    'Action=CreateUser&UserName=a%20b',
    'ValidationError',
    'The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  ],
  [
    'Action=ListUsers&MaxItems=0',
    'ValidationError',
    one("Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"),
  ],
  ['Action=ListUsers&MaxItems=many', 'MalformedInput', /./],
  [
    'Action=UpdateAccessKey&AccessKeyId=abc&Status=Off',
    'ValidationError',
    /at 'status' failed to satisfy constraint: Member must satisfy enum value set: \[/,
  ],
  [
    'Action=TagUser&UserName=a&Tags.member.1.Value=x',
    'ValidationError',
    one("Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null"),
  ],
  ['Action=Nothing', 'InvalidAction', 'Could not find operation Nothing for version 2010-05-08'],
  ['Action=__proto__', 'InvalidAction', /./],
  ['x=1', 'MissingAction', /./],
  ['Action=%zz', 'MalformedQueryString', /./],
  [`Action=ListUsers&${'a.'.repeat(40)}=1`, 'MalformedQueryString', /./],
]
for (const [form, code, message] of refusals) {
  test(`${form.slice(0, 60)} is ${code}`, async () => {
    await assert.rejects(() => iam(form), { code, message })
  })
}

test('a version that is absent or another service’s is named', async () => {
  await assert.rejects(() => parse('Action=ListUsers'), {
    code: 'InvalidAction',
    message: 'Could not find operation ListUsers for version NO_VERSION_SPECIFIED',
  })
  await assert.rejects(() => parse('Action=ListUsers&Version=2011-06-15', 'sts'), { code: 'InvalidAction' })
})

test('a form in names and values may be hostile', async () => {
  const { input } = await iam('Action=ListUsers&__proto__.x=1&constructor=2&PathPrefix.member.99999999999999999999=3')
  assert.deepEqual(input, {})
  assert.equal(({} as Record<string, unknown>).x, undefined)
})
