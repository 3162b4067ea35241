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
