/**
 * Records as rows: JSON. A tag byte before an object's tells delete markers apart, so that a listing walks over them
 * without parsing.
 */
import type { ObjectRecord } from './records.ts'

const markerTag = 0x6d

export function encodeObject(record: ObjectRecord): Buffer {
  return Buffer.from((record.isDeleteMarker === true ? 'm' : 'o') + JSON.stringify(record))
}

export const decodeObject = (row: Buffer): ObjectRecord => JSON.parse(row.toString('utf8', 1))

/** Records of rows that are read again and again. */
const remembered = new WeakMap<Buffer, ObjectRecord>()

/** As `decodeObject`, but once for each row: for point reads, whose rows a cache may give out again. The record is shared, and frozen. */
export function recordOf(row: Buffer): ObjectRecord {
  let record = remembered.get(row)
  if (record === undefined) {
    record = frozen(decodeObject(row))
    remembered.set(row, record)
  }
  return record
}

/** What is shared cannot be changed by mistake. */
function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) frozen(member)
  return Object.freeze(value)
}

/** As `recordOf`, for a row that is about to be replaced: what nobody will ask for again is not remembered. */
export const lastRecordOf = (row: Buffer): ObjectRecord => remembered.get(row) ?? decodeObject(row)

export const isMarkerRow = (row: Buffer): boolean => row[0] === markerTag

export const encodeJson = (record: object): Buffer => Buffer.from(JSON.stringify(record))

/** @typeParam T what the space of the row holds (`keys.ts`). */
export const decodeJson = <T>(row: Buffer): T => JSON.parse(row.toString())
