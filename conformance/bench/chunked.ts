/** Uploads in signed chunks with a trailing checksum, as SDKs send streams, against the hashes they need. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Child } from './child.ts'
import { send, timed } from './client.ts'
import { crc64, hashAll } from './hashes.ts'
import { median } from './load.ts'
import { atLeast, type Row } from './report.ts'
import { keys, withSandbucket } from './sandbucket.ts'
import { signedHeaders } from './sign.ts'

const sizeBytes = 64 * 2 ** 20
const chunkBytes = 64 * 1024
const rounds = 11

export async function chunked(): Promise<Row[]> {
  return withSandbucket(async (server) => {
    const body = randomBytes(sizeBytes)
    const checksum = await crc64(body)
    const seconds = { put: [] as number[], hash: [] as number[] }
    for (let round = 0; round <= rounds; round++) {
      // Signed anew each time, outside of what is timed.
      const request = inChunks(server, '/bench/chunked', body, checksum)
      const put = await timed(() => send(server.port, request))
      const hash = await timed(() => hashAll(body))
      if (round === 0) continue
      seconds.put.push(put)
      seconds.hash.push(hash)
    }
    const rate = (values: number[]) => sizeBytes / 2 ** 20 / median(values)
    return [
      atLeast(
        'PUT of 64 MiB in signed chunks of 64 KiB with a CRC64NVME trailer / its hashes one after the other (MD5, SHA-256, CRC64NVME)',
        `${rate(seconds.put).toFixed(0)} MiB/s against ${rate(seconds.hash).toFixed(0)} MiB/s`,
        rate(seconds.put) / rate(seconds.hash),
        0.6,
      ),
    ]
  })
}

/**
 * The whole request, framed and signed.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
function inChunks({ port }: Child, path: string, body: Buffer, checksum: string) {
  const count = Math.ceil(body.length / chunkBytes)
  const pieces: Buffer[] = []
  // Head and signatures are of fixed length for equal chunks; only the last one may be shorter.
  const trailer = (signature: string) =>
    `x-amz-checksum-crc64nvme:${checksum}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`
  const head = (size: number, signature: string) => `${size.toString(16)};chunk-signature=${signature}\r\n`
  const blank = '0'.repeat(64)
  let length = head(0, blank).length + trailer(blank).length
  for (let at = 0; at < count; at++) {
    const size = Math.min(chunkBytes, body.length - at * chunkBytes)
    length += head(size, blank).length + size + 2
  }
  const headers = signedHeaders(port, keys, {
    method: 'PUT',
    path,
    headers: {
      'Content-Encoding': 'aws-chunked',
      'Content-Length': String(length),
      'X-Amz-Content-Sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      'X-Amz-Decoded-Content-Length': String(body.length),
      'X-Amz-Trailer': 'x-amz-checksum-crc64nvme',
    },
  })
  const chain = new SignatureChain(headers)
  for (let at = 0; at < body.length; at += chunkBytes) {
    const data = body.subarray(at, at + chunkBytes)
    pieces.push(Buffer.from(head(data.length, chain.next(data))), data, Buffer.from('\r\n'))
  }
  pieces.push(Buffer.from(head(0, chain.next(Buffer.alloc(0)))))
  pieces.push(Buffer.from(trailer(chain.trailer(`x-amz-checksum-crc64nvme:${checksum}\n`))))
  return { method: 'PUT', path, headers, body: Buffer.concat(pieces) }
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

/** Each chunk's signature covers the one before. */
class SignatureChain {
  readonly #key: Buffer
  /** Date and scope. */
  readonly #place: string
  #previous: string

  constructor(headers: Record<string, string>) {
    const authorization = headers.Authorization ?? ''
    const [, date = '', region = '', service = ''] =
      /Credential=[^/]+\/(\d+)\/([^/]+)\/([^/]+)/.exec(authorization) ?? []
    this.#previous = /Signature=([0-9a-f]{64})/.exec(authorization)?.[1] ?? ''
    this.#place = `${headers['X-Amz-Date']}\n${date}/${region}/${service}/aws4_request`
    const dated = hmac(`AWS4${keys.secretAccessKey}`, date)
    this.#key = hmac(hmac(hmac(dated, region), service), 'aws4_request')
  }

  next(data: Buffer): string {
    return this.#sign('PAYLOAD', `${sha256('')}\n${sha256(data)}`)
  }

  trailer(lines: string): string {
    return this.#sign('TRAILER', sha256(lines))
  }

  #sign(kind: string, hashes: string): string {
    this.#previous = hmac(this.#key, `AWS4-HMAC-SHA256-${kind}\n${this.#place}\n${this.#previous}\n${hashes}`).toString(
      'hex',
    )
    return this.#previous
  }
}
