/** Ids have AWS's shapes, and never come twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomIds } from '../../src/lib/ids.ts'

test('request ids are 16 upper-case characters, host ids 76 of Base64, upload ids safe in a URL', () => {
  const seen = new Set<string>()
  const count = 2000
  for (let n = 0; n < count; n++) {
    const [request, host, upload] = [randomIds.requestId(), randomIds.hostId(), randomIds.uploadId()]
    assert.match(request, /^[0-9A-HJKMNP-TV-Z]{16}$/)
    assert.match(host, /^[A-Za-z0-9+/]{76}$/)
    assert.match(upload, /^U[\w-]{64}$/)
    for (const id of [request, host, upload]) seen.add(id)
  }
  assert.equal(seen.size, 3 * count)
})

test('request ids use all their characters alike', () => {
  const counts = new Map<string, number>()
  for (let n = 0; n < 4000; n++) for (const one of randomIds.requestId()) counts.set(one, (counts.get(one) ?? 0) + 1)
  assert.equal(counts.size, 32)
  // 2,000 of each expected, with a deviation of 44.
  for (const count of counts.values()) assert.ok(count > 1700 && count < 2300)
})
