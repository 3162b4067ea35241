/** Work of one turn of the event loop. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turn } from '../../src/http/turn.ts'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('what comes in one turn begins in order after it, what comes meanwhile in the next', async () => {
  const seen: string[] = []
  const turn: Turn<string> = new Turn((item) => {
    seen.push(item)
    if (item === 'b') turn.add('from b')
    void Promise.resolve().then(() => seen.push(`${item} answered`))
  })
  turn.add('a')
  turn.add('b')
  assert.deepEqual(seen, [])
  await nextTurn()
  assert.deepEqual(seen, ['a', 'b', 'a answered', 'b answered'])
  await nextTurn()
  assert.deepEqual(seen.slice(4), ['from b', 'from b answered'])
})

test('of very many, some are left for the next turns, in order', async () => {
  const seen: number[] = []
  const turn: Turn<number> = new Turn((item) => {
    seen.push(item)
  })
  const many = Array.from({ length: 200 }, (_, at) => at)
  for (const item of many) turn.add(item)
  const counts: number[] = []
  while (seen.length < many.length) {
    await nextTurn()
    counts.push(seen.length)
  }
  assert.deepEqual(counts, [64, 128, 192, 200])
  assert.deepEqual(seen, many)
})
