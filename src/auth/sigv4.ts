/**
 * SigV4 and SigV4A verification: canonical request, string to sign, and the few readings of one request under which a
 * signature may be right. The first reading is right for every SDK; the others cost only those who fail it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import type { WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import { type AuthTarget, isQueryProtocol } from './deps.ts'
import { equalsInConstantTime, readable, spacedHex } from './bytes.ts'
import type { Mismatch } from './faults.ts'
import { proxyHints } from './proxy-hints.ts'
import { HmacKey, hmacSha256, sha256Hex } from './hmac.ts'
import type { HostAliases } from './hosts.ts'
import { Lru } from './lru.ts'
import { canonicalPath, canonicalQuery, parameterOfHeader, toLatin1 } from './query.ts'
import type { CredentialScope, V4Algorithm } from './scope.ts'
import { type CanonicalHeaders, canonicalHeaders, type SignedHeaders } from './signed-headers.ts'

/** What a request says about its own SigV4 or SigV4A signature, from wherever it says it. */
export interface V4Claim {
  readonly algorithm: V4Algorithm
  readonly scope: CredentialScope
  readonly signed: SignedHeaders
  readonly signature: string
  /** As it was sent: ISO 8601 basic, or a Date of HTTP. */
  readonly dateText: string
  /** The ISO form of a Date of HTTP, which some clients sign instead. */
  readonly otherDateText?: string | undefined
  readonly dateMs: number
  /** The last line of the canonical request. */
  readonly payloadHash: string
  readonly isPresigned: boolean
}

/** Whether a signature is that of a string to sign, with the key of one credential. */
export type CheckSignature = (stringToSign: string, signature: string) => boolean

/** The scope as strings to sign have it: the credential without its key id. */
export function scopeText(scope: CredentialScope): string {
  return scope.text.slice(scope.accessKeyId.length + 1)
}

interface CachedKey {
  secret: string
  key: HmacKey
}

/** Signing keys by (key id, date, region, service): deriving one costs more than all the rest of a verification. */
export class SigningKeys {
  readonly #keys = new Lru<CachedKey>(1024)

  /** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
  get(scope: CredentialScope, secret: string): HmacKey {
    const hit = this.#keys.get(scope.text)
    if (hit !== undefined && hit.secret === secret) return hit.key
    let derived = hmacSha256(`AWS4${secret}`, scope.date)
    for (const step of [scope.region ?? '', scope.service, scope.terminal]) derived = hmacSha256(derived, step)
    const key = new HmacKey(derived)
    this.#keys.set(scope.text, { secret, key })
    return key
  }
}

/** The check of plain SigV4. */
export function hmacCheck(key: HmacKey): CheckSignature {
  return (stringToSign, signature) => equalsInConstantTime(key.signHex(stringToSign), signature)
}

interface Reading {
  canonicalRequest: string
  stringToSign: string
}

/** How to read one request: which path, which query, which host. */
interface Parts {
  path: string
  query: string
  headers: CanonicalHeaders
  host: string | undefined
}

function read(request: WireRequest, claim: V4Claim, parts: Parts): Reading {
  const { headers, host } = parts
  const lines = host === undefined ? headers.before : `${headers.before}host:${host}\n${headers.after}`
  const canonicalRequest = `${request.method}\n${parts.path}\n${parts.query}\n${lines}\n${claim.signed.text}\n${claim.payloadHash}`
  const scope = scopeText(claim.scope)
  return {
    canonicalRequest,
    stringToSign: `${claim.algorithm}\n${claim.dateText}\n${scope}\n${sha256Hex(canonicalRequest)}`,
  }
}

/** Readings beside the first: the path as received, other names of this host. */
function* otherParts(request: WireRequest, first: Parts, target: AuthTarget, hosts: HostAliases): Generator<Parts> {
  // Assumed: AWS is said to accept paths signed exactly as sent; clients that encode unusually rely on it.
  if (first.path !== request.rawPath) yield { ...first, path: request.rawPath }
  if (first.host === undefined) return
  const forwarded = request.headers['x-forwarded-host']
  const bucket = target.style === 'virtual-host' ? target.bucket : undefined
  const names = hosts.candidates(first.host, typeof forwarded === 'string' ? forwarded : undefined, bucket)
  for (const host of names) yield { ...first, host }
}

function omitted(claim: V4Claim): string | undefined {
  return claim.isPresigned ? 'X-Amz-Signature' : undefined
}

/** The outcome of a verification. */
export type Verified = { isValid: true; hostAlias: string | undefined } | { isValid: false; mismatch: Mismatch }

/** Verifies the claim. Learns the Host when it is right; names the alias when only that made it right. */
export function verifyV4(
  request: WireRequest,
  claim: V4Claim,
  target: AuthTarget,
  check: CheckSignature,
  hosts: HostAliases,
): MaybePromise<Verified> {
  const missing = claim.isPresigned ? (name: string) => toLatin1(parameterOfHeader(target.query, name) ?? '') : () => ''
  const headers = canonicalHeaders(request, claim.signed, missing)
  const first: Parts = {
    path: canonicalPath(target.path),
    query: target.query.length === 0 ? '' : canonicalQuery(target.query, omitted(claim)),
    headers,
    host: headers.host,
  }
  const reading = read(request, claim, first)
  if (check(reading.stringToSign, claim.signature)) {
    const bucket = target.style === 'virtual-host' ? target.bucket : undefined
    if (headers.host !== undefined) hosts.learn(headers.host, bucket)
    return { isValid: true, hostAlias: undefined }
  }
  for (const parts of otherParts(request, first, target, hosts)) {
    if (!check(read(request, claim, parts).stringToSign, claim.signature)) continue
    const { host } = parts
    if (host === undefined || host === first.host) return { isValid: true, hostAlias: undefined }
    // IAM and STS are no matter of hosts: the service they are signed for says which is meant.
    if (isQueryProtocol(target)) return { isValid: true, hostAlias: host }
    return whenReady(hosts.isAlias(request, host), (isAlias) =>
      isAlias ? { isValid: true, hostAlias: host } : { isValid: false, mismatch: describe(request, claim, reading) },
    )
  }
  return { isValid: false, mismatch: describe(request, claim, reading) }
}

function describe(request: WireRequest, claim: V4Claim, reading: Reading): Mismatch {
  return {
    accessKeyId: claim.scope.accessKeyId,
    stringToSign: readable(reading.stringToSign),
    stringToSignBytes: spacedHex(reading.stringToSign),
    signature: readable(claim.signature),
    canonicalRequest: readable(reading.canonicalRequest),
    canonicalRequestBytes: spacedHex(reading.canonicalRequest),
    proxy: proxyHints(request),
  }
}
