/**
 * LevelDB's logs, read without LevelDB, which drops what it cannot read without a word. A log is blocks of 32 KiB; a
 * record lies in one or is split among several. The records of a database's log are batches of rows, those of its
 * manifest say which files it has.
 * @see https://github.com/google/leveldb/blob/main/doc/log_format.md
 */
import { crc32c } from '../lib/crc32c.ts'
import type { Mutation } from './kv.ts'

const blockBytes = 32 * 1024
const headBytes = 7
/** Kinds of pieces: a whole record, its beginning, (3) what is between, its end. */
const full = 1
const first = 2
const last = 4

export interface LevelLog {
  /** Whole records, in order. */
  records: Buffer[]
  /** Where in that order what is left of records lies that are not whole: stretches of their bytes. */
  remains: { before: number; stretches: Buffer[] }[]
  /** Something that cannot be read, other than a last record that was not written to its end. */
  isDamaged: boolean
  /** It ends within a record. */
  isTorn: boolean
}

/** LevelDB stores checksums so, because a log may hold logs. */
export function unmasked(crc: number): number {
  const rotated = (crc - 0xa282ead8) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}

/** A piece of a record; undefined where none is whole. */
function pieceAt(bytes: Buffer, at: number, blockEnd: number): { type: number; data: Buffer; end: number } | undefined {
  if (at + headBytes > Math.min(blockEnd, bytes.length)) return undefined
  const type = bytes[at + 6] as number
  const end = at + headBytes + bytes.readUInt16LE(at + 4)
  if (type < full || type > last || end > Math.min(blockEnd, bytes.length)) return undefined
  const isWhole = crc32c(bytes.subarray(at + 6, end)) === unmasked(bytes.readUInt32LE(at))
  return isWhole ? { type, data: bytes.subarray(at + headBytes, end), end } : undefined
}

/** Where the next whole piece begins, from a place that has none. */
function nextPiece(bytes: Buffer, from: number): number {
  for (let at = from; at + headBytes <= bytes.length; at++) {
    const blockEnd = (Math.floor(at / blockBytes) + 1) * blockBytes
    const type = bytes[at + 6] as number
    // Empty pieces are never written, but for a record that ends with a block.
    if (type >= full && type <= last && pieceAt(bytes, at, blockEnd) !== undefined) return at
  }
  return -1
}

/** Whether what is left is the beginning of a piece that was to be longer, or nothing but zeros. */
function isCutAt(bytes: Buffer, at: number): boolean {
  const rest = bytes.subarray(at)
  if (rest.length < headBytes || rest.every((byte) => byte === 0)) return true
  const end = at + headBytes + rest.readUInt16LE(4)
  const blockEnd = (Math.floor(at / blockBytes) + 1) * blockBytes
  return end > bytes.length && end <= blockEnd && (rest[6] as number) >= full && (rest[6] as number) <= last
}

/** Reads a log to its end, going on behind what is damaged. */
export function readLevelLog(bytes: Buffer): LevelLog {
  const log: LevelLog = { records: [], remains: [], isDamaged: false, isTorn: false }
  /** Of the record being read: stretches of pieces that belong together. More than one: something is missing between. */
  let stretches: Buffer[][] | undefined
  const keepRemains = (): void => {
    if (stretches === undefined) return
    log.remains.push({ before: log.records.length, stretches: stretches.map((pieces) => Buffer.concat(pieces)) })
    stretches = undefined
  }
  for (let at = 0; at < bytes.length; ) {
    const blockEnd = (Math.floor(at / blockBytes) + 1) * blockBytes
    if (blockEnd - at < headBytes) {
      at = blockEnd
      continue
    }
    const piece = pieceAt(bytes, at, blockEnd)
    if (piece === undefined) {
      const next = nextPiece(bytes, at + 1)
      if (next === -1) {
        if (isCutAt(bytes, at)) log.isTorn = true
        else log.isDamaged = true
        break
      }
      log.isDamaged = true
      stretches?.push([])
      at = next
      continue
    }
    at = piece.end
    if (piece.type === full || piece.type === first) {
      keepRemains()
      stretches = [[piece.data]]
    } else if (stretches === undefined) {
      // Its beginning is missing.
      log.isDamaged = true
      stretches = [[], [piece.data]]
    } else stretches.at(-1)?.push(piece.data)
    if (piece.type !== full && piece.type !== last) continue
    if (stretches.length > 1) keepRemains()
    else log.records.push(Buffer.concat(stretches[0] as Buffer[]))
    stretches = undefined
  }
  if (stretches !== undefined && !log.isDamaged) log.isTorn = true
  keepRemains()
  return log
}

/** Reads numbers of variable length, and texts with their length before them. */
export class Varints {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length
  }

  /** @throws RangeError behind the end */
  number(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.at++)
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }

  /** @throws RangeError when it is shorter than it says */
  text(length = this.number()): Buffer {
    if (this.at + length > this.#bytes.length) throw new RangeError('a text is shorter than it says')
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }
}

const batchHeadBytes = 12
const deletion = 0
const value = 1

/** The rows of a batch. @throws RangeError when it is none */
export function rowsOfBatch(record: Buffer): Mutation[] {
  if (record.length < batchHeadBytes) throw new RangeError('a batch is shorter than its head')
  const rows: Mutation[] = []
  readRows(record, batchHeadBytes, rows)
  return rows
}

/** @throws RangeError where there is no row; those before it are in `rows` */
function readRows(bytes: Buffer, start: number, rows: Mutation[]): void {
  const reader = new Varints(bytes)
  reader.at = start
  while (!reader.isAtEnd) {
    const kind = reader.number()
    const key = reader.text()
    if (key.length === 0) throw new RangeError('a row without a key')
    if (kind === value) rows.push({ kind: 'put', key, value: reader.text() })
    else if (kind === deletion) rows.push({ kind: 'delete', key })
    else throw new RangeError(`a batch has a row of kind ${kind}`)
  }
}

/** How far into a stretch a row may begin at the latest: the largest row. */
const longestRowBytes = 128 * 1024
/** So many rows one after the other, with keys that can be, are no accident. */
const rowsThatConvince = 3
/** What is shorter may be one row. */
const shortStretchBytes = 8 * 1024

/**
 * The rows that can be read of a batch of which something is missing: those before the gap, and behind it from the first
 * place on where rows follow one another to the end.
 * @param isKey whether a row can have this key
 */
export function rowsOfRemains(stretches: readonly Buffer[], isKey: (key: Buffer) => boolean): Mutation[] {
  const rows: Mutation[] = []
  for (const [at, bytes] of stretches.entries()) {
    if (at === 0) readWhatIsThere(bytes, batchHeadBytes, rows)
    else rows.push(...rowsBehindGap(bytes, isKey))
  }
  return rows
}

function readWhatIsThere(bytes: Buffer, start: number, rows: Mutation[]): void {
  try {
    readRows(bytes, start, rows)
  } catch {
    // The last one goes on where the gap is.
  }
}

function rowsBehindGap(bytes: Buffer, isKey: (key: Buffer) => boolean): Mutation[] {
  for (let start = 0; start < Math.min(bytes.length, longestRowBytes); start++) {
    if ((bytes[start] as number) > value) continue
    const rows: Mutation[] = []
    readWhatIsThere(bytes, start, rows)
    const isLast = rows.length > 0 && bytes.length - start < shortStretchBytes
    if ((rows.length >= rowsThatConvince || isLast) && rows.every(({ key }) => isKey(key))) return rows
  }
  return []
}
