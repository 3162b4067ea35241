/** The journal of requests: bounded in number and bytes, errors kept longest, entries used again, nothing held at the start. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Journal } from '../../src/authorization/journal.ts'
import type { Entry } from '../../src/authorization/journal-entry.ts'
import { outcomeOf } from '../../src/authorization/journal-explanation.ts'
import { error } from '../../src/errors.ts'

const ended = {
  atMs: 0,
  operation: 'GetObject',
  method: 'GET',
  path: '/b/k',
  hostBucket: undefined,
  status: 200,
  by: 'anonymous',
  us: 1,
  queryChars: 0,
}

let clock = 0

function answer(journal: Journal, requestId: string, more: Partial<typeof ended> = {}): Entry {
  const entry = journal.begin(requestId)
  if ((more.status ?? 200) >= 400) entry.fail(error('NoSuchKey', { Key: 'k' }), false)
  journal.end(entry, { ...ended, atMs: ++clock, ...more })
  return entry
}

describe('the journal', () => {
  it('holds 10,000 requests, and all of the first ones until then', () => {
    const journal = new Journal()
    assert.equal(journal.count, 0)
    for (let at = 0; at < 10_000; at++) answer(journal, `R${at}`)
    assert.equal(journal.find('R0')?.requestId, 'R0')
    answer(journal, 'more')
    assert.equal(journal.count, 10_000)
    assert.equal(journal.find('R0'), undefined)
    assert.equal(journal.find('R1')?.status, 200)
    assert.equal(journal.find('more')?.status, 200)
  })

  it('keeps errors longest, and some successes all the same', () => {
    const journal = new Journal({ entries: 100, bytes: 1e9, successes: 10 })
    answer(journal, 'refused', { status: 403 })
    for (let at = 0; at < 1000; at++) answer(journal, `S${at}`)
    assert.equal(journal.find('refused')?.status, 403)
    for (let at = 0; at < 1000; at++) answer(journal, `F${at}`, { status: 404 })
    assert.equal(journal.count, 100)
    assert.equal(journal.find('refused'), undefined)
    assert.equal(journal.find('S989'), undefined)
    assert.equal(journal.find('S990')?.status, 200)
    assert.equal(journal.find('F910')?.status, 404)
  })

  it('takes back what fails after its answer has begun, and keeps it as a failure', () => {
    const journal = new Journal({ entries: 100, bytes: 1e9, successes: 10 })
    for (let at = 0; at < 50; at++) answer(journal, `S${at}`)
    const { bytes } = journal
    const entry = journal.takeBack('S20')
    assert.equal(entry?.requestId, 'S20')
    assert.equal(journal.count, 49)
    assert.equal(journal.takeBack('S20'), undefined)
    assert.equal(journal.takeBack('never'), undefined)
    assert.ok(entry)
    entry.fail(error('InternalError'), false)
    journal.end(entry, { ...ended, atMs: ++clock })
    assert.equal(journal.count, 50)
    assert.ok(journal.bytes > bytes)
    assert.equal(journal.find('S20')?.isFailure, true)
    assert.equal(outcomeOf(entry), 'failed')
    assert.equal(journal.last(1, true)[0], entry)
    // The others are where they were, and go in their order.
    for (let at = 50; at < 300; at++) answer(journal, `S${at}`)
    assert.deepEqual(
      journal.last(3).map(({ requestId }) => requestId),
      ['S299', 'S298', 'S297'],
    )
    assert.equal(journal.count, 100)
    assert.equal(journal.find('S200'), undefined)
    assert.equal(journal.find('S201')?.status, 200)
    assert.equal(journal.find('S20')?.isFailure, true)
  })

  it('holds 16 MiB, whatever is in the requests', () => {
    const journal = new Journal()
    for (let at = 0; at < 5000; at++) {
      const path = `/b/${at}${'x'.repeat(8000)}`
      answer(journal, `S${at}`, { path, queryChars: 8000 })
      answer(journal, `F${at}`, { path, status: 404 })
      assert.ok(journal.bytes <= 16 * 1024 * 1024)
    }
    assert.ok(journal.count > 500 && journal.count < 5000, `${journal.count}`)
    assert.ok(journal.find('F4999'))
  })

  it('one request that is larger than all of it is forgotten, and the next is not', () => {
    const journal = new Journal({ entries: 10, bytes: 2000, successes: 2 })
    answer(journal, 'large', { path: 'x'.repeat(5000) })
    assert.equal(journal.count, 0)
    answer(journal, 'small')
    assert.ok(journal.find('small'))
  })

  it('uses entries again, without what was in them', () => {
    const journal = new Journal({ entries: 2, bytes: 1e9, successes: 1 })
    const first = answer(journal, 'a', { status: 404 })
    first.refuse('requester pays: say so')
    for (const id of ['b', 'c']) answer(journal, id, { status: 404 })
    const again = journal.begin('d')
    const entries = [first, again]
    assert.equal(entries[0], entries[1])
    assert.deepEqual([again.error, again.refusal, again.decisions], [undefined, undefined, []])
  })

  it('lists the last ones, the newest first', () => {
    const journal = new Journal()
    for (const [id, status] of [
      ['a', 200],
      ['b', 404],
      ['c', 200],
    ] as const)
      answer(journal, id, { status })
    assert.deepEqual(
      journal.last(2).map(({ requestId }) => requestId),
      ['c', 'b'],
    )
    assert.deepEqual(
      journal.last(9, true).map(({ requestId }) => requestId),
      ['b'],
    )
  })

  it('a request in work is not found', () => {
    const journal = new Journal()
    journal.begin('x')
    assert.equal(journal.find('x'), undefined)
  })
})
