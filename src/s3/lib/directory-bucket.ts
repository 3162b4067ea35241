/**
 * Directory buckets: how they are named and what they do not have. What they lack is refused by name, before a handler
 * sees the request.
 * By design: requests are served by path style too.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html
 */
import { type AwsError, error } from '../../errors.ts'
import { directoryActionOf, sessionModeOf } from '../../policy/directory-actions.ts'
import { directoryBucketArn } from '../../lib/arn.ts'
import type { BucketRecord } from '../../store/records.ts'

export { directoryBucketArn as directoryArn }

/** `BASE--ZONE--x-s3`; the zone is `use1-az4`, or of a Local Zone `usw2-lax1-az1`. */
const namePattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?--([a-z0-9]+(?:-[a-z0-9]+)?-az\d+)--x-s3$/

/** The zone in the name of a directory bucket; undefined for any other name. */
export function zoneOf(name: string): string | undefined {
  return name.length > 63 ? undefined : namePattern.exec(name)?.[1]
}

export const isDirectory = (bucket: Pick<BucketRecord, 'type'>): boolean => bucket.type === 'directory'

/** Where the bucket is, as CreateBucket said it (`documents.location`). */
export const locationOf = (bucket: BucketRecord): { Type?: string; Name?: string } =>
  (bucket.documents.location ?? {}) as { Type?: string; Name?: string }

/** The one class of objects there. */
export const directoryStorageClass = (bucket: BucketRecord): string =>
  locationOf(bucket).Type === 'LocalZone' ? 'ONEZONE_IA' : 'EXPRESS_ONEZONE'

/** Members that directory buckets do not take, with the header or parameter that brings them. */
const refusedMembers: readonly [member: string, wire: string][] = [
  ['ACL', 'x-amz-acl'],
  ['GrantFullControl', 'x-amz-grant-full-control'],
  ['GrantRead', 'x-amz-grant-read'],
  ['GrantReadACP', 'x-amz-grant-read-acp'],
  ['GrantWrite', 'x-amz-grant-write'],
  ['GrantWriteACP', 'x-amz-grant-write-acp'],
  ['Tagging', 'x-amz-tagging'],
  ['WebsiteRedirectLocation', 'x-amz-website-redirect-location'],
  ['SSECustomerAlgorithm', 'x-amz-server-side-encryption-customer-algorithm'],
  ['SSECustomerKey', 'x-amz-server-side-encryption-customer-key'],
  ['SSECustomerKeyMD5', 'x-amz-server-side-encryption-customer-key-MD5'],
  ['ContentMD5', 'Content-MD5'],
  ['ConfirmRemoveSelfBucketAccess', 'x-amz-confirm-remove-self-bucket-access'],
  ['ObjectLockMode', 'x-amz-object-lock-mode'],
  ['ObjectLockRetainUntilDate', 'x-amz-object-lock-retain-until-date'],
  ['ObjectLockLegalHoldStatus', 'x-amz-object-lock-legal-hold'],
  ['ObjectLockEventHold', 'x-amz-object-lock-event-hold'],
  ['ObjectLockEnabledForBucket', 'x-amz-bucket-object-lock-enabled'],
  ['ObjectOwnership', 'x-amz-object-ownership'],
  ['BypassGovernanceRetention', 'x-amz-bypass-governance-retention'],
  ['MFA', 'x-amz-mfa'],
  ['RequestPayer', 'x-amz-request-payer'],
  ['OptionalObjectAttributes', 'x-amz-optional-object-attributes'],
  ['StartAfter', 'start-after'],
  ['UploadIdMarker', 'upload-id-marker'],
]

// Observed: status and code, of an upload with x-amz-acl (archiecobbs/s3backer issue 231).
export const notThere = (Header: string): AwsError => error('NotImplemented', { Header })

/** ExpectedBucketOwner of these: "the request fails with the HTTP status code 501 Not Implemented". */
const withoutExpectedOwner: ReadonlySet<string> = new Set([
  'DeleteBucket',
  ...['Put', 'Get', 'Delete'].flatMap((verb) => [`${verb}BucketPolicy`, `${verb}BucketEncryption`]),
])

