/**
 * May this principal do this? The one place every service asks. Root keys may do everything in their own account,
 * anonymous callers nothing; identity, bucket and session policies join here.
 */
import type { Principal } from './context.ts'
import { error } from './errors.ts'
import type { BucketRecord } from './store/records.ts'

/**
 * @param bucket the addressed bucket; undefined for operations of the service level (ListBuckets, CreateBucket)
 * @throws AwsError AccessDenied
 */
export function authorize(principal: Principal, bucket: BucketRecord | undefined): void {
  if (principal.kind === 'root' && (bucket === undefined || bucket.ownerId === principal.accountId)) return
  throw error('AccessDenied')
}
