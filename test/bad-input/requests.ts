/** Requests as bytes: described in a few words, signed by aws4, and spoilt where a test says so. */
import { createHash, createHmac } from 'node:crypto'
import aws4 from 'aws4'

/** The root key of the server's first account. */
export const key = { accessKeyId: 'AKIABADINPUT', secretAccessKey: 'secret/of+bad=input' }
/** That of an account with nothing. */
export const strangerKey = { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'secret-of-a-stranger' }

/** A request. Everything has a default but the target. */
export interface RequestShape {
  method?: string
  /** `/path?query`, as on the request line. */
  target: string
  host?: string
  headers?: Record<string, string>
  body?: string | Buffer
  /** Sent after the head as it is, neither signed nor counted. */
  raw?: string | Buffer
  /** How to sign: by default in the Authorization header. */
  sign?: 'header' | 'query' | 'none'
  key?: { accessKeyId: string; secretAccessKey: string }
  region?: string
  service?: string
  /** Headers set after signing; undefined removes one. */
  spoil?: Record<string, string | undefined>
  /** Changes the signed request line. */
  respell?: (target: string) => string
}

export interface Signed {
  method: string
  target: string
  headers: Record<string, string>
  body: Buffer
}

const setHeader = (headers: Record<string, string>, name: string, value: string | undefined): void => {
  for (const known of Object.keys(headers)) if (known.toLowerCase() === name.toLowerCase()) delete headers[known]
  if (value !== undefined) headers[name] = value
}

/** Signs a request and spoils it. */
export function sign(shape: RequestShape): Signed {
  const method = shape.method ?? 'GET'
  const body = Buffer.from(shape.body ?? '')
  const headers: Record<string, string> = { Host: shape.host ?? '127.0.0.1', ...shape.headers }
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  if (body.length > 0 && !names.includes('content-type')) headers['Content-Type'] = 'application/xml'
  const isCounted = shape.raw === undefined && !names.includes('content-length')
  if (isCounted && (body.length > 0 || method === 'PUT' || method === 'POST')) {
    headers['Content-Length'] = String(body.length)
  }
  let target = shape.target
  if (shape.sign !== 'none') {
    const options = {
      service: shape.service ?? 's3',
      region: shape.region ?? 'us-east-1',
      method,
      path: target,
      headers,
      ...(body.length > 0 && { body }),
      signQuery: shape.sign === 'query',
    }
    const signed = aws4.sign(options, shape.key ?? key)
    Object.assign(headers, signed.headers)
    if (shape.sign === 'query') target = signed.path as string
  }
  for (const [name, value] of Object.entries(shape.spoil ?? {})) setHeader(headers, name, value)
  return { method, target: shape.respell?.(target) ?? target, headers, body }
}

/** The head of a request as bytes. Header values are written as UTF-8. */
export function headOf({ method, target, headers }: Omit<Signed, 'body'>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

/** The whole request as bytes. */
export function bytesOf(shape: RequestShape): Buffer {
  const signed = sign(shape)
  return Buffer.concat([headOf(signed), signed.body, Buffer.from(shape.raw ?? '')])
}

/** A PUT of a document, with the Content-MD5 that S3 asks for. */
export function document(target: string, body: string | Buffer, more: Partial<RequestShape> = {}): RequestShape {
  const md5 = createHash('md5').update(body).digest('base64')
  return { method: 'PUT', target, body, ...more, headers: { 'Content-MD5': md5, ...more.headers } }
}

const hmac = (secret: string | Buffer, text: string): Buffer => createHmac('sha256', secret).update(text).digest()
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')

export const signedStreaming = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
export const unsignedStreaming = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'

export interface ChunkedShape extends Omit<RequestShape, 'body'> {
  /** x-amz-content-sha256. */
  mode?: string
  /** The data of each chunk but the last, empty one. */
  chunks?: (string | Buffer)[]
  decodedLength?: string | undefined
  /** The framed body in place of the one made from `chunks`; gets the signer of the chain. */
  frame?: (signer: ChunkSigner) => string | Buffer
}

/** The chain of chunk signatures, written down independently of `src`. */
export class ChunkSigner {
  readonly #key: Buffer
  readonly #date: string
  readonly #scope: string
  #previous: string

  constructor(headers: Record<string, string>) {
    const authorization = headers.Authorization ?? ''
    this.#date = headers['X-Amz-Date'] ?? headers['x-amz-date'] ?? ''
    const day = this.#date.slice(0, 8)
    this.#scope = `${day}/us-east-1/s3/aws4_request`
    this.#previous = /Signature=(\w+)/.exec(authorization)?.[1] ?? ''
    this.#key = hmac(hmac(hmac(hmac(`AWS4${key.secretAccessKey}`, day), 'us-east-1'), 's3'), 'aws4_request')
  }

  /** The signature of the next chunk. */
  next(data: string | Buffer): string {
    return this.#sign(
      `AWS4-HMAC-SHA256-PAYLOAD\n${this.#date}\n${this.#scope}\n${this.#previous}\n${sha256('')}\n${sha256(data)}`,
    )
  }

  /** The signature of the trailers, given as `name:value\n` lines. */
  trailer(lines: string): string {
    return this.#sign(`AWS4-HMAC-SHA256-TRAILER\n${this.#date}\n${this.#scope}\n${this.#previous}\n${sha256(lines)}`)
  }

  /** A whole signed chunk. */
  chunk(data: string | Buffer): Buffer {
    const bytes = Buffer.from(data)
    const line = `${bytes.length.toString(16)};chunk-signature=${this.next(bytes)}\r\n`
    return Buffer.concat([Buffer.from(line), bytes, Buffer.from('\r\n')])
  }

  #sign(text: string): string {
    this.#previous = hmac(this.#key, text).toString('hex')
    return this.#previous
  }
}

/** An upload in aws-chunked framing, as bytes. */
export function chunkedBytes(shape: ChunkedShape): Buffer {
  const chunks = (shape.chunks ?? ['hello']).map((data) => Buffer.from(data))
  const mode = shape.mode ?? signedStreaming
  const decoded = 'decodedLength' in shape ? shape.decodedLength : String(Buffer.concat(chunks).length)
  const signed = sign({
    method: 'PUT',
    ...shape,
    headers: {
      'Content-Encoding': 'aws-chunked',
      'X-Amz-Content-Sha256': mode,
      ...(decoded === undefined ? {} : { 'X-Amz-Decoded-Content-Length': decoded }),
      'Content-Length': '0',
      ...shape.headers,
    },
  })
  const signer = new ChunkSigner(signed.headers)
  const isSigned = mode.startsWith(signedStreaming)
  const frame = (): Buffer => {
    const pieces = [...chunks, Buffer.alloc(0)].map((data) =>
      isSigned
        ? signer.chunk(data)
        : Buffer.from(
            `${data.length.toString(16)}\r\n${data.toString('latin1')}${data.length > 0 ? '\r\n' : ''}`,
            'latin1',
          ),
    )
    return Buffer.concat(isSigned ? pieces : [...pieces, Buffer.from('\r\n')])
  }
  const body = shape.frame === undefined ? frame() : Buffer.from(shape.frame(signer))
  // aws4 signs Content-Length where it is given; framing changes it, so it is signed for the real length in a second pass.
  const length = shape.spoil?.['Content-Length'] ?? String(body.length)
  if (signed.headers['Content-Length'] === length || 'Content-Length' in (shape.headers ?? {})) {
    return Buffer.concat([headOf(signed), body])
  }
  return chunkedBytes({ ...shape, headers: { ...shape.headers, 'Content-Length': length } })
}
