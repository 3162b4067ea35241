/**
 * SigV2, header and query: boto3's presigned URLs, `s3cmd signurl` and old libraries still send it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 */
import { createHmac } from 'node:crypto'
import { error } from '../errors.ts'
import { header, type WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Query } from '../protocol/query-string.ts'
import { equalsInConstantTime, readable, spacedHex, wholeNumber } from './bytes.ts'
import { checkCredential, checkSkew, checkStrayToken, tokenHeader, withCredential } from './checks.ts'
import type { AuthDeps, Authenticated, AuthTarget } from './deps.ts'
import { headerFaults, invalidHeader, oneSpaceMessage, queryFaults } from './faults.ts'
import type { Credential } from './keys.ts'
import { fitsHeader, movedHeaders } from './moved-headers.ts'
import { readPayloadMode } from './payload.ts'
import { parameter, parameterOfHeader, toLatin1 } from './query.ts'
import { isoSeconds, parseHttpDate } from './time.ts'

/** Parameters that AWS's guide lists as signed. */
const documented =
  'acl cors delete lifecycle location logging notification partNumber policy requestPayment response-cache-control response-content-disposition response-content-encoding response-content-language response-content-type response-expires tagging torrent uploadId uploads versionId versioning versions website'
/** What libraries sign beside those (botocore, s3cmd, libs3). */
const further = 'defaultObjectAcl storageClass'
/**
 * Everything else that says which operation is meant, or on what.
 * Observed: AWS signs newer sub-resources too (`?object-lock`, boto/botocore#2468, aws/aws-sdk-java#3058, whose clients
 * did not and were refused). Assumed: so does it with those nobody has asked about.
 */
const newer =
  'abac accelerate analytics annotation annotationName attributes encryption id intelligent-tiering inventory legal-hold metadataAnnotationTable metadataConfiguration metadataInventoryTable metadataJournalTable metadataTable metrics object-lock ownershipControls policyStatus publicAccessBlock renameObject replication restore retention select select-type session'
/**
 * Parameters that the string to sign contains. What SigV2 leaves out may not change what a request does: that remains
 * of listings (prefix, marker, ...), as in AWS's own example.
 */
