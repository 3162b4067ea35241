/**
 * Transfer Acceleration: a bucket that has it enabled answers at its accelerate endpoint, `BUCKET.s3-accelerate.HOST`. It
 * is no faster here, but a client that uses it works, and one that uses it too early is told so.
 * Observed: rules and texts of the configuration (recorded, TestS3BucketAccelerateConfiguration); the other texts are those
 * of the list of error codes, written alike.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
import { type AwsError, error } from '../errors.ts'
import type { GetBucketAccelerateConfigurationOutput, S3Handlers } from '../model/s3.types.gen.ts'
import type { BucketRecord } from '../store/records.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'

/** `documents` key of the configuration, in the shape of the model's AccelerateConfiguration. */
const accelerateDocument = 'accelerate'

const refusal = (reason: string): AwsError =>
  error('InvalidRequest', {}, { message: `S3 Transfer Acceleration ${reason}` })

const stateOf = ({ documents }: BucketRecord): GetBucketAccelerateConfigurationOutput =>
  documents[accelerateDocument] ?? {}

/**
 * Whether a request that came by an accelerate endpoint may: it names its bucket in the host, and the bucket has it enabled.
 * @param bucket undefined: the request addresses none
 * @throws InvalidRequest
 */
export function checkAccelerated(style: 'path' | 'virtual-host', bucket: BucketRecord | undefined): void {
  if (style === 'path' || bucket === undefined) throw refusal('endpoint only supports virtual style requests')
  const { Status } = stateOf(bucket)
  if (Status === undefined) throw refusal('is not configured on this bucket')
  if (Status !== 'Enabled') throw refusal('is disabled on this bucket')
}

export const accelerate = {
  async PutBucketAccelerateConfiguration(input, ctx) {
    const { Status } = input.AccelerateConfiguration
    if (ctx.bucket.Name.includes('.')) throw refusal('is not supported for buckets with periods (.) in their names')
    if (Status !== 'Enabled' && Status !== 'Suspended') throw error('MalformedXML')
    await changeBucket(ctx, (bucket) => withDocument(bucket, accelerateDocument, { Status }))
  },

  GetBucketAccelerateConfiguration: (_input, ctx) => stateOf(ctx.bucket),
} satisfies Partial<S3Handlers>
