/**
 * Presigned URLs, SigV4 and SigV4A.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
import { type AwsError, error } from '../errors.ts'
import { header, type WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Query } from '../protocol/query-string.ts'
import { wholeNumber } from './bytes.ts'
import { whenReady } from '../lib/when-ready.ts'
import { checkCredential, tokenHeader, withCredential } from './checks.ts'
import { headersNotSigned, verifyClaim } from './claim.ts'
import { type AuthDeps, type Authenticated, type AuthTarget, isQueryProtocol } from './deps.ts'
import { queryFaults, queryProtocolFaults } from './faults.ts'
import { emptySha256 } from './hmac.ts'
import { movedHeaders } from './moved-headers.ts'
import { readPayloadMode, unverified } from './payload.ts'
import { parameter, parameterOfHeader } from './query.ts'
import { checkScope, readScope } from './scope.ts'
import { readSignedHeaders } from './signed-headers.ts'
import type { V4Claim } from './sigv4.ts'
import { isoSeconds, parseIsoBasic } from './time.ts'

const unsignedPayload = 'UNSIGNED-PAYLOAD'
const longestExpirySeconds = 604_800
/** How far ahead a URL may be dated. Not the configured skew: AWS has this limit apart from it. */
const aheadMs = 900_000
/** Assumed: what STS takes when a URL has no X-Amz-Expires, because its signatures live as long in headers. */
const queryProtocolExpirySeconds = 900

function fault(message: string): AwsError {
  return error('AuthorizationQueryParametersError', {}, { message })
}

interface Parameters {
  algorithm: 'AWS4-HMAC-SHA256' | 'AWS4-ECDSA-P256-SHA256'
  credential: string
  signature: string
  date: string
  signedHeaders: string
  expires: string
}

function readParameters(query: Query, isQuery: boolean): Parameters {
  const algorithm = parameter(query, 'X-Amz-Algorithm')
  if (algorithm !== 'AWS4-HMAC-SHA256' && algorithm !== 'AWS4-ECDSA-P256-SHA256') {
    throw fault('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
  }
  const credential = parameter(query, 'X-Amz-Credential')
  const signature = parameter(query, 'X-Amz-Signature')
  const date = parameter(query, 'X-Amz-Date')
  const signedHeaders = parameter(query, 'X-Amz-SignedHeaders')
  const expires = parameter(query, 'X-Amz-Expires') ?? (isQuery ? String(queryProtocolExpirySeconds) : undefined)
  if (!credential || !signature || !date || !signedHeaders || !expires) {
    throw fault(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    )
  }
  return { algorithm, credential, signature, date, signedHeaders, expires }
}

function readExpiry(text: string): number {
  const isNegative = text.startsWith('-')
  const seconds = wholeNumber(isNegative ? text.slice(1) : text)
  if (seconds === undefined) throw fault('X-Amz-Expires should be a number')
  if (isNegative && seconds > 0) throw fault('X-Amz-Expires must be non-negative')
  if (seconds > longestExpirySeconds) {
    throw fault(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    )
  }
  return seconds
}

/** @throws AwsError AccessDenied before and after the URL's time */
function checkTime(dateMs: number, expirySeconds: number, nowMs: number): void {
  const expiresMs = dateMs + expirySeconds * 1000
  if (dateMs - nowMs > aheadMs) {
    throw error(
      'AccessDenied',
      { 'X-Amz-Date': dateMs, Expires: isoSeconds(expiresMs), ServerTime: isoSeconds(nowMs) },
      { message: 'Request is not yet valid' },
    )
  }
  // A URL is valid through the whole second it expires in.
  if (nowMs < expiresMs + 1000) return
  throw error(
    'AccessDenied',
    { 'X-Amz-Expires': expirySeconds, Expires: isoSeconds(expiresMs), ServerTime: isoSeconds(nowMs) },
    { message: 'Request has expired' },
  )
}

/** The value of x-amz-content-sha256 if it was signed: the query always is, the header when it is listed. */
function signedHash(request: WireRequest, query: Query, names: readonly string[]): string | undefined {
  const moved = parameterOfHeader(query, 'x-amz-content-sha256')
  if (moved !== undefined) return moved
  return names.includes('x-amz-content-sha256') ? header(request, 'x-amz-content-sha256') : undefined
}

/**
 * What the body is held to: what was signed, and beside it a header that was not, since it is a promise all the same.
 * Assumed: two hashes that differ are a header that had to be signed, because no body is both.
 */
function promisedHash(signed: string | undefined, sent: string | undefined): string | undefined {
  if (sent === undefined || sent === signed || (signed !== undefined && sent === unsignedPayload)) return signed
  if (signed === undefined || signed === unsignedPayload) return sent
  throw headersNotSigned('x-amz-content-sha256')
}

/** Authenticates a request with `X-Amz-Algorithm` in its query. */
export function authenticatePresigned(
  request: WireRequest,
  target: AuthTarget,
  deps: AuthDeps,
): MaybePromise<Authenticated> {
  const isQuery = isQueryProtocol(target)
  const faults = isQuery ? queryProtocolFaults : queryFaults
  const { query } = target
  const sent = readParameters(query, isQuery)
  const dateMs = parseIsoBasic(sent.date)
  if (dateMs === undefined) throw fault(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
  const nowMs = deps.clock.now()
  checkTime(dateMs, readExpiry(sent.expires), nowMs)
  const scope = readScope(sent.credential, sent.algorithm, faults)
  const regionSet = sent.algorithm === 'AWS4-HMAC-SHA256' ? undefined : parameter(query, 'X-Amz-Region-Set')
  checkScope(scope, sent.date, regionSet, target, { region: deps.region, isStrict: deps.regionStrict }, faults)
  const signed = readSignedHeaders(sent.signedHeaders)
  const hash = isQuery ? undefined : signedHash(request, query, signed.names)
  const claim: V4Claim = {
    algorithm: sent.algorithm,
    scope,
    signed,
    signature: sent.signature,
    dateText: sent.date,
    dateMs,
    payloadHash: isQuery ? (target.payloadSha256Hex ?? emptySha256) : (hash ?? unsignedPayload),
    isPresigned: true,
  }
  const promised = () => promisedHash(hash, header(request, 'x-amz-content-sha256'))
  const token =
    parameter(query, 'X-Amz-Security-Token') ?? parameter(query, 'X-Amz-S3session-Token') ?? tokenHeader(request)
  return withCredential(deps.credentials, scope.accessKeyId, token, (found) => {
    const known = checkCredential(scope.accessKeyId, found, token, nowMs, faults)
    return whenReady(verifyClaim(request, claim, known, token, target, deps, faults), (checked) => ({
      principal: known.principal,
      auth: { authType: 'REST-QUERY-STRING', signatureVersion: sent.algorithm, region: scope.region },
      payload: isQuery ? unverified : readPayloadMode(request, promised(), checked.seed),
      hostAlias: checked.hostAlias,
      signedAtMs: dateMs,
      movedHeaders: movedHeaders(request, query, false),
    }))
  })
}