export const signedParameters: ReadonlySet<string> = new Set([documented, further, newer].join(' ').split(' '))

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
  refuseNewerKinds(target)
  const token = tokenHeader(request)
  return withCredential(deps.credentials, accessKeyId, token, (found) => {
    const known = checkCredential(accessKeyId, found, token, deps.clock.now(), headerFaults)
    verifyV2(request, { dateLine, isQuery: false, signature: rest.slice(colon + 1) }, target, known)
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
  const { query } = target
  const accessKeyId = parameter(query, 'AWSAccessKeyId')
  const expires = parameter(query, 'Expires')
  // Base64 has no spaces: one here was an unencoded plus.
  const signature = parameter(query, 'Signature')?.replaceAll(' ', '+')
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
  refuseNewerKinds(target)
  const token = tokenHeader(request) ?? parameterOfHeader(query, 'x-amz-security-token')
  return withCredential(deps.credentials, accessKeyId, token, (found) => {
    const known = checkCredential(accessKeyId, found, token, nowMs, queryFaults)
    verifyV2(request, { dateLine: expires, isQuery: true, signature }, target, known)
    checkStrayToken(known, token, queryFaults)
    const answered = answer(request, known, 'REST-QUERY-STRING', undefined)
    return { ...answered, movedHeaders: movedHeaders(request, query, true) }
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

/**
 * What is younger than SigV4 knows no SigV2. @throws AwsError InvalidRequest
 * Assumed: AWS's words for regions without SigV2, because S3 Control and directory buckets are documented with SigV4 only.
 */
function refuseNewerKinds({ service, bucket, query }: AuthTarget): void {
  const isDirectory = bucket?.endsWith('--x-s3') === true || parameter(query, 'x-id') === 'ListDirectoryBuckets'
  if (service === 's3' && !isDirectory) return
  const message = 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.'
  throw error('InvalidRequest', {}, { message })
}

interface V2Claim {
  /** The fourth line: Date, empty beside x-amz-date, or Expires. */
  dateLine: string
  isQuery: boolean
  signature: string
}

/** @throws AwsError SignatureDoesNotMatch */
function verifyV2(request: WireRequest, claim: V2Claim, target: AuthTarget, credential: Credential): void {
  const head = v2Head(request, claim, target.query)
  const path = target.style === 'virtual-host' ? `/${target.bucket}${request.rawPath}` : request.rawPath
  // boto3 asks for `/bucket` and signs `/bucket/`.
  const isBucket = target.style !== 'virtual-host' && target.path.length > 1 && target.path.lastIndexOf('/') === 0
  const paths = isBucket ? [path, `${path}/`] : [path]
  // Libraries differ on `uploads` and `uploads=`.
  const resources = new Set([subResources(target.query, true), subResources(target.query, false)])
  const readings = paths.flatMap((one) => [...resources].map((resource) => head.text + one + resource))
  if (head.isPlain && !isAmbiguous(target.query)) {
    for (const stringToSign of readings) {
      const hmac = createHmac('sha1', credential.secretAccessKey).update(stringToSign, 'latin1').digest('base64')
      if (equalsInConstantTime(hmac, claim.signature)) return
    }
  }
  const first = readings[0] as string
  throw headerFaults.signature({
    accessKeyId: credential.accessKeyId,
    stringToSign: readable(first),
    stringToSignBytes: spacedHex(first),
    signature: readable(claim.signature),
  })
}

/**
 * Everything before the resource, each line ended.
 * `isPlain` is false when a parameter is no header, but has a colon or line ends that make it pass for another one or for two.
 */
function v2Head(request: WireRequest, claim: V2Claim, query: Query): { text: string; isPlain: boolean } {
  // Presigners move signed headers into the query; there they count as the headers they were.
  let isPlain = true
  const moved = (name: string, value: string): string => {
    isPlain &&= fitsHeader(name, value)
    return toLatin1(value)
  }
  const amz = new Map<string, string>()
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = (request.rawHeaders[at] as string).toLowerCase()
    if (!name.startsWith('x-amz-')) continue
    const one = (request.rawHeaders[at + 1] as string).trim()
    const before = amz.get(name)
    amz.set(name, before === undefined ? one : `${before},${one}`)
  }
  if (claim.isQuery) {
    for (const pair of query) {
      const name = pair.name.toLowerCase()
      if (name.startsWith('x-amz-') && !amz.has(name)) amz.set(name, moved(name, pair.value))
    }
  }
  const value = (name: string): string =>
    header(request, name) ?? (claim.isQuery ? moved(name, parameterOfHeader(query, name) ?? '') : '')
  let text = `${request.method}\n${value('content-md5')}\n${value('content-type')}\n${claim.dateLine}\n`
  for (const name of [...amz.keys()].sort()) text += `${name}:${amz.get(name)}\n`
  return { text, isPlain }
}

/** `?acl&versionId=x`: the signed parameters, sorted, decoded. */
function subResources(query: Query, keepsEmpty: boolean): string {
  let text = ''
  const signed = query.filter(({ name }) => signedParameters.has(name))
  signed.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
  for (const { name, value, hasValue } of signed) {
    const isBare = !hasValue || (value === '' && !keepsEmpty)
    text += `${text === '' ? '?' : '&'}${isBare ? name : `${name}=${toLatin1(value)}`}`
  }
  return text
}

/** Whether a value reads like a further signed parameter, since values are signed decoded: `a&versionId=x` in one of them. */
function isAmbiguous(query: Query): boolean {
  return query.some(({ name, value }) => {
    if (!signedParameters.has(name) || !value.includes('&')) return false
    const [, ...others] = value.split('&')
    return others.some((other) => signedParameters.has(other.split('=', 1)[0] as string))
  })
}
