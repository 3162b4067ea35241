import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { bodyCipher } from '../../src/encryption/body-cipher.ts'
import { isRememberedKey, rememberKey } from '../../src/encryption/customer-key.ts'
import { KeyStream } from '../../src/encryption/key-stream.ts'
import { masterSealer, wrappingSealer } from '../../src/encryption/sealer.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('the cipher of bodies', () => {
  // The counter begins at zero, so the first block of key stream is the block cipher of zeros, which AESAVS lists.
  it('encrypts zeros under the zero key as AESAVS says (KAT: AES-256, key 0, plain text 0)', () => {
    const block = bodyCipher(Buffer.alloc(32))(Buffer.alloc(16))
    assert.deepEqual(block, hex('dc95c078a2408989ad48a21492842087'))
  })

  it('begins at the counter of an offset, however far', () => {
    const key = hex('603deb1015ca71be2b73aef0857d7781 1f352c073b6108d72d9810a30914dff4')
    const whole = bodyCipher(key)(Buffer.alloc(64 * 1024 + 64))
    const far = 2 ** 40 + 7
    const a = bodyCipher(key, far)(Buffer.alloc(100))
    const b = bodyCipher(key, far - 7)(Buffer.alloc(107)).subarray(7)
    assert.deepEqual(a, b)
    assert.deepEqual(bodyCipher(key, 64 * 1024)(Buffer.alloc(64)), whole.subarray(64 * 1024))
  })

  it('gives the same bytes from every offset within and across blocks, in pieces of any size', () => {
    const key = randomBytes(32)
    const plain = randomBytes(100)
    const sealed = bodyCipher(key)(plain)
    assert.notDeepEqual(sealed, plain)
    for (let start = 0; start <= 66; start++) {
      for (let length = 0; start + length <= 100; length += 1 + (start % 5)) {
        const range = sealed.subarray(start, start + length)
        assert.ok(bodyCipher(key, start)(range).equals(plain.subarray(start, start + length)))
        const decipher = bodyCipher(key, start)
        const pieces: Buffer[] = []
        for (let at = 0; at < length; at += 7) pieces.push(decipher(range.subarray(at, at + 7)))
        assert.ok(Buffer.concat(pieces).equals(plain.subarray(start, start + length)))
      }
    }
  })
})

describe('a key stream', () => {
  const keys = masterSealer(randomBytes(32))

  it('gives every body a stretch of its own, and opens each from its text alone', () => {
    const stream = new KeyStream(keys)
    const bodies = [10, 16, 1, 2048, 0, 33].map((size) => randomBytes(size))
    const made = bodies.map((plain) => stream.encipher(plain))
    const [first] = made
    assert.equal(first?.sealed.split('@')[1], '0')
    assert.equal(made[4]?.sealed.split('@')[1], String(10 + 16 + 1 + 2048))
    // Another run, which knows the master key only.
    const later = new KeyStream(keys)
    for (const [at, { stored, sealed }] of made.entries()) {
      assert.ok(stream.isOurs(sealed))
      assert.deepEqual(later.cipher(sealed)(stored), bodies[at])
    }
    assert.throws(() => new KeyStream(masterSealer(randomBytes(32))).cipher('wAAAA@0'))
  })

  it('enciphers the same text differently each time', () => {
    const stream = new KeyStream(keys)
    const zeros = Buffer.alloc(64)
    const seen = new Set(Array.from({ length: 100 }, () => stream.encipher(zeros).stored.toString('hex')))
    assert.equal(seen.size, 100)
  })

  it('takes another key before one is used up, and one for each run', () => {
    const stream = new KeyStream(keys, 100)
    const sealed = Array.from({ length: 5 }, () => stream.encipher(Buffer.alloc(40)).sealed)
    assert.deepEqual(
      sealed.map((text) => text.split('@')[1]),
      ['0', '40', '0', '40', '0'],
    )
    const used = new Set(sealed.map((text) => text.split('@')[0]))
    assert.equal(used.size, 3)
    const other = new KeyStream(keys, 100).encipher(Buffer.alloc(40)).sealed
    assert.ok(!used.has(other.split('@')[0] ?? ''))
  })

  it('is not for keys that wrap: each of their bodies has one of its own', () => {
    assert.equal(wrappingSealer(randomBytes(32)).stream, undefined)
    assert.ok(!keys.stream?.isOurs(keys.generate().sealed))
    assert.ok(!keys.stream?.isOurs(wrappingSealer(randomBytes(32)).generate().sealed))
  })
})

describe('sealing', () => {
  it('opens what it sealed, and never twice the same', () => {
    for (const sealer of [
      masterSealer(randomBytes(32)),
      wrappingSealer(randomBytes(32)),
      wrappingSealer(randomBytes(32), 'ctx'),
    ]) {
      const one = sealer.generate()
      const two = sealer.generate()
      assert.notDeepEqual(one.key, two.key)
      assert.equal(one.key.length, 32)
      assert.deepEqual(sealer.open(one.sealed), one.key)
      assert.deepEqual(sealer.open(two.sealed), two.key)
      const key = randomBytes(32)
      assert.notEqual(sealer.seal(key), sealer.seal(key))
      assert.deepEqual(sealer.open(sealer.seal(key)), key)
    }
  })

  it('derives data keys as the one-step derivation of SP 800-56C does', () => {
    const master = randomBytes(32)
    const { key, sealed } = masterSealer(master).generate()
    const nonce = Buffer.from(sealed.slice(1), 'base64url')
    assert.equal(nonce.length, 16)
    assert.deepEqual(key, createHash('sha256').update(hex('00000001')).update(master).update(nonce).digest())
  })

  it('makes no nonce twice in many pools', () => {
    const sealer = masterSealer(Buffer.alloc(32))
    assert.equal(new Set(Array.from({ length: 2000 }, () => sealer.generate().sealed)).size, 2000)
  })

  it('refuses what another key or context sealed, or what was changed', () => {
    const mine = wrappingSealer(randomBytes(32), 'a')
    const sealed = mine.seal(randomBytes(32))
    for (const other of [wrappingSealer(randomBytes(32), 'a'), masterSealer(randomBytes(32))]) {
      assert.throws(() => other.open(sealed), /another key/)
    }
    const key = randomBytes(32)
    assert.throws(() => wrappingSealer(key, 'b').open(wrappingSealer(key, 'a').seal(key)), /another key/)
    const last = sealed.endsWith('A') ? 'Q' : 'A'
    for (const changed of [
      '',
      'w',
      'n',
      'nAAAA',
      'x',
      sealed.slice(0, -4),
      sealed.slice(0, -1) + last,
      `${sealed}AAAA`,
    ]) {
      assert.throws(() => mine.open(changed), /another key/)
    }
    assert.throws(() => masterSealer(key).open('nAAAA'), /another key/)
  })
})

describe("customers' keys", () => {
  it('are recognised by a salted memo that does not hold them', () => {
    const key = randomBytes(32)
    const memo = rememberKey(key)
    assert.notEqual(memo, rememberKey(key))
    assert.ok(isRememberedKey(key, memo))
    assert.ok(!isRememberedKey(randomBytes(32), memo))
    assert.ok(!isRememberedKey(key, ''))
    const bytes = Buffer.from(memo, 'base64')
    assert.ok(!bytes.includes(key) && !bytes.includes(createHash('md5').update(key).digest()))
  })
})
