/**
 * CRC-64/NVME of bytes at hand, eight bytes a step, on two words of 32 bits. For small bodies: one set of tables that
 * stays in the processor's cache, and no instance to set up. Streams use WebAssembly (`digest/hasher.ts`).
 * @see https://reveng.sourceforge.io/crc-catalogue/all.htm#crc.cat.crc-64-nvme
 */

/** The polynomial, its bits reversed, in two halves. */
const polyLow = 0xac4bc9b5 | 0
const polyHigh = 0x9a6c9329 | 0

/**
 * What a byte does to the checksum, in two words: entry 256 * n + byte for one that is n bytes before the end of a step.
 * Constants of the module, so that the compiler knows their length and leaves out the checks of bounds.
 */
const low = new Int32Array(8 * 256)
const high = new Int32Array(8 * 256)

for (let byte = 0; byte < 256; byte++) {
  let l = byte
  let h = 0
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (l & 1) === 1
    l = (l >>> 1) | (h << 31)
    h >>>= 1
    if (!isOdd) continue
    l ^= polyLow
    h ^= polyHigh
  }
  low[byte] = l
  high[byte] = h
}
for (let at = 256; at < low.length; at++) {
  const l = low[at - 256] as number
  const h = high[at - 256] as number
  low[at] = ((l >>> 8) | (h << 24)) ^ (low[l & 255] as number)
  high[at] = (h >>> 8) ^ (high[l & 255] as number)
}

/** The checksum, big-endian. */
export function crc64nvme(bytes: Uint8Array): Buffer {
  let l = -1
  let h = -1
  let at = 0
  for (const end = bytes.length & ~7; at < end; at += 8) {
    const a = 1792 + ((l ^ (bytes[at] as number)) & 255)
    const b = 1536 + (((l >>> 8) ^ (bytes[at + 1] as number)) & 255)
    const c = 1280 + (((l >>> 16) ^ (bytes[at + 2] as number)) & 255)
    const d = 1024 + ((l >>> 24) ^ (bytes[at + 3] as number))
    const e = 768 + ((h ^ (bytes[at + 4] as number)) & 255)
    const f = 512 + (((h >>> 8) ^ (bytes[at + 5] as number)) & 255)
    const g = 256 + (((h >>> 16) ^ (bytes[at + 6] as number)) & 255)
    const i = (h >>> 24) ^ (bytes[at + 7] as number)
    l = xor4(low, a, b, c, d) ^ xor4(low, e, f, g, i)
    h = xor4(high, a, b, c, d) ^ xor4(high, e, f, g, i)
  }
  for (; at < bytes.length; at++) {
    const byte = (l ^ (bytes[at] as number)) & 255
    l = ((l >>> 8) | (h << 24)) ^ (low[byte] as number)
    h = (h >>> 8) ^ (high[byte] as number)
  }
  const digest = Buffer.allocUnsafe(8)
  digest.writeInt32BE(~h, 0)
  digest.writeInt32BE(~l, 4)
  return digest
}

function xor4(table: Int32Array, a: number, b: number, c: number, d: number): number {
  return (table[a] as number) ^ (table[b] as number) ^ (table[c] as number) ^ (table[d] as number)
}
