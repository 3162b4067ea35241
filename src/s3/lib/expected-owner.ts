/** The headers by which a caller says whose a bucket must be: x-amz-expected-bucket-owner and its twin for copy sources. */
import { error } from '../../errors.ts'
import type { BucketRecord } from '../../store/records.ts'

/**
 * @throws AwsError AccessDenied when the bucket is another account's; InvalidBucketOwnerAWSAccountID when the value is no
 * account id. Observed: the text with the value (recorded, test_get_bucket_policy_invalid_account_id).
 */
export function checkExpectedOwner(bucket: BucketRecord, expected: string | undefined): void {
  if (expected === undefined || expected === bucket.ownerId) return
  if (/^\d{12}$/.test(expected)) throw error('AccessDenied')
  const message = `The value of the expected bucket owner parameter must be an AWS Account ID... [${expected}]`
  throw error('InvalidBucketOwnerAWSAccountID', {}, { message })
}
