/**
 * The `Authorization` header: SigV4, SigV4A and, by its scheme, SigV2.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
import { error } from '../errors.ts'
import { header, type WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import { checkCredential, checkSkew, tokenHeader, withCredential } from './checks.ts'
import { verifyClaim } from './claim.ts'
import { type AuthDeps, type Authenticated, type AuthTarget, isQueryProtocol } from './deps.ts'
import { type Faults, headerFaults, invalidHeader, oneSpaceMessage, queryProtocolFaults } from './faults.ts'
import { emptySha256 } from './hmac.ts'
import { Lru } from './lru.ts'
import { readPayloadMode, unverified } from './payload.ts'
import { checkScope, type CredentialScope, readScope, type V4Algorithm } from './scope.ts'
import { readSignedHeaders, type SignedHeaders } from './signed-headers.ts'
import type { V4Claim } from './sigv4.ts'
import { authenticateV2Header } from './sigv2.ts'
import { isoBasic, parseHttpDate, parseIsoBasic } from './time.ts'

/** @param value the header's value, as received */
export function authenticateHeader(
  request: WireRequest,
  value: string,
  target: AuthTarget,
  deps: AuthDeps,
): MaybePromise<Authenticated> {
  const space = value.indexOf(' ')
  const isQuery = isQueryProtocol(target)
  if (space <= 0) {
    throw isQuery ? error('MissingAuthenticationToken') : invalidHeader(value, oneSpaceMessage)
  }
  const scheme = value.slice(0, space).toUpperCase()
  if (scheme === 'AWS4-HMAC-SHA256' || scheme === 'AWS4-ECDSA-P256-SHA256') {
    return authenticateV4Header(request, value.slice(space + 1), scheme, target, deps)
  }
  if (isQuery) throw error('MissingAuthenticationToken')
  if (scheme === 'AWS') return authenticateV2Header(request, value, target, deps)
  throw invalidHeader(value, 'Unsupported Authorization Type')
}

interface Attributes {
  credential: string
  signedHeaders: string
  signature: string
}

/** `Credential=..., SignedHeaders=..., Signature=...` in any order, once each, nothing else. */
function readAttributes(text: string, faults: Faults): Attributes {
  let credential = ''
  let signedHeaders = ''
  let signature = ''
  let count = 0
  for (const piece of text.split(',')) {
    const attribute = piece.trim()
    const equals = attribute.indexOf('=')
    const name = attribute.slice(0, Math.max(equals, 0))
    const value = attribute.slice(equals + 1)
    count++
    if (name === 'Credential') credential = value
    else if (name === 'SignedHeaders') signedHeaders = value
    else if (name === 'Signature') signature = value
    else throw faults.missingComponents(text)
  }
  // Three pieces and none of the three empty: so each came exactly once.
  if (count !== 3 || credential === '' || signedHeaders === '' || signature === '') {
    throw faults.missingComponents(text)
  }
  return { credential, signedHeaders, signature }
}

/** All of the header but its signature, which is the same in every request of a client for a day. */
interface ClaimHead {
  scope: CredentialScope
  signed: SignedHeaders
}

// By the text before the signature, which everybody writes last. Longer ones are somebody's experiment.
const knownHeads = new Lru<ClaimHead>(1024)
const longestKnown = 512
const signatureLast = /^[\w.+/=-]+$/

function readClaimHead(text: string, algorithm: V4Algorithm, faults: Faults): ClaimHead & { signature: string } {
  const at = text.lastIndexOf('Signature=') + 10
  const plain = text.slice(at)
  const isUsual = at >= 10 && at <= longestKnown && algorithm === 'AWS4-HMAC-SHA256' && signatureLast.test(plain)
  const before = isUsual ? text.slice(0, at) : ''
  const known = isUsual ? knownHeads.get(before) : undefined
  if (known !== undefined) return { scope: known.scope, signed: known.signed, signature: plain }
  const { credential, signedHeaders, signature } = readAttributes(text, faults)
  const head = { scope: readScope(credential, algorithm, faults), signed: readSignedHeaders(signedHeaders) }
  if (isUsual && plain === signature) knownHeads.set(before, head)
  return { ...head, signature }
}

interface SignedDate {
  /** As sent. */
  text: string
  ms: number
  /** ISO 8601 basic. */
  iso: string
}

/**
 * The date a request was signed at: x-amz-date in ISO 8601 basic, or else Date, in the formats of HTTP too.
 * Observed: the string to sign has a Date of HTTP as it was sent (ceph/s3-tests#346), or its moment in ISO form, which
 * botocore signs where a Date is set (brendanhay/amazonka#7).
 */
function readDate(request: WireRequest, faults: Faults): SignedDate {
  const amzDate = header(request, 'x-amz-date')
  const text = amzDate ?? header(request, 'date') ?? ''
  const ms = parseIsoBasic(text)
  if (ms !== undefined) return { text, ms, iso: text }
  const httpMs = amzDate === undefined ? parseHttpDate(text) : undefined
  if (httpMs === undefined) throw faults.noDate()
  return { text, ms: httpMs, iso: isoBasic(httpMs) }
}

function authenticateV4Header(
  request: WireRequest,
  text: string,
  algorithm: V4Algorithm,
  target: AuthTarget,
  deps: AuthDeps,
): MaybePromise<Authenticated> {
  const isQuery = isQueryProtocol(target)
  const faults = isQuery ? queryProtocolFaults : headerFaults
  const date = readDate(request, faults)
  checkSkew(date.text, date.ms, deps, faults)
  const { scope, signed, signature } = readClaimHead(text, algorithm, faults)
  const regionSet = algorithm === 'AWS4-HMAC-SHA256' ? undefined : header(request, 'x-amz-region-set')
  checkScope(scope, date.iso, regionSet, target, { region: deps.region, isStrict: deps.regionStrict }, faults)
  const sentHash = header(request, 'x-amz-content-sha256')
  const claim: V4Claim = {
    algorithm,
    scope,
    signed,
    signature,
    dateText: date.text,
    otherDateText: date.text === date.iso ? undefined : date.iso,
    dateMs: date.ms,
    payloadHash: (isQuery ? target.payloadSha256Hex : sentHash) ?? emptySha256,
    isPresigned: false,
  }
  const token = tokenHeader(request)
  return withCredential(deps.credentials, scope.accessKeyId, token, (found) => {
    const known = checkCredential(scope.accessKeyId, found, token, deps.clock.now(), faults)
    // Without this header there is no payload hash to verify the signature with, so AWS's order cannot be kept for it.
    const isHashMissing = sentHash === undefined && !isQuery
    return whenReady(verifyClaim(request, claim, known, token, target, deps, faults, isHashMissing), (checked) => ({
      principal: known.principal,
      auth: { authType: 'REST-HEADER', signatureVersion: algorithm, region: scope.region },
      payload: isQuery ? unverified : readPayloadMode(request, sentHash, checked.seed),
      hostAlias: checked.hostAlias,
      signedAtMs: date.ms,
    }))
  })
}
