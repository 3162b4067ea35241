/**
 * Regions and the addresses S3 writes into answers: LocationConstraint rules, Location headers and elements.
 */
import type { Ctx } from '../../context.ts'

/** Regions of the `aws` partition. */
const awsRegions = new Set([
  'af-south-1',
  'ap-east-1',
  'ap-east-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-central-1',
  'ca-west-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
])

/** Whether this is a region of AWS. */
export function isAwsRegion(region: string): boolean {
  return awsRegions.has(region)
}

/** Whether buckets can be in this region: those of AWS, and the one configured. */
export function isRegion(ctx: Ctx, region: string): boolean {
  return awsRegions.has(region) || region === ctx.config.region
}

/**
 * The region whose endpoint this request is for. Every region is served here, so it is the one that the signature
 * names; a name that AWS does not have (`auto`, `default`) stands for the configured region.
 */
export function endpointRegion(ctx: Ctx): string {
  const signed = ctx.auth.region
  return signed !== undefined && awsRegions.has(signed) ? signed : ctx.config.region
}

/** `[scheme://, host[:port]]` of the address the client used. */
function splitBaseUrl(baseUrl: string): [scheme: string, host: string] {
  const at = baseUrl.indexOf('://') + 3
  return [baseUrl.slice(0, at), baseUrl.slice(at)]
}

const addressLike = /^(\[|\d+\.\d+\.\d+\.\d+(:\d+)?$)/

/** The address of a bucket under the host the client used; path style where the host is a bare address. No slash at the end. */
export function bucketUrl(ctx: Ctx, bucket: string, style: 'as asked' | 'virtual-host'): string {
  const [scheme, host] = splitBaseUrl(ctx.baseUrl)
  if (host.startsWith(`${bucket}.`) || host === bucket || host.startsWith(`${bucket}:`)) return `${scheme}${host}`
  if (style === 'as asked' || addressLike.test(host)) return `${scheme}${host}/${bucket}`
  return `${scheme}${bucket}.${host}`
}

const plainText = /^[A-Za-z0-9.*_-]*$/

/** Escapes every byte but letters, digits and `.*_-`; a space becomes `+`: the form encoding of Java's URLEncoder. */
export function encodeForm(text: string): string {
  if (plainText.test(text)) return text
  return encodeURIComponent(text).replace(/%20|[!'()~]/g, (found) =>
    found === '%20' ? '+' : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/**
 * The Location element of a completed upload or POST.
 * Observed: the key's slashes are escaped too, spaces are `+` (aws-sdk-js#811, aws-sdk-go#1385); UTF-8 as percent escapes (recorded).
 */
export function objectLocation(ctx: Ctx, bucket: string, key: string): string {
  return `${bucketUrl(ctx, bucket, 'as asked')}/${encodeForm(key)}`
}
