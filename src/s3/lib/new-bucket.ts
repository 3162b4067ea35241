/** A bucket as it is born: what AWS gives a new one without being asked. */
import type { Config } from '../../config/config.ts'
import type { BucketRecord } from '../../store/records.ts'

export type NewBucket = Pick<BucketRecord, 'Name' | 'id' | 'region' | 'ownerId' | 'createdMs'>

/** The four public access blocks, on. */
export const blockEverything = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
}

/**
 * The record of a new bucket under the configured defaults: `aws` disables ACLs and blocks public access, as AWS does
 * since April 2023; `legacy` does neither.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
 */
export function newBucket(config: Pick<Config, 'bucketDefaults'>, bucket: NewBucket): BucketRecord {
  const legacy = config.bucketDefaults === 'legacy'
  return {
    ...bucket,
    type: 'general',
    // Observed: older buckets have no ownership controls, which acts as ObjectWriter (s3-tests test_create_bucket_no_ownership_controls).
    ...(legacy ? undefined : { ObjectOwnership: 'BucketOwnerEnforced' }),
    documents: legacy ? {} : { publicAccessBlock: { ...blockEverything } },
  }
}
