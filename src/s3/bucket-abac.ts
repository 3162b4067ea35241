/**
 * Whether a bucket's tags are condition keys (attribute-based access control).
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAbac.html
 */
import { error } from '../errors.ts'
import type { GetBucketAbacOutput, S3Handlers } from '../model/s3.types.gen.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'

export const bucketAbac = {
  /** @throws AwsError MalformedXML */
  async PutBucketAbac(input, ctx): Promise<void> {
    const { Status } = input.AbacStatus
    if (Status !== 'Enabled' && Status !== 'Disabled') throw error('MalformedXML')
    await changeBucket(ctx, (bucket) => withDocument(bucket, 'abac', { AbacStatus: { Status } }))
  },

  /** Assumed: a bucket that never had the setting shows it as off. */
  GetBucketAbac(_input, ctx): GetBucketAbacOutput {
    const stored = ctx.bucket.documents.abac as GetBucketAbacOutput | undefined
    return stored ?? { AbacStatus: { Status: 'Disabled' } }
  },
} satisfies Partial<S3Handlers>
