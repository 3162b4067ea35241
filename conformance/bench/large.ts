/** Large bodies: throughput against a plain file stream and against the hashes themselves, and constant memory at 5 GiB. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'
import { prepare, timed } from './client.ts'
import { copyRow } from './copy.ts'
import { hashAll } from './hashes.ts'
import { median } from './load.ts'
import { atLeast, atMost, type Row } from './report.ts'
import { keys, withSandbucket } from './sandbucket.ts'
import { signedHeaders } from './sign.ts'

const sizeBytes = 64 * 2 ** 20
const rounds = 7

export async function large(): Promise<Row[]> {
  return withSandbucket(async (server, directory) => {
    const body = randomBytes(sizeBytes)
    const file = join(directory, 'plain-file')
    writeFileSync(file, body)
    const plain = await startChild([fileURLToPath(new URL('./hello.js', import.meta.url)), 'file', file])
    try {
      const seconds = { put: [] as number[], hash: [] as number[], get: [] as number[], file: [] as number[] }
      for (let round = 0; round <= rounds; round++) {
        // Signing, which hashes the body as well, is the client's work and not timed.
        const put = await timed(prepare(server, { method: 'PUT', path: '/bench/large', body }))
        const hash = await timed(() => hashAll(body))
        const get = await timed(prepare(server, { method: 'GET', path: '/bench/large' }))
        const stream = await timed(prepare(plain, { method: 'GET', path: '/' }))
        if (round === 0) continue
        seconds.put.push(put)
        seconds.hash.push(hash)
        seconds.get.push(get)
        seconds.file.push(stream)
      }
      const rate = (values: number[]) => sizeBytes / 2 ** 20 / median(values)
      const text = (values: number[]) => `${rate(values).toFixed(0)} MiB/s`
      return [
        atLeast(
          'GET of 64 MiB / node:http file stream',
          `${text(seconds.get)} against ${text(seconds.file)}`,
          rate(seconds.get) / rate(seconds.file),
          0.8,
        ),
        atLeast(
          'PUT of 64 MiB / its hashes one after the other (MD5, SHA-256, CRC64NVME)',
          `${text(seconds.put)} against ${text(seconds.hash)}`,
          rate(seconds.put) / rate(seconds.hash),
          0.6,
        ),
        ...(await fiveGiB(server)),
      ]
    } finally {
      await plain.stop()
    }
  })
}

const bigBytes = 5 * 2 ** 30

async function fiveGiB(server: Child): Promise<Row[]> {
  const peak = { upload: 0, download: 0 }
  const watch = (phase: 'upload' | 'download') =>
    setInterval(() => {
      peak[phase] = Math.max(peak[phase], server.rssBytes() / 2 ** 20)
    }, 50)
  let timer = watch('upload')
  const upload = await timed(() => sendZeros(server, '/bench/huge'))
  clearInterval(timer)
  timer = watch('download')
  let received = 0
  const download = await timed(async () => {
    received = (await prepare(server, { method: 'GET', path: '/bench/huge' })()).sizeBytes
  })
  clearInterval(timer)
  if (received !== bigBytes) throw new Error(`5 GiB came back as ${received} bytes`)
  const rate = (seconds: number) => `${(bigBytes / 2 ** 20 / seconds).toFixed(0)} MiB/s`
  return [
    await copyRow(server, '/bench/huge', 'Copy of an object of 5 GiB, uploaded whole'),
    atMost('Memory (RSS) during an upload of 5 GiB', rate(upload), peak.upload, 256, ' MiB'),
    atMost('Memory (RSS) during its download', rate(download), peak.download, 256, ' MiB'),
  ]
}

/** Streams 5 GiB with UNSIGNED-PAYLOAD. */
function sendZeros(server: Child, path: string): Promise<void> {
  const headers = signedHeaders(server.port, keys, {
    method: 'PUT',
    path,
    headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' },
  })
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: server.port,
        method: 'PUT',
        path,
        headers: { ...headers, 'Content-Length': bigBytes },
      },
      (response) => {
        response.resume()
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`PUT ${path}: ${response.statusCode}`)),
        )
      },
    )
    request.on('error', reject)
    const chunk = Buffer.alloc(1 << 20, 7)
    let sent = 0
    const more = () => {
      while (sent < bigBytes) {
        sent += chunk.length
        if (!request.write(chunk)) return void request.once('drain', more)
      }
      request.end()
    }
    more()
  })
}
