/**
 * The versioning state of a bucket. Once on it can be suspended, never removed.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
 */
import { error } from '../errors.ts'
import type { GetBucketVersioningOutput, S3Handlers } from '../model/s3.types.gen.ts'
import type { BucketRecord } from '../store/records.ts'
import { changeBucket } from './lib/change-bucket.ts'

function isStatus(status: string): status is 'Enabled' | 'Suspended' {
  return status === 'Enabled' || status === 'Suspended'
}

function withStatus(bucket: BucketRecord, status: 'Enabled' | 'Suspended'): BucketRecord {
  if (status === 'Suspended' && bucket.objectLockEnabled) {
    throw error(
      'InvalidBucketState',
      {},
      {
        message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
      },
    )
  }
  return { ...bucket, versioning: status }
}

export const versioning = {
  async PutBucketVersioning(input, ctx) {
    const { Status, MFADelete } = input.VersioningConfiguration
    if (Status === undefined) throw error('IllegalVersioningConfigurationException')
    if (!isStatus(Status)) throw error('MalformedXML')
    if (MFADelete === 'Enabled' || input.MFA !== undefined) throw mfaNotSupported()
    await changeBucket(ctx, (bucket) => withStatus(bucket, Status))
  },

  GetBucketVersioning(_input, ctx): GetBucketVersioningOutput {
    return { Status: ctx.bucket.versioning }
  },
} satisfies Partial<S3Handlers>

/** MFA delete needs an account with an MFA device; without one it cannot be verified, so it is refused rather than ignored. */
const mfaNotSupported = () =>
  error(
    'NotImplemented',
    { Header: 'x-amz-mfa' },
    { message: 'MFA delete is not implemented: this account has no MFA device' },
  )
