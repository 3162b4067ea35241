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

export const isMarkerRow = (row: Buffer): boolean => row[0] === markerTag

export const encodeJson = (record: object): Buffer => Buffer.from(JSON.stringify(record))

/** @typeParam T what the space of the row holds (`keys.ts`). */
export const decodeJson = <T>(row: Buffer): T => JSON.parse(row.toString())
