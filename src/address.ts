/**
 * Which service, bucket and key a request addresses: host and raw target -> `Target`. The target is decoded here, once;
 * signatures, routing, authorization and handlers read nothing but the result. Path style and virtual-host style
 * work at once on every port. The order in which a Host is understood is fixed (first match wins):
 * address or own name, service host, website host, known suffix, name of an existing bucket, else path style.
 * Keys are decoded once and kept byte for byte: `//`, `.`, `..`, a trailing `/` and `+` are part of the key.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
import { error } from './errors.ts'
import { header, type WireRequest } from './http/wire.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import { whenReady } from './lib/when-ready.ts'
import { decodePath } from './lib/percent.ts'
import { parseQuery, type Query } from './protocol/query-string.ts'

export type Service = 's3' | 'iam' | 'sts' | 's3control'

export interface Target {
  service: Service
  /** Website endpoints answer in HTML and redirects; the REST endpoint in XML. */
  surface: 'rest' | 'website'
  style: 'path' | 'virtual-host'
  level: 'service' | 'bucket' | 'object'
  bucket: string | undefined
  key: string | undefined
  /** It came by an accelerate endpoint. */
  isAccelerated?: true
  /** The decoded path of the whole request. S3 Control reads it; `bucket` and `key` are parts of it. */
  path: string
  /** The decoded parameters. */
  query: Query
}

/** What a Host header alone says. `bucket` is set for virtual-host style. */
export interface HostMeaning {
  service: Service | undefined
  surface: 'rest' | 'website'
  bucket: string | undefined
  isAccelerated?: true
}

export interface HostRules {
  /** Names that are this server and never a bucket: host name, public hosts, container aliases. Lower case, no port. */
  ownNames: ReadonlySet<string>
  /** Suffixes `BUCKET.suffix`, lower case, without a leading dot, longest first. */
  suffixes: readonly string[]
}

/** S3 keys are at most this many bytes of UTF-8. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
export const maxKeyBytes = 1024

const builtInSuffixes = ['localhost', 'localhost.localstack.cloud', 'localhost.floci.io', 'host.docker.internal']
const pathStyle: HostMeaning = { service: undefined, surface: 'rest', bucket: undefined }

/** Rules out of the configured domains and names. A domain `s3.test` makes `s3.test` path style and `b.s3.test` bucket b. */
export function hostRules(domains: readonly string[], ownNames: readonly string[]): HostRules {
  const suffixes = [...new Set([...builtInSuffixes, ...domains.map((name) => name.toLowerCase())])]
  suffixes.sort((a, b) => b.length - a.length)
  return { ownNames: new Set([...ownNames.map((name) => name.toLowerCase()), ...suffixes]), suffixes }
}

/** The host name of a Host header: lower case, without port and trailing dot; IPv6 keeps its brackets. */
export function hostName(host: string): string {
  let name = host
  if (name.startsWith('[')) {
    const end = name.indexOf(']')
    return end < 0 ? name : name.slice(0, end + 1)
  }
  const colon = name.lastIndexOf(':')
  if (colon >= 0) name = name.slice(0, colon)
  if (name.endsWith('.')) name = name.slice(0, -1)
  return name.toLowerCase()
}

const region = /^[a-z]{2,3}(-[a-z]+)+-\d+$/

/** Labels that may stand between the service label and the suffix. */
function isQualifier(label: string): boolean {
  return label === 'dualstack' || region.test(label)
}

