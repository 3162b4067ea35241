/** The credential of SigV4 and SigV4A, `AKID/20130524/us-east-1/s3/aws4_request`, and the checks of its scope in AWS's order. */
import type { AuthTarget } from './deps.ts'
import type { Faults } from './faults.ts'

export type V4Algorithm = 'AWS4-HMAC-SHA256' | 'AWS4-ECDSA-P256-SHA256'

/** A credential taken apart. Nothing is checked yet but the number of its parts. */
export interface CredentialScope {
  /** The whole text, by which derived keys are remembered. */
  readonly text: string
  readonly accessKeyId: string
  readonly date: string
  /** Undefined with SigV4A, whose scope has no region. */
  readonly region: string | undefined
  readonly service: string
  readonly terminal: string
}

/** What is expected of a region. */
export interface RegionRule {
  readonly region: string
  /** False accepts any region that is not empty, except `aws-global`. */
  readonly isStrict: boolean
}

/** @throws AwsError when it has not five parts (four with SigV4A), or an empty key id */
export function readScope(text: string, algorithm: V4Algorithm, faults: Faults): CredentialScope {
  const parts = text.split('/')
  const hasRegion = algorithm === 'AWS4-HMAC-SHA256'
  if (parts.length !== (hasRegion ? 5 : 4) || parts[0] === '') {
    throw faults.badCredential(text, `<YOUR-AKID>/YYYYMMDD/${hasRegion ? 'REGION/' : ''}SERVICE/aws4_request`)
  }
  const [accessKeyId, date, third, fourth, fifth] = parts as [string, string, string, string, string]
  return hasRegion
    ? { text, accessKeyId, date, region: third, service: fourth, terminal: fifth }
    : { text, accessKeyId, date, region: undefined, service: third, terminal: fourth }
}

/** The service name that signatures for this target must carry. */
export function expectedService(target: AuthTarget): string {
  if (target.service === 'iam' || target.service === 'sts') return target.service
  // Directory buckets have a signing name of their own. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-signing.html
  return target.bucket?.endsWith('--x-s3') === true ? 's3express' : 's3'
}

/**
 * Region, service, terminal and date, in this order.
 * @param dateText the request's date, ISO 8601 basic
 * @param regionSet SigV4A only: the regions it was signed for
 */
export function checkScope(
  scope: CredentialScope,
  dateText: string,
  regionSet: string | undefined,
  target: AuthTarget,
  rule: RegionRule,
  faults: Faults,
): void {
  checkRegion(scope, regionSet ?? '', target, rule, faults)
  const service = expectedService(target)
  if (scope.service !== service && !isOtherNameOfS3(scope.service, target)) {
    throw faults.wrongService(scope.service, service)
  }
  if (scope.terminal !== 'aws4_request') throw faults.wrongTerminal(scope.terminal)
  if (!dateText.startsWith(scope.date) || scope.date.length !== 8) throw faults.wrongDate(scope.date, dateText)
}

/** Directory buckets are taken with either name, and so are calls without a bucket: ListDirectoryBuckets is one of them. */
function isOtherNameOfS3(service: string, target: AuthTarget): boolean {
  const hasBoth = target.service === 's3' && (target.bucket === undefined || target.bucket.endsWith('--x-s3'))
  return hasBoth && (service === 's3' || service === 's3express')
}

function checkRegion(
  scope: CredentialScope,
  regionSet: string,
  target: AuthTarget,
  rule: RegionRule,
  faults: Faults,
): void {
  const sent = scope.region ?? regionSet
  if (sent === '') throw faults.emptyRegion(sent)
  // IAM and STS are global here: one endpoint answers for every region, as their regional endpoints do on AWS.
  if (target.service === 'iam' || target.service === 'sts') return
  // Observed: SDKs know it as a region, but nothing is signed for it (recorded, test_create_bucket_aws_global).
  if (!rule.isStrict && sent !== 'aws-global') return
  const expected = target.region ?? rule.region
  const isRight = scope.region === undefined ? isInRegionSet(sent, expected) : sent === expected
  if (!isRight) throw faults.wrongRegion(sent, expected)
}

/** Whether a region set (`us-east-1`, `*`, `us-east-1,eu-*`) has the region. */
function isInRegionSet(set: string, region: string): boolean {
  return set.split(',').some((entry) => matches(entry.trim(), region))
}

/** `*` matches any run of characters. Linear: each literal piece is looked for once, left to right. */
function matches(pattern: string, text: string): boolean {
  const pieces = pattern.split('*')
  const first = pieces[0] as string
  if (pieces.length === 1) return pattern === text
  const last = pieces[pieces.length - 1] as string
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return at <= text.length - last.length
}
