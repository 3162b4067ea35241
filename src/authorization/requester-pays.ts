/**
 * Requester pays: in such buckets others than the owner must say that they know, and anonymous callers cannot.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
 */
import { header, type WireRequest } from '../http/wire.ts'
import type { Principal } from '../context.ts'
import type { BucketRecord } from '../store/records.ts'
import { memberOf } from './tags.ts'

/** Whether a request to this bucket is at the caller's charge: then it must be acknowledged, and the answer says so. */
export function isCharged(bucket: BucketRecord | undefined, principal: Principal): boolean {
  const requestPayment = bucket?.documents.requestPayment
  if (bucket === undefined || requestPayment === undefined || memberOf(requestPayment, 'Payer') !== 'Requester')
    return false
  return principal.accountId !== bucket.ownerId
}

/** Whether the request carries x-amz-request-payer, as a header or, presigned, in the query. */
export function acknowledges(request: WireRequest): boolean {
  if (header(request, 'x-amz-request-payer') === 'requester') return true
  return /(?:^|&)x-amz-request-payer=requester(?:&|$)/i.test(request.rawQuery)
}
