/**
 * Records as rows: JSON. A tag byte before an object's tells delete markers apart, so that a listing walks over them
 * without parsing, and records with an embedded body, where the length of the JSON comes next and the body behind it.
 */
import { EmbeddedBytes } from './embedded.ts'
import type { ObjectRecord } from './records.ts'

const markerTag = 0x6d
const objectTag = 0x6f
const embeddedTag = 0x65
/** Tag and length of the JSON. */
const embeddedHead = 5

/** A row that remembers what it says. */
interface ObjectRow extends Buffer {
  record?: ObjectRecord
  /** The record was given out to readers, and is frozen. */
  isShared?: true
}

/** The row remembers the record, which must not be changed from now on. */
export function encodeObject(record: ObjectRecord): Buffer {
  const { bytes } = record.body
  const stored = bytes?.stored
  const json = JSON.stringify(record)
  const head = stored === undefined ? 1 : embeddedHead
  const size = Buffer.byteLength(json)
  const row: ObjectRow = Buffer.allocUnsafe(head + size + (stored?.length ?? 0))
  // In ASCII, as most are, the shorter way gives the same bytes.
  if (size === json.length) row.write(json, head, 'latin1')
  else row.write(json, head)
  if (bytes === undefined || stored === undefined) row[0] = record.isDeleteMarker === true ? markerTag : objectTag
  else {
    row[0] = embeddedTag
    row.writeUInt32BE(size, 1)
    row.set(stored, head + size)
    bytes.settle(row, head + size)
  }
  row.record = record
  return row
}

export function decodeObject(row: Buffer): ObjectRecord {
  if (row[0] !== embeddedTag) return JSON.parse(row.toString('utf8', 1))
  const end = embeddedHead + row.readUInt32BE(1)
  const record: ObjectRecord = JSON.parse(row.toString('utf8', embeddedHead, end))
  record.body.bytes = new EmbeddedBytes(row, end)
  return record
}

/** As `decodeObject`, but once for each row: for point reads, whose rows a cache may give out again. The record is shared, and frozen. */
export function recordOf(row: ObjectRow): ObjectRecord {
  row.record ??= decodeObject(row)
  if (row.isShared !== true) {
    frozen(row.record)
    row.isShared = true
  }
  return row.record
}

/** What is shared cannot be changed by mistake. */
function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) frozen(member)
  return Object.freeze(value)
}

/** As `recordOf`, for a row that is about to be replaced: what nobody will ask for again is not remembered. */
export const lastRecordOf = (row: ObjectRow): ObjectRecord => row.record ?? decodeObject(row)

export const isMarkerRow = (row: Buffer): boolean => row[0] === markerTag

export const encodeJson = (record: object): Buffer => Buffer.from(JSON.stringify(record))

/** @typeParam T what the space of the row holds (`keys.ts`). */
export const decodeJson = <T>(row: Buffer): T => JSON.parse(row.toString())
