/** ACL headers of a new bucket: which are refused, and the grants of those that are not. */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { BucketRecord } from '../../store/records.ts'
import { type AclInput, type Grant, parseGrantHeader } from './acl.ts'

const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers'
const authenticatedUsers = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers'
const logDelivery = 'http://acs.amazonaws.com/groups/s3/LogDelivery'
/** Canonical id that `aws-exec-read` lets read. */
const execReadId = '6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c'

const group = (URI: string, Permission: Grant['Permission']): Grant => ({ Grantee: { Type: 'Group', URI }, Permission })

/** What a canned ACL grants beside the owner's FULL_CONTROL. The two about objects mean nothing for buckets. */
const cannedGrants: ReadonlyMap<string, Grant[]> = new Map<string, Grant[]>([
  ['private', []],
  ['bucket-owner-read', []],
  ['bucket-owner-full-control', []],
  ['public-read', [group(allUsers, 'READ')]],
  ['public-read-write', [group(allUsers, 'READ'), group(allUsers, 'WRITE')]],
  ['authenticated-read', [group(authenticatedUsers, 'READ')]],
  ['log-delivery-write', [group(logDelivery, 'WRITE'), group(logDelivery, 'READ_ACP')]],
  ['aws-exec-read', [{ Grantee: { Type: 'CanonicalUser', ID: execReadId }, Permission: 'READ' }]],
])

const grantHeaders = [
  ['GrantFullControl', 'x-amz-grant-full-control', 'FULL_CONTROL'],
  ['GrantRead', 'x-amz-grant-read', 'READ'],
  ['GrantReadACP', 'x-amz-grant-read-acp', 'READ_ACP'],
  ['GrantWrite', 'x-amz-grant-write', 'WRITE'],
  ['GrantWriteACP', 'x-amz-grant-write-acp', 'WRITE_ACP'],
] as const

/** The grants the headers ask for, the owner's own included; undefined when they leave the bucket private. */
function askedGrants(input: AclInput, ctx: Pick<Ctx, 'account' | 'principal'>): Grant[] | undefined {
  const explicit = grantHeaders.flatMap(([member, header, permission]) => {
    const value = input[member]
    return value === undefined ? [] : parseGrantHeader(header, value, permission, ctx)
  })
  if (input.ACL === undefined) return explicit.length > 0 ? explicit : undefined
  if (explicit.length > 0) {
    throw error('InvalidRequest', {}, { message: 'Specifying both Canned ACLs and Header Grants is not allowed' })
  }
  const canned = cannedGrants.get(input.ACL)
  if (canned === undefined) {
    throw error('InvalidArgument', { ArgumentName: 'x-amz-acl', ArgumentValue: input.ACL }, { message: '' })
  }
  if (canned.length === 0) return undefined
  const owner: Grant = {
    Grantee: { Type: 'CanonicalUser', ID: ctx.principal.canonicalId },
    Permission: 'FULL_CONTROL',
  }
  return [owner, ...canned]
}

const isPublic = ({ Grantee }: Grant) => Grantee.URI === allUsers || Grantee.URI === authenticatedUsers

/**
 * The ACL of a new bucket, `undefined` when it is only the owner's.
 * @param bucket with the ownership and public access settings it will have
 * @throws InvalidRequest, InvalidArgument, InvalidBucketAclWithObjectOwnership, InvalidBucketAclWithBlockPublicAccessError
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
export function newBucketAcl(
  input: AclInput,
  bucket: BucketRecord,
  ctx: Pick<Ctx, 'account' | 'principal'>,
): Grant[] | undefined {
  const grants = askedGrants(input, ctx)
  if (grants === undefined) return undefined
  if (bucket.ObjectOwnership === 'BucketOwnerEnforced') throw error('InvalidBucketAclWithObjectOwnership')
  if (bucket.documents.publicAccessBlock !== undefined && grants.some(isPublic)) {
    throw error('InvalidBucketAclWithBlockPublicAccessError')
  }
  return grants
}

type Accounts = Pick<Ctx, 'account'>

function ownerGrant(bucket: BucketRecord, ctx: Accounts): Grant {
  const ID = ctx.account(bucket.ownerId)?.canonicalId ?? bucket.ownerId
  return { Grantee: { Type: 'CanonicalUser', ID }, Permission: 'FULL_CONTROL' }
}

/** Whether the bucket's ACL grants anything to anyone but its owner. */
export function grantsOthers(bucket: BucketRecord, ctx: Accounts): boolean {
  const { ID } = ownerGrant(bucket, ctx).Grantee
  return ((bucket.documents.acl ?? []) as Grant[]).some((grant) => grant.Grantee.ID !== ID)
}

/** The ACL in force: only the owner's where ACLs are off, without public grants where they are ignored. */
export function effectiveBucketAcl(bucket: BucketRecord, ctx: Accounts): Grant[] {
  const stored = bucket.documents.acl as Grant[] | undefined
  if (stored === undefined || bucket.ObjectOwnership === 'BucketOwnerEnforced') return [ownerGrant(bucket, ctx)]
  const block = bucket.documents.publicAccessBlock as { IgnorePublicAcls?: boolean } | undefined
  return block?.IgnorePublicAcls ? stored.filter((grant) => !isPublic(grant)) : stored
}
