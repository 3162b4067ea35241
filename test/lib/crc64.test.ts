/** CRC-64/NVME of bytes at hand, against its published check value and the implementation that streams use. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { crc64nvme } from '../../src/lib/crc64.ts'
import { createHasher } from '../../src/digest/hasher.ts'

it("gives the catalogue's check value", () => {
  assert.equal(crc64nvme(Buffer.from('123456789')).toString('hex'), 'ae8b14860a799888')
})

it('agrees with the streaming implementation at every length around a step', async () => {
  const bytes = Buffer.from(Array.from({ length: 67 }, (_, at) => (at * 151 + 7) & 255))
  for (let length = 0; length <= bytes.length; length++) {
    const hasher = await createHasher('CRC64NVME')
    hasher.update(bytes.subarray(0, length))
    assert.deepEqual(crc64nvme(bytes.subarray(0, length)), hasher.digest(), `${length} bytes`)
  }
})
