/**
 * aws-chunked framing, decoded as it arrives: `hexsize[;chunk-signature=...]CRLF data CRLF`, a chunk of size 0, trailers.
 * Chunks may be of any size; data flows on while it is hashed and a chunk's signature is checked when the chunk ends,
 * so memory does not depend on chunk sizes.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { createHash, type Hash, hash } from 'node:crypto'
import { type AwsError, error } from '../errors.ts'
import { hexDigit, readable, spacedHex } from './bytes.ts'
import { headerFaults } from './faults.ts'
import { emptySha256, sha256Hex } from './hmac.ts'
import type { ChunkSeed } from './payload.ts'

/** What the framing must turn out to be. */
export interface ChunkExpectation {
  /** From x-amz-decoded-content-length. */
  readonly decodedBytes: number
  /** Undefined when chunks are not signed. */
  readonly seed: ChunkSeed | undefined
  readonly hasTrailers: boolean
  /** From x-amz-trailer: names in lower case. */
  readonly declaredTrailers: readonly string[]
}

// A chunk header is 16 digits, 17 characters of name and a signature of at most 144.
const longestHeaderBytes = 512
const longestTrailerBytes = 16_384
const smallestChunkBytes = 8192
const signatureName = 'chunk-signature='
const lf = 10
const cr = 13

type State = 'header' | 'data' | 'cr' | 'lf' | 'trailers'

const incomplete = (): AwsError => error('IncompleteBody')

/** A push decoder: feed it what arrives, then say that it was all. */
export class ChunkDecoder {
  readonly #expected: ChunkExpectation
  readonly trailers = new Map<string, string>()
  #state: State = 'header'
  /** The part of a chunk header or of the trailers that has arrived, as Latin-1 text. */
  #text = ''
  #decoded = 0
  #chunkNumber = 0
  #chunkBytes = 0
  #leftInChunk = 0
  #chunkSignature = ''
  #chunkHash: Hash | undefined
  #previousSignature: string

  constructor(expected: ChunkExpectation) {
    this.#expected = expected
    this.#previousSignature = expected.seed?.signature ?? ''
  }

  /**
   * Decodes some bytes, appending views of the data among them to `out`.
   * @throws AwsError IncompleteBody, InvalidChunkSizeError, SignatureDoesNotMatch, MalformedTrailerError
   */
  push(bytes: Buffer, out: Buffer[]): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#state === 'data') at = this.#takeData(bytes, at, out)
      else if (this.#state === 'header') at = this.#takeHeader(bytes, at)
      else if (this.#state === 'trailers') at = this.#takeTrailers(bytes, at)
      else at = this.#takeLineEnd(bytes, at)
    }
  }

