/**
 * Bucket configurations that are a document: stored, returned, removed. One row per operation; what a row needs beyond
 * that is beside the table. Reads of what cannot be configured yet answer as AWS does for a bucket without it, which is
 * the truth; writes that would have no effect have no row (see not-implemented.ts).
 * Observed: codes and texts of "not configured" (recorded); AWS names the bucket in all of them.
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { ErrorCode } from '../error-table.ts'
import type {
  GetBucketLifecycleConfigurationOutput,
  GetBucketLoggingOutput,
  GetBucketOwnershipControlsOutput,
  GetBucketReplicationOutput,
  GetBucketWebsiteOutput,
  GetPublicAccessBlockOutput,
  NotificationConfiguration,
  PublicAccessBlockConfiguration,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { BucketRecord } from '../store/records.ts'
import { grantsOthers } from './lib/bucket-acl.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'

type Read<T> = (input: unknown, ctx: Ctx) => T
type Change = (input: unknown, ctx: Ctx) => Promise<void>

/** Answers the stored document, or the error of a bucket that has none. */
const orError =
  <T>(kind: string, missing: ErrorCode): Read<T> =>
  (_input, ctx) => {
    const document = ctx.bucket.documents[kind]
    if (document === undefined) throw error(missing, { BucketName: ctx.bucket.Name })
    return document as T
  }

/** Answers the stored document, or what AWS shows for a bucket that has none. */
const orDefault =
  <T>(kind: string, unset: T): Read<T> =>
  (_input, ctx) =>
    (ctx.bucket.documents[kind] ?? unset) as T

/** Removes the document; removing none is fine (recorded, all CRUD tests). */
const remove =
  (kind: string): Change =>
  (_input, ctx) =>
    changeBucket(ctx, (bucket) => withDocument(bucket, kind, undefined))

function withOwnership(bucket: BucketRecord, ownership: BucketRecord['ObjectOwnership'], ctx: Ctx): BucketRecord {
  if (ownership === 'BucketOwnerEnforced' && grantsOthers(bucket, ctx)) {
    throw error('InvalidBucketAclWithObjectOwnership')
  }
  const { ObjectOwnership: _before, ...rest } = bucket
  return ownership === undefined ? rest : { ...rest, ObjectOwnership: ownership }
}

const ownerships = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const
const blocks = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const

/** Settings left out are off. @throws InvalidRequest when all are */
function completeBlock(input: PublicAccessBlockConfiguration): PublicAccessBlockConfiguration {
  if (blocks.every((name) => input[name] === undefined)) {
    throw error('InvalidRequest', {}, { message: 'Must specify at least one configuration.' })
  }
  return Object.fromEntries(blocks.map((name) => [name, input[name] ?? false]))
}

export const bucketDocuments = {
  GetPublicAccessBlock(input, ctx): GetPublicAccessBlockOutput {
    return { PublicAccessBlockConfiguration: readPublicAccessBlock(input, ctx) }
  },
  PutPublicAccessBlock(input, ctx) {
    const block = completeBlock(input.PublicAccessBlockConfiguration)
    return changeBucket(ctx, (bucket) => withDocument(bucket, 'publicAccessBlock', block))
  },
  DeletePublicAccessBlock: remove('publicAccessBlock'),

  GetBucketOwnershipControls(_input, ctx): GetBucketOwnershipControlsOutput {
    const { Name, ObjectOwnership } = ctx.bucket
    if (ObjectOwnership === undefined) throw error('OwnershipControlsNotFoundError', { BucketName: Name })
    return { OwnershipControls: { Rules: [{ ObjectOwnership }] } }
  },
  PutBucketOwnershipControls(input, ctx) {
    const [rule, second] = input.OwnershipControls.Rules
    const ownership = ownerships.find((name) => name === rule?.ObjectOwnership)
    if (ownership === undefined || second !== undefined) throw error('MalformedXML')
    return changeBucket(ctx, (bucket) => withOwnership(bucket, ownership, ctx))
  },
  DeleteBucketOwnershipControls: (_input, ctx) => changeBucket(ctx, (bucket) => withOwnership(bucket, undefined, ctx)),

  GetBucketLifecycleConfiguration: orError<GetBucketLifecycleConfigurationOutput>(
    'lifecycle',
    'NoSuchLifecycleConfiguration',
  ),
  GetBucketLogging: orDefault<GetBucketLoggingOutput>('logging', {}),
  // Observed: the code (Terraform's AWS provider and CloudTrail records rely on it). Assumed: that both generations share it.
  GetBucketMetadataConfiguration: orError<Record<string, never>>('metadata', 'MetadataConfigurationNotFound'),
  GetBucketMetadataTableConfiguration: orError<Record<string, never>>('metadataTable', 'MetadataConfigurationNotFound'),
  GetBucketNotificationConfiguration: orDefault<NotificationConfiguration>('notification', {}),
  GetBucketReplication: orError<GetBucketReplicationOutput>('replication', 'ReplicationConfigurationNotFoundError'),
  GetBucketWebsite: orError<GetBucketWebsiteOutput>('website', 'NoSuchWebsiteConfiguration'),

  DeleteBucketLifecycle: remove('lifecycle'),
  DeleteBucketReplication: remove('replication'),
  DeleteBucketWebsite: remove('website'),

  // Configurations by id, of which a bucket may have many. It has none yet.
  GetBucketAnalyticsConfiguration: orError<Record<string, never>>('analytics', 'NoSuchConfiguration'),
  GetBucketIntelligentTieringConfiguration: orError<Record<string, never>>('tiering', 'NoSuchConfiguration'),
  GetBucketInventoryConfiguration: orError<Record<string, never>>('inventory', 'NoSuchConfiguration'),
  GetBucketMetricsConfiguration: orError<Record<string, never>>('metrics', 'NoSuchConfiguration'),
  DeleteBucketAnalyticsConfiguration: orError<undefined>('analytics', 'NoSuchConfiguration'),
  DeleteBucketIntelligentTieringConfiguration: orError<undefined>('tiering', 'NoSuchConfiguration'),
  DeleteBucketInventoryConfiguration: orError<undefined>('inventory', 'NoSuchConfiguration'),
  DeleteBucketMetricsConfiguration: orError<undefined>('metrics', 'NoSuchConfiguration'),
  ListBucketAnalyticsConfigurations: () => ({ IsTruncated: false }),
  ListBucketIntelligentTieringConfigurations: () => ({ IsTruncated: false }),
  ListBucketInventoryConfigurations: () => ({ IsTruncated: false }),
  ListBucketMetricsConfigurations: () => ({ IsTruncated: false }),
} satisfies Partial<S3Handlers>

const readPublicAccessBlock = orError<PublicAccessBlockConfiguration>(
  'publicAccessBlock',
  'NoSuchPublicAccessBlockConfiguration',
)
