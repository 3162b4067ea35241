/**
 * The directory kind of CreateBucket: its name tells its zone, and the configuration must agree.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import { nameMap } from '../lib/name-map.ts'
import type { CreateBucketRequest } from '../model/s3.types.gen.ts'
import type { BucketRecord } from '../store/records.ts'
import { checkNewBucketTags } from './lib/bucket-tags.ts'
import { refuseMembers, zoneOf } from './lib/directory-bucket.ts'
import { endpointRegion } from './lib/location.ts'
import { blockEverything } from './lib/new-bucket.ts'

const redundancies: Readonly<Record<string, string>> = nameMap({
  AvailabilityZone: 'SingleAvailabilityZone',
  LocalZone: 'SingleLocalZone',
})

/** Whether the request asks for a directory bucket. */
export function asksForDirectory({ CreateBucketConfiguration: wanted }: CreateBucketRequest): boolean {
  return wanted?.Location !== undefined || wanted?.Bucket !== undefined
}

/**
 * The record of the new bucket.
 * @throws InvalidBucketName, MalformedXML, NotImplemented (what directory buckets do not have). Assumed: which for what
 */
export function directoryBucketOf(input: CreateBucketRequest, ctx: Ctx): BucketRecord {
  const { Location, Bucket, Tags, LocationConstraint } = input.CreateBucketConfiguration ?? {}
  const { Type = '', Name } = Location ?? {}
  const redundancy = Object.hasOwn(redundancies, Type) ? redundancies[Type] : undefined
  const isComplete = Bucket?.Type === 'Directory' && redundancy !== undefined && Bucket.DataRedundancy === redundancy
  if (!isComplete || Name === undefined || LocationConstraint !== undefined) throw error('MalformedXML')
  if (zoneOf(input.Bucket) !== Name) throw error('InvalidBucketName', { BucketName: input.Bucket })
  refuseMembers({ ...input })
  const tags = checkNewBucketTags(Tags)
  return {
    Name: input.Bucket,
    // Short, because it is in the row key of every object.
    id: ctx.ids.uploadId().slice(0, 16),
    region: endpointRegion(ctx),
    ownerId: ctx.principal.accountId,
    createdMs: ctx.clock.now(),
    type: 'directory',
    ObjectOwnership: 'BucketOwnerEnforced',
    documents: {
      location: { Type, Name },
      publicAccessBlock: { ...blockEverything },
      ...(tags !== undefined && { tagging: { TagSet: tags } }),
    },
  }
}
