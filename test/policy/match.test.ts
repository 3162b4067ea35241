// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArn } from '../../src/lib/arn.ts'
import { contextOf } from '../../src/policy/context-source.ts'
import { isStorableDate, parseDate } from '../../src/policy/dates.ts'
import { parseCidr } from '../../src/policy/ip.ts'
import { positionOf, readJson } from '../../src/policy/json.ts'
import { compilePattern, variableNamesIn } from '../../src/policy/match.ts'
import { randomOf } from './support.ts'

const none = contextOf({})

/** The definition of a wildcard match, slow and obvious. */
function matchesByDefinition(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*') {
    return matchesByDefinition(pattern.slice(1), text) || (text !== '' && matchesByDefinition(pattern, text.slice(1)))
  }
  return (
    text !== '' &&
    (pattern[0] === '?' || pattern[0] === text[0]) &&
    matchesByDefinition(pattern.slice(1), text.slice(1))
  )
}

test('wildcards match as by definition, on random patterns and texts', () => {
  const random = randomOf(1)
  const word = (alphabet: string, longest: number) =>
    Array.from({ length: Math.floor(random() * longest) }, () => alphabet[Math.floor(random() * alphabet.length)]).join(
      '',
    )
  for (let round = 0; round < 20_000; round++) {
    const pattern = word('ab*?', 7)
    const text = word('ab', 8)
    const matches = compilePattern(pattern, { wildcards: true, variables: true })
    assert.equal(matches(text, none), matchesByDefinition(pattern, text), `${pattern} on ${text}`)
  }
})

test('a substituted value never acts as a pattern, on random values', () => {
  const random = randomOf(2)
  for (let round = 0; round < 5_000; round++) {
    const value = Array.from({ length: 4 }, () => 'a*?${}'[Math.floor(random() * 6)]).join('')
    const matches = compilePattern('p/${k}/*', { wildcards: true, variables: true })
    const context = contextOf({ k: value })
    assert.equal(matches(`p/${value}/x`, context), true)
    assert.equal(matches('p/abcd/x', context), value === 'abcd')
  }
})

test('a pattern serves callers in turn, with and without values', () => {
  const matches = compilePattern('${a}/${b}', { wildcards: true, variables: true })
  const answers = [{ a: '1', b: '2' }, { a: '3' }, { a: '3', b: '2' }, { a: '1', b: '2' }].map((values) =>
    ['1/2', '3/2'].map((text) => matches(text, contextOf(values))),
  )
  assert.deepEqual(answers, [
    [true, false],
    [false, false],
    [false, true],
    [true, false],
  ])
})

test('variables are found with their defaults', () => {
  assert.deepEqual(variableNamesIn("a${aws:UserName}b${aws:PrincipalTag/Team, 'x'}${*}${open"), [
    'aws:UserName',
    'aws:PrincipalTag/Team',
  ])
})

test('an ARN has six parts, and the last may hold anything', () => {
  assert.deepEqual(parseArn('arn:aws:s3:::b/a:b/*'), {
    partition: 'aws',
    service: 's3',
    region: '',
    account: '',
    resource: 'b/a:b/*',
  })
  for (const text of ['', '*', 'arn', 'arn:aws:s3::b', 'urn:aws:s3:::b']) assert.equal(parseArn(text), undefined)
})

test('JSON keeps spelling, order and places', () => {
  const text = '{ "a" : [1.0, -2e3, true, null, "\\"}\\u0041"],\n "b": {}, "b":[] }'
  const node = readJson(text)
  assert.equal(node?.kind, 'object')
  const [a, b] = node.kind === 'object' ? node.members : []
  assert.equal(a?.[1].kind, 'array')
  const items = a?.[1].kind === 'array' ? a[1].items : []
  assert.deepEqual(
    items.map((item) => ('text' in item ? item.text : item.kind)),
    ['1.0', '-2e3', 'true', 'null', '"}A'],
  )
  assert.deepEqual(positionOf(text, b?.[1].start ?? 0), { line: 2, column: 7 })
  assert.equal(text.slice(b?.[1].start, b?.[1].end), '{}')
  for (const bad of ['', '{', '{"a":1,}', "{'a':1}", '[1', 'nul', `${'['.repeat(40)}${']'.repeat(40)}`]) {
    assert.equal(readJson(bad), undefined, bad)
  }
})

test('dates are read in every precision', () => {
  assert.equal(parseDate('2026-01-02T03:04:05.25-01:30'), Date.UTC(2026, 0, 2, 4, 34, 5, 250))
  assert.equal(parseDate('1700000000'), 1_700_000_000_000)
  for (const text of ['', '2026-13', '2026-1-1', '2026-01-02T25:00Z', 'Fri, 01 Jan 2026', '99999999999999999999']) {
    assert.equal(parseDate(text), undefined, text)
  }
  assert.equal(isStorableDate('01T'), true)
  assert.equal(isStorableDate('234-13'), false)
})

test('blocks drop their host bits', () => {
  assert.deepEqual(parseCidr('10.1.2.3/8'), parseCidr('10.0.0.0/8'))
  assert.deepEqual(parseCidr('::ffff:10.1.2.3/104'), parseCidr('10.0.0.0/8'))
  for (const text of [
    '',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/33',
    '::/129',
    '10.0.0',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/8',
  ]) {
    assert.equal(parseCidr(text), undefined, text)
  }
})
