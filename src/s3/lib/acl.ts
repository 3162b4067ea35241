/**
 * ACL headers of writes: who owns the new object and which grants it carries. Grants are kept in the shape of the
 * model's `Grants`; enforcement reads them from the record.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { BucketRecord } from '../../store/records.ts'

export interface AclInput {
  ACL?: string | undefined
  GrantFullControl?: string | undefined
  GrantRead?: string | undefined
  GrantReadACP?: string | undefined
  GrantWrite?: string | undefined
  GrantWriteACP?: string | undefined
}

export interface Grantee {
  Type: 'CanonicalUser' | 'Group'
  ID?: string
  URI?: string
}
export interface Grant {
  Grantee: Grantee
  Permission: 'FULL_CONTROL' | 'READ' | 'READ_ACP' | 'WRITE' | 'WRITE_ACP'
}

const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers'
const authenticatedUsers = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers'
const logDelivery = 'http://acs.amazonaws.com/groups/s3/LogDelivery'
const groups: ReadonlySet<string> = new Set([allUsers, authenticatedUsers, logDelivery])
/** Canonical id that `aws-exec-read` lets read (EC2's bundle service). */
const execReadId = '6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c'

const grantHeaders = [
  ['GrantFullControl', 'x-amz-grant-full-control', 'FULL_CONTROL'],
  ['GrantRead', 'x-amz-grant-read', 'READ'],
  ['GrantReadACP', 'x-amz-grant-read-acp', 'READ_ACP'],
  ['GrantWrite', 'x-amz-grant-write', 'WRITE'],
  ['GrantWriteACP', 'x-amz-grant-write-acp', 'WRITE_ACP'],
] as const

const group = (URI: string, Permission: Grant['Permission']): Grant => ({ Grantee: { Type: 'Group', URI }, Permission })
const user = (ID: string, Permission: Grant['Permission']): Grant => ({
  Grantee: { Type: 'CanonicalUser', ID },
  Permission,
})

/** What a canned ACL grants beside the owner's FULL_CONTROL; undefined for an unknown name. */
function cannedGrants(name: string, bucketOwnerId: string): Grant[] | undefined {
  if (name === 'private') return []
  if (name === 'public-read') return [group(allUsers, 'READ')]
  if (name === 'public-read-write') return [group(allUsers, 'READ'), group(allUsers, 'WRITE')]
  if (name === 'authenticated-read') return [group(authenticatedUsers, 'READ')]
  if (name === 'aws-exec-read') return [user(execReadId, 'READ')]
  if (name === 'bucket-owner-read') return [user(bucketOwnerId, 'READ')]
  if (name === 'bucket-owner-full-control') return [user(bucketOwnerId, 'FULL_CONTROL')]
  return undefined
}

const invalid = (message: string, ArgumentName: string, ArgumentValue: string) =>
  error('InvalidArgument', { ArgumentName, ArgumentValue }, { message })

const grantItem = /^\s*([A-Za-z]+)\s*=\s*"?([^",]*)"?\s*$/

/**
 * The grants of one x-amz-grant-* header: `id="CANONICAL", uri="GROUP"`.
 * @throws AwsError InvalidArgument, MethodNotAllowed (grantees by e-mail, which AWS refuses since October 2025)
 */
export function parseGrantHeader(
  header: string,
  value: string,
  permission: Grant['Permission'],
  ctx: Pick<Ctx, 'account'>,
): Grant[] {
  return value.split(',').map((item) => {
    const [, kind, grantee] = grantItem.exec(item) ?? []
    if (kind === undefined || grantee === undefined) throw invalid('Argument format not recognized', header, value)
    if (kind === 'uri') {
      if (!groups.has(grantee)) throw invalid('Invalid group uri', 'uri', grantee)
      return group(grantee, permission)
    }
    if (kind === 'id') {
      const account = ctx.account(grantee)
      if (account === undefined && grantee !== execReadId) throw invalid('Invalid id', 'id', grantee)
      return user(account?.canonicalId ?? grantee, permission)
    }
    if (kind === 'emailAddress') throw error('MethodNotAllowed')
    throw invalid('Argument format not recognized', header, value)
  })
}

/** What new objects get besides their bytes: owner account and, unless it is just the owner's, the grants. */
export interface OwnedAcl {
  ownerId: string
  acl?: Grant[]
}

/**
 * Owner and ACL of a new object under the bucket's ownership setting.
 * @throws AwsError AccessControlListNotSupported, AccessDenied (public access block), InvalidArgument, InvalidRequest
 */
export function newObjectAcl(input: AclInput, bucket: BucketRecord, ctx: Pick<Ctx, 'account' | 'principal'>): OwnedAcl {
  const grantsGiven = grantHeaders.some(([member]) => input[member] !== undefined)
  if (input.ACL === undefined && !grantsGiven) return { ownerId: newOwner(input, bucket, ctx) }
  if (input.ACL !== undefined && grantsGiven) {
    throw error('InvalidRequest', {}, { message: 'Specifying both Canned ACLs and Header Grants is not allowed' })
  }
  const bucketOwner = ctx.account(bucket.ownerId)?.canonicalId ?? bucket.ownerId
  const canned = input.ACL === undefined ? undefined : cannedGrants(input.ACL, bucketOwner)
  if (input.ACL !== undefined && canned === undefined) throw invalid('', 'x-amz-acl', input.ACL)
  if (bucket.ObjectOwnership === 'BucketOwnerEnforced') {
    const harmless =
      input.ACL === 'private' || input.ACL === 'bucket-owner-read' || input.ACL === 'bucket-owner-full-control'
    if (!harmless) throw error('AccessControlListNotSupported')
    return { ownerId: bucket.ownerId }
  }
  const ownerId = newOwner(input, bucket, ctx)
  const owner = ctx.account(ownerId)?.canonicalId ?? ctx.principal.canonicalId
  const grants = canned === undefined ? headerGrants(input, ctx) : withOwner(owner, canned)
  if (blocksPublicAcls(bucket) && grants.some(isPublic)) throw error('AccessDenied')
  const ownerOnly = canned !== undefined && grants.length === 1
  return ownerOnly ? { ownerId } : { ownerId, acl: grants }
}

/** Explicit grants are stored as given; the owner's FULL_CONTROL is not added. Observed: recorded, test_s3_object_acl. */
function headerGrants(input: AclInput, ctx: Pick<Ctx, 'account'>): Grant[] {
  return grantHeaders.flatMap(([member, header, permission]) => {
    const value = input[member]
    return value === undefined ? [] : parseGrantHeader(header, value, permission, ctx)
  })
}

function withOwner(owner: string, others: Grant[]): Grant[] {
  return [user(owner, 'FULL_CONTROL'), ...others.filter((grant) => grant.Grantee.ID !== owner)]
}

function newOwner(input: AclInput, bucket: BucketRecord, ctx: Pick<Ctx, 'principal'>): string {
  const byBucket =
    bucket.ObjectOwnership === 'BucketOwnerEnforced' ||
    (bucket.ObjectOwnership === 'BucketOwnerPreferred' && input.ACL === 'bucket-owner-full-control')
  if (byBucket) return bucket.ownerId
  return ctx.principal.accountId || ctx.principal.canonicalId
}

const isPublic = ({ Grantee }: Grant) => Grantee.URI === allUsers || Grantee.URI === authenticatedUsers

function blocksPublicAcls(bucket: BucketRecord): boolean {
  const block = bucket.documents.publicAccessBlock as { BlockPublicAcls?: boolean } | undefined
  return block?.BlockPublicAcls === true
}