/** The service meant by the labels before a known suffix: `s3`, `s3.eu-west-1`, `b.s3-website.eu-west-1`, `b.s3-eu-west-1`, ... */
function readServiceLabels(labels: string[]): HostMeaning | undefined {
  // Searched from the right, because bucket names may contain dots and even a label `s3`.
  for (let at = labels.length - 1; at >= 0; at--) {
    const label = labels[at] as string
    const bucket = at === 0 ? undefined : labels.slice(0, at).join('.')
    if (label === 's3-control') return { service: 's3control', surface: 'rest', bucket: undefined }
    if (label === 's3-website' || (label.startsWith('s3-website-') && region.test(label.slice(11)))) {
      return { service: 's3', surface: 'website', bucket }
    }
    if (label === 's3-accelerate') return { service: 's3', surface: 'rest', bucket, isAccelerated: true }
    const isRest = label === 's3' || label === 's3-fips' || label === 's3express-control'
    if (isRest || (label.startsWith('s3-') && region.test(label.slice(3))))
      return { service: 's3', surface: 'rest', bucket }
    if (at === 0 && (label === 'iam' || label === 'sts')) return { service: label, surface: 'rest', bucket: undefined }
    if (!isQualifier(label)) return undefined
  }
  return undefined
}

function isIpAddress(name: string): boolean {
  if (name.startsWith('[')) return true
  const last = name.charCodeAt(name.length - 1)
  // A name whose last label is a number can only be an IPv4 address (RFC 3696, section 2).
  return last >= 48 && last <= 57 && /^\d+\.\d+\.\d+\.\d+$/.test(name)
}

/** What a host name means without looking at the store; undefined when only an existing bucket could give it meaning. */
export function readHost(name: string, rules: HostRules): HostMeaning | undefined {
  if (name === '' || isIpAddress(name) || rules.ownNames.has(name)) return pathStyle
  if (name.endsWith('.amazonaws.com') || name.endsWith('.amazonaws.com.cn')) {
    const labels = name.slice(0, name.lastIndexOf('.amazonaws.com')).split('.')
    return readServiceLabels(labels) ?? pathStyle
  }
  for (const suffix of rules.suffixes) {
    if (!name.endsWith(suffix) || name.charAt(name.length - suffix.length - 1) !== '.') continue
    const labels = name.slice(0, name.length - suffix.length - 1).split('.')
    return readServiceLabels(labels) ?? { service: 's3', surface: 'rest', bucket: labels.join('.') }
  }
  return undefined
}

/** Finds what hosts and paths mean, remembering hosts it has seen. */
export class Addresser {
  readonly #rules: HostRules
  readonly #bucketExists: (name: string) => MaybePromise<boolean>
  /** Host header -> meaning. Bounded, since clients choose it. */
  readonly #seen = new Map<string, HostMeaning>()

  /** @param bucketExists asked only for hosts under no known suffix (an alias such as `warehouse.minio` in a compose file). */
  constructor(rules: HostRules, bucketExists: (name: string) => MaybePromise<boolean>) {
    this.#rules = rules
    this.#bucketExists = bucketExists
  }

