/**
 * The ten checksum algorithms of S3 as streams of bytes. The five that Node lacks run in WebAssembly: instances take a
 * moment to make, so they are kept and reused, and everything is synchronous once one is at hand.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash, hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { crc64nvme } from '../lib/crc64.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import type { ChecksumAlgorithm } from '../store/records.ts'

/** Takes bytes in order, then gives the digest once. One that is abandoned needs no clean-up. */
export interface Hasher {
  update(chunk: Uint8Array): void
  /** Big-endian digest. The hasher must not be used afterwards. */
  digest(): Buffer
}

interface WasmHash {
  init(): unknown
  update(chunk: Uint8Array): unknown
  digest(type: 'binary'): Uint8Array
}
type WasmAlgorithm = 'CRC32C' | 'CRC64NVME' | 'XXHASH64' | 'XXHASH3' | 'XXHASH128'

/** Instances not in use. A burst of uploads may make more than are kept. */
const idle: Record<WasmAlgorithm, WasmHash[]> = { CRC32C: [], CRC64NVME: [], XXHASH64: [], XXHASH3: [], XXHASH128: [] }
const keptInstances = 32

async function makeWasm(algorithm: WasmAlgorithm): Promise<WasmHash> {
  // Loaded when first needed: the module costs some 20 ms, which a start without uploads need not pay.
  const wasm = await import('hash-wasm')
  if (algorithm === 'CRC32C') return wasm.createCRC32(0x82f63b78)
  if (algorithm === 'CRC64NVME') return wasm.createCRC64('9a6c9329ac4bc9b5')
  if (algorithm === 'XXHASH64') return wasm.createXXHash64(0, 0)
  if (algorithm === 'XXHASH3') return wasm.createXXHash3(0, 0)
  return wasm.createXXHash128(0, 0)
}

class WasmHasher implements Hasher {
  readonly #algorithm: WasmAlgorithm
  #instance: WasmHash | undefined

  constructor(algorithm: WasmAlgorithm, instance: WasmHash) {
    this.#algorithm = algorithm
    this.#instance = instance
    instance.init()
  }
  update(chunk: Uint8Array): void {
    this.#instance?.update(chunk)
  }
  digest(): Buffer {
    const instance = this.#instance
    if (instance === undefined) throw new Error('digest() was called twice')
    this.#instance = undefined
    const bytes = Buffer.from(instance.digest('binary'))
    const pool = idle[this.#algorithm]
    if (pool.length < keptInstances) pool.push(instance)
    return bytes
  }
}

class Crc32Hasher implements Hasher {
  #crc = 0
  update(chunk: Uint8Array): void {
    this.#crc = crc32(chunk, this.#crc)
  }
  digest(): Buffer {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeUInt32BE(this.#crc)
    return bytes
  }
}

const cryptoNames: Partial<Record<ChecksumAlgorithm, string>> = {
  MD5: 'md5',
  SHA1: 'sha1',
  SHA256: 'sha256',
  SHA512: 'sha512',
}

/** A fresh hasher; a promise only when an instance of a WebAssembly algorithm must be made first. */
export function createHasher(algorithm: ChecksumAlgorithm): MaybePromise<Hasher> {
  const cryptoName = cryptoNames[algorithm]
  if (cryptoName !== undefined) return createHash(cryptoName)
  if (algorithm === 'CRC32') return new Crc32Hasher()
  const name = algorithm as WasmAlgorithm
  const instance = idle[name].pop()
  if (instance !== undefined) return new WasmHasher(name, instance)
  return makeWasm(name).then((made) => new WasmHasher(name, made))
}

/** Digest of bytes at hand, Base64. Meant for small ones: it needs no hasher where there is a shorter way. */
export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): MaybePromise<string> {
  if (algorithm === 'CRC64NVME') return crc64nvme(bytes).toString('base64')
  const cryptoName = cryptoNames[algorithm]
  if (cryptoName !== undefined) return hash(cryptoName, bytes, 'base64')
  return whenReady(createHasher(algorithm), (hasher) => {
    hasher.update(bytes)
    return hasher.digest().toString('base64')
  })
}
