/**
 * Request bodies: bytes off the wire, pushed through framing and hash into a sink, with back-pressure. Events instead
 * of async iteration, because a large upload must flow at memory speed; everything that can end a body (end, error,
 * abort, silence) settles the promise exactly once.
 */
import { createHash, type Hash, hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ErrorCode } from '../error-table.ts'
import { type AwsError, error } from '../errors.ts'
import type { RequestBody } from './request-body.ts'
import { header, type WireRequest } from './wire.ts'

/** Takes a framing apart. `push` appends the data among the bytes to `out`; both may throw an AwsError. */
export interface BodyDecoder {
  push(bytes: Buffer, out: Buffer[]): void
  end(): void
  readonly trailers: ReadonlyMap<string, string>
}

export interface BodyOptions {
  /** Decoded size when a framing hides it; otherwise Content-Length says. */
  readonly sizeBytes?: number | undefined
  readonly decoder?: BodyDecoder | undefined
  /** What x-amz-trailer announces, in lower case. */
  readonly trailerNames?: readonly string[]
  /** The hash that the decoded bytes must have, lower-case hex. */
  readonly sha256Hex?: string | undefined
  /** How long the client may stay silent, in ms. AWS: about 20 s. */
  readonly idleTimeoutMs?: number | undefined
}

/** AWS closes an upload that stalls after about this long. */
export const defaultIdleTimeoutMs = 20_000

const noTrailers: ReadonlyMap<string, string> = new Map()

/** The body of a request. Nothing is read before `forEach`. */
export function openRawBody(request: WireRequest, options: BodyOptions = {}): RequestBody {
  return new WireBody(request, options)
}