  /**
   * The target of a request. IAM and STS calls on the shared port are told apart by their signature later (`pipeline`).
   * @throws AwsError InvalidURI when path or query are not percent-encoded UTF-8; KeyTooLongError; BadRequest without a
   * body for a key that climbs out of its bucket
   */
  address(request: WireRequest): MaybePromise<Target> {
    const host = header(request, 'host') ?? ''
    return whenReady(this.#seen.get(host) ?? this.#understand(host), (meaning) => {
      const target = readTarget(request, meaning)
      if (meaning.isAccelerated) target.isAccelerated = true
      return target
    })
  }

  /**
   * Whether the request, sent with another Host header, would address what it addresses now: same service, same
   * bucket, same key, same addressing style. Only such a host may stand in for the received one under a signature.
   */
  isAlias(request: WireRequest, host: string): MaybePromise<boolean> {
    const there = { ...request, headers: { ...request.headers, host } }
    return whenReady(this.address(request), (here) => whenReady(this.address(there), (other) => isSame(here, other)))
  }

  #understand(host: string): MaybePromise<HostMeaning> {
    const name = hostName(host)
    const known = readHost(name, this.#rules)
    if (known !== undefined) {
      if (this.#seen.size >= 1000) this.#seen.clear()
      this.#seen.set(host, known)
      return known
    }
    // Buckets come and go, so these answers are not remembered. The whole name first: a custom domain is itself the bucket's name.
    const dot = name.indexOf('.')
    if (dot <= 0) return pathStyle
    const first = name.slice(0, dot)
    const inBucket = (bucket: string): HostMeaning => ({ service: 's3', surface: 'rest', bucket })
    return whenReady(this.#bucketExists(name), (isBucket) =>
      isBucket ? inBucket(name) : whenReady(this.#bucketExists(first), (is) => (is ? inBucket(first) : pathStyle)),
    )
  }
}

function isSame(a: Target, b: Target): boolean {
  return (
    a.service === b.service &&
    a.surface === b.surface &&
    a.style === b.style &&
    a.level === b.level &&
    a.bucket === b.bucket &&
    a.key === b.key &&
    a.isAccelerated === b.isAccelerated
  )
}

/**
 * The path is decoded before it is taken apart, so that no spelling of it (`%2F` for `/`) addresses anything else:
 * signatures cover the decoded path.
 */
function readTarget({ rawPath, rawQuery, headers }: WireRequest, host: HostMeaning): Target {
  const path = decode(rawPath)
  const query = parseQuery(rawQuery)
  // SDKs put the account before any endpoint's host: `000000000000.localhost` is no bucket then.
  const isControl =
    host.service === 's3control' || (headers['x-amz-account-id'] !== undefined && path.startsWith('/v20180820/'))
  const service = isControl ? 's3control' : (host.service ?? 's3')
  const { surface } = host
  if (host.bucket !== undefined && !isControl) {
    const key = path.slice(1)
    checkKey(key)
    const level = key === '' ? 'bucket' : 'object'
    return { service, surface, style: 'virtual-host', level, bucket: host.bucket, key: key || undefined, path, query }
  }
  if (service !== 's3' || path === '/' || path === '' || path === '*') {
    return { service, surface, style: 'path', level: 'service', bucket: undefined, key: undefined, path, query }
  }
  const slash = path.indexOf('/', 1)
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash)
  // Directory buckets know no path style; the SDK for JavaScript, told to use it, puts a slash too many behind the bucket.
  const isDoubled = bucket.endsWith('--x-s3') && path.charCodeAt(slash + 1) === 0x2f
  const key = slash < 0 ? '' : path.slice(slash + (isDoubled ? 2 : 1))
  checkKey(key)
  return {
    service,
    surface,
    style: 'path',
    level: key === '' ? 'bucket' : 'object',
    bucket,
    key: key || undefined,
    path,
    query,
  }
}

function decode(rawPath: string): string {
  const path = decodePath(rawPath)
  if (path === undefined) throw error('InvalidURI', { URI: rawPath })
  return path
}

/**
 * Key names with relative elements are valid as long as, from left to right, no more `..` than names have come.
 * Observed: 400 without a body for others, however they are spelt (floci-io/floci#1325, versity/versitygw#1365).
 * Assumed: `.` and nothing between two slashes are no names, as in file systems.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 * @throws AwsError BadRequest, KeyTooLongError
 */
export function checkKey(key: string): void {
  if (key.includes('..') && climbs(key)) throw error('BadRequest', {}, { isBare: true })
  checkKeyLength(key)
}

function climbs(key: string): boolean {
  let depth = 0
  for (const element of key.split('/')) {
    if (element === '..') depth--
    else if (element !== '' && element !== '.') depth++
    if (depth < 0) return true
  }
  return false
}

/** @throws AwsError KeyTooLongError */
function checkKeyLength(key: string): void {
  // A UTF-16 unit is at most 3 bytes: only long keys are measured.
  if (key.length <= maxKeyBytes / 3) return
  const sizeBytes = Buffer.byteLength(key)
  if (sizeBytes > maxKeyBytes) throw error('KeyTooLongError', { Size: sizeBytes, MaxSizeAllowed: maxKeyBytes })
}
