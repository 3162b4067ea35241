// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates
/** Patterns that are slow to match when matched naively: right on long texts, and linear. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePolicy } from '../../src/policy/parse.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { contextOf } from '../../src/policy/context-source.ts'
import { decide } from '../../src/policy/decide.ts'
import { compilePattern } from '../../src/policy/match.ts'
import { validateBucketPolicy } from '../../src/policy/validate-bucket.ts'
import { randomOf } from './support.ts'

const none = contextOf({})

/** Row by row: whether each beginning of the text fits the pattern read so far. */
function matchesByTable(pattern: string, text: string): boolean {
  let fits = Array.from({ length: text.length + 1 }, (_, at) => at === 0)
  for (const char of pattern.split('')) {
    const before = fits
    fits = before.map(
      (_, at) => char !== '*' && at > 0 && before[at - 1] === true && (char === '?' || char === text[at - 1]),
    )
    if (char === '*') for (let at = 0, any = false; at < before.length; at++) fits[at] = any ||= before[at] === true
  }
  return fits[text.length] === true
}

describe('patterns on long texts', () => {
  it('match as by definition, whatever way they are searched', () => {
    const random = randomOf(3)
    const pick = (from: string) => from[Math.floor(random() * from.length)]
    for (let round = 0; round < 40; round++) {
      const alphabet = ['ab', 'aaaab', 'a👑b', 'abcdefgh'][round % 4] as string
      const text = Array.from({ length: 70 + Math.floor(random() * 400) }, () => pick(alphabet)).join('')
      for (let of = 0; of < 60; of++) {
        // A piece of the text, with characters left open, and now and then one that is wrong.
        const from = Math.floor(random() * text.length)
        const cut = text.slice(from, from + 1 + Math.floor(random() * 120)).split('')
        const loosened = cut.map((char) =>
          random() < 0.3 ? '?' : random() < 0.02 ? '*' : random() < 0.005 ? 'b' : char,
        )
        const pattern = `${of % 3 === 0 ? '' : '*'}${loosened.join('')}${of % 5 === 0 ? '' : '*'}`
        const matches = compilePattern(pattern, { wildcards: true, variables: false })
        assert.equal(matches(text, none), matchesByTable(pattern, text), `${pattern} on ${text}`)
      }
    }
  })

  const list = (count: number, pattern: string) => Array.from({ length: count }, () => pattern)
  const as = 'a'.repeat(998)
  const agent = `b${'a'.repeat(7999)}`
  const worst: [name: string, key: string, resources: string[], condition?: object][] = [
    ['many open places', `${as}xx`, list(60, `*${'a?'.repeat(130)}b*`)],
    ['many open places, the last one in the key', `b${as}x`, list(60, `*${'a?'.repeat(130)}ab*`)],
    ['many short pieces', `b${as}x`, list(700, '*aaaaab*')],
    ['many short pieces with open places', `b${as}x`, list(700, '*a?a?b*')],
    ['many stars', `c${as}x`, list(60, `*${'a*'.repeat(130)}b*`)],
    ['many stars that fit', `c${'ab'.repeat(499)}x`, list(60, `*${'ab*'.repeat(90)}c*`)],
    ['a long text of a condition', 'k', ['*'], { StringLike: { 'aws:UserAgent': list(60, `*${'a?'.repeat(150)}b*`) } }],
    ['without case', 'k', ['*'], { StringEqualsIgnoreCase: { 'aws:UserAgent': list(1500, 'aaaaaaa') } }],
    ['ARNs', 'k', ['*'], { ArnLike: { 'aws:SourceArn': list(80, `arn:aws:iam:*:*:user/*${'a?'.repeat(90)}b*`) } }],
    ['addresses', 'k', ['*'], { IpAddress: { 'aws:SourceIp': list(900, 'fd00:1::/64') } }],
    ['variables', `${as}xx`, list(15, '${aws:UserAgent}'.repeat(70))],
  ]
  const context = contextOf({
    'aws:useragent': agent,
    'aws:sourcearn': `arn:aws:iam::111111111111:user/b${as}`,
    'aws:sourceip': 'fd01::1',
  })
  for (const [name, key, patterns, Condition] of worst) {
    it(`${name}: a decision takes a few milliseconds at most`, () => {
      const Resource = patterns.map((pattern) => `arn:aws:s3:::b/${pattern}`)
      const statement = {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:GetObject',
        Resource,
        ...(Condition && { Condition }),
      }
      const parsed = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement }))
      assert.ok(parsed)
      const resource = compilePolicy(parsed.document, { source: 'b' })
      const principal = { kind: 'root', accountId: '1', arn: 'arn:aws:iam::1:root', canonicalId: 'c' } as const
      const ms = Array.from({ length: 20 }, (_, at) => {
        const from = performance.now()
        const asked = `arn:aws:s3:::b/${key.slice(0, -1)}${at % 10}`
        const policies = { identity: [], resource }
        assert.equal(
          decide({ principal, action: 's3:GetObject', resource: asked, context, policies }).decision,
          'allowed',
        )
        return performance.now() - from
      })
      // The quickest of twenty, so that a busy machine fails nothing; naively it is 20 to 500 ms.
      assert.ok(Math.min(...ms) < 8, `${Math.min(...ms)} ms`)
    })
  }

  it('a policy full of actions is checked quickly', () => {
    const Action = Array.from({ length: 1300 }, (_, at) => `s3:*e*t*O*${at}*`)
    const Statement = { Effect: 'Deny', Principal: '*', Action, Resource: 'arn:aws:s3:::b/*' }
    const text = JSON.stringify({ Version: '2012-10-17', Statement })
    const from = performance.now()
    validateBucketPolicy(text, { bucket: 'b', resolve: () => undefined })
    assert.ok(performance.now() - from < 1000)
  })
})
