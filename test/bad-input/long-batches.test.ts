/** Batches that take long do not hold up others. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Arena } from './arena.ts'
import { bytesOf, document } from './requests.ts'

/** Does something, and says how long it took and how long the event loop was held up at most, in ms. */
async function watched(act: () => Promise<unknown>): Promise<{ totalMs: number; longestMs: number }> {
  const startMs = performance.now()
  let lastMs = startMs
  let longestMs = 0
  let isOver = false
  const tick = () => {
    longestMs = Math.max(longestMs, performance.now() - lastMs)
    lastMs = performance.now()
    if (!isOver) setImmediate(tick)
  }
  setImmediate(tick)
  await act()
  isOver = true
  return { totalMs: performance.now() - startMs, longestMs }
}

it('a thousand keys of DeleteObjects under a policy that is slow to match', async () => {
  const arena = await Arena.start()
  try {
    const Resource = Array.from({ length: 600 }, () => 'arn:aws:s3:::bucket/*a?a?b*')
    const Statement = { Effect: 'Deny', Principal: '*', Action: 's3:DeleteObject', Resource }
    const policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await arena.expect(204, document('/bucket?policy', policy))
    const keys = Array.from({ length: 1000 }, (_, at) => `b${'a'.repeat(980)}${at}`)
    const list = `<Delete>${keys.map((Key) => `<Object><Key>${Key}</Key></Object>`).join('')}</Delete>`
    const asked = bytesOf(document('/bucket?delete', list, { method: 'POST' }))
    const { totalMs, longestMs } = await watched(async () => {
      const { status, body } = await arena.send(asked)
      assert.equal(status, 200, body)
      assert.equal(body.match(/<Deleted>/g)?.length, 1000)
    })
    assert.ok(longestMs < totalMs / 3, `${longestMs} of ${totalMs} ms`)
    await arena.expect(204, { method: 'DELETE', target: '/bucket?policy' })
  } finally {
    await arena.close()
  }
})

it('a simulation of one action on many resources', async () => {
  const arena = await Arena.start()
  try {
    const Resource = Array.from({ length: 600 }, () => 'arn:aws:s3:::bucket/*a?a?b*')
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource } })
    const form = new URLSearchParams({ Action: 'SimulateCustomPolicy', Version: '2010-05-08' })
    form.set('PolicyInputList.member.1', policy)
    form.set('ActionNames.member.1', 's3:GetObject')
    for (let at = 1; at <= 600; at++)
      form.set(`ResourceArns.member.${at}`, `arn:aws:s3:::bucket/b${'a'.repeat(980)}${at}`)
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const asked = bytesOf({ method: 'POST', target: '/', body: form.toString(), headers, service: 'iam' })
    const { totalMs, longestMs } = await watched(async () => {
      const { status, body } = await arena.send(asked)
      assert.equal(status, 200, body)
    })
    assert.ok(longestMs < totalMs / 2, `${longestMs} of ${totalMs} ms`)
  } finally {
    await arena.close()
  }
})