  /**
   * The body is complete.
   * @throws AwsError IncompleteBody when the framing is not; MalformedTrailerError, SignatureDoesNotMatch
   */
  end(): void {
    if (this.#state !== 'trailers' || this.#decoded !== this.#expected.decodedBytes) throw incomplete()
    this.#readTrailers()
  }

  #takeHeader(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(lf, from)
    const to = end < 0 ? bytes.length : end + 1
    if (this.#text.length + to - from > longestHeaderBytes) throw incomplete()
    this.#text += bytes.toString('latin1', from, to)
    if (end < 0) return to
    const line = this.#text
    this.#text = ''
    if (line.charCodeAt(line.length - 2) !== cr) throw incomplete()
    this.#beginChunk(line.slice(0, -2))
    return to
  }

  #beginChunk(line: string): void {
    const semicolon = line.indexOf(';')
    const size = readHexSize(semicolon < 0 ? line : line.slice(0, semicolon))
    this.#chunkNumber++
    const isLast = size === 0
    if (!isLast && this.#chunkNumber > 1 && this.#chunkBytes < smallestChunkBytes) {
      // Observed: Chunk is the number of the chunk after the small one (versity/versitygw#1683, 2025-12-09).
      throw error('InvalidChunkSizeError', { Chunk: this.#chunkNumber, BadChunkSize: this.#chunkBytes })
    }
    if (size > this.#expected.decodedBytes - this.#decoded) throw incomplete()
    this.#chunkBytes = size
    this.#leftInChunk = size
    this.#chunkHash = undefined
    if (this.#expected.seed !== undefined) this.#chunkSignature = readSignature(line, semicolon)
    if (isLast) this.#verifyChunk(emptySha256)
    this.#state = isLast ? 'trailers' : 'data'
  }

  #takeData(bytes: Buffer, from: number, out: Buffer[]): number {
    const to = Math.min(bytes.length, from + this.#leftInChunk)
    const data = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to)
    out.push(data)
    this.#decoded += data.length
    this.#leftInChunk -= data.length
    const isWhole = this.#leftInChunk === 0
    if (this.#expected.seed !== undefined) {
      if (isWhole && data.length === this.#chunkBytes) this.#verifyChunk(hash('sha256', data, 'hex'))
      else {
        this.#chunkHash ??= createHash('sha256')
        this.#chunkHash.update(data)
        if (isWhole) this.#verifyChunk(this.#chunkHash.digest('hex'))
      }
    }
    if (isWhole) this.#state = 'cr'
    return to
  }

  #takeLineEnd(bytes: Buffer, at: number): number {
    const expected = this.#state === 'cr' ? cr : lf
    if (bytes[at] !== expected) throw incomplete()
    this.#state = this.#state === 'cr' ? 'lf' : 'header'
    return at + 1
  }

  #takeTrailers(bytes: Buffer, from: number): number {
    if (this.#text.length + bytes.length - from > longestTrailerBytes) throw error('MalformedTrailerError')
    this.#text += bytes.toString('latin1', from)
    return bytes.length
  }

  #verifyChunk(chunkSha256: string): void {
    const { seed } = this.#expected
    if (seed === undefined) return
    this.#verify(
      seed,
      `-PAYLOAD\n${seed.dateText}\n${seed.scope}\n${this.#previousSignature}\n${emptySha256}\n${chunkSha256}`,
    )
  }

  /** Checks `#chunkSignature`, the next link of the chain. */
  #verify(seed: ChunkSeed, afterAlgorithm: string): void {
    const stringToSign = seed.algorithm + afterAlgorithm
    const signature = this.#chunkSignature
    if (!seed.check(stringToSign, signature)) {
      throw headerFaults.signature({
        accessKeyId: seed.accessKeyId,
        stringToSign: readable(stringToSign),
        stringToSignBytes: spacedHex(stringToSign),
        signature: readable(signature),
      })
    }
    this.#previousSignature = signature
  }

  /** Blank lines may come anywhere: clients disagree on how many surround trailers, and on CRLF. */
  #readTrailers(): void {
    let signature: string | undefined
    for (const line of this.#text.split('\n')) {
      const text = line.trim()
      if (text === '') continue
      if (!this.#expected.hasTrailers) throw incomplete()
      const colon = text.indexOf(':')
      if (colon <= 0) throw error('MalformedTrailerError')
      const name = text.slice(0, colon).trim().toLowerCase()
      const value = text.slice(colon + 1).trim()
      if (name === 'x-amz-trailer-signature') signature = value
      else if (this.#expected.declaredTrailers.includes(name) && !this.trailers.has(name))
        this.trailers.set(name, value)
      else throw error('MalformedTrailerError')
    }
    if (this.trailers.size !== new Set(this.#expected.declaredTrailers).size) throw error('MalformedTrailerError')
    if (this.#expected.hasTrailers && this.#expected.seed !== undefined) {
      this.#verifyTrailers(this.#expected.seed, signature)
    }
  }

  #verifyTrailers(seed: ChunkSeed, signature: string | undefined): void {
    // Assumed: signed trailers without their signature are malformed, because the documentation requires it.
    if (signature === undefined) throw error('MalformedTrailerError')
    let lines = ''
    for (const name of [...this.trailers.keys()].sort()) lines += `${name}:${this.trailers.get(name)}\n`
    this.#chunkSignature = unpadded(signature)
    this.#verify(seed, `-TRAILER\n${seed.dateText}\n${seed.scope}\n${this.#previousSignature}\n${sha256Hex(lines)}`)
  }
}

function readHexSize(text: string): number {
  // 13 digits are below 2^53; leading zeros do not count.
  const digits = text.trim().replace(/^0+(?=.)/, '')
  if (digits.length === 0 || digits.length > 13) throw incomplete()
  let size = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = hexDigit(digits.charCodeAt(at))
    if (digit < 0) throw incomplete()
    size = size * 16 + digit
  }
  return size
}

function readSignature(line: string, semicolon: number): string {
  if (semicolon < 0 || !line.startsWith(signatureName, semicolon + 1)) throw incomplete()
  return unpadded(line.slice(semicolon + 1 + signatureName.length))
}

/** SigV4A signatures vary in length; clients that announce a Content-Length fill them up with `*`. */
function unpadded(signature: string): string {
  const star = signature.indexOf('*')
  return star < 0 ? signature : signature.slice(0, star)
}
