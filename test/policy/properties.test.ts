// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compilePolicy } from '../../src/policy/compile.ts'
import { compileCondition, conditionHolds, operators } from '../../src/policy/conditions.ts'
import { type AccessRequest, decide } from '../../src/policy/decide.ts'
import { explain } from '../../src/policy/explain.ts'
import { denialMessage } from '../../src/policy/message.ts'
import { parsePolicy, splitOperator } from '../../src/policy/parse.ts'
import { traceDecision } from '../../src/policy/trace.ts'
import { validateBucketPolicy } from '../../src/policy/validate-bucket.ts'
import { validateIdentityPolicy } from '../../src/policy/validate-identity.ts'
import { validateTrustPolicy } from '../../src/policy/validate-trust.ts'
import { pick, type Random, randomCase, type Statement, several, statement } from './random.ts'
import { callers, type DecisionCase, randomOf, requestOf } from './support.ts'

const decisionOf = (given: DecisionCase) => decide(requestOf(given)).decision
const rounds = 500

describe('for random requests and policies', () => {
  test('a Deny that applies always wins', () => {
    const random = randomOf(11)
    const deny = [{ Effect: 'Deny', Action: '*', Resource: '*' }]
    for (let round = 0; round < rounds; round++) {
      const given = randomCase(random)
      const where = pick(random, ['identity', 'boundary', 'session', 'bucketPolicy'] as const)
      if (where === 'identity') given.identity = [...(given.identity ?? []), deny]
      else if (where === 'session') given.session = [...(given.session ?? []), deny]
      else {
        const document = (given[where] ?? []) as Statement[]
        given[where] = [...document, { ...deny[0], ...(where === 'bucketPolicy' ? { Principal: '*' } : {}) }]
      }
      const isOwnerRoot = given.caller === 'rootA' && given.action === 's3:GetBucketPolicy' && where === 'bucketPolicy'
      if (!isOwnerRoot) assert.equal(decisionOf(given), 'explicitDeny', JSON.stringify(given))
    }
  })

  test('the order of statements and policies never matters', () => {
    const random = randomOf(12)
    const reversed = (document: DecisionCase['boundary']) =>
      Array.isArray(document) ? document.toReversed() : document
    for (let round = 0; round < rounds; round++) {
      const given = randomCase(random)
      const other: DecisionCase = { ...given }
      if (given.identity) other.identity = given.identity.map((document) => reversed(document) ?? []).toReversed()
      for (const where of ['boundary', 'bucketPolicy'] as const) {
        const document = reversed(given[where])
        if (document) other[where] = document
      }
      assert.equal(decisionOf(other), decisionOf(given), JSON.stringify(given))
    }
  })

  test('an Allow more in any policy that is there never removes access', () => {
    const random = randomOf(13)
    for (let round = 0; round < rounds; round++) {
      const given = randomCase(random)
      // RestrictPublicBuckets is AWS's exception: a public statement more shuts other accounts out.
      delete given.publicAccessBlock
      if (decisionOf(given) !== 'allowed') continue
      const more: DecisionCase = {
        ...given,
        identity: [...(given.identity ?? []), [statement(random, 'Allow', false)]],
      }
      for (const where of ['boundary', 'bucketPolicy'] as const) {
        const document = more[where]
        if (document) more[where] = [...(document as Statement[]), statement(random, 'Allow', where === 'bucketPolicy')]
      }
      if (more.session) more.session = [...more.session, [statement(random, 'Allow', false)]]
      assert.equal(decisionOf(more), 'allowed', JSON.stringify(given))
    }
  })

  test('nothing is allowed without an Allow, a grant or root', () => {
    const random = randomOf(14)
    for (let round = 0; round < rounds; round++) {
      const given = randomCase(random)
      if (given.caller.startsWith('root')) continue
      delete given.acls
      const denies = (document: DecisionCase['boundary']) =>
        (document as Statement[]).filter(({ Effect }) => Effect === 'Deny')
      given.identity = (given.identity ?? []).map(denies)
      if (given.bucketPolicy) given.bucketPolicy = denies(given.bucketPolicy)
      assert.notEqual(decisionOf(given), 'allowed', JSON.stringify(given))
    }
  })

  test('trace and message agree with the verdict and never throw', () => {
    const random = randomOf(15)
    for (let round = 0; round < rounds; round++) {
      const request = requestOf(randomCase(random))
      const verdict = decide(request)
      const trace = traceDecision(request, verdict)
      const hasDeny = trace.policies.some(({ outcome }) => outcome === 'explicitDeny')
      if (verdict.by !== 'owner') assert.equal(hasDeny, verdict.decision === 'explicitDeny')
      explain(request, trace)
      denialMessage(request, verdict)
    }
  })
})

