/**
 * Records as rows: JSON. A tag byte before an object's tells delete markers apart, so that a listing walks over them
 * without parsing, and records with an embedded body, where the length of the JSON comes next and the body behind it.
 */
import { EmbeddedBytes } from './embedded.ts'
import type { ObjectRecord } from './records.ts'
import { checkBytes, checked, damagedRow, setCheck } from './row-check.ts'

/** A row ends with its check; the small letters of formats 1 to 3 say that it has none. */
const markerTag = 0x4d
const objectTag = 0x4f
const embeddedTag = 0x45
const uncheckedMarkerTag = 0x6d
const uncheckedEmbeddedTag = 0x65
const smallLetter = 0x20
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
  const row: ObjectRow = Buffer.allocUnsafe(head + size + (stored?.length ?? 0) + checkBytes)
  // In ASCII, as most are, the shorter way gives the same bytes.
  if (size === json.length) row.write(json, head, 'latin1')
  else row.write(json, head)
  if (bytes === undefined || stored === undefined) row[0] = record.isDeleteMarker === true ? markerTag : objectTag
  else {
    row[0] = embeddedTag
    row.writeUInt32BE(size, 1)
    row.set(stored, head + size)
    bytes.settle(row, head + size, row.length - checkBytes)
  }
  setCheck(row)
  row.record = record
  return row
}

/** @throws StoreError CORRUPT */
export function decodeObject(row: Buffer): ObjectRecord {
  const tag = row[0] ?? 0
  const content = (tag & smallLetter) === 0 ? checked(row) : row
  try {
    if (tag !== embeddedTag && tag !== uncheckedEmbeddedTag) return JSON.parse(content.toString('utf8', 1))
    const end = embeddedHead + content.readUInt32BE(1)
    const record: ObjectRecord = JSON.parse(content.toString('utf8', embeddedHead, end))
    record.body.bytes = new EmbeddedBytes(row, end, content.length)
    return record
  } catch (cause) {
    throw damagedRow(cause)
  }
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

export const isMarkerRow = (row: Buffer): boolean => row[0] === markerTag || row[0] === uncheckedMarkerTag

/** Between JSON and check: no byte of JSON. */
const endOfJson = 0

export function encodeJson(record: object): Buffer {
  const json = JSON.stringify(record)
  const size = Buffer.byteLength(json)
  const row = Buffer.allocUnsafe(size + 1 + checkBytes)
  row.write(json)
  row[size] = endOfJson
  return setCheck(row)
}

/** @typeParam T what the space of the row holds (`keys.ts`). @throws StoreError CORRUPT */
export function decodeJson<T>(row: Buffer): T {
  const end = row.length - 1 - checkBytes
  if (end >= 0 && row[end] === endOfJson) return JSON.parse(checked(row).toString('utf8', 0, end))
  try {
    return JSON.parse(row.toString())
  } catch (cause) {
    throw damagedRow(cause)
  }
}
