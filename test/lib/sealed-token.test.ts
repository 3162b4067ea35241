/** Tokens that carry what they stand for. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { openSession, sealSession } from '../../src/iam/session-tokens.ts'
import { openToken, sealToken } from '../../src/lib/sealed-token.ts'

const key = randomBytes(32)

describe('sealed tokens', () => {
  it('open with their purpose and key, and with no other', () => {
    const token = sealToken('one', { a: 1 }, key)
    assert.deepEqual(openToken('one', token, key), { a: 1 })
    assert.equal(openToken('two', token, key), undefined)
    assert.equal(openToken('one', token, randomBytes(32)), undefined)
  })

  it('are nothing once a character is changed, added or missing', () => {
    const token = sealToken('one', { a: 1 }, key)
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A'
      assert.equal(openToken('one', token.slice(0, at) + other + token.slice(at + 1), key), undefined)
    }
    for (const changed of [
      '',
      'AAAA',
      `${token}A`,
      ` ${token}`,
      token.slice(1),
      token.slice(0, -4),
      'A'.repeat(20_000),
    ]) {
      assert.equal(openToken('one', changed, key), undefined)
    }
  })

  it('of sessions have the size that is asked for at least', () => {
    const claims = { accessKeyId: 'ASIA', secretAccessKey: 's', accountId: '1', kind: 'root', session: {} } as never
    for (const size of [0, 100, 1000, 4096]) {
      const token = sealSession(claims, key, size)
      assert.ok(token.length >= size && token.length < size + 600, `${size}: ${token.length}`)
      assert.equal(openSession(token, key)?.accessKeyId, 'ASIA')
    }
    assert.equal(openSession(sealToken('session', { a: 1 }, randomBytes(32)), key), undefined)
  })
})
