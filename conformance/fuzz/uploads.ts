/** Uploads in aws-chunked framing, and forms of browsers: good ones with odd parts, and broken ones. */
import { createHash, createHmac } from 'node:crypto'
import type { Random } from './random.ts'
import { bytesOf, key, signedBytes, signedHeaders } from './sign.ts'
import { headerValue, oddHeaders, oddText } from './values.ts'

const hmac = (secret: string | Buffer, text: string): Buffer => createHmac('sha256', secret).update(text).digest()
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')

const modes = [
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
]

/** A PUT whose body comes in chunks of AWS's framing. */
export function chunkedUpload(random: Random): Buffer {
  const payload = random.oneIn(20) ? 'STREAMING-ZZZ' : random.pick(modes)
  // All but the last must have 8 KiB.
  const chunks = random.several(3, () => random.bytes(8192 + random.below(100)))
  if (!random.oneIn(10)) chunks.push(random.bytes(random.below(300)))
  const decoded = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const trailer = random.pick([
    'x-amz-checksum-crc32',
    'x-amz-checksum-sha256',
    'x-amz-checksum-zzz',
    headerValue(random),
  ])
  const headers: [string, string][] = [
    ['Content-Encoding', 'aws-chunked'],
    ['X-Amz-Decoded-Content-Length', random.oneIn(8) ? headerValue(random) : String(decoded)],
    ...(payload.endsWith('TRAILER') ? [['X-Amz-Trailer', trailer] as [string, string]] : []),
    ...(random.oneIn(3) ? oddHeaders(random, 2) : []),
  ]
  const target = `/fuzz-one/${random.pick(['k', 'chunked', 'large'])}`
  const signed = signedHeaders({ method: 'PUT', target, headers, payload })
  const good = framed(random, signed, payload, chunks, trailer)
  const frame = random.oneIn(3) ? random.mutated(good) : good
  const length = random.oneIn(15) ? Math.max(0, frame.length + random.below(20) - 10) : frame.length
  if (!random.oneIn(10))
    return bytesOf({ method: 'PUT', target, headers: [...signed, ['Content-Length', String(length)]], body: frame })
  const body = Buffer.concat([Buffer.from(`${frame.length.toString(16)}\r\n`), frame, Buffer.from('\r\n0\r\n\r\n')])
  return bytesOf({ method: 'PUT', target, headers: [...signed, ['Transfer-Encoding', 'chunked']], body })
}