/** JSON of any shape, made of the words of policies more often than not. */
function garbage(random: Random, depth = 0): unknown {
  const words = [
    'Version',
    'Statement',
    'Effect',
    'Allow',
    'Principal',
    'AWS',
    '*',
    'Action',
    's3:*',
    'Resource',
    'Condition',
  ]
  const odd = [
    '',
    '${',
    '${}',
    '${a, ',
    'arn:',
    'arn:aws:s3:::',
    ':::::',
    '__proto__',
    'ForAnyValue:',
    'IfExists',
    'Null',
  ]
  const kind = random()
  if (depth > 5 || kind < 0.3) return pick(random, [...words, ...odd, null, true, 0, -1e300, '2012-10-17'])
  if (kind < 0.5) return several(random, 3, () => garbage(random, depth + 1))
  return Object.fromEntries(several(random, 5, () => [pick(random, [...words, ...odd]), garbage(random, depth + 1)]))
}

test('garbage never makes anything throw', () => {
  const random = randomOf(16)
  const rules = { bucket: 'b', resolve: () => undefined }
  const directory = { ...rules, directoryArn: 'arn:aws:s3express:us-east-1:111111111111:bucket/b' }
  for (let round = 0; round < 1_500; round++) {
    const value = round % 2 === 0 ? { Version: '2012-10-17', Statement: garbage(random, 1) } : garbage(random)
    const json = JSON.stringify(value)
    const text = random() < 0.1 ? json.slice(0, Math.floor(random() * json.length)) : json
    validateBucketPolicy(text, rules)
    validateBucketPolicy(text, directory)
    validateIdentityPolicy(text)
    validateTrustPolicy(text, rules)
    const parsed = parsePolicy(text)
    if (parsed === undefined) continue
    const policy = compilePolicy(parsed.document, { source: 'p' })
    const request: AccessRequest = {
      principal: pick(random, Object.values(callers)),
      action: pick(random, ['s3:GetObject', '', ':', '*', 'constructor']),
      resource: pick(random, ['', '*', 'arn:', 'arn:aws:s3:::b/k']),
      resourceAccount: pick(random, [undefined, '', '111111111111']),
      context: { get: () => pick(random, [undefined, '', 'x', [], ['a', 'b']]) },
      policies: { identity: [policy], boundary: policy, session: [policy], resource: policy },
    }
    explain(request, traceDecision(request, decide(request)))
  }
})

/** Operators, keys and values of conditions as nobody would write them, and requests to match. */
test('no condition makes anything throw, whatever the request has', () => {
  const random = randomOf(17)
  const names = [...Object.keys(operators), 'Null', 'StringMatches', '', '__proto__', 'toString']
  const texts = [
    '',
    '*',
    '?',
    '${',
    '${*}',
    '${aws:username}',
    "${a, 'b'}",
    '${}',
    'arn:aws:s3:::b',
    '::::::',
    '10.0.0.0/8',
    '::/0',
  ]
  const odd = ['/', '1e999', '-', '.', '2026-02-30', '9'.repeat(400), 'true', 'TRUE', '\u0000', '\ud800', 'İ', '====']
  const value = () => pick(random, [...texts, ...odd])
  for (let round = 0; round < 20_000; round++) {
    const prefix = pick(random, ['', '', 'ForAllValues:', 'ForAnyValue:', 'ForAnyValue:ForAllValues:'])
    const operatorText = `${prefix}${pick(random, names)}${pick(random, ['', '', 'IfExists', 'IfExistsIfExists'])}`
    const source = { operatorText, ...splitOperator(operatorText), key: value(), values: several(random, 3, value) }
    const condition = compileCondition(source, random() < 0.5)
    const actual = pick(random, [undefined, value(), [], several(random, 3, value)])
    const holds = conditionHolds(condition, { get: () => actual })
    assert.equal(typeof holds, 'boolean')
    if (!condition.isKnown) assert.equal(holds, false)
  }
})

// Names of operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
test('a negated operator says the opposite of its positive one, of every value there is', () => {
  const random = randomOf(18)
  const pairs = [
    'String:Equals',
    'String:EqualsIgnoreCase',
    'String:Like',
    'Numeric:Equals',
    'Date:Equals',
    'Arn:Like',
    ':IpAddress',
  ]
  const values = [
    'a',
    'A',
    'a*',
    '1',
    '1.0',
    '2026',
    '10.0.0.1',
    '10.0.0.0/8',
    'arn:aws:iam::1:role/a',
    'arn:aws:iam::1:role/*',
  ]
  for (let round = 0; round < 5_000; round++) {
    const [type = '', name = ''] = pick(random, pairs).split(':')
    const wanted = [pick(random, values), ...several(random, 2, () => pick(random, values))]
    const context = { get: () => actual }
    const actual = pick(random, values)
    const says = (operator: string) =>
      conditionHolds(
        compileCondition({ operatorText: operator, ...splitOperator(operator), key: 'k', values: wanted }, true),
        context,
      )
    assert.notEqual(says(`${type}${name}`), says(`${type}Not${name}`), JSON.stringify([type, name, actual, wanted]))
  }
})
