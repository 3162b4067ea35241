/**
 * What `x-amz-content-sha256` promises about the body: its hash, nothing, or aws-chunked framing.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
import { type AwsError, error } from '../errors.ts'
import { header, type WireRequest } from '../http/wire.ts'
import { isHex } from './bytes.ts'
import type { V4Algorithm } from './scope.ts'
import type { CheckSignature } from './sigv4.ts'

/** Where the chain of chunk signatures begins. */
export interface ChunkSeed {
  readonly algorithm: V4Algorithm
  readonly accessKeyId: string
  readonly dateText: string
  readonly scope: string
  /** The signature of the request. */
  readonly signature: string
  readonly check: CheckSignature
}

/** How the body must be read and verified. */
export type PayloadMode =
  | { readonly kind: 'unverified' }
  | { readonly kind: 'sha256'; readonly sha256Hex: string }
  | { readonly kind: 'aws-chunked'; readonly hasTrailers: boolean; readonly seed: ChunkSeed | undefined }

interface Streaming {
  algorithm: V4Algorithm | undefined
  hasTrailers: boolean
}

const streaming = new Map<string, Streaming>([
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { algorithm: undefined, hasTrailers: true }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { algorithm: 'AWS4-HMAC-SHA256', hasTrailers: false }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { algorithm: 'AWS4-HMAC-SHA256', hasTrailers: true }],
  ['STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD', { algorithm: 'AWS4-ECDSA-P256-SHA256', hasTrailers: false }],
  ['STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER', { algorithm: 'AWS4-ECDSA-P256-SHA256', hasTrailers: true }],
])

const allowed = ['UNSIGNED-PAYLOAD', ...streaming.keys()].join(', ')

/** Nothing to verify. */
export const unverified: PayloadMode = { kind: 'unverified' }

function isAwsChunked(request: WireRequest): boolean {
  return header(request, 'content-encoding')?.toLowerCase().includes('aws-chunked') === true
}

/**
 * The mode that a value of x-amz-content-sha256 asks for.
 * @param value undefined where none was sent and none is required: presigned, anonymous and SigV2 requests
 * @param seed undefined when the request has no SigV4 signature that chunks could continue
 * @throws AwsError InvalidArgument (Observed: versity/versitygw#1352. Assumed: after the signature, because the value is part
 * of what is signed, and the recorded request was signed well), InvalidRequest
 */
export function readPayloadMode(
  request: WireRequest,
  value: string | undefined,
  seed: ChunkSeed | undefined,
): PayloadMode {
  if (value === undefined) return impliedMode(request)
  const mode = streaming.get(value)
  if (mode !== undefined) return streamingMode(mode, seed)
  if (value === 'UNSIGNED-PAYLOAD') {
    if (!isAwsChunked(request)) return unverified
    // Observed: AWS refuses the combination (benbjohnson/litestream#889, 2025-12-11).
    const message = 'aws-chunked encoding is not supported when x-amz-content-sha256 UNSIGNED-PAYLOAD is supplied.'
    throw error('InvalidArgument', {}, { message })
  }
  if (isHex(value, 64)) return { kind: 'sha256', sha256Hex: value.toLowerCase() }
  throw error(
    'InvalidArgument',
    { ArgumentName: 'x-amz-content-sha256', ArgumentValue: value },
    { message: `x-amz-content-sha256 must be ${allowed} or a valid sha256 value.` },
  )
}

function streamingMode(mode: Streaming, seed: ChunkSeed | undefined): PayloadMode {
  if (mode.algorithm === undefined) return { kind: 'aws-chunked', hasTrailers: true, seed: undefined }
  if (seed === undefined) {
    const message =
      "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER."
    throw error('InvalidRequest', {}, { message })
  }
  // Assumed: chunks are signed as the request is, because AWS documents each value with one algorithm.
  if (mode.algorithm !== seed.algorithm) throw invalidValue()
  return { kind: 'aws-chunked', hasTrailers: mode.hasTrailers, seed }
}

/** Assumed: wording of other gateways tested against AWS; for a value that is known but out of place. */
export function invalidValue(): AwsError {
  return error('InvalidRequest', {}, { message: 'The value of x-amz-content-sha256 header is invalid.' })
}

/** Some clients send framed bodies without saying so in x-amz-content-sha256, which they do not sign. */
function impliedMode(request: WireRequest): PayloadMode {
  if (request.headers['x-amz-decoded-content-length'] === undefined || !isAwsChunked(request)) return unverified
  return { kind: 'aws-chunked', hasTrailers: request.headers['x-amz-trailer'] !== undefined, seed: undefined }
}
