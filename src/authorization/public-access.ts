/** The effective settings of Block Public Access: those of the bucket and of its owner's account together. */
import type { EffectiveBlock } from '../context.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { BucketRecord } from '../store/records.ts'

export type PublicAccessBlock = EffectiveBlock

/** The settings of an account; undefined when it has none. */
export type AccountBlockSource = (accountId: string) => MaybePromise<PublicAccessBlock | undefined>

const nothing: PublicAccessBlock = Object.freeze({})

/** A setting is on when either has it on. */
export function effectiveBlock(bucket: BucketRecord, account: PublicAccessBlock | undefined): PublicAccessBlock {
  const own = bucket.documents.publicAccessBlock as PublicAccessBlock | undefined
  if (account === undefined) return own ?? nothing
  if (own === undefined) return account
  return {
    BlockPublicAcls: own.BlockPublicAcls === true || account.BlockPublicAcls === true,
    IgnorePublicAcls: own.IgnorePublicAcls === true || account.IgnorePublicAcls === true,
    BlockPublicPolicy: own.BlockPublicPolicy === true || account.BlockPublicPolicy === true,
    RestrictPublicBuckets: own.RestrictPublicBuckets === true || account.RestrictPublicBuckets === true,
  }
}
