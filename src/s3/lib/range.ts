/** Byte ranges of reads: the Range header, and the bytes of a part. */
import { error } from '../../errors.ts'

/** Bytes [start, end) of an object. */
export interface ByteRange {
  start: number
  end: number
}

const single = /^bytes=(\d*)-(\d*)$/

/**
 * The bytes a Range header asks for; undefined means the whole object, which is also the answer to several ranges, other
 * units and ranges that run backwards. Observed: recorded, test_get_object_range.
 * @throws AwsError InvalidRange when no byte of the object is in the range
 */
export function parseRange(header: string, sizeBytes: number): ByteRange | undefined {
  const match = single.exec(header.trim())
  if (match === null) return undefined
  const [, first, last] = match as unknown as [string, string, string]
  if (first === '') {
    if (last === '') return undefined
    const length = Number(last)
    if (length === 0) throw unsatisfiable(header, sizeBytes)
    // Observed: the last bytes of nothing are all of it, answered with 200.
    if (sizeBytes === 0) return undefined
    return { start: Math.max(0, sizeBytes - length), end: sizeBytes }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= sizeBytes) throw unsatisfiable(header, sizeBytes)
  return { start, end: last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1) }
}

const unsatisfiable = (header: string, sizeBytes: number) =>
  error(
    'InvalidRange',
    { RangeRequested: header, ActualObjectSize: sizeBytes },
    { headers: { 'Content-Range': `bytes */${sizeBytes}` } },
  )

/** `bytes 0-7/8`. */
export function contentRange({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end - 1}/${sizeBytes}`
}
