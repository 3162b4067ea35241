/**
 * The records of a journal's file, written and read. A commit is a record of its own, so that damage costs no more than the
 * commit it is in; behind damage, reading goes on at the next record that is whole.
 *
 *     file     head, records
 *     head     magic (8 bytes), mark of this file (4, random), number of its first record (6), 0 0, CRC-32 of these (4)
 *     record   mark (4), payload length (4), CRC-32 of the payload (4), CRC-32 of these (4), payload
 *     payload  rows: key length (4), value length (4; all ones: a deletion), key, value
 *
 * Format 3 had neither head nor mark: a record was payload length, CRC-32 of the payload, payload.
 */
import { randomFillSync } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Mutation } from './kv.ts'

const magic = Buffer.from('SBJOURN\x04')
const markBytes = 4
export const fileHeadBytes = 24
export const recordHeadBytes = 16
const formerHeadBytes = 8
const rowHeadBytes = 8
const deletion = 0xffffffff
/** Zeros at the end of a file: what a loss of power leaves of what had not reached the disk. */
const emptyTailBytes = 512
/** Longer keys are none of ours: an object's key has up to 1,024 bytes. */
const maxKeyBytes = 4096

/** A file's head. @param firstRecord number of the record that comes next, over all files of a run */
export function encodeFileHead(firstRecord: number): Buffer {
  const head = Buffer.alloc(fileHeadBytes)
  magic.copy(head)
  randomFillSync(head, magic.length, markBytes)
  head.writeUIntLE(firstRecord, magic.length + markBytes, 6)
  head.writeUInt32LE(crc32(head.subarray(0, 20)), 20)
  return head
}

/** The mark that a file's records begin with. */
export const markOf = (fileHead: Buffer): Buffer => fileHead.subarray(magic.length, magic.length + markBytes)

/** Size of a commit as a record. */
export function recordSize(mutations: readonly Mutation[]): number {
  let size = recordHeadBytes
  for (const one of mutations) size += rowHeadBytes + one.key.length + (one.kind === 'put' ? one.value.length : 0)
  return size
}

/** Writes a commit's record to `out`. @returns where it ends */
export function encodeRecord(out: Buffer, start: number, mark: Buffer, mutations: readonly Mutation[]): number {
  const payloadAt = start + recordHeadBytes
  let at = payloadAt
  for (const one of mutations) {
    out.writeUInt32LE(one.key.length, at)
    out.writeUInt32LE(one.kind === 'put' ? one.value.length : deletion, at + 4)
    at += rowHeadBytes
    out.set(one.key, at)
    at += one.key.length
    if (one.kind === 'delete') continue
    out.set(one.value, at)
    at += one.value.length
  }
  out.set(mark, start)
  out.writeUInt32LE(at - payloadAt, start + 4)
  out.writeUInt32LE(crc32(out.subarray(payloadAt, at)), start + 8)
  out.writeUInt32LE(crc32(out.subarray(start, start + 12)), start + 12)
  return at
}

/** What a file holds. */
export interface JournalFile {
  /** How many records could be read. */
  records: number
  /** Number of its first record; undefined in format 3, and when the head is damaged. */
  firstRecord: number | undefined
  /** It ends within a record, as it does when the process died while writing. */
  isTorn: boolean
  /** Stretches that should be records and are not, or whose checksum is wrong. */
  damage: { start: number; end: number }[]
}

/** How records lie in a file. */
interface Framing {
  readonly start: number
  /** The whole record at a place. */
  recordAt(at: number): { payload: Buffer; end: number } | undefined
  /** Whether there begins a record whose end was not written. */
  isCutAt(at: number): boolean
  /** The next place, from `at` on, where a record might begin; -1: none. */
  next(at: number): number
}

/** Reads a file to its end. @param onRow gets the rows of whole records, in order */
export function readJournalFile(bytes: Buffer, onRow: (row: Mutation) => void): JournalFile {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    const former = readFramed(bytes, formerFraming(bytes), onRow)
    if (former.records > 0) return former
  }
  const file = readFramed(bytes, markedFraming(bytes), onRow)
  if (isWholeHead(bytes)) file.firstRecord = bytes.readUIntLE(magic.length + markBytes, 6)
  else if (bytes.length < fileHeadBytes) file.isTorn = true
  else file.damage.unshift({ start: 0, end: fileHeadBytes })
  return file
}