/**
 * "This header returns the value NotImplemented in all responses for directory buckets."
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html x-amz-expiration
 */
export const shownExpiration = (bucket: BucketRecord): 'NotImplemented' | undefined =>
  isDirectory(bucket) ? 'NotImplemented' : undefined

/** @throws NotImplemented naming what directory buckets do not take */
export function refuseMembers(input: Readonly<Record<string, unknown>>): void {
  for (const [member, wire] of refusedMembers) if (input[member] !== undefined) throw notThere(wire)
}

/**
 * Refuses what a directory bucket does not have, and what the session that signed was not made for.
 * Assumed: codes, where AWS documents only that something is not supported.
 * @param zonal of a request signed with the credentials of CreateSession
 * @throws AwsError NotImplemented, AccessDenied, InvalidArgument
 */
export function screenDirectory(
  operation: string,
  input: Readonly<Record<string, unknown>>,
  bucket: BucketRecord,
  zonal: { bucketId: string; mode: string } | undefined,
): void {
  // What they have is what permissions exist for: data/actions.json.
  if (directoryActionOf(operation) === undefined) {
    throw error(
      'NotImplemented',
      { Operation: operation },
      { message: `Directory buckets do not support ${operation}.` },
    )
  }
  // Observed: SDKs told of an endpoint sign all they send to the bucket with the session, not only what is zonal.
  const isAllowed = zonal?.mode !== 'ReadOnly' || sessionModeOf(operation) === 'ReadOnly'
  if (zonal !== undefined && (zonal.bucketId !== bucket.id || !isAllowed)) {
    const what = isAllowed ? 'is for another bucket' : 'is ReadOnly'
    const reason = `session of a directory bucket: the session ${what}. Ask CreateSession for one of this bucket, with SessionMode ReadWrite where something is to be written.`
    throw error('AccessDenied', {}, { reason })
  }
  // "Only the empty tag-set is supported" for copies.
  refuseMembers(operation === 'CopyObject' && input.Tagging === '' ? { ...input, Tagging: undefined } : input)
  if (input.ExpectedBucketOwner !== undefined && withoutExpectedOwner.has(operation)) {
    throw notThere('x-amz-expected-bucket-owner')
  }
  if (operation === 'CopyObject' && input.AnnotationDirective === 'COPY')
    throw notThere('x-amz-object-annotation-directive')
  if (input.VersionId !== undefined && input.VersionId !== 'null') {
    throw error(
      'InvalidArgument',
      { ArgumentName: 'versionId', ArgumentValue: String(input.VersionId) },
      { message: 'Invalid version id specified' },
    )
  }
  if (operation === 'ListObjectsV2' || operation === 'ListMultipartUploads') checkListing(input)
}

/** Nothing but white space, or a control character other than tab, line feed and return. */
const badListedKey = /^\s*$|(?![\t\n\r])\p{Cc}/u

/**
 * Keys that DeleteObjects does not take there: "400 Bad Request error and none of the objects will be deleted".
 * Assumed: the code. @throws MalformedXML
 */
export function checkListedKeys(keys: readonly { Key: string }[]): void {
  if (keys.some(({ Key }) => badListedKey.test(Key))) throw error('MalformedXML')
}

/** Prefixes are folders there. Assumed: the texts, after those that clients quote. @throws InvalidRequest */
function checkListing({ Prefix, Delimiter }: Readonly<Record<string, unknown>>): void {
  const refuse = (message: string) => error('InvalidRequest', {}, { message })
  if (typeof Prefix === 'string' && Prefix !== '' && !Prefix.endsWith('/')) {
    throw refuse(
      "This bucket does not support a prefix that does not end in a delimiter. Specify a prefix that ends with '/' and try again.",
    )
  }
  if (typeof Delimiter === 'string' && Delimiter !== '' && Delimiter !== '/') {
    throw refuse("This bucket only supports '/' as a delimiter.")
  }
}
