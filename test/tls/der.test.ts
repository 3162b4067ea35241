import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as der from '../../src/tls/der.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

// ITU-T X.690: 8.1.3 lengths, 8.3 integers, 8.6 bit strings, 8.19 object identifiers.
describe('DER', () => {
  it('writes lengths in their shortest form', () => {
    const heads: [number, string][] = [
      [0, '0400'],
      [127, '047f'],
      [128, '048180'],
      [255, '0481ff'],
      [256, '04820100'],
      [65_536, '0483010000'],
    ]
    for (const [size, head] of heads) {
      const bytes = der.octets(Buffer.alloc(size))
      assert.equal(hex(bytes.subarray(0, head.length / 2)), head)
      assert.equal(bytes.length, head.length / 2 + size)
    }
  })

  it('writes integers as positive', () => {
    assert.equal(hex(der.integer(Buffer.of(0))), '020100')
    assert.equal(hex(der.integer(Buffer.of(127))), '02017f')
    assert.equal(hex(der.integer(Buffer.of(128))), '02020080')
  })

  it('writes object identifiers', () => {
    assert.equal(hex(der.oid('1.2.840.10045.4.3.2')), '06082a8648ce3d040302')
    assert.equal(hex(der.oid('2.5.29.17')), '0603551d11')
    assert.equal(hex(der.oid('1.3.6.1.5.5.7.3.1')), '06082b06010505070301')
  })

  it('writes what stands between', () => {
    assert.equal(hex(der.sequence(der.boolean(true), der.utf8('a'))), '30060101ff0c0161')
    assert.equal(hex(der.set(der.bits(Buffer.of(0b1000_0000), 7))), '310403020780')
    assert.equal(hex(der.tagged(0, der.integer(Buffer.of(2)))), 'a003020102')
    assert.equal(hex(der.implicit(2, Buffer.from('a'))), '820161')
  })

  // RFC 5280, 4.1.2.5
  it('writes times with two digits of the year before 2050 and with four from then on', () => {
    const text = (ms: number): string => der.time(ms).toString('latin1', 2)
    assert.equal(text(Date.UTC(2026, 10, 22, 4, 5, 6, 789)), '261122040506Z')
    assert.equal(text(Date.UTC(2049, 11, 31, 23, 59, 59)), '491231235959Z')
    assert.equal(text(Date.UTC(2050, 0, 1)), '20500101000000Z')
  })
})
