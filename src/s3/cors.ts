/**
 * CORS: the bucket's rules (Put/Get/DeleteBucketCors), answers to preflight requests, and the headers on actual
 * responses, errors included. A bucket without rules is open to every origin unless `openCors` is off (then it answers
 * as AWS: no headers, preflight 403): browsers on a development machine come from ever-changing ports. While no key is
 * configured, only known origins come as far as this (`strangers.ts`).
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
import { type AwsError, error } from '../errors.ts'
import { matchesPattern } from '../http/known-hosts.ts'
import { header, type WireRequest, type WireResponse } from '../http/wire.ts'
import type { CORSRule, S3Handlers } from '../model/s3.types.gen.ts'
import type { BucketRecord } from '../store/records.ts'

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
const maxRules = 100
const maxIdLength = 255
const methods = new Set(['GET', 'PUT', 'HEAD', 'POST', 'DELETE'])
const vary = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'
const notAllowed =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
/** What a browser may read without rules, beside every x-amz-* header of the answer. */
const openlyExposed = ['ETag', 'Location', 'Accept-Ranges', 'Content-Range', 'Content-Disposition', 'Content-Encoding']

export const cors = {
  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html */
  GetBucketCors(_input, ctx) {
    const rules = corsRules(ctx.bucket)
    if (rules === undefined) throw error('NoSuchCORSConfiguration', { BucketName: ctx.bucket.Name })
    return { CORSRules: rules }
  },

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html */
  async PutBucketCors(input, ctx) {
    const rules = input.CORSConfiguration.CORSRules
    if (rules.length === 0) throw error('MalformedXML')
    if (rules.length > maxRules) {
      throw invalid(`The number of CORS rules should not exceed allowed limit of ${maxRules} rules.`)
    }
    for (const rule of rules) checkRule(rule)
    await ctx.store.buckets.update(ctx.bucket.Name, (bucket) => ({
      ...bucket,
      documents: { ...bucket.documents, cors: rules },
    }))
    return {}
  },

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html */
  async DeleteBucketCors(_input, ctx) {
    await ctx.store.buckets.update(ctx.bucket.Name, (bucket) => {
      const { cors: _gone, ...documents } = bucket.documents
      return { ...bucket, documents }
    })
    return {}
  },
} satisfies Partial<S3Handlers>

const invalid = (message: string): AwsError => error('InvalidRequest', {}, { message })

/**
 * Observed: methods (recorded, test_put_cors_invalid_rules); `*` in ExposeHeader (google/neuroglancer#788); characters of
 * AllowedHeader (versity/versitygw); the code of too many rules. Assumed: the other texts, as ceph and the console quote
 * them or after their neighbours; the refusal of a long ID as lifecycle and replication word it.
 * @throws AwsError InvalidRequest, InvalidArgument
 */
