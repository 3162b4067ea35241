/**
 * Access control lists: canned ones as grants, what makes them public, and which actions a grant reaches. Grants only ever
 * add permission. They count in buckets without owner enforcement.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
import { nameMap } from '../lib/name-map.ts'
import type { Caller } from './principals.ts'

/** As in the model of S3. */
export interface Grantee {
  Type: string
  ID?: string | undefined
  URI?: string | undefined
  DisplayName?: string | undefined
  EmailAddress?: string | undefined
}
export interface Grant {
  Grantee?: Grantee | undefined
  /** READ, WRITE, READ_ACP, WRITE_ACP or FULL_CONTROL. */
  Permission?: string | undefined
}

export const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers'
export const authenticatedUsers = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers'
export const logDelivery = 'http://acs.amazonaws.com/groups/s3/LogDelivery'
/** The account behind the canned ACL aws-exec-read. */
export const execReadCanonicalId = '6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c'

/** Whose resource a canned ACL is for. */
export interface CannedAclTarget {
  resource: 'bucket' | 'object'
  owner: { ID: string; DisplayName?: string | undefined }
  bucketOwner: { ID: string; DisplayName?: string | undefined }
}

const canonicalUser = (user: { ID: string; DisplayName?: string | undefined }): Grantee => ({
  Type: 'CanonicalUser',
  ID: user.ID,
  ...(user.DisplayName === undefined ? {} : { DisplayName: user.DisplayName }),
})
const group = (URI: string): Grantee => ({ Type: 'Group', URI })

/** What a canned ACL grants beside the owner's FULL_CONTROL. */
const cannedGrants: Readonly<Record<string, (target: CannedAclTarget) => Grant[]>> = nameMap({
  private: () => [],
  'public-read': () => [{ Grantee: group(allUsers), Permission: 'READ' }],
  'public-read-write': () => [
    { Grantee: group(allUsers), Permission: 'READ' },
    { Grantee: group(allUsers), Permission: 'WRITE' },
  ],
  'authenticated-read': () => [{ Grantee: group(authenticatedUsers), Permission: 'READ' }],
  // Observed: objects take it too (recorded against AWS).
  'aws-exec-read': () => [{ Grantee: { Type: 'CanonicalUser', ID: execReadCanonicalId }, Permission: 'READ' }],
  'bucket-owner-read': (target) => forBucketOwner(target, 'READ'),
  'bucket-owner-full-control': (target) => forBucketOwner(target, 'FULL_CONTROL'),
  // For buckets: the model's list of an object's canned ACLs is without it.
  'log-delivery-write': () => [
    { Grantee: group(logDelivery), Permission: 'WRITE' },
    { Grantee: group(logDelivery), Permission: 'READ_ACP' },
  ],
})

/** Of interest for objects of another account than the bucket's; ignored on buckets. */
function forBucketOwner({ resource, owner, bucketOwner }: CannedAclTarget, Permission: string): Grant[] {
  if (resource === 'bucket' || owner.ID === bucketOwner.ID) return []
  return [{ Grantee: canonicalUser(bucketOwner), Permission }]
}

/** The grants of a canned ACL, the owner's first; undefined for an unknown name. */
export function expandCannedAcl(name: string, target: CannedAclTarget): Grant[] | undefined {
  const further = cannedGrants[name]?.(target)
  return further && [{ Grantee: canonicalUser(target.owner), Permission: 'FULL_CONTROL' }, ...further]
}

const isPublicGrant = ({ Grantee }: Grant) => Grantee?.URI === allUsers || Grantee?.URI === authenticatedUsers

/** Whether an ACL is public as Block Public Access means it: it grants anything to AllUsers or AuthenticatedUsers. */
export function isPublicAcl(grants: readonly Grant[]): boolean {
  return grants.some(isPublicGrant)
}

/** The grants that count, and that Get*Acl shows, under IgnorePublicAcls. */
export function withoutPublicGrants(grants: readonly Grant[]): Grant[] {
  return grants.filter((grant) => !isPublicGrant(grant))
}

