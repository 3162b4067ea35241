/**
 * Who pays for requests. Nothing is charged here; the setting decides who must acknowledge that they would pay.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html
 */
import { error } from '../errors.ts'
import type { GetBucketRequestPaymentOutput, S3Handlers } from '../model/s3.types.gen.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'

export const requestPayment = {
  /** @throws AwsError MalformedXML (recorded, test_s3_request_payer_exceptions) */
  async PutBucketRequestPayment(input, ctx): Promise<void> {
    const { Payer } = input.RequestPaymentConfiguration
    if (Payer !== 'BucketOwner' && Payer !== 'Requester') throw error('MalformedXML')
    await changeBucket(ctx, (bucket) => withDocument(bucket, 'requestPayment', { Payer }))
  },

  GetBucketRequestPayment(_input, ctx): GetBucketRequestPaymentOutput {
    const stored = ctx.bucket.documents.requestPayment as GetBucketRequestPaymentOutput | undefined
    return stored ?? { Payer: 'BucketOwner' }
  },
} satisfies Partial<S3Handlers>