function checkRule(rule: CORSRule): void {
  for (const method of rule.AllowedMethods) {
    if (!methods.has(method)) {
      throw invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`)
    }
  }
  for (const origin of rule.AllowedOrigins) checkWildcards('AllowedOrigin', origin)
  for (const name of rule.AllowedHeaders ?? []) {
    checkWildcards('AllowedHeader', name)
    checkHeaderName('AllowedHeader', name)
  }
  for (const name of rule.ExposeHeaders ?? []) {
    if (name.includes('*')) {
      throw invalid(`ExposeHeader "${name}" contains wildcard. We currently do not support wildcard for ExposeHeader.`)
    }
    checkHeaderName('ExposeHeader', name)
  }
  if (rule.ID !== undefined && rule.ID.length > maxIdLength) {
    throw error('InvalidArgument', {}, { message: `ID length should not exceed allowed limit of ${maxIdLength}` })
  }
}

function checkWildcards(element: string, text: string): void {
  if (text.split('*').length > 2) throw invalid(`${element} "${text}" can not have more than one wildcard.`)
}

/** What no header can be named. An empty name is none, and AWS lets it pass (versity/versitygw). */
function checkHeaderName(element: string, name: string): void {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]*$/.test(name)) throw invalid(`${element} "${name}" contains invalid character.`)
}

/** The rules of a bucket, undefined when it has none. */
export function corsRules(bucket: BucketRecord): CORSRule[] | undefined {
  return bucket.documents.cors as CORSRule[] | undefined
}

/** @param names distinct, in lower case: a header of many small names is held against up to 64 KB of patterns */
function allowsHeaders(rule: CORSRule, names: ReadonlySet<string>): boolean {
  const allowed = new Set((rule.AllowedHeaders ?? []).map((name) => name.toLowerCase()))
  const patterns = [...allowed].filter((name) => name.includes('*'))
  for (const name of names) {
    if (!allowed.has(name) && !patterns.some((pattern) => matchesPattern(pattern, name))) return false
  }
  return true
}

function splitNames(list: string | undefined): string[] {
  return list === undefined
    ? []
    : list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
}

/** The headers of the first rule that allows this origin, method and list of request headers; undefined when none does. */
function ruleHeaders(
  rules: CORSRule[],
  origin: string,
  method: string,
  names: string[],
): Record<string, string> | undefined {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  for (const rule of rules) {
    const pattern = rule.AllowedOrigins.find((allowed) => matchesPattern(allowed, origin))
    if (pattern === undefined || !rule.AllowedMethods.includes(method) || !allowsHeaders(rule, wanted)) continue
    const isAnyone = pattern === '*'
    return {
      'Access-Control-Allow-Origin': isAnyone ? '*' : origin,
      'Access-Control-Allow-Methods': rule.AllowedMethods.join(', '),
      ...(names.length > 0 && { 'Access-Control-Allow-Headers': names.map((name) => name.toLowerCase()).join(', ') }),
      ...(rule.ExposeHeaders?.length && { 'Access-Control-Expose-Headers': rule.ExposeHeaders.join(', ') }),
      ...(rule.MaxAgeSeconds !== undefined && { 'Access-Control-Max-Age': String(rule.MaxAgeSeconds) }),
      ...(!isAnyone && { 'Access-Control-Allow-Credentials': 'true' }),
      Vary: vary,
    }
  }
  return undefined
}

/** Whether a rule of the bucket allows an actual request of this origin. */
export function areRulesFor(request: WireRequest, bucket: BucketRecord): boolean {
  const { method, names } = asked(request)
  return ruleHeaders(corsRules(bucket) ?? [], header(request, 'origin') ?? '', method, names) !== undefined
}

function openHeaders(origin: string, method: string, names: string[]): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': [...new Set([...methods, method])].join(', '),
    ...(names.length > 0 && { 'Access-Control-Allow-Headers': names.join(', ') }),
    'Access-Control-Allow-Credentials': 'true',
    Vary: vary,
  }
}

/** What both kinds of request say: AWS lets the Access-Control-Request-* headers of an actual request count as well. */
function asked(request: WireRequest): { method: string; names: string[] } {
  return {
    method: header(request, 'access-control-request-method') ?? request.method,
    names: splitNames(header(request, 'access-control-request-headers')),
  }
}

/**
 * Adds the CORS headers to the answer of an actual request; none without an Origin or a rule that allows it.
 * @param bucket undefined at service level and for buckets that do not exist
 */
export function addCorsHeaders(
  request: WireRequest,
  response: WireResponse,
  bucket: BucketRecord | undefined,
  isOpen: boolean,
): void {
  const origin = header(request, 'origin')
  if (origin === undefined) return
  const { method, names } = asked(request)
  const rules = bucket && corsRules(bucket)
  if (rules !== undefined) Object.assign(response.headers, ruleHeaders(rules, origin, method, names))
  else if (isOpen) {
    const exposed = Object.keys(response.headers).filter((name) => name.toLowerCase().startsWith('x-amz-'))
    Object.assign(response.headers, openHeaders(origin, method, names), {
      'Access-Control-Expose-Headers': [...openlyExposed, ...exposed].join(', '),
    })
  }
}

/**
 * The answer to OPTIONS. It needs no signature.
 * Observed: codes, messages and fields of test_s3_cors, recorded AWS answers.
 * @throws AwsError BadRequest, AccessForbidden
 */
export function preflight(
  request: WireRequest,
  bucket: BucketRecord | undefined,
  resource: 'BUCKET' | 'OBJECT',
  isOpen: boolean,
): WireResponse {
  const origin = header(request, 'origin')
  if (origin === undefined) {
    throw error('BadRequest', {}, { message: 'Insufficient information. Origin request header needed.' })
  }
  const { method, names } = asked(request)
  const rules = bucket && corsRules(bucket)
  const sent = header(request, 'access-control-request-method')
  // Observed: status without the header (s3-tests test_cors_origin_response). Assumed: the text, as forums quote it; and
  // the same for methods that no rule can allow, because the text says so (scality/Arsenal answers likewise).
  const isAsOnAws = rules !== undefined || !isOpen
  if (sent === undefined ? rules !== undefined : isAsOnAws && !methods.has(sent)) {
    throw error('BadRequest', {}, { message: `Invalid Access-Control-Request-Method: ${sent ?? 'null'}` })
  }
  let headers: Record<string, string> | undefined
  if (rules !== undefined) headers = ruleHeaders(rules, origin, method, names)
  else if (isOpen) headers = { ...openHeaders(origin, method, names), 'Access-Control-Max-Age': '3000' }
  else {
    const message =
      bucket === undefined ? 'CORSResponse: Bucket not found' : 'CORSResponse: CORS is not enabled for this bucket.'
    throw accessForbidden(message, method, 'BUCKET')
  }
  if (headers === undefined) throw accessForbidden(notAllowed, method, resource)
  return { status: 200, headers: { ...headers, 'Content-Length': '0' } }
}

function accessForbidden(message: string, method: string, resource: string): AwsError {
  return error('AccessForbidden', { Method: method, ResourceType: resource }, { message })
}
