/**
 * LevelDB's tables, read without LevelDB, which does not verify the checksums of what it reads: blocks of rows in order of
 * their keys, an index that says where they are, a footer that says where the index is.
 * @see https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
import { crc32c, extendCrc32c } from '../lib/crc32c.ts'
import { unmasked, Varints } from './leveldb-log.ts'
import { unsnappy } from './snappy.ts'

const footerBytes = 48
const magic = Buffer.from('57fb808b247547db', 'hex')
/** Kind of compression, checksum. */
export const trailerBytes = 5
/** LevelDB ends a block at 4 KiB; the largest row makes it longer. */
const largestBlockBytes = 256 * 1024

/** Of a block in its file, without its trailer. */
export interface Place {
  offset: number
  size: number
}

/** A row as LevelDB keeps it: several of one key may be there, of which the highest sequence counts. */
export interface TableRow {
  key: Buffer
  sequence: number
  /** Undefined: the row was deleted. */
  value: Buffer | undefined
}

export interface Table {
  /** Blocks of rows, in order; damaged ones too, whose place is known. */
  blocks: Place[]
  /** What cannot be read, in words. */
  damage: string[]
}

/** Verifies every block. */
export function readTable(bytes: Buffer): Table {
  const index = indexOf(bytes)
  if (index === undefined) {
    // Blocks lie one behind the other, so those before the index can be found without it.
    return { blocks: blocksInARow(bytes), damage: ['the index cannot be read'] }
  }
  const blocks: Place[] = []
  const damage: string[] = []
  for (const { offset, size } of index) {
    if (!isWhole(bytes, { offset, size })) damage.push(`bytes ${offset} to ${offset + size} cannot be read`)
    blocks.push({ offset, size })
  }
  return { blocks, damage }
}

/** The rows of a block, in order. @returns of a damaged one those that seem to be there, to be looked at one by one */
export function rowsOfBlock(bytes: Buffer, place: Place): { rows: TableRow[]; isDamaged: boolean } {
  const rows: TableRow[] = []
  const isDamaged = !isWhole(bytes, place)
  try {
    for (const { key, value } of entriesOf(contentOf(bytes, place))) {
      if (key.length < 8) break
      const trailer = key.readBigUInt64LE(key.length - 8)
      const isPut = (trailer & 0xffn) === 1n
      rows.push({ key: key.subarray(0, -8), sequence: Number(trailer >> 8n), value: isPut ? value : undefined })
    }
  } catch {
    // It ends where nothing more can be made of it.
  }
  return { rows, isDamaged }
}

function indexOf(bytes: Buffer): Place[] | undefined {
  try {
    if (bytes.length < footerBytes || !bytes.subarray(-8).equals(magic)) return undefined
    const footer = new Varints(bytes.subarray(-footerBytes))
    // Of the index of further blocks.
    footer.number()
    footer.number()
    const place = { offset: footer.number(), size: footer.number() }
    if (!isWhole(bytes, place)) return undefined
    return [...entriesOf(contentOf(bytes, place))].map(({ value }) => placeOf(value))
  } catch {
    return undefined
  }
}

function placeOf(bytes: Buffer): Place {
  const reader = new Varints(bytes)
  return { offset: reader.number(), size: reader.number() }
}

function isWhole(bytes: Buffer, { offset, size }: Place): boolean {
  const end = offset + size
  if (end + trailerBytes > bytes.length) return false
  return crc32c(bytes.subarray(offset, end + 1)) === unmasked(bytes.readUInt32LE(end + 1))
}

/** What a block holds. @throws RangeError when it cannot be decompressed */
function contentOf(bytes: Buffer, { offset, size }: Place): Buffer {
  const content = bytes.subarray(offset, offset + size)
  return bytes[offset + size] === 1 ? unsnappy(content) : content
}

/** @throws RangeError when it is no block */
function* entriesOf(content: Buffer): Generator<{ key: Buffer; value: Buffer }> {
  const restarts = content.readUInt32LE(content.length - 4)
  const reader = new Varints(content.subarray(0, content.length - 4 - 4 * restarts))
  let key: Buffer = Buffer.alloc(0)
  while (!reader.isAtEnd) {
    const shared = reader.number()
    const ownLength = reader.number()
    const valueLength = reader.number()
    if (shared > key.length) throw new RangeError('a key shares more than there is')
    key = Buffer.concat([key.subarray(0, shared), reader.text(ownLength)])
    yield { key, value: reader.text(valueLength) }
  }
}

function blocksInARow(bytes: Buffer): Place[] {
  const blocks: Place[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const size = sizeOfBlock(bytes, offset)
    if (size === undefined) break
    blocks.push({ offset, size })
    offset += size + trailerBytes
  }
  // Behind the rows come blocks of other kinds.
  return blocks.filter((place) => isOfRows(bytes, place))
}

function isOfRows(bytes: Buffer, place: Place): boolean {
  const { rows } = rowsOfBlock(bytes, place)
  return rows.length > 0 && rows.every(({ key }) => key.length > 0)
}

/** Where the checksum fits. */
function sizeOfBlock(bytes: Buffer, offset: number): number | undefined {
  let crc = 0
  const end = Math.min(bytes.length - trailerBytes, offset + largestBlockBytes)
  for (let at = offset; at <= end; at++) {
    crc = extendCrc32c(crc, bytes[at] as number)
    if ((bytes[at] as number) <= 1 && at > offset && crc === unmasked(bytes.readUInt32LE(at + 1))) return at - offset
  }
  return undefined
}