/** The chunks with their signatures, and the trailer. */
function framed(
  random: Random,
  headers: readonly [string, string][],
  mode: string,
  chunks: readonly Buffer[],
  trailer: string,
): Buffer {
  const value = (name: string): string => headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? ''
  const date = value('x-amz-date')
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`
  const dayKey = hmac(`AWS4${key.secretAccessKey}`, date.slice(0, 8))
  const signingKey = hmac(hmac(hmac(dayKey, 'us-east-1'), 's3'), 'aws4_request')
  let previous = /Signature=(\w+)/.exec(value('authorization'))?.[1] ?? ''
  const pieces: Buffer[] = []
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    let line = chunk.length.toString(16)
    if (mode.startsWith('STREAMING-AWS4')) {
      previous = hmac(
        signingKey,
        `AWS4-HMAC-SHA256-PAYLOAD\n${date}\n${scope}\n${previous}\n${sha256('')}\n${sha256(chunk)}`,
      ).toString('hex')
      line += `;chunk-signature=${random.oneIn(30) ? '0' : previous}`
    }
    pieces.push(Buffer.from(`${line}\r\n`), chunk, ...(chunk.length === 0 ? [] : [Buffer.from('\r\n')]))
  }
  if (mode.endsWith('TRAILER')) {
    const text = `${trailer}:${random.oneIn(2) ? 'AAAAAA==' : headerValue(random)}\n`
    const signature = hmac(
      signingKey,
      `AWS4-HMAC-SHA256-TRAILER\n${date}\n${scope}\n${previous}\n${sha256(text)}`,
    ).toString('hex')
    const signatureLine = mode.startsWith('STREAMING-AWS4') ? `x-amz-trailer-signature:${signature}\r\n` : ''
    pieces.push(Buffer.from(`${text.replace('\n', '\r\n')}${signatureLine}`, 'latin1'))
  }
  return Buffer.concat([...pieces, Buffer.from('\r\n')])
}

const partHeads = [
  'Content-Disposition: form-data',
  'Content-Disposition:',
  'Content-Disposition: form-data; name',
  'Content-Disposition: form-data; name=""',
  'Content-Disposition: attachment; name="a"',
  'Content-Disposition: form-data; name="__proto__"',
  "Content-Disposition: form-data; name*=utf-8''%zz",
  'Content-Disposition: form-data; name="key"\r\nContent-Type: text/plain; charset',
  'Content-Disposition: form-data; name="key"\r\nContent-Type: text/plain; charset=zzz',
  'Content-Disposition: form-data; name="file"; filename',
  'Content-Disposition: form-data; name="file"; filename="../../x"',
  'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding:',
  'Content-Type: text/plain',
  '',
  'no colon',
  ': empty',
  `X-Long: ${'x'.repeat(90_000)}`,
]

/** A form of a browser, mostly signed. */
export function formUpload(random: Random): Buffer {
  const conditions: unknown[] = [{ bucket: 'fuzz-one' }, ['starts-with', '$key', '']]
  if (random.oneIn(4))
    conditions.push(
      random.pick<unknown>([
        null,
        1,
        [],
        ['eq'],
        ['starts-with', '$', ''],
        ['content-length-range', -1, 'x'],
        ['content-length-range', 0, 5],
        { a: { b: 1 } },
        { __proto__: 'x' },
      ]),
    )
  const policy = Buffer.from(
    JSON.stringify({ expiration: random.oneIn(8) ? oddText(random) : '2099-01-01T00:00:00Z', conditions }),
  )
  const encoded = (random.oneIn(10) ? random.mutated(policy) : policy).toString('base64')
  const signature = createHmac('sha1', key.secretAccessKey).update(encoded).digest('base64')
  const fields: [string, string][] = [
    ['key', random.oneIn(3) ? oddText(random) : 'form'],
    ['AWSAccessKeyId', key.accessKeyId],
    ['policy', encoded],
    ['signature', signature],
  ]
  const named = (name: string, value: string): string =>
    `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`
  const parts = fields.filter(() => !random.oneIn(12)).map(([name, value]) => named(name, value))
  if (random.oneIn(3))
    parts.splice(random.below(parts.length + 1), 0, `${random.pick(partHeads)}\r\n\r\n${oddText(random)}`)
  if (random.oneIn(6)) parts.push(...random.several(300, () => named('a', 'b')))
  if (random.oneIn(5))
    parts.push(
      named(
        random.pick([
          'acl',
          'tagging',
          'success_action_status',
          'success_action_redirect',
          'x-amz-meta-a',
          'Content-Type',
          'x-amz-checksum-crc32',
        ]),
        oddText(random),
      ),
    )
  if (!random.oneIn(10))
    parts.push(
      `Content-Disposition: form-data; name="file"; filename="${random.pick(['a', '$\x7bfilename}', 'ü', '..'])}"\r\n\r\n${'f'.repeat(random.below(3000))}`,
    )
  if (random.oneIn(8)) parts.push(`${random.pick(partHeads)}\r\n\r\nlate`)
  const boundary = random.pick(['b', '"b"', 'b', 'b'.repeat(80), '', 'b\r'])
  const text = `${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`
  const good = Buffer.from(text)
  const body = random.oneIn(3) ? random.mutated(good) : good
  const type = random.oneIn(10)
    ? random.pick(['multipart/form-data', 'multipart/form-data; boundary', 'multipart/mixed; boundary=b', ''])
    : `multipart/form-data; boundary=${boundary.replace('\r', '')}`
  const draft = {
    method: 'POST',
    target: random.oneIn(12) ? random.pick(['/fuzz-one/', '/missing', '/', '/fuzz-one/k']) : '/fuzz-one',
    headers: [['Content-Type', type] as const, ...oddHeaders(random, 1)],
    body,
  }
  return random.oneIn(10) ? signedBytes(draft) : bytesOf(draft)
}