function readFramed(bytes: Buffer, framing: Framing, onRow: (row: Mutation) => void): JournalFile {
  const file: JournalFile = { records: 0, firstRecord: undefined, isTorn: false, damage: [] }
  for (let at = framing.start; at < bytes.length; ) {
    const record = framing.recordAt(at)
    if (record !== undefined) {
      readRows(record.payload, onRow)
      file.records++
      at = record.end
      continue
    }
    let next = framing.next(at + 1)
    while (next !== -1 && framing.recordAt(next) === undefined) next = framing.next(next + 1)
    if (next === -1) {
      if (framing.isCutAt(at) || isEmptyTail(bytes.subarray(at))) file.isTorn = true
      else file.damage.push({ start: at, end: bytes.length })
      break
    }
    file.damage.push({ start: at, end: next })
    at = next
  }
  return file
}

const isWholeHead = (bytes: Buffer): boolean =>
  bytes.length >= fileHeadBytes && crc32(bytes.subarray(0, 20)) === bytes.readUInt32LE(20)

function isEmptyTail(rest: Buffer): boolean {
  const tail = rest.subarray(Math.max(0, rest.length - emptyTailBytes))
  return tail.every((byte) => byte === 0)
}

function markedFraming(bytes: Buffer): Framing {
  // Where the head is damaged, the first record shows the mark.
  const mark = Buffer.from(
    isWholeHead(bytes) ? markOf(bytes) : bytes.subarray(fileHeadBytes, fileHeadBytes + markBytes),
  )
  const hasHead = (at: number): boolean =>
    at + recordHeadBytes <= bytes.length &&
    mark.equals(bytes.subarray(at, at + markBytes)) &&
    crc32(bytes.subarray(at, at + 12)) === bytes.readUInt32LE(at + 12)
  return {
    start: fileHeadBytes,
    recordAt(at) {
      if (!hasHead(at)) return undefined
      const payloadAt = at + recordHeadBytes
      const end = payloadAt + bytes.readUInt32LE(at + 4)
      if (end > bytes.length) return undefined
      const payload = bytes.subarray(payloadAt, end)
      return crc32(payload) === bytes.readUInt32LE(at + 8) ? { payload, end } : undefined
    },
    isCutAt(at) {
      if (at + recordHeadBytes > bytes.length) return true
      return hasHead(at) && at + recordHeadBytes + bytes.readUInt32LE(at + 4) > bytes.length
    },
    next: (at) => bytes.indexOf(mark, at),
  }
}

function formerFraming(bytes: Buffer): Framing {
  const recordAt = (at: number) => {
    if (at + formerHeadBytes >= bytes.length) return undefined
    const payloadAt = at + formerHeadBytes
    const end = payloadAt + bytes.readUInt32LE(at)
    // The rows are looked at first: a checksum at each of millions of places would take minutes.
    if (end > bytes.length || !areRows(bytes, payloadAt, end)) return undefined
    const payload = bytes.subarray(payloadAt, end)
    return crc32(payload) === bytes.readUInt32LE(at + 4) ? { payload, end } : undefined
  }
  return {
    start: 0,
    recordAt,
    isCutAt: (at) =>
      at + formerHeadBytes > bytes.length || at + formerHeadBytes + bytes.readUInt32LE(at) > bytes.length,
    next: (at) => (at < bytes.length ? at : -1),
  }
}

/** Whether the lengths of rows add up. */
function areRows(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (at + rowHeadBytes <= end) {
    const keyLength = bytes.readUInt32LE(at)
    const valueLength = bytes.readUInt32LE(at + 4)
    if (keyLength === 0 || keyLength > maxKeyBytes) return false
    at += rowHeadBytes + keyLength + (valueLength === deletion ? 0 : valueLength)
  }
  return at === end && end > start
}

function readRows(payload: Buffer, onRow: (row: Mutation) => void): void {
  for (let at = 0; at < payload.length; ) {
    const keyLength = payload.readUInt32LE(at)
    const valueLength = payload.readUInt32LE(at + 4)
    at += rowHeadBytes
    const key = payload.subarray(at, at + keyLength)
    at += keyLength
    if (valueLength === deletion) onRow({ kind: 'delete', key })
    else {
      onRow({ kind: 'put', key, value: payload.subarray(at, at + valueLength) })
      at += valueLength
    }
  }
}
