import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policySize } from '../../src/policy/limits.ts'
import { renderStoredPolicy } from '../../src/policy/normalize.ts'
import { type ResolvedPrincipal, validateBucketPolicy } from '../../src/policy/validate-bucket.ts'
import { validateIdentityPolicy } from '../../src/policy/validate-identity.ts'
import { validateTrustPolicy } from '../../src/policy/validate-trust.ts'
import { accountA, accountX, callers, expand, readCases } from './support.ts'

interface ValidationCase {
  name: string
  text?: string
  policy?: unknown
  message?: string | null
  detail?: string
  /** Of a bucket policy: the normalised text. */
  stored?: string
  uniqueIds?: Record<string, string>
  managed?: boolean
}

const textOf = ({ text, policy }: ValidationCase) => text ?? JSON.stringify(expand(policy))

/** The two accounts, their users and roles, a service and an identity provider exist; nobody else does. */
function resolve(type: string, value: string): ResolvedPrincipal | undefined {
  if (type === 'Service' || type === 'Federated') return { arn: value }
  const account = [accountA, accountX].find((id) =>
    [id, `arn:aws:iam::${id}:root`, id.slice(0, 1).repeat(64)].includes(value),
  )
  if (account !== undefined) return { arn: `arn:aws:iam::${account}:root` }
  const entity = Object.values(callers).find(
    ({ arn, issuerArn }) => value !== '' && (arn === value || issuerArn === value),
  )
  return entity && { arn: value, ...(entity.uniqueId === undefined ? {} : { uniqueId: entity.uniqueId }) }
}
const rules = { bucket: 'b', resolve }

const expandIds = (ids: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(ids).map(([arn, id]) => [expand(arn), id]))

// Messages and keys by action: recorded against AWS (localstack snapshots, condition matrices) and the S3 User Guide.
describe('bucket policies', () => {
  for (const given of readCases<ValidationCase>('bucket-policies.json')) {
    test(given.message ? `${given.name}: ${given.message}` : `${given.name} is stored`, () => {
      const result = validateBucketPolicy(textOf(given), rules)
      if (given.message) {
        assert.deepEqual(result, {
          ok: false,
          message: given.message,
          ...(given.detail === undefined ? {} : { detail: given.detail }),
        })
      } else {
        assert.ok(result.ok, result.ok ? '' : result.message)
        assert.equal(result.text, JSON.stringify(expand(JSON.parse(given.stored ?? ''))))
        assert.deepEqual(result.uniqueIds, expandIds(given.uniqueIds))
      }
    })
  }

  const bulky = (size: number) => {
    const one = (index: number) => `"arn:aws:s3:::b/${String(index).padStart(76, '0')}"`
    const resources = Array.from({ length: size }, (_, index) => one(index)).join(',\n          ')
    return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":[${resources}]}]}`
  }

  test('#70 only the normalised size counts: 20,480 bytes', () => {
    assert.ok(bulky(210).length > 20_480)
    assert.equal(validateBucketPolicy(bulky(210), rules).ok, true)
    assert.deepEqual(validateBucketPolicy(bulky(230), rules), {
      ok: false,
      message: 'Normalized policy document exceeds the maximum allowed size of 20480 bytes',
    })
  })

  test('#18 a stored ARN shows as unique id once its entity is gone, even if a namesake exists', () => {
    const policy = expand({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: ['%u', '%A'] },
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::b/*',
      },
    })
    const result = validateBucketPolicy(JSON.stringify(policy), rules)
    assert.ok(result.ok)
    assert.equal(
      renderStoredPolicy(result.text, result.uniqueIds, () => 'AIDAUSERU'),
      result.text,
    )
    const shown = JSON.parse(renderStoredPolicy(result.text, result.uniqueIds, () => 'AIDANAMESAKE'))
    assert.deepEqual(shown.Statement[0].Principal.AWS, ['AIDAUSERU', `arn:aws:iam::${accountA}:root`])
  })

  test('normalising is idempotent', () => {
    for (const given of readCases<ValidationCase>('bucket-policies.json')) {
      const once = validateBucketPolicy(textOf(given), rules)
      if (!once.ok) continue
      const twice = validateBucketPolicy(once.text, rules)
      assert.equal(twice.ok && twice.text, once.text)
    }
  })

  test('hostile texts are refused without hanging', () => {
    const startedMs = performance.now()
    for (const text of [
      '{"a":'.repeat(100_000),
      `{"Statement":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      bulky(5_000),
    ]) {
      assert.equal(validateBucketPolicy(text, rules).ok, false)
    }
    const star = JSON.stringify(
      expand({
        Statement: [
          {
            Effect: 'Allow',
            Principal: '*',
            Action: '*'.repeat(20_000),
            Resource: `arn:aws:s3:::${'*b'.repeat(9_000)}`,
          },
        ],
      }),
    )
    validateBucketPolicy(star, rules)
    assert.ok(performance.now() - startedMs < 5_000)
  })
})

// Probed on CreatePolicy by moto's authors (tests/test_iam/test_iam_policies.py lists the same faults in its own words).
describe('identity policies', () => {
  for (const given of readCases<ValidationCase>('identity-policies.json')) {
    test(given.message ? `${given.name}: ${given.message}` : `${given.name} is accepted`, () => {
      const result = validateIdentityPolicy(textOf(given), { isManaged: given.managed === true })
      assert.equal(result.ok ? null : result.message, given.message)
    })
  }

  test('the size does not count white space', () => {
    assert.equal(policySize('{ "a":\t1,\r\n "b": "c d" }'), policySize('{"a":1,"b":"cd"}'))
  })
})

// Words of the answers: AWS as quoted in aws-cdk 5732, localstack 6644, configure-aws-credentials 332 and a recorded snapshot.
describe('trust policies', () => {
  for (const given of readCases<ValidationCase>('trust-policies.json')) {
    test(given.message ? `${given.name}: ${given.message}` : `${given.name} is accepted`, () => {
      const result = validateTrustPolicy(textOf(given), { resolve })
      assert.equal(result.ok ? null : result.message, given.message)
      if (result.ok) assert.deepEqual(result.uniqueIds, expandIds(given.uniqueIds))
    })
  }
})
