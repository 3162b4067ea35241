/** Browser uploads: signature of both kinds, and every condition of a policy. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { type AuthenticatedForm, authenticateForm } from '../../src/auth/post-form.ts'
import { checkSize } from '../../src/auth/post-policy.ts'
import {
  accessKeyId,
  endedSession,
  exampleMs,
  hmac,
  makeDeps,
  makeRequest,
  type Refusal,
  refused,
  secretAccessKey,
  session,
  signingKey,
  targetOf,
  type Place,
} from './support.ts'

const target: Place = { service: 's3', bucket: 'b', style: 'path' }
const credential = `${accessKeyId}/20130524/us-east-1/s3/aws4_request`
const later = '2013-05-24T01:00:00.000Z'
const base64 = (document: unknown): string =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64')

const authFields = {
  'x-amz-algorithm': 'AWS4-HMAC-SHA256',
  'x-amz-credential': credential,
  'x-amz-date': '20130524T000000Z',
}
const authConditions = Object.entries(authFields).map(([name, value]) => ({ [name]: value }))

type Fields = Record<string, string | undefined>

function go(fields: Fields, fileName?: string, authorization?: string): AuthenticatedForm {
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const form = { fields: new Map(entries), fileName, authorization }
  const result = authenticateForm(form, targetOf(makeRequest(), target), makeDeps())
  assert.ok(!(result instanceof Promise))
  return result
}

/** A V4 form whose policy covers bucket, key and the fields of the signature, and has these conditions besides. */
function v4(conditions: unknown[], fields: Fields = {}, document: unknown = undefined) {
  const policy = base64(
    document ?? {
      expiration: later,
      conditions: [{ bucket: 'b' }, ['starts-with', '$key', ''], ...authConditions, ...conditions],
    },
  )
  return { key: 'k', ...authFields, policy, 'x-amz-signature': hmac(signingKey(), policy).toString('hex'), ...fields }
}

function v2(conditions: unknown[], fields: Fields = {}) {
  const policy = base64({
    expiration: later,
    conditions: [{ bucket: 'b' }, ['starts-with', '$key', ''], ...conditions],
  })
  const signature = createHmac('sha1', secretAccessKey).update(policy).digest('base64')
  return { key: 'k', AWSAccessKeyId: accessKeyId, policy, signature, ...fields }
}

describe('who signed a form', () => {
  it('SigV4', () => {
    const form = go(v4([]))
    assert.deepEqual(form.auth, { authType: 'POST', signatureVersion: 'AWS4-HMAC-SHA256', region: 'us-east-1' })
    assert.equal(form.signedAtMs, exampleMs)
    assert.equal(form.key, 'k')
    assert.equal(form.principal.kind, 'root')
  })
  it('SigV2, names in any case', () => {
    assert.equal(go(v2([])).auth.signatureVersion, 'AWS')
    const { key, policy, ...rest } = v2([{ acl: 'private' }])
    go({ ...rest, kEy: key, pOLICy: policy, aCl: 'private' })
  })
  it('nobody', () => {
    assert.equal(go({ key: 'k' }).principal.kind, 'anonymous')
  })
  // Recorded: LocalStack's test_post_request_missing_fields, 2026-02-21.
  it('a policy alone is anonymous', () => {
    assert.equal(go({ key: 'k', policy: 'x' }).principal.kind, 'anonymous')
  })
  it('a session, whose token the policy must cover', () => {
    const token = 'the/token+of=session'
    const sessionCredential = credential.replace(accessKeyId, session.accessKeyId)
    const covered = { ...authFields, 'x-amz-credential': sessionCredential, 'x-amz-security-token': token }
    const conditions = Object.entries(covered).map(([name, value]) => ({ [name]: value }))
    const document = { expiration: later, conditions: [{ bucket: 'b' }, { key: 'k' }, ...conditions] }
    const fields = { 'x-amz-credential': sessionCredential, 'x-amz-security-token': token }
    assert.equal(go(v4([], fields, document)).principal.accessKeyId, session.accessKeyId)
  })
  it('the request clock does not count, only the expiration', () => {
    const old = { 'x-amz-date': '20130520T000000Z', 'x-amz-credential': credential.replace('20130524', '20130520') }
    const document = {
      expiration: later,
      conditions: [
        { bucket: 'b' },
        { key: 'k' },
        authConditions[0],
        ...Object.entries(old).map(([name, value]) => ({ [name]: value })),
      ],
    }
    const form = v4([], old, document)
    go({ ...form, 'x-amz-signature': hmac(signingKey('20130520'), form.policy).toString('hex') })
  })
  it('the key takes the name of the file before it is checked', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: AWS's own syntax
    const fields = v2([['starts-with', '$key', 'dir/photo']], { key: 'dir/${filename}' })
    assert.equal(go(fields, 'photo$&.jpg').key, 'dir/photo$&.jpg')
    refused(() => go(fields, 'other.jpg'), { code: 'AccessDenied' })
    // Recorded AWS answers, test_post_object_with_file_as_string: without a name the variable stays.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: AWS's own syntax
    assert.equal(go({ key: '${filename}' }).key, '${filename}')
  })
})

