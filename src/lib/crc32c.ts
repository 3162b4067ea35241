/** CRC-32C (Castagnoli), which LevelDB's files are checked with: eight bytes a step, by tables. */

const polynomial = 0x82f63b78
/** `tables[n][b]`: what the byte b does, n bytes before the end of a step. Made when first needed. */
let tables: Uint32Array[] | undefined

function makeTables(): Uint32Array[] {
  const made = [new Uint32Array(256)]
  const first = made[0] as Uint32Array
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    first[byte] = crc >>> 0
  }
  for (let n = 1; n < 8; n++) {
    const before = made[n - 1] as Uint32Array
    made.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)))
  }
  return made
}

/** @returns the checksum of the bytes, as an unsigned number */
export function crc32c(bytes: Uint8Array): number {
  tables ??= makeTables()
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ]
  let crc = 0xffffffff
  let at = 0
  const get = (table: Uint32Array, index: number): number => table[index] as number
  for (const end = bytes.length - 8; at <= end; at += 8) {
    const low =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24))
    crc =
      get(t7, low & 0xff) ^
      get(t6, (low >>> 8) & 0xff) ^
      get(t5, (low >>> 16) & 0xff) ^
      get(t4, low >>> 24) ^
      get(t3, bytes[at + 4] as number) ^
      get(t2, bytes[at + 5] as number) ^
      get(t1, bytes[at + 6] as number) ^
      get(t0, bytes[at + 7] as number)
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ get(t0, (crc ^ (bytes[at] as number)) & 0xff)
  return (crc ^ 0xffffffff) >>> 0
}

/** The checksum of some bytes and one more behind them. @param crc of those before; 0: none */
export function extendCrc32c(crc: number, byte: number): number {
  tables ??= makeTables()
  const before = ~crc
  return ~((before >>> 8) ^ ((tables[0] as Uint32Array)[(before ^ byte) & 0xff] as number)) >>> 0
}
