/**
 * Buckets as a whole: listing, looking at and removing them. Creation is in create-bucket.ts.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/creating-buckets-s3.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type {
  GetBucketLocationOutput,
  HeadBucketOutput,
  ListBucketsOutput,
  ListBucketsRequest,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { BucketRecord } from '../store/records.ts'
import { decodeToken, encodeToken } from './lib/continuation-token.ts'
import { directoryArn, isDirectory, locationOf } from './lib/directory-bucket.ts'
import { wholeSeconds } from './lib/listing.ts'
import { isRegion } from './lib/location.ts'
import { owner } from './lib/owner.ts'

/** AWS answers at most this many buckets at once. */
const maxBuckets = 10_000
const batch = 1000

const arnOf = (name: string) => `arn:aws:s3:::${name}`

/** @throws InvalidArgument for max-buckets, bucket-region or a token that is not ours */
function readPage(input: ListBucketsRequest, ctx: Ctx): { limit: number; after: string | undefined } {
  const { MaxBuckets, BucketRegion, ContinuationToken } = input
  if (MaxBuckets !== undefined && (MaxBuckets < 1 || MaxBuckets > maxBuckets)) {
    // Assumed: text, after that of the other limits, because none is recorded.
    throw error(
      'InvalidArgument',
      { ArgumentName: 'max-buckets', ArgumentValue: MaxBuckets },
      { message: `Argument max-buckets must be an integer between 1 and ${maxBuckets}` },
    )
  }
  if (BucketRegion !== undefined && !isRegion(ctx, BucketRegion)) {
    throw error(
      'InvalidArgument',
      { ArgumentName: 'bucket-region' },
      { message: `Argument value ${BucketRegion} is not a valid AWS Region` },
    )
  }
  // Observed: an empty token is none (recorded, test_list_buckets_when_continuation_token_is_empty).
  if (!ContinuationToken) return { limit: MaxBuckets ?? maxBuckets, after: undefined }
  const after = decodeToken('buckets', ctx.principal.accountId, ContinuationToken)
  if (after === undefined) {
    throw error(
      'InvalidArgument',
      { ArgumentName: 'continuation-token' },
      { message: 'The continuation token provided is incorrect' },
    )
  }
  return { limit: MaxBuckets ?? maxBuckets, after }
}

/** Up to `limit` buckets of the caller in name order, from the first after `after`. */
async function ownBuckets(
  ctx: Ctx,
  input: ListBucketsRequest,
  after: string | undefined,
  limit: number,
): Promise<BucketRecord[]> {
  const found: BucketRecord[] = []
  let position = after
  for (;;) {
    const page = await ctx.store.buckets.list({
      ...(input.Prefix !== undefined && { prefix: input.Prefix }),
      ...(position !== undefined && { after: position }),
      limit: batch,
    })
    for (const bucket of page) {
      if (isDirectory(bucket) || bucket.ownerId !== ctx.principal.accountId) continue
      if (input.BucketRegion !== undefined && bucket.region !== input.BucketRegion) continue
      found.push(bucket)
      if (found.length === limit) return found
    }
    if (page.length < batch) return found
    position = page.at(-1)?.Name
  }
}

function describeDirectory(bucket: BucketRecord): HeadBucketOutput {
  const { Type, Name } = locationOf(bucket)
  return {
    BucketArn: directoryArn(bucket),
    BucketLocationType: Type,
    BucketLocationName: Name,
    BucketRegion: bucket.region,
    AccessPointAlias: false,
    ContentType: 'application/xml',
  }
}

/** Directory buckets are kept while uploads are in progress. @throws BucketNotEmpty */
async function refuseWithUploads(ctx: Ctx): Promise<void> {
  const { entries } = await ctx.store.uploads.list(ctx.bucket, { limit: 1 })
  if (entries.length > 0) throw error('BucketNotEmpty', { BucketName: ctx.bucket.Name })
}

export const bucket = {
  async ListBuckets(input, ctx): Promise<ListBucketsOutput> {
    const { limit, after } = readPage(input, ctx)
    const found = await ownBuckets(ctx, input, after, limit + 1)
    const page = found.slice(0, limit)
    const last = found.length > limit ? page.at(-1) : undefined
    // Observed: the region is shown only when some parameter is given (recorded, test_delete_bucket_with_content and the listing tests).
    const isPaged = [input.MaxBuckets, input.ContinuationToken, input.Prefix, input.BucketRegion].some(
      (parameter) => parameter !== undefined,
    )
    return {
      Buckets: page.map((record) => ({
        Name: record.Name,
        CreationDate: wholeSeconds(record.createdMs),
        BucketRegion: isPaged ? record.region : undefined,
        BucketArn: arnOf(record.Name),
      })),
      Owner: owner(ctx, ctx.principal.accountId),
      ContinuationToken: last && encodeToken('buckets', ctx.principal.accountId, last.Name),
      Prefix: input.Prefix,
    }
  },

  HeadBucket(_input, ctx): HeadBucketOutput {
    if (isDirectory(ctx.bucket)) return describeDirectory(ctx.bucket)
    return {
      BucketArn: arnOf(ctx.bucket.Name),
      BucketRegion: ctx.bucket.region,
      AccessPointAlias: false,
      ContentType: 'application/xml',
    }
  },

  async DeleteBucket(_input, ctx) {
    const { Name, versioning } = ctx.bucket
    if (isDirectory(ctx.bucket)) await refuseWithUploads(ctx)
    const outcome = await ctx.store.buckets.delete(Name)
    if (outcome === 'missing') throw error('NoSuchBucket', { BucketName: Name })
    if (outcome === 'deleted') return
    const message = 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.'
    throw error('BucketNotEmpty', { BucketName: Name }, versioning === undefined ? {} : { message })
  },

  GetBucketLocation(_input, ctx): GetBucketLocationOutput {
    const { region, documents } = ctx.bucket
    if (typeof documents.locationConstraint === 'string') return { LocationConstraint: documents.locationConstraint }
    return { LocationConstraint: region === 'us-east-1' ? undefined : region }
  },
} satisfies Partial<S3Handlers>
