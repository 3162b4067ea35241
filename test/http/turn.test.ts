/** Work of one turn of the event loop. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turn } from '../../src/http/turn.ts'
import type { WireResponse } from '../../src/http/wire.ts'
import { exchange, start } from './raw-client.ts'

const close = 'Host: h\r\nConnection: close\r\n\r\n'
const hello = async (): Promise<WireResponse> => ({ status: 200, headers: {}, body: 'hello' })
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

test('of requests that come together: one that throws at once takes no other with it', async (t) => {
  const { port } = await start(t, (request) => {
    if (request.rawPath === '/thrown') throw new Error('at once')
    return hello()
  })
  const paths = ['/b/1', '/thrown', '/b/2', '/thrown', '/b/3']
  const texts = await Promise.all(paths.map((path) => exchange(port, `GET ${path} HTTP/1.1\r\n${close}`)))
  for (const [at, text] of texts.entries()) {
    assert.match(text, paths[at] === '/thrown' ? /^HTTP\/1\.1 500 .*InternalError/s : /^HTTP\/1\.1 200 .*hello$/s)
  }
})
