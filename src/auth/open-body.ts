/** From what authentication found out about a body to the body itself. */
import { error } from '../errors.ts'
import { contentLength, openRawBody } from '../http/body.ts'
import type { RequestBody } from '../http/request-body.ts'
import { header, type WireRequest } from '../http/wire.ts'
import { wholeNumber } from './bytes.ts'
import { ChunkDecoder } from './chunked.ts'
import type { Authenticated } from './deps.ts'
import { invalidValue, type PayloadMode } from './payload.ts'

export interface OpenBodyOptions {
  /** PutObject and UploadPart: a length is required, and aws-chunked framing allowed. */
  readonly lengthRequired: boolean
  /** How long the client may stay silent, in ms. */
  readonly idleTimeoutMs?: number | undefined
}

/**
 * The body as its handler should see it. Reads nothing yet.
 * @throws AwsError MissingContentLength, InvalidRequest
 */
export function openBody(
  request: WireRequest,
  authenticated: Pick<Authenticated, 'payload'>,
  options: OpenBodyOptions,
): RequestBody {
  const { payload } = authenticated
  const { idleTimeoutMs } = options
  if (payload.kind === 'aws-chunked') {
    // Assumed: framing anywhere but in uploads is refused, because AWS documents it for those only.
    if (!options.lengthRequired) throw invalidValue()
    return openChunked(request, payload, idleTimeoutMs)
  }
  const hasCoding = request.headers['transfer-encoding'] !== undefined
  if (options.lengthRequired && !hasCoding && contentLength(request) === undefined) throw error('MissingContentLength')
  return openRawBody(request, {
    sha256Hex: payload.kind === 'sha256' ? payload.sha256Hex : undefined,
    idleTimeoutMs,
  })
}

function openChunked(
  request: WireRequest,
  payload: Extract<PayloadMode, { kind: 'aws-chunked' }>,
  idleTimeoutMs: number | undefined,
): RequestBody {
  // Assumed: a decoded length that is no number is as good as none, because AWS names no other error for it.
  const decodedBytes = wholeNumber(header(request, 'x-amz-decoded-content-length') ?? '')
  if (decodedBytes === undefined) throw error('MissingContentLength')
  const declaredTrailers = payload.hasTrailers ? readTrailerNames(header(request, 'x-amz-trailer')) : []
  const decoder = new ChunkDecoder({
    decodedBytes,
    seed: payload.seed,
    hasTrailers: payload.hasTrailers,
    declaredTrailers,
  })
  return openRawBody(request, { sizeBytes: decodedBytes, decoder, trailerNames: declaredTrailers, idleTimeoutMs })
}

function readTrailerNames(text: string | undefined): string[] {
  if (text === undefined) return []
  return text
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
