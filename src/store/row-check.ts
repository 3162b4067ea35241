/**
 * The check that rows end with: CRC-32 of what is before it, verified when a row is decoded. LevelDB has checksums of its
 * own, but does not look at them when it reads a row. Rows of formats 1 to 3 have none.
 */
import { crc32 } from 'node:zlib'
import { StoreError } from './store-error.ts'

export const checkBytes = 4

/** Writes the check into the last bytes of a row. */
export function setCheck(row: Buffer): Buffer {
  row.writeUInt32LE(crc32(row.subarray(0, row.length - checkBytes)), row.length - checkBytes)
  return row
}

/** @returns the row without its check @throws StoreError CORRUPT */
export function checked(row: Buffer): Buffer {
  const content = row.subarray(0, row.length - checkBytes)
  if (crc32(content) !== row.readUInt32LE(content.length)) throw damagedRow()
  return content
}

/** A row that cannot be what was written. */
export const damagedRow = (cause?: unknown): StoreError =>
  new StoreError('CORRUPT', 'A row of the database is damaged. Stop the server and run: sandbucket check', cause)

/** What some bytes are, with a check behind them. */
export function withCheck(content: Buffer): Buffer {
  const row = Buffer.allocUnsafe(content.length + checkBytes)
  row.set(content)
  return setCheck(row)
}
