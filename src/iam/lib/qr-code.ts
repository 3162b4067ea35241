/**
 * QR codes as PNG images, for authenticator apps that scan the seed of a virtual MFA device.
 * @see https://www.w3.org/TR/png-3/
 */
import { deflateSync } from 'node:zlib'
import qrcode from 'qrcode-generator'

/** Pixels of a module's side. */
const scale = 4
/** White modules around the code, which readers want. */
const quietModules = 4

/** The image of a text, black on white with one bit a pixel. */
export function qrCodePng(text: string): Buffer {
  // 0: the smallest version that holds the text.
  const code = qrcode(0, 'M')
  code.addData(text, 'Byte')
  code.make()
  const modules = code.getModuleCount()
  const size = (modules + 2 * quietModules) * scale
  const rowBytes = Math.ceil(size / 8)
  // Each row begins with its filter, which is none.
  const rows = Buffer.alloc((rowBytes + 1) * size, 0xff)
  for (let y = 0; y < size; y++) {
    const start = y * (rowBytes + 1)
    rows[start] = 0
    for (let x = 0; x < size; x++) {
      const row = Math.floor(y / scale) - quietModules
      const column = Math.floor(x / scale) - quietModules
      const isInside = row >= 0 && column >= 0 && row < modules && column < modules
      const at = start + 1 + (x >> 3)
      if (isInside && code.isDark(row, column)) rows[at] = (rows[at] ?? 0) & ~(0x80 >> (x & 7))
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  // One bit of grey; compression, filter and interlace have no other value that is wanted.
  header[8] = 1
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  const data = chunk('IDAT', deflateSync(rows))
  return Buffer.concat([signature, chunk('IHDR', header), data, chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}

/** CRC-32 as PNG has it. Node's own came after the oldest version that is supported. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