describe('faults of the signature of a form', () => {
  const field = (name: string): Refusal => ({
    code: 'InvalidArgument',
    status: 400,
    message: `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    fields: { ArgumentName: name, ArgumentValue: '' },
  })
  const bad = '0'.repeat(64)
  const cases: [string, () => unknown, Refusal][] = [
    // Recorded: LocalStack's test_post_request_missing_signature and _missing_fields, 2026-02-21.
    ['no signature (V4)', () => go(v4([], { 'x-amz-signature': undefined })), field('X-Amz-Signature')],
    [
      'no algorithm, no credential',
      () => go(v4([], { 'x-amz-algorithm': undefined, 'x-amz-credential': undefined })),
      field('X-Amz-Algorithm'),
    ],
    ['no signature (V2)', () => go(v2([], { signature: undefined })), field('Signature')],
    ['no key id', () => go(v2([], { AWSAccessKeyId: undefined })), field('AWSAccessKeyId')],
    ['no policy', () => go(v4([], { policy: undefined })), field('Policy')],
    ['another algorithm', () => go(v4([], { 'x-amz-algorithm': 'AWS4' })), { code: 'InvalidArgument', status: 400 }],
    ['another date format', () => go(v4([], { 'x-amz-date': 'today' })), { code: 'InvalidArgument', status: 400 }],
    [
      'a bad credential',
      () => go(v4([], { 'x-amz-credential': 'x' })),
      { code: 'AuthorizationQueryParametersError', status: 400 },
    ],
    [
      'another region',
      () => go(v4([], { 'x-amz-credential': credential.replace('us-east-1', 'x') })),
      { code: 'AuthorizationQueryParametersError', fields: { Region: 'us-east-1' } },
    ],
    ['an unknown key', () => go(v2([], { AWSAccessKeyId: 'nobody' })), { code: 'InvalidAccessKeyId', status: 403 }],
    [
      'an ended session',
      () => go(v2([], { AWSAccessKeyId: endedSession.accessKeyId, 'x-amz-security-token': 'ended', signature: bad })),
      { code: 'ExpiredToken' },
    ],
    ['a stray token', () => go(v2([], { 'x-amz-security-token': 'x' })), { code: 'InvalidToken' }],
    ['an Authorization header', () => go(v4([]), undefined, 'AWS a:b'), { code: 'InvalidArgument', status: 400 }],
    // Recorded: LocalStack's test_post_request_malformed_policy, 2026-02-21: the signature is checked before the policy is read.
    [
      'a changed policy (V4)',
      () => go(v4([], { policy: '{' })),
      { code: 'SignatureDoesNotMatch', status: 403, fields: { StringToSign: '{', StringToSignBytes: '7b' } },
    ],
    [
      'a changed policy (V2)',
      () => go(v2([], { policy: '{' })),
      { code: 'SignatureDoesNotMatch', status: 403, fields: { AWSAccessKeyId: accessKeyId } },
    ],
  ]
  for (const [name, action, expected] of cases) it(name, () => void refused(action, expected))
})

describe('documents that are no policy', () => {
  const invalid = (problem: string): Refusal => ({
    code: 'InvalidPolicyDocument',
    status: 400,
    message: `Invalid Policy: ${problem}`,
  })
  const raw = (text: string) => v4([], { policy: text, 'x-amz-signature': hmac(signingKey(), text).toString('hex') })
  const conditions: unknown[] = []
  const one = (condition: unknown) => v4([condition])
  const simple = 'Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.'
  const cases: [string, Fields, Refusal][] = [
    ['not Base64', raw('*not base64*'), invalid('invalid Base64 encoding.')],
    ['cut Base64', raw('abcde'), invalid('invalid Base64 encoding.')],
    ['empty', raw(''), invalid('invalid Base64 encoding.')],
    ['not JSON', v4([], {}, 'x'), invalid('Invalid JSON.')],
    ['a list', v4([], {}, []), invalid('Invalid JSON.')],
    ['null', v4([], {}, 'null'), invalid('Invalid JSON.')],
    ['no expiration', v4([], {}, { conditions }), invalid('Policy missing expiration.')],
    ['an expiration in capitals', v4([], {}, { EXPIRATION: later, conditions }), invalid('Policy missing expiration.')],
    ['no conditions', v4([], {}, { expiration: later }), invalid('Policy missing conditions.')],
    [
      'conditions in capitals',
      v4([], {}, { expiration: later, CONDITIONS: [] }),
      invalid('Policy missing conditions.'),
    ],
    [
      'an expiration in another format',
      v4([], {}, { expiration: '2013-05-24 01:00:00', conditions }),
      invalid("Invalid 'expiration' value: '2013-05-24 01:00:00'"),
    ],
    ['an empty condition', one({}), invalid(simple)],
    // Recorded: LocalStack's test_post_object_policy_conditions_validation_eq, 2026-02-21.
    ['two properties in one condition', one({ bucket: 'b', acl: 'x' }), invalid(simple)],
    ['a condition that is text', one('acl'), invalid('Invalid JSON.')],
    ['an unknown operator', one(['ends-with', '$key', 'x']), { code: 'InvalidPolicyDocument', status: 400 }],
    ['an empty list', one([]), { code: 'InvalidPolicyDocument' }],
    ['a range with one end', one(['content-length-range', 0]), { code: 'InvalidPolicyDocument', status: 400 }],
    ['a value that is an object', one(['eq', '$key', {}]), { code: 'InvalidPolicyDocument' }],
  ]
  for (const [name, fields, expected] of cases) it(name, () => void refused(() => go(fields), expected))
})

describe('conditions', () => {
  const refusal = (problem: string): Refusal => ({
    code: 'AccessDenied',
    status: 403,
    message: `Invalid according to Policy: ${problem}`,
  })
  const failed = (text: string): Refusal => refusal(`Policy Condition failed: ${text}`)
  const redirect = 'success_action_redirect'
  const url = 'http://localhost.test/random'

  it('an expired policy', () => {
    const document = { expiration: '2013-05-23T23:59:59Z', conditions: [] }
    refused(() => go(v4([], {}, document)), refusal('Policy expired.'))
  })
  // Recorded: LocalStack's test_post_object_policy_conditions_validation_eq and _starts_with, 2026-02-21.
  it('eq and starts-with compare exactly', () => {
    go(v4([['eq', `$${redirect}`, url]], { [redirect]: url }))
    refused(
      () => go(v4([['eq', `$${redirect}`, url]], { [redirect]: 'http://x' })),
      failed(`["eq", "$${redirect}", "${url}"]`),
    )
    refused(() => go(v4([['eq', redirect, url]], { [redirect]: url })), failed(`["eq", "${redirect}", "${url}"]`))
    go(v4([['starts-with', `$${redirect}`, 'http://localhost']], { [redirect]: url }))
    const starts = failed(`["starts-with", "$${redirect}", "http://localhost"]`)
    refused(
      () => go(v4([['starts-with', `$${redirect}`, 'http://localhost']], { [redirect]: url.replace('http', 'HTTP') })),
      starts,
    )
    refused(() => go(v4([['starts-with', `$${redirect}`, 'http://localhost']])), starts)
  })
  it('names and operators in any case', () => {
    go(
      v4([['StArTs-WiTh', '$CoNtEnT-TyPe', 'text/'], { 'X-Amz-Meta-A': '1' }], {
        'Content-Type': 'text/plain',
        'x-amz-META-a': '1',
      }),
    )
  })
  it('the object form is shown as eq', () => {
    refused(() => go(v4([{ acl: 'private' }], { acl: 'public-read' })), failed('["eq", "$acl", "private"]'))
  })
  it('every item of a Content-Type list must begin so', () => {
    go(v4([['starts-with', '$Content-Type', 'image/']], { 'content-type': 'image/png, image/jpeg' }))
    refused(() => go(v4([['starts-with', '$Content-Type', 'image/']], { 'content-type': 'image/png,text/html' })), {
      code: 'AccessDenied',
    })
  })
  it('fields without a condition are refused, all at once', () => {
    refused(
      () => go(v4([], { tagging: 'x', 'X-Amz-Meta-A': '1' })),
      refusal('Extra input fields: tagging, x-amz-meta-a'),
    )
  })
  it('fields that need none', () => {
    go(v4([], { 'x-ignore-foo': 'bar', file: 'x' }))
  })
  it('the bucket must be covered, and is the one addressed', () => {
    const without = { expiration: later, conditions: [{ key: 'k' }, ...authConditions] }
    refused(() => go(v4([], {}, without)), refusal('Extra input fields: bucket'))
    const other = { expiration: later, conditions: [{ bucket: 'other' }, { key: 'k' }, ...authConditions] }
    refused(() => go(v4([], { bucket: 'other' }, other)), failed('["eq", "$bucket", "other"]'))
  })
  // Recorded: LocalStack's test_post_object_policy_validation_size, 2026-02-21.
  it('content-length-range, in numbers or texts', () => {
    for (const range of [
      [5, 10],
      ['5', '10'],
    ]) {
      const { sizeRange } = go(v4([['content-length-range', ...range]]))
      assert.deepEqual(sizeRange, { min: 5, max: 10 })
      checkSize(sizeRange, 5)
      checkSize(sizeRange, 10)
      refused(() => checkSize(sizeRange, 12), {
        code: 'EntityTooLarge',
        status: 400,
        fields: { ProposedSize: 12, MaxSizeAllowed: 10 },
      })
      refused(() => checkSize(sizeRange, 1), {
        code: 'EntityTooSmall',
        status: 400,
        fields: { ProposedSize: 1, MinSizeAllowed: 5 },
      })
    }
    refused(() => go(v4([['content-length-range', 'test', '10']])), failed('["content-length-range", "test", "10"]'))
    assert.equal(go(v4([])).sizeRange, undefined)
    checkSize(undefined, 1e15)
  })
  it('two ranges both count', () => {
    assert.deepEqual(
      go(
        v4([
          ['content-length-range', 0, 10],
          ['content-length-range', 5, 20],
        ]),
      ).sizeRange,
      { min: 5, max: 10 },
    )
  })
})