/** The grants of the bucket and object that a request is about. */
export interface AclSide {
  bucket?: readonly Grant[] | undefined
  /**
   * `missing` when the key was looked up and is not there: the bucket's READ then decides whether its absence may be
   * told, as nothing else could.
   */
  object?: readonly Grant[] | 'missing' | undefined
  /** The object's owner (account id; canonical id of who has none), where only its own objects may be deleted. */
  owner?: string | undefined
}

interface Reach {
  on: 'bucket' | 'object'
  permission: string
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#acl-access-policy-permission-mapping */
const reaches: ReadonlyMap<string, Reach> = new Map([
  ['s3:ListBucket', { on: 'bucket', permission: 'READ' }],
  ['s3:ListBucketVersions', { on: 'bucket', permission: 'READ' }],
  ['s3:ListBucketMultipartUploads', { on: 'bucket', permission: 'READ' }],
  ['s3:PutObject', { on: 'bucket', permission: 'WRITE' }],
  // "Allows grantee to create new objects in the bucket. For the bucket and object owners of existing objects, also allows
  // deletions" (API_CreateBucket, API_PutObjectAcl). Assumed: what is not there may be deleted, too.
  ['s3:DeleteObject', { on: 'bucket', permission: 'WRITE' }],
  ['s3:GetBucketAcl', { on: 'bucket', permission: 'READ_ACP' }],
  ['s3:PutBucketAcl', { on: 'bucket', permission: 'WRITE_ACP' }],
  ['s3:GetObject', { on: 'object', permission: 'READ' }],
  ['s3:GetObjectVersion', { on: 'object', permission: 'READ' }],
  ['s3:GetObjectTorrent', { on: 'object', permission: 'READ' }],
  ['s3:GetObjectVersionTorrent', { on: 'object', permission: 'READ' }],
  ['s3:GetObjectAcl', { on: 'object', permission: 'READ_ACP' }],
  ['s3:GetObjectVersionAcl', { on: 'object', permission: 'READ_ACP' }],
  ['s3:PutObjectAcl', { on: 'object', permission: 'WRITE_ACP' }],
  ['s3:PutObjectVersionAcl', { on: 'object', permission: 'WRITE_ACP' }],
])

/** How a grant reaches the caller: as everyone, as (any or this) account, or not at all. */
export type AclClass = 'everyone' | 'account' | undefined

/** As owner of objects: the account, or who has none. */
const ownIdOf = (caller: Caller): string | undefined => caller.accountId || caller.canonicalId

/** The widest way in which the ACLs grant an action to the caller. */
export function aclClassOf(action: string, acls: AclSide, caller: Caller, ignorePublic: boolean): AclClass {
  const reach = reaches.get(action)
  if (reach === undefined) return undefined
  if (action === 's3:DeleteObject' && acls.owner !== undefined && acls.owner !== ownIdOf(caller)) return undefined
  if (reach.on === 'bucket') return widest(acls.bucket, reach.permission, caller, ignorePublic)
  if (acls.object !== 'missing') return widest(acls.object, reach.permission, caller, ignorePublic)
  return reach.permission === 'READ' ? widest(acls.bucket, 'READ', caller, ignorePublic) : undefined
}

function widest(grants: readonly Grant[] | undefined, permission: string, caller: Caller, ignore: boolean): AclClass {
  let found: AclClass
  for (const grant of grants ?? []) {
    if (grant.Permission !== permission && grant.Permission !== 'FULL_CONTROL') continue
    if (ignore && isPublicGrant(grant)) continue
    if (grant.Grantee?.URI === allUsers) return 'everyone'
    if (reachesCaller(grant, caller)) found = 'account'
  }
  return found
}

function reachesCaller({ Grantee }: Grant, caller: Caller): boolean {
  if (Grantee === undefined || caller.kind === 'anonymous') return false
  if (caller.kind === 'service') {
    return Grantee.URI === logDelivery && caller.services?.includes('logging.s3.amazonaws.com') === true
  }
  if (Grantee.URI === authenticatedUsers) return true
  return Grantee.ID !== undefined && Grantee.ID !== '' && Grantee.ID === caller.canonicalId
}
