import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileCondition, conditionHolds, operators } from '../../src/policy/conditions.ts'
import { contextOf } from '../../src/policy/context-source.ts'
import { splitOperator } from '../../src/policy/parse.ts'
import { readCases, type Values } from './support.ts'

interface ConditionCase {
  operator: string
  actual: string | string[] | null
  values: string[]
  expect: boolean
  name?: string
  context?: Values
  version?: string
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
describe('conditions', () => {
  const cases = readCases<ConditionCase>('conditions.json')
  for (const { operator, actual, values, expect, name, context = {}, version = '2012-10-17' } of cases) {
    const had = actual === null ? 'an absent key' : JSON.stringify(actual)
    test(`${operator} ${JSON.stringify(values)} is ${expect} of ${had}${name ? `: ${name}` : ''}`, () => {
      const source = { operatorText: operator, ...splitOperator(operator), key: 'Test:Key', values }
      const condition = compileCondition(source, version === '2012-10-17')
      const found = actual === null ? context : { ...context, 'test:key': actual }
      assert.equal(conditionHolds(condition, contextOf(found)), expect)
    })
  }

  test('every operator has a case', () => {
    const covered = new Set(cases.map(({ operator }) => splitOperator(operator).operator))
    assert.deepEqual(
      Object.keys(operators).filter((name) => !covered.has(name)),
      [],
    )
  })

  test('a condition reads its key once and in lower case', () => {
    const asked: string[] = []
    const source = {
      operatorText: 'StringEquals',
      ...splitOperator('StringEquals'),
      key: 'aws:UserName',
      values: ['a', 'b'],
    }
    conditionHolds(compileCondition(source, true), { get: (key) => void asked.push(key) })
    assert.deepEqual(asked, ['aws:username'])
  })

  test('hostile patterns cost no more than text times pattern', () => {
    const pattern = `${'a?'.repeat(5_000)}*${'*a'.repeat(5_000)}b`
    const condition = compileCondition(
      { operatorText: 'StringLike', ...splitOperator('StringLike'), key: 'k', values: [pattern, '*a'.repeat(9_000)] },
      true,
    )
    const startedMs = performance.now()
    conditionHolds(condition, contextOf({ k: 'a'.repeat(16_000) }))
    assert.ok(performance.now() - startedMs < 5_000)
  })
})
