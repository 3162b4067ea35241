/** Bucket policies ready for decisions: compiled once for each bucket record, as the store hands it out. */
import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts'
import { parsePolicy } from '../policy/parse.ts'
import { bucketArn } from '../lib/arn.ts'
import type { BucketRecord } from '../store/records.ts'

/** How a bucket's `policy` document is stored. */
export interface StoredPolicy {
  /** Normalised. */
  text: string
  /** Unique ids of the users and roles it names, by ARN, as they were when it was stored. */
  uniqueIds: Readonly<Record<string, string>>
}

/** The stored policy of a bucket. */
export function storedPolicy(bucket: BucketRecord): StoredPolicy | undefined {
  return bucket.documents.policy as StoredPolicy | undefined
}

const compiled = new WeakMap<StoredPolicy, CompiledPolicy>()

/** The policy of a bucket, compiled on its first use. */
export function bucketPolicyOf(bucket: BucketRecord): CompiledPolicy | undefined {
  const stored = storedPolicy(bucket)
  if (stored === undefined) return undefined
  let policy = compiled.get(stored)
  if (policy === undefined) {
    policy = compileStored(bucket.Name, stored)
    compiled.set(stored, policy)
  }
  return policy
}

/** A stored policy, which has been valid when it was put. */
export function compileStored(bucket: string, { text, uniqueIds }: StoredPolicy): CompiledPolicy {
  const parsed = parsePolicy(text)
  if (parsed === undefined) throw new Error(`the stored policy of bucket ${bucket} is not JSON`)
  return compilePolicy(parsed.document, { source: bucketArn(bucket), uniqueIds })
}
