/**
 * SigV2, header and query: boto3's presigned URLs, `s3cmd signurl` and old libraries still send it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 */
import { createHmac } from 'node:crypto'
import { error } from '../errors.ts'
import { header, type WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { equalsInConstantTime, readable, spacedHex, wholeNumber } from './bytes.ts'
import { checkCredential, checkSkew, checkStrayToken, tokenHeader, withCredential } from './checks.ts'
import type { AuthDeps, Authenticated, AuthTarget } from './deps.ts'
import { headerFaults, invalidHeader, oneSpaceMessage, queryFaults } from './faults.ts'
import type { Credential } from './keys.ts'
import { movedHeaders } from './moved-headers.ts'
import { readPayloadMode } from './payload.ts'
import { parameter, parameterOfHeader, percentDecode, type RawPair, rawPairs } from './query.ts'
import { isoSeconds, parseHttpDate } from './time.ts'

/** Sub-resources that AWS's guide lists as signed. */
const documented =
  'acl cors delete lifecycle location logging notification partNumber policy requestPayment response-cache-control response-content-disposition response-content-encoding response-content-language response-content-type response-expires tagging torrent uploadId uploads versionId versioning versions website'
const documentedNames = new Set(documented.split(' '))
/** What current libraries sign beside those (botocore, s3cmd, libs3). */
const further =
  'accelerate analytics defaultObjectAcl encryption inventory metrics object-lock replication restore select select-type storageClass'
const widelySignedNames = new Set([...documentedNames, ...further.split(' ')])

/** `Authorization: AWS AKID:signature`. */
export function authenticateV2Header(
  request: WireRequest,
  value: string,
  target: AuthTarget,
  deps: AuthDeps,
): MaybePromise<Authenticated> {
  const rest = value.slice(value.indexOf(' ') + 1)
  if (rest.includes(' ')) throw invalidHeader(value, oneSpaceMessage)
  const colon = rest.lastIndexOf(':')
  if (colon <= 0 || colon === rest.length - 1) {
    throw invalidHeader(value, 'AWS authorization header is invalid.  Expected AwsAccessKeyId:signature')
  }
  const accessKeyId = rest.slice(0, colon)
  const amzDate = header(request, 'x-amz-date')
  const sent = amzDate ?? header(request, 'date') ?? ''
  const signedAtMs = parseHttpDate(sent)
  if (signedAtMs === undefined || signedAtMs < 0) throw headerFaults.noDate()
  checkSkew(sent, signedAtMs, deps, headerFaults)
  const dateLine = amzDate === undefined ? sent : ''
  const pairs = rawPairs(request.rawQuery)
  const token = tokenHeader(request)
  return withCredential(deps.credentials, accessKeyId, token, (found) => {
    const known = checkCredential(accessKeyId, found, token, deps.clock.now(), headerFaults)
    verifyV2(request, { pairs, dateLine, isQuery: false, signature: rest.slice(colon + 1) }, target, known)
    checkStrayToken(known, token, headerFaults)
    return answer(request, known, 'REST-HEADER', signedAtMs)
  })
}

/** `?AWSAccessKeyId=&Expires=&Signature=`. */
export function authenticateV2Query(
  request: WireRequest,
  target: AuthTarget,
  deps: AuthDeps,
): MaybePromise<Authenticated> {
  const pairs = rawPairs(request.rawQuery)
  const accessKeyId = parameter(pairs, 'AWSAccessKeyId')
  const expires = parameter(pairs, 'Expires')
  // Base64 has no spaces: one here was an unencoded plus.
  const signature = parameter(pairs, 'Signature')?.replaceAll(' ', '+')
  if (!accessKeyId || !expires || !signature) {
    const message = 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters'
    throw error('AccessDenied', {}, { message })
  }
  const expiresSeconds = wholeNumber(expires)
  if (expiresSeconds === undefined) {
    throw error('AccessDenied', {}, { message: `Invalid date (should be seconds since epoch): ${readable(expires)}` })
  }
  const nowMs = deps.clock.now()
  if (nowMs > expiresSeconds * 1000) {
    throw error(
      'AccessDenied',
      { Expires: isoSeconds(expiresSeconds * 1000), ServerTime: isoSeconds(nowMs) },
      { message: 'Request has expired' },
    )
  }
  const token = tokenHeader(request) ?? parameterOfHeader(pairs, 'x-amz-security-token')
  return withCredential(deps.credentials, accessKeyId, token, (found) => {
    const known = checkCredential(accessKeyId, found, token, nowMs, queryFaults)
    verifyV2(request, { pairs, dateLine: expires, isQuery: true, signature }, target, known)
    checkStrayToken(known, token, queryFaults)
    const answered = answer(request, known, 'REST-QUERY-STRING', undefined)
    return { ...answered, movedHeaders: movedHeaders(request, pairs, true) }
  })
}

function answer(
  request: WireRequest,
  credential: Credential,
  authType: 'REST-HEADER' | 'REST-QUERY-STRING',
  signedAtMs: number | undefined,
): Authenticated {
  return {
    principal: credential.principal,
    auth: { authType, signatureVersion: 'AWS' },
    payload: readPayloadMode(request, header(request, 'x-amz-content-sha256'), undefined),
    signedAtMs,
  }
}

interface V2Claim {
  pairs: readonly RawPair[]
  /** The fourth line: Date, empty beside x-amz-date, or Expires. */
  dateLine: string
  isQuery: boolean
  signature: string
}

/** @throws AwsError SignatureDoesNotMatch */
function verifyV2(request: WireRequest, claim: V2Claim, target: AuthTarget, credential: Credential): void {
  const head = v2Head(request, claim)
  const path = target.style === 'virtual-host' ? `/${target.bucket}${request.rawPath}` : request.rawPath
  const resources = v2Readings(claim.pairs, request.rawQuery.includes('+'))
  // boto3 asks for `/bucket` and signs `/bucket/`.
  const paths = path.lastIndexOf('/') === 0 && path.length > 1 ? [path, `${path}/`] : [path]
  const readings = paths.flatMap((one) => resources.map((resource) => head + one + resource))
  for (const stringToSign of readings) {
    const hmac = createHmac('sha1', credential.secretAccessKey).update(stringToSign, 'latin1').digest('base64')
    if (equalsInConstantTime(hmac, claim.signature)) return
  }
  const first = readings[0] as string
  throw headerFaults.signature({
    accessKeyId: credential.accessKeyId,
    stringToSign: readable(first),
    stringToSignBytes: spacedHex(first),
    signature: readable(claim.signature),
  })
}

/** Everything before the resource, each line ended. */
function v2Head(request: WireRequest, claim: V2Claim): string {
  // Presigners move signed headers into the query; there they count as the headers they were.
  const value = (name: string): string =>
    header(request, name) ?? (claim.isQuery ? parameterOfHeader(claim.pairs, name) : undefined) ?? ''
  const amz = new Map<string, string>()
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = (request.rawHeaders[at] as string).toLowerCase()
    if (!name.startsWith('x-amz-')) continue
    const one = (request.rawHeaders[at + 1] as string).trim()
    const before = amz.get(name)
    amz.set(name, before === undefined ? one : `${before},${one}`)
  }
  if (claim.isQuery) {
    for (const pair of claim.pairs) {
      const name = pair.name.toLowerCase()
      if (name.startsWith('x-amz-') && !amz.has(name)) amz.set(name, percentDecode(pair.value ?? ''))
    }
  }
  let lines = `${request.method}\n${value('content-md5')}\n${value('content-type')}\n${claim.dateLine}\n`
  for (const name of [...amz.keys()].sort()) lines += `${name}:${amz.get(name)}\n`
  return lines
}

/** The sub-resources as different libraries sign them, most likely first, without repeats. */
function v2Readings(pairs: readonly RawPair[], hasPlus: boolean): string[] {
  const readings = new Set<string>()
  for (const names of [widelySignedNames, documentedNames]) {
    for (const keepsEmpty of [true, false]) {
      readings.add(subResources(pairs, names, keepsEmpty, percentDecode))
      if (hasPlus) readings.add(subResources(pairs, names, keepsEmpty, formDecode))
    }
  }
  return [...readings]
}

function formDecode(raw: string): string {
  return percentDecode(raw.replaceAll('+', ' '))
}

/** `?acl&versionId=x`: the signed sub-resources, sorted, decoded. Libraries differ on `uploads` and `uploads=`. */
function subResources(
  pairs: readonly RawPair[],
  names: ReadonlySet<string>,
  keepsEmpty: boolean,
  decode: (raw: string) => string,
): string {
  const signed = pairs.filter((pair) => names.has(pair.name))
  signed.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
  const texts = signed.map(({ name, value }) =>
    value === undefined || (value === '' && !keepsEmpty) ? name : `${name}=${decode(value)}`,
  )
  return texts.length === 0 ? '' : `?${texts.join('&')}`
}
