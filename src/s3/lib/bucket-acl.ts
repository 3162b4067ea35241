/** ACLs of buckets: that of a new one, and whom the stored one lets in. */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import { type Grant, isPublicAcl } from '../../policy/acl.ts'
import type { BucketRecord } from '../../store/records.ts'
import { type AclInput, askedGrants, canonicalIdOf, isOwnerOnly } from './acl.ts'

/**
 * The ACL of a new bucket, `undefined` when it is only the owner's.
 * @param bucket with the ownership and public access settings it will have
 * @throws InvalidRequest, InvalidArgument, InvalidBucketAclWithObjectOwnership, InvalidBucketAclWithBlockPublicAccessError
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
export function newBucketAcl(input: AclInput, bucket: BucketRecord, ctx: Pick<Ctx, 'account'>): Grant[] | undefined {
  const owner = canonicalIdOf(ctx, bucket.ownerId)
  const grants = askedGrants(input, 'bucket', ctx)?.({ owner, bucketOwner: owner })
  if (grants === undefined || isOwnerOnly(grants, owner)) return undefined
  if (bucket.ObjectOwnership === 'BucketOwnerEnforced') throw error('InvalidBucketAclWithObjectOwnership')
  if (bucket.documents.publicAccessBlock !== undefined && isPublicAcl(grants)) {
    throw error('InvalidBucketAclWithBlockPublicAccessError')
  }
  return grants
}

/** Whether the bucket's ACL grants anything to anyone but its owner. */
export function grantsOthers(bucket: BucketRecord, ctx: Pick<Ctx, 'account'>): boolean {
  const owner = canonicalIdOf(ctx, bucket.ownerId)
  return ((bucket.documents.acl ?? []) as Grant[]).some((grant) => grant.Grantee?.ID !== owner)
}
