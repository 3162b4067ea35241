/** The yardstick of uploads: the hashes that one needs, one after the other over the whole body, on one core. */
import { createHash } from 'node:crypto'
import { createHasher } from '../../src/digest/hasher.ts'

/** MD5 for the entity tag, SHA-256 for the signature, CRC64NVME as the checksum. */
export async function hashAll(body: Buffer): Promise<void> {
  createHash('md5').update(body).digest()
  createHash('sha256').update(body).digest()
  const crc = await createHasher('CRC64NVME')
  for (let at = 0; at < body.length; at += 65_536) crc.update(body.subarray(at, at + 65_536))
  crc.digest()
}

/** CRC64NVME, Base64. */
export async function crc64(body: Buffer): Promise<string> {
  const crc = await createHasher('CRC64NVME')
  crc.update(body)
  return crc.digest().toString('base64')
}
