/**
 * The CRC of a whole from the CRCs of its parts, without reading them again: shifting a CRC by n zero bytes is a
 * multiplication by x^8n in GF(2)[x] modulo the polynomial. Works for the three CRCs S3 knows, all of them bit-reflected
 * with all-ones before and after.
 */
import type { ChecksumAlgorithm } from '../../store/records.ts'

export type CrcAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME'

interface Field {
  poly: bigint
  /** x^0: the highest bit, since polynomials are reflected. */
  one: bigint
  sizeBytes: number
  /** x^(2^k) by k, made when needed. */
  powers: bigint[]
  /** x^(8n) by n: parts of one upload have few different sizes. */
  shifts: Map<number, bigint>
}

const field = (bits: number, poly: bigint): Field => ({
  poly,
  one: 1n << BigInt(bits - 1),
  sizeBytes: bits / 8,
  powers: [1n << BigInt(bits - 2)],
  shifts: new Map(),
})

const fields: Record<CrcAlgorithm, Field> = {
  CRC32: field(32, 0xedb88320n),
  CRC32C: field(32, 0x82f63b78n),
  CRC64NVME: field(64, 0x9a6c9329ac4bc9b5n),
}
const rememberedShifts = 64

/** Whether the algorithm's value for a whole object follows from those of its parts. */
export function isCombinable(algorithm: ChecksumAlgorithm): algorithm is CrcAlgorithm {
  return Object.hasOwn(fields, algorithm)
}

/** a·b modulo the polynomial. */
function multiply({ poly, one }: Field, a: bigint, b: bigint): bigint {
  let product = 0n
  for (let mask = one; mask !== 0n && a !== 0n; mask >>= 1n) {
    if ((a & mask) !== 0n) {
      product ^= b
      a ^= mask
    }
    b = (b & 1n) === 0n ? b >> 1n : (b >> 1n) ^ poly
  }
  return product
}

/** x^(8n) modulo the polynomial. */
function shiftBy(f: Field, sizeBytes: number): bigint {
  const known = f.shifts.get(sizeBytes)
  if (known !== undefined) return known
  let shift = f.one
  let bits = BigInt(sizeBytes) * 8n
  for (let k = 0; bits !== 0n; k++, bits >>= 1n) {
    let power = f.powers[k]
    if (power === undefined) {
      const half = f.powers[k - 1] as bigint
      power = multiply(f, half, half)
      f.powers.push(power)
    }
    if ((bits & 1n) !== 0n) shift = multiply(f, power, shift)
  }
  if (f.shifts.size >= rememberedShifts) f.shifts.clear()
  f.shifts.set(sizeBytes, shift)
  return shift
}

const toNumber = (base64: string): bigint => BigInt(`0x${Buffer.from(base64, 'base64').toString('hex')}`)

/**
 * The Base64 checksum of the concatenation of parts, in order.
 * @param parts at least one; `value` is the part's own Base64 checksum of this algorithm
 */
export function combineCrcs(algorithm: CrcAlgorithm, parts: readonly { value: string; sizeBytes: number }[]): string {
  const f = fields[algorithm]
  let whole = 0n
  for (const part of parts) whole = multiply(f, whole, shiftBy(f, part.sizeBytes)) ^ toNumber(part.value)
  return Buffer.from(whole.toString(16).padStart(f.sizeBytes * 2, '0'), 'hex').toString('base64')
}
