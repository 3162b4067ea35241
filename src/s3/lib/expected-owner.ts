/** The headers by which a caller says whose a bucket must be: x-amz-expected-bucket-owner and its twin for copy sources. */
import { error } from '../../errors.ts'
import type { BucketRecord } from '../../store/records.ts'

/**
 * @throws AwsError AccessDenied when the bucket is another account's; InvalidBucketOwnerAWSAccountID when the value is no
 * account id. Observed: the text with the value (recorded, test_get_bucket_policy_invalid_account_id).
 */
export function checkExpectedOwner(bucket: BucketRecord, expected: string | undefined): void {
  if (expected === undefined || expected === bucket.ownerId) return
  if (/^\d{12}$/.test(expected)) {
    const reason = `other owner: the bucket belongs to account ${bucket.ownerId}, and the request expects ${expected} (x-amz-expected-bucket-owner, or its twin for the source of a copy). Send the right account, or leave the header out.`
    throw error('AccessDenied', {}, { reason })
  }
  const message = `The value of the expected bucket owner parameter must be an AWS Account ID... [${expected}]`
  throw error('InvalidBucketOwnerAWSAccountID', {}, { message })
}
