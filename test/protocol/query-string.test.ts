import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseQuery, queryValue } from '../../src/protocol/query-string.ts'

const pairs = (raw: string) => parseQuery(raw).map((pair) => [pair.name, pair.value, pair.hasValue])

const parsed: [string, [string, string, boolean][]][] = [
  ['', []],
  ['&&', []],
  ['acl', [['acl', '', false]]],
  ['acl=', [['acl', '', true]]],
  [
    'a=1&b=2',
    [
      ['a', '1', true],
      ['b', '2', true],
    ],
  ],
  ['a=b=c', [['a', 'b=c', true]]],
  ['=x', [['', 'x', true]]],
  ['prefix=a+b%20c%2Bd', [['prefix', 'a b c+d', true]]],
  ['prefix=%E2%82%AC%F0%9F%98%80', [['prefix', '€😀', true]]],
  // Decoded once.
  ['prefix=%2541', [['prefix', '%41', true]]],
  ['k%3Dk=v', [['k=k', 'v', true]]],
  // Bytes sent unescaped, one char each as node hands them over.
  ['prefix=\u00e2\u0082\u00ac', [['prefix', '€', true]]],
  [
    'a=1&a=2',
    [
      ['a', '1', true],
      ['a', '2', true],
    ],
  ],
]

for (const [raw, expected] of parsed) {
  test(`?${raw} is ${JSON.stringify(expected)}`, () => assert.deepEqual(pairs(raw), expected))
}

for (const raw of ['a=%', 'a=%4', 'a=%zz', '%=1', 'a=%ff', 'a=%c3%28', 'a=\u00ff', 'a=%ED%A0%80']) {
  test(`?${raw} is InvalidURI`, () => assert.throws(() => parseQuery(raw), { code: 'InvalidURI', status: 400 }))
}

test('a thousand pairs are taken, more are refused', () => {
  assert.equal(parseQuery('a&'.repeat(1000)).length, 1000)
  assert.throws(() => parseQuery('a&'.repeat(1001)), { code: 'InvalidURI' })
})

test('the first value of a name counts', () => {
  assert.equal(queryValue(parseQuery('a=1&a=2'), 'a'), '1')
  assert.equal(queryValue(parseQuery('a=1'), 'b'), undefined)
})
