/** What refuses a request beside its permissions: public ACLs that are blocked, and requesters who do not say that they pay. */
import { type AwsError, error } from '../errors.ts'
import { bucketArn } from '../lib/arn.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { plainDenial, publicAccessMessage } from '../policy/message.ts'
import { requiredActions } from '../policy/require.ts'
import type { BucketRecord } from '../store/records.ts'
import type { Asked } from './asked.ts'
import type { AuthorizationDeps } from './decision.ts'
import { hasAcls } from './object-state.ts'
import { effectiveBlock } from './public-access.ts'
import { asksForPublicAcl, checksAcl } from './public-acls.ts'
import { acknowledges, isCharged } from './requester-pays.ts'
import { tellTolerated } from './settle.ts'

/** A refusal for another reason than policies, written down with that reason. */
export function refusal({ entry }: Asked, message: string, reason: string): AwsError {
  entry.refuse(reason)
  return error('AccessDenied', {}, { message })
}

/** @throws AwsError AccessDenied */
export function refusePublicAcl(asked: Asked, deps: AuthorizationDeps): MaybePromise<void> {
  const { operation, maybeBucket: bucket, input } = asked
  if (bucket === undefined || !checksAcl(operation, hasAcls(bucket)) || !asksForPublicAcl(input)) return undefined
  return refuseIfBlocked(asked, bucket, deps)
}

/** Of a request that asks for a public ACL. @throws AwsError AccessDenied */
async function refuseIfBlocked(asked: Asked, bucket: BucketRecord, deps: AuthorizationDeps): Promise<void> {
  const { operation, input, principal } = asked
  const block = effectiveBlock(bucket, await deps.accountBlock(bucket.ownerId))
  if (block.BlockPublicAcls !== true) return
  const [pair] = requiredActions(operation === 'PostObject' ? 'PutObject' : operation, input)
  if (pair === undefined) return
  const message = publicAccessMessage({ principal, ...pair }, 'BlockPublicAcls')
  const reason =
    'BlockPublicAcls: the bucket or its account refuses public ACLs. Leave the ACL out, or turn BlockPublicAcls off (PutPublicAccessBlock).'
  throw refusal(asked, message, reason)
}

/** Requester pays. Observed: a plain AccessDenied. @throws AwsError AccessDenied */
export function refuseUnpaid(asked: Asked, bucket: BucketRecord, deps: AuthorizationDeps): void {
  const { principal, request } = asked
  if (!isCharged(bucket, principal)) return
  if (principal.kind !== 'anonymous' && acknowledges(request)) return
  const reason = 'requester pays: the request has to say so with x-amz-request-payer: requester, and be signed.'
  const { soft } = deps
  if (soft === undefined) throw refusal(asked, plainDenial, reason)
  asked.entry.refuse(reason, true)
  tellTolerated(asked, { action: asked.operation, resource: bucketArn(bucket.Name), reason }, soft)
}