/** The number in Content-Length; undefined when there is none. */
export function contentLength(request: WireRequest): number | undefined {
  const text = header(request, 'content-length')
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

class WireBody implements RequestBody {
  readonly #request: WireRequest
  readonly #options: BodyOptions
  readonly #wireBytes: number | undefined
  readonly sizeBytes: number | undefined
  #isTaken = false
  #received = 0
  #hash: Hash | undefined
  /** Set instead of `#hash` when the whole body came in one piece. */
  #digest: string | undefined

  constructor(request: WireRequest, options: BodyOptions) {
    this.#request = request
    this.#options = options
    // A message with neither header has no body (RFC 9112, section 6.3).
    const hasCoding = request.headers['transfer-encoding'] !== undefined
    this.#wireBytes = contentLength(request) ?? (hasCoding ? undefined : 0)
    this.sizeBytes = options.sizeBytes ?? (options.decoder === undefined ? this.#wireBytes : undefined)
  }

  get trailerNames(): readonly string[] {
    return this.#options.trailerNames ?? []
  }

  get trailers(): ReadonlyMap<string, string> {
    return this.#options.decoder?.trailers ?? noTrailers
  }

  async forEach(sink: (chunk: Buffer) => void | Promise<void>): Promise<void> {
    if (this.#isTaken) throw new Error('a request body can be read once')
    this.#isTaken = true
    // Even for an empty body: who asked waits for it, and a connection without it must close after the answer.
    this.#request.sendContinue()
    if (this.#wireBytes !== 0) {
      const idleMs = this.#options.idleTimeoutMs ?? defaultIdleTimeoutMs
      await pump(this.#request.stream, idleMs, (bytes) => this.#take(bytes, sink))
    }
    this.#finish()
  }

  atOnce(): Buffer | undefined {
    if (this.#isTaken) throw new Error('a request body can be read once')
    const whole = this.#wireBytes === 0 ? undefined : readAtOnce(this.#request.stream, this.#wireBytes)
    if (whole === undefined) return undefined
    this.#isTaken = true
    // Said all the same to a client that did not wait for it: the connection then stays.
    this.#request.sendContinue()
    const pieces: Buffer[] = []
    this.#decode(whole, pieces)
    for (const piece of pieces) this.#hashed(piece)
    this.#finish()
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  /** Appends what the bytes carry to `pieces`. */
  #decode(bytes: Buffer, pieces: Buffer[]): void {
    this.#received += bytes.length
    if (this.#wireBytes !== undefined && this.#received > this.#wireBytes) throw error('IncompleteBody')
    const { decoder } = this.#options
    if (decoder === undefined) pieces.push(bytes)
    else decoder.push(bytes, pieces)
  }

  #take(bytes: Buffer, sink: (chunk: Buffer) => void | Promise<void>): void | Promise<void> {
    const pieces: Buffer[] = []
    this.#decode(bytes, pieces)
    const [only] = pieces
    if (only === undefined) return
    return pieces.length === 1 ? this.#deliver(only, sink) : this.#deliverAll(pieces, sink)
  }

  async #deliverAll(pieces: readonly Buffer[], sink: (chunk: Buffer) => void | Promise<void>): Promise<void> {
    for (const piece of pieces) await this.#deliver(piece, sink)
  }

  #deliver(bytes: Buffer, sink: (chunk: Buffer) => void | Promise<void>): void | Promise<void> {
    this.#hashed(bytes)
    return sink(bytes)
  }

  #hashed(bytes: Buffer): void {
    if (this.#options.sha256Hex === undefined) return
    if (this.#hash === undefined && bytes.length === this.sizeBytes) this.#digest = hash('sha256', bytes, 'hex')
    else {
      this.#hash ??= createHash('sha256')
      this.#hash.update(bytes)
    }
  }

  /** Everything has come: does it agree with what was promised? */
  #finish(): void {
    if (this.#wireBytes !== undefined && this.#received !== this.#wireBytes) throw error('IncompleteBody')
    this.#options.decoder?.end()
    const expected = this.#options.sha256Hex
    if (expected === undefined) return
    const actual = this.#digest ?? (this.#hash ?? createHash('sha256')).digest('hex')
    if (actual === expected) return
    throw error('XAmzContentSHA256Mismatch', {
      ClientComputedContentSHA256: expected,
      S3ComputedContentSHA256: actual,
    })
  }
}

/** The whole body when it has arrived already, as that of a small upload usually has. */
function readAtOnce(stream: Readable, wireBytes: number | undefined): Buffer | undefined {
  if (wireBytes === undefined || stream.readableObjectMode || stream.readableLength !== wireBytes) return undefined
  const bytes: unknown = stream.read()
  return bytes instanceof Buffer ? bytes : undefined
}

/** Reads a stream to its end. After a failure the stream is left paused, for the edge to drain or to close. */
function pump(stream: Readable, idleMs: number, take: (bytes: Buffer) => void | Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.readableEnded) resolve()
    // A stream that broke before anybody listened will tell nothing any more.
    else if (stream.destroyed) reject(error('IncompleteBody'))
    else new Pump(stream, idleMs, take, resolve, reject).start()
  })
}

/** One stream being read; settles its promise once. */
class Pump {
  readonly #stream: Readable
  readonly #idleMs: number
  readonly #sink: (bytes: Buffer) => void | Promise<void>
  readonly #resolve: () => void
  readonly #reject: (cause: unknown) => void
  #timer: NodeJS.Timeout | undefined
  /** The sink is at work, and the stream paused. */
  #isBusy = false
  #hasEnded = false
  #failure: unknown

  constructor(
    stream: Readable,
    idleMs: number,
    sink: (bytes: Buffer) => void | Promise<void>,
    resolve: () => void,
    reject: (cause: unknown) => void,
  ) {
    this.#stream = stream
    this.#idleMs = idleMs
    this.#sink = sink
    this.#resolve = resolve
    this.#reject = reject
  }

  start(): void {
    this.#timer = setTimeout(this.#onIdle, this.#idleMs)
    this.#stream.on('end', this.#onEnd).on('close', this.#onBroken).on('aborted', this.#onBroken)
    this.#stream.on('error', this.#onBroken).on('data', this.#onData)
  }

  #settle(): void {
    clearTimeout(this.#timer)
    this.#stream.off('data', this.#onData).off('end', this.#onEnd)
    this.#stream.off('close', this.#onBroken).off('aborted', this.#onBroken)
    // The error listener stays: what a broken connection says later must not become an uncaught exception.
    if (this.#failure === undefined) this.#resolve()
    else {
      this.#stream.pause()
      this.#reject(this.#failure)
    }
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause
    // A sink at work is waited for, so that its owner can clean up after it.
    if (!this.#isBusy) this.#settle()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#timer?.refresh()
    try {
      const pending = this.#sink(chunk)
      if (pending === undefined) return
      this.#isBusy = true
      this.#stream.pause()
      pending.then(this.#onTaken, this.#onRefused)
    } catch (cause) {
      this.#fail(cause)
    }
  }

  readonly #onTaken = (): void => {
    this.#isBusy = false
    if (this.#failure !== undefined || this.#hasEnded) this.#settle()
    else {
      this.#timer?.refresh()
      this.#stream.resume()
    }
  }

  readonly #onRefused = (cause: unknown): void => {
    this.#isBusy = false
    this.#fail(cause)
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    if (!this.#isBusy) this.#settle()
  }

  readonly #onBroken = (): void => {
    if (!this.#hasEnded) this.#fail(error('IncompleteBody'))
  }

  readonly #onIdle = (): void => {
    if (this.#isBusy) this.#timer?.refresh()
    else this.#fail(requestTimeout())
  }
}

function requestTimeout(): AwsError {
  return error('RequestTimeout', {}, { headers: { Connection: 'close' } })
}

/**
 * Reads a small body (XML, form) whole.
 * @throws AwsError `overflowCode` as soon as it is known to be longer than `limitBytes`; whatever `forEach` throws
 */
export async function collectBody(body: RequestBody, limitBytes: number, overflowCode: ErrorCode): Promise<Buffer> {
  if (body.sizeBytes !== undefined && body.sizeBytes > limitBytes) throw error(overflowCode)
  // Of a known size, and so within the limit.
  const whole = body.sizeBytes === undefined ? undefined : body.atOnce?.()
  if (whole !== undefined) return whole
  const chunks: Buffer[] = []
  let size = 0
  await body.forEach((chunk) => {
    size += chunk.length
    if (size > limitBytes) throw error(overflowCode)
    chunks.push(chunk)
  })
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)
}
