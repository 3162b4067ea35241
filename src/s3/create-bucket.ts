/**
 * CreateBucket: name, region, ownership and ACL rules, and what happens when the name is taken.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { CreateBucketOutput, CreateBucketRequest, S3Handlers } from '../model/s3.types.gen.ts'
import type { BucketRecord } from '../store/records.ts'
import { checkBucketName, isRegionalName } from './bucket-name.ts'
import { asksForDirectory, directoryBucketOf } from './create-directory-bucket.ts'
import { directoryArn } from './lib/directory-bucket.ts'
import { newBucketAcl } from './lib/bucket-acl.ts'
import { checkNewBucketTags } from './lib/bucket-tags.ts'
import { bucketUrl, endpointRegion, isAwsRegion, isRegion } from './lib/location.ts'
import { newBucket } from './lib/new-bucket.ts'

interface Place {
  region: string
  /** What GetBucketLocation answers where it is not the region: `EU`. */
  constraint?: string
}

const illegal = (constraint: string) =>
  error(
    'IllegalLocationConstraintException',
    {},
    {
      message: `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    },
  )

/**
 * Where a new bucket goes. The endpoint of us-east-1 takes every region but its own name; the others only themselves.
 * Observed: all texts (recorded, test_different_location_constraint and the tests of invalid and EU constraints); an empty
 * element names no region (versity/versitygw#1645).
 * The JavaScript SDK v2 and minio-java send `us-east-1` to every endpoint that is not AWS's own: that is refused under
 * `--region-strict` only.
 * @throws IllegalLocationConstraintException, InvalidLocationConstraint
 */
function placeOf(ctx: Ctx, constraint: string | undefined): Place {
  const endpoint = endpointRegion(ctx)
  const regional = endpoint !== 'us-east-1' && isAwsRegion(endpoint)
  if (constraint === undefined || (constraint === '' && regional)) {
    // Only a client that names another region gets this; a server configured for one is not stricter than its clients.
    if (regional && ctx.auth.region === endpoint) throw illegal('unspecified')
    return { region: endpoint }
  }
  const place: Place = constraint === 'EU' ? { region: 'eu-west-1', constraint } : { region: constraint }
  if (regional) {
    if (place.region !== endpoint) throw illegal(constraint)
  } else if (!isRegion(ctx, place.region)) throw invalidConstraint(constraint)
  else if (endpoint === 'us-east-1' && constraint === endpoint) {
    if (ctx.config.regionStrict) throw invalidConstraint(constraint)
    const message =
      'AWS refuses the location constraint us-east-1 with InvalidLocationConstraint: leave it out for buckets there'
    ctx.log.warn({ id: ctx.requestId }, message)
  }
  return place
}

const invalidConstraint = (constraint: string) => error('InvalidLocationConstraint', { LocationConstraint: constraint })

const ownerships = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const

function ownershipOf(header: string | undefined): BucketRecord['ObjectOwnership'] {
  if (header === undefined) return undefined
  const ownership = ownerships.find((name) => name === header)
  if (ownership !== undefined) return ownership
  throw error(
    'InvalidArgument',
    { ArgumentName: 'x-amz-object-ownership' },
    { message: `Invalid x-amz-object-ownership header: ${header}` },
  )
}

/**
 * A bucket in the account's own namespace of a region has a name that ends so, and a header that says so.
 * Observed: MissingNamespaceHeader (ansible-collections/amazon.aws#2935), InvalidNamespaceHeader (aws-controllers-k8s/s3-controller#213;
 * its words in getmoto/moto#9871). Assumed: another value of the header is refused as one of x-amz-object-ownership is.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
 * @throws AwsError MissingNamespaceHeader, InvalidNamespaceHeader, InvalidArgument
 */
function checkNamespace(namespace: string | undefined, { Name, ownerId, region }: BucketRecord): void {
  const header = 'x-amz-bucket-namespace'
  if (namespace === undefined || namespace === 'global') {
    if (isRegionalName(Name)) throw error('MissingNamespaceHeader', { Header: header })
    return
  }
  if (namespace !== 'account-regional') {
    const message = `Invalid ${header} header: ${namespace}`
    throw error('InvalidArgument', { ArgumentName: header, ArgumentValue: namespace }, { message })
  }
  const suffix = `-${ownerId}-${region}-an`
  if (Name.endsWith(suffix) && Name.length > suffix.length) return
  const message = `The requested bucket name did not include the account-regional namespace suffix, but the provided ${header} header value is account-regional. Specify ${suffix} as the bucket name suffix to create a bucket in your account-regional namespace, or remove the header.`
  throw error('InvalidNamespaceHeader', { Header: header }, { message })
}

function bucketOf(input: CreateBucketRequest, ctx: Ctx): BucketRecord {
  const place = placeOf(ctx, input.CreateBucketConfiguration?.LocationConstraint)
  const bucket = newBucket(ctx.config, {
    Name: input.Bucket,
    // Short, because it is in the row key of every object.
    id: ctx.ids.uploadId().slice(0, 16),
    region: place.region,
    ownerId: ctx.principal.accountId,
    createdMs: ctx.clock.now(),
  })
  const ownership = ownershipOf(input.ObjectOwnership)
  if (ownership !== undefined) bucket.ObjectOwnership = ownership
  const acl = newBucketAcl(input, bucket, ctx)
  if (acl !== undefined) bucket.documents.acl = acl
  const tags = checkNewBucketTags(input.CreateBucketConfiguration?.Tags)
  if (tags !== undefined) bucket.documents.tagging = { TagSet: tags }
  if (place.constraint !== undefined) bucket.documents.locationConstraint = place.constraint
  if (input.ObjectLockEnabledForBucket) {
    bucket.objectLockEnabled = true
    bucket.versioning = 'Enabled'
  }
  return bucket
}

/**
 * The name is taken: fine only for the owner, in us-east-1 and without tags; the ACL is then that of the new request.
 * Observed: recorded, test_create_bucket_with_existing_name and test_create_bucket_with_tags_us_east_1_idempotency.
 * @throws BucketAlreadyExists, BucketAlreadyOwnedByYou
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html#API_CreateBucket_Errors
 */
async function createAgain(wanted: BucketRecord, ctx: Ctx): Promise<void> {
  const taken = await ctx.store.buckets.get(wanted.Name)
  if (taken?.ownerId !== wanted.ownerId) throw error('BucketAlreadyExists', { BucketName: wanted.Name })
  const isIdempotent = endpointRegion(ctx) === 'us-east-1' && taken.region === 'us-east-1'
  if (!isIdempotent || wanted.documents.tagging !== undefined) {
    throw error('BucketAlreadyOwnedByYou', { BucketName: wanted.Name })
  }
  if (taken.documents.acl === undefined && wanted.documents.acl === undefined) return
  await ctx.store.buckets.update(wanted.Name, (bucket) => {
    const { acl: _replaced, ...documents } = bucket.documents
    return { ...bucket, documents: wanted.documents.acl ? { ...documents, acl: wanted.documents.acl } : documents }
  })
}

async function createDirectory(input: CreateBucketRequest, ctx: Ctx): Promise<CreateBucketOutput> {
  const bucket = directoryBucketOf(input, ctx)
  if (!(await ctx.store.buckets.create(bucket))) {
    const taken = await ctx.store.buckets.get(bucket.Name)
    const code = taken?.ownerId === bucket.ownerId ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists'
    throw error(code, { BucketName: bucket.Name })
  }
  return { Location: `${bucketUrl(ctx, bucket.Name, 'virtual-host')}/`, BucketArn: directoryArn(bucket) }
}

export const createBucket = {
  async CreateBucket(input, ctx): Promise<CreateBucketOutput> {
    if (asksForDirectory(input)) return createDirectory(input, ctx)
    checkBucketName(input.Bucket)
    const bucket = bucketOf(input, ctx)
    checkNamespace(input.BucketNamespace, bucket)
    if (!(await ctx.store.buckets.create(bucket))) await createAgain(bucket, ctx)
    const isLocal = bucket.region === 'us-east-1' && endpointRegion(ctx) === 'us-east-1'
    return {
      // Observed: both forms (recorded, test_create_bucket_head_bucket).
      Location: isLocal ? `/${bucket.Name}` : `${bucketUrl(ctx, bucket.Name, 'virtual-host')}/`,
      BucketArn: `arn:aws:s3:::${bucket.Name}`,
    }
  },
} satisfies Partial<S3Handlers>
