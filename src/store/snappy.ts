/** Decompresses Snappy, as LevelDB's blocks are. @see https://github.com/google/snappy/blob/main/format_description.txt */
import { Varints } from './leveldb-log.ts'

/** @throws RangeError when it is none */
export function unsnappy(bytes: Buffer): Buffer {
  const reader = new Varints(bytes)
  const size = reader.number()
  if (size > 64 * 1024 * 1024) throw new RangeError('a block is too large')
  const out = Buffer.alloc(size)
  let at = 0
  while (!reader.isAtEnd) {
    const tag = bytes.readUInt8(reader.at++)
    const kind = tag & 3
    if (kind === 0) {
      const extra = Math.max(0, (tag >> 2) - 59)
      const length = 1 + (extra === 0 ? tag >> 2 : bytes.readUIntLE(reader.at, extra))
      reader.at += extra
      if (at + length > size) throw new RangeError('a block is larger than it says')
      reader.text(length).copy(out, at)
      at += length
      continue
    }
    const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const offset =
      kind === 1
        ? ((tag >> 5) << 8) | bytes.readUInt8(reader.at)
        : kind === 2
          ? bytes.readUInt16LE(reader.at)
          : bytes.readUInt32LE(reader.at)
    reader.at += kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (offset === 0 || offset > at || at + length > size) throw new RangeError('a copy reaches beyond a block')
    // It may overlap itself.
    for (let n = 0; n < length; n++, at++) out[at] = out[at - offset] as number
  }
  if (at !== size) throw new RangeError('a block is shorter than it says')
  return out
}
