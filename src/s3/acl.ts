/**
 * ACLs of buckets and objects as documents.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type {
  AccessControlPolicy,
  GetBucketAclOutput,
  GetObjectAclOutput,
  PutObjectAclOutput,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import { type Grant, withoutPublicGrants } from '../policy/acl.ts'
import { type AclInput, type AskedGrants, askedGrants, canonicalIdOf, isOwnerOnly, ownersGrants } from './lib/acl.ts'
import { readAclDocument } from './lib/acl-document.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'
import { findObject } from './lib/find-object.ts'
import { owner } from './lib/owner.ts'
import { updateObject } from './lib/update-object.ts'
import { shownVersionId } from './lib/version-id.ts'

interface PutAclInput extends AclInput {
  AccessControlPolicy?: AccessControlPolicy | undefined
}

/**
 * What a request wants, checked as far as can be without the resource: headers or a document, not both.
 * Observed: codes and texts (recorded, test_s3_bucket_acl_exceptions).
 * @throws MissingSecurityHeader, UnexpectedContent, and what the headers or the document deserve
 */
const otherOwner =
  'other owner: the Owner of an ACL cannot be changed. Send the Owner that GetObjectAcl or GetBucketAcl shows.'

function readRequest(input: PutAclInput, resource: 'bucket' | 'object', ctx: Ctx): AskedGrants {
  const asked = askedGrants(input, resource, ctx)
  if (input.AccessControlPolicy === undefined) {
    if (asked === undefined) throw error('MissingSecurityHeader', { MissingHeaderName: 'x-amz-acl' })
    return asked
  }
  if (asked !== undefined) throw error('UnexpectedContent')
  const document = readAclDocument(input.AccessControlPolicy, ctx)
  return (target) => {
    // Assumed: the code, because AWS documents only that the owner cannot be changed.
    if (document.owner !== target.owner) throw error('AccessDenied', {}, { reason: otherOwner })
    return document.grants
  }
}

/** ACLs are off. Observed: after the request has been checked (recorded, in buckets with owner enforcement). */
function requireAcls({ bucket }: Ctx): void {
  if (bucket.ObjectOwnership === 'BucketOwnerEnforced') throw error('AccessControlListNotSupported')
}

/** The grants in force, as Get*Acl shows them: only the owner's where ACLs are off, no public ones where those are ignored. */
async function shownGrants(stored: unknown, ownerId: string, ctx: Ctx): Promise<Grant[]> {
  const { bucket } = ctx
  if (stored === undefined || bucket.ObjectOwnership === 'BucketOwnerEnforced') {
    return ownersGrants(canonicalIdOf(ctx, ownerId))
  }
  const block = await ctx.access.publicAccessBlock(bucket)
  return block.IgnorePublicAcls === true ? withoutPublicGrants(stored as Grant[]) : (stored as Grant[])
}

export const acl = {
  async GetBucketAcl(_input, ctx): Promise<GetBucketAclOutput> {
    const { ownerId, documents } = ctx.bucket
    return { Owner: owner(ctx, ownerId), Grants: await shownGrants(documents.acl, ownerId, ctx) }
  },

  async PutBucketAcl(input, ctx) {
    const asked = readRequest(input, 'bucket', ctx)
    requireAcls(ctx)
    await changeBucket(ctx, (bucket) => {
      const bucketOwner = canonicalIdOf(ctx, bucket.ownerId)
      const grants = asked({ owner: bucketOwner, bucketOwner })
      return withDocument(bucket, 'acl', isOwnerOnly(grants, bucketOwner) ? undefined : grants)
    })
  },

  async GetObjectAcl(input, ctx): Promise<GetObjectAclOutput> {
    const record = await findObject(ctx, input)
    // Owner enforcement makes every object the bucket owner's, whoever wrote it before.
    const ownerId = ctx.bucket.ObjectOwnership === 'BucketOwnerEnforced' ? ctx.bucket.ownerId : record.ownerId
    return {
      Owner: owner(ctx, ownerId),
      Grants: await shownGrants(record.acl, ownerId, ctx),
      VersionId: shownVersionId(ctx.bucket, record),
    }
  },

  async PutObjectAcl(input, ctx): Promise<PutObjectAclOutput> {
    const asked = readRequest(input, 'object', ctx)
    requireAcls(ctx)
    const bucketOwner = canonicalIdOf(ctx, ctx.bucket.ownerId)
    const updated = await updateObject(ctx, input, (record) => {
      const objectOwner = canonicalIdOf(ctx, record.ownerId)
      const grants = asked({ owner: objectOwner, bucketOwner })
      const { acl: _before, ...rest } = record
      return isOwnerOnly(grants, objectOwner) ? rest : { ...rest, acl: grants }
    })
    return { VersionId: shownVersionId(ctx.bucket, updated) }
  },
} satisfies Partial<S3Handlers>
