/**
 * ACLs that headers ask for, canned or grant by grant, and the owner and ACL of new objects. Grants are kept in the shape
 * of the model's `Grants`; what they permit is decided elsewhere, from the record.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
import type { Ctx } from '../../context.ts'
import { type AwsError, error } from '../../errors.ts'
import {
  allUsers,
  authenticatedUsers,
  execReadCanonicalId,
  expandCannedAcl,
  type Grant,
  logDelivery,
} from '../../policy/acl.ts'
import type { BucketRecord } from '../../store/records.ts'

export interface AclInput {
  ACL?: string | undefined
  GrantFullControl?: string | undefined
  GrantRead?: string | undefined
  GrantReadACP?: string | undefined
  GrantWrite?: string | undefined
  GrantWriteACP?: string | undefined
}

type Accounts = Pick<Ctx, 'account'>

const groups: ReadonlySet<string> = new Set([allUsers, authenticatedUsers, logDelivery])

const grantHeaders = [
  ['GrantFullControl', 'x-amz-grant-full-control', 'FULL_CONTROL'],
  ['GrantRead', 'x-amz-grant-read', 'READ'],
  ['GrantReadACP', 'x-amz-grant-read-acp', 'READ_ACP'],
  ['GrantWrite', 'x-amz-grant-write', 'WRITE'],
  ['GrantWriteACP', 'x-amz-grant-write-acp', 'WRITE_ACP'],
] as const

const invalid = (message: string, ArgumentName: string, ArgumentValue: string) =>
  error('InvalidArgument', { ArgumentName, ArgumentValue }, { message })

/** The canonical id of an account, which grants and owners are named by. Anonymous writers have no account. */
export const canonicalIdOf = (ctx: Accounts, accountId: string): string =>
  ctx.account(accountId)?.canonicalId ?? accountId

/**
 * A grantee named by canonical id.
 * @param name how the error calls the argument
 * @throws AwsError InvalidArgument when there is no such account
 */
export function granteeOfId(ctx: Accounts, id: string, name: string): { Type: string; ID: string } {
  const account = ctx.account(id)
  if (account === undefined && id !== execReadCanonicalId) throw invalid('Invalid id', name, id)
  return { Type: 'CanonicalUser', ID: account?.canonicalId ?? id }
}

/** @throws AwsError InvalidArgument for a URI that is no group of S3 */
export function granteeOfUri(uri: string, name: string): { Type: string; URI: string } {
  if (!groups.has(uri)) throw invalid('Invalid group uri', name, uri)
  return { Type: 'Group', URI: uri }
}

/** Grantees by e-mail are gone since October 2025. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Grantee.html */
export const emailRefusal = (): AwsError => error('MethodNotAllowed')

const grantItem = /^\s*([A-Za-z]+)\s*=\s*"?([^",]*)"?\s*$/

/** The grants of one x-amz-grant-* header: `id="CANONICAL", uri="GROUP"`. @throws AwsError InvalidArgument, MethodNotAllowed */
function parseGrantHeader(header: string, value: string, Permission: string, ctx: Accounts): Grant[] {
  return value.split(',').map((item) => {
    const [, kind, grantee] = grantItem.exec(item) ?? []
    if (kind === undefined || grantee === undefined) throw invalid('Argument format not recognized', header, value)
    if (kind === 'uri') return { Grantee: granteeOfUri(grantee, 'uri'), Permission }
    if (kind === 'id') return { Grantee: granteeOfId(ctx, grantee, 'id'), Permission }
    if (kind === 'emailAddress') throw emailRefusal()
    throw invalid('Argument format not recognized', header, value)
  })
}

/** The grants that an ACL's headers mean for a resource. */
export type AskedGrants = (target: { owner: string; bucketOwner: string }) => Grant[]

/**
 * What the ACL headers ask for; undefined when there are none. Explicit grants are stored as given: the owner's
 * FULL_CONTROL is not added (recorded, test_s3_object_acl).
 * @throws AwsError InvalidRequest (canned and explicit), InvalidArgument, MethodNotAllowed
 */
export function askedGrants(input: AclInput, resource: 'bucket' | 'object', ctx: Accounts): AskedGrants | undefined {
  const canned = input.ACL
  const given = grantHeaders.filter(([member]) => input[member] !== undefined)
  if (canned === undefined) {
    if (given.length === 0) return undefined
    const grants = given.flatMap(([member, header, permission]) =>
      parseGrantHeader(header, input[member] as string, permission, ctx),
    )
    return () => grants
  }
  if (given.length > 0) {
    throw error('InvalidRequest', {}, { message: 'Specifying both Canned ACLs and Header Grants is not allowed' })
  }
  const expand: AskedGrants = ({ owner, bucketOwner }) => {
    const grants = expandCannedAcl(canned, { resource, owner: { ID: owner }, bucketOwner: { ID: bucketOwner } })
    if (grants === undefined) throw invalid('', 'x-amz-acl', canned)
    return grants
  }
  // An unknown name is refused now, not when the grants are made.
  expand({ owner: '', bucketOwner: '' })
  return expand
}

/** Whether the grants are no more than the owner's own: nothing is stored for them. */
export function isOwnerOnly(grants: readonly Grant[], owner: string): boolean {
  const [grant, second] = grants
  return second === undefined && grant?.Grantee?.ID === owner && grant.Permission === 'FULL_CONTROL'
}

/** The ACL of a resource that is its owner's alone. */
export const ownersGrants = (owner: string): Grant[] => [
  { Grantee: { Type: 'CanonicalUser', ID: owner }, Permission: 'FULL_CONTROL' },
]

/** What new objects get besides their bytes: owner account and, unless it is just the owner's, the grants. */
export interface OwnedAcl {
  ownerId: string
  acl?: Grant[]
}

/**
 * Owner and ACL of a new object under the bucket's ownership setting. That public ACLs may be blocked has been looked at
 * before: authorization refuses them.
 * @throws AwsError AccessControlListNotSupported, InvalidArgument, InvalidRequest
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
export function newObjectAcl(input: AclInput, bucket: BucketRecord, ctx: Pick<Ctx, 'account' | 'principal'>): OwnedAcl {
  const asked = askedGrants(input, 'object', ctx)
  const ownerId = newOwner(input, bucket, ctx)
  if (asked === undefined) return { ownerId }
  if (bucket.ObjectOwnership === 'BucketOwnerEnforced') {
    // Observed: of the owner's account also what gives nobody else anything (recorded), of others this alone
    // (aws-cloudformation/rain#388, s3-tests test_create_bucket_bucket_owner_enforced).
    const isOwners = ctx.principal.accountId === bucket.ownerId
    const harmless =
      input.ACL === 'bucket-owner-full-control' ||
      (isOwners && (input.ACL === 'private' || input.ACL === 'bucket-owner-read'))
    if (!harmless) throw error('AccessControlListNotSupported')
    return { ownerId }
  }
  const owner = canonicalIdOf(ctx, ownerId)
  const grants = asked({ owner, bucketOwner: canonicalIdOf(ctx, bucket.ownerId) })
  return isOwnerOnly(grants, owner) ? { ownerId } : { ownerId, acl: grants }
}

function newOwner(input: AclInput, bucket: BucketRecord, ctx: Pick<Ctx, 'principal'>): string {
  const byBucket =
    bucket.ObjectOwnership === 'BucketOwnerEnforced' ||
    (bucket.ObjectOwnership === 'BucketOwnerPreferred' && input.ACL === 'bucket-owner-full-control')
  if (byBucket) return bucket.ownerId
  return ctx.principal.accountId || ctx.principal.canonicalId
}
