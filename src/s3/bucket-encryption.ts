/**
 * The default encryption of a bucket and the encryption types it blocks. Writes obey it (`lib/encryption.ts`).
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
 */
import { error } from '../errors.ts'
import type { GetBucketEncryptionOutput, S3Handlers, ServerSideEncryptionRule } from '../model/s3.types.gen.ts'
import { encryptionDocument } from './lib/bucket-encryption.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'

const sseS3 = { SSEAlgorithm: 'AES256' } as const
/**
 * What a bucket shows that has no configuration of its own (recorded, test_s3_default_bucket_encryption).
 * Gap: for buckets made since April 2026 AWS adds BlockedEncryptionTypes SSE-C unless the account has used SSE-C before;
 * here every account counts as one that has.
 */
const unset: GetBucketEncryptionOutput = {
  ServerSideEncryptionConfiguration: {
    Rules: [{ ApplyServerSideEncryptionByDefault: sseS3, BucketKeyEnabled: false }],
  },
}
const methods: readonly string[] = ['AES256', 'aws:kms', 'aws:kms:dsse']
const blockable: readonly string[] = ['SSE-C', 'NONE']

/**
 * The rule as it is stored. Key ids are not looked up before they are used, as AWS says.
 * @throws MalformedXML, InvalidArgument (recorded, test_s3_default_bucket_encryption_exc)
 */
function completeRule(rules: ServerSideEncryptionRule[]): ServerSideEncryptionRule {
  const [rule, second] = rules
  if (rule === undefined || second !== undefined) throw error('MalformedXML')
  const { ApplyServerSideEncryptionByDefault: given = sseS3, BucketKeyEnabled = false } = rule
  if (!methods.includes(given.SSEAlgorithm)) throw error('MalformedXML')
  if ('KMSMasterKeyID' in given && given.KMSMasterKeyID !== undefined && given.SSEAlgorithm === 'AES256') {
    throw error(
      'InvalidArgument',
      { ArgumentName: 'ApplyServerSideEncryptionByDefault' },
      {
        message: 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
      },
    )
  }
  const complete: ServerSideEncryptionRule = { ApplyServerSideEncryptionByDefault: given, BucketKeyEnabled }
  const blocked = rule.BlockedEncryptionTypes?.EncryptionType ?? []
  if (!blocked.every((type) => blockable.includes(type))) throw error('MalformedXML')
  // Assumed: one or the other, since NONE unblocks all.
  if (blocked.length > 1 && blocked.includes('NONE')) throw error('MalformedXML')
  if (blocked.length > 0) complete.BlockedEncryptionTypes = { EncryptionType: blocked }
  return complete
}

export const bucketEncryption = {
  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html */
  GetBucketEncryption(_input, ctx): GetBucketEncryptionOutput {
    const stored = ctx.bucket.documents[encryptionDocument]
    if (stored === undefined) return unset
    return {
      ServerSideEncryptionConfiguration: stored as GetBucketEncryptionOutput['ServerSideEncryptionConfiguration'],
    }
  },

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html */
  async PutBucketEncryption(input, ctx) {
    const document = { Rules: [completeRule(input.ServerSideEncryptionConfiguration.Rules)] }
    await changeBucket(ctx, (bucket) => withDocument(bucket, encryptionDocument, document))
  },

  /** Removing none is fine (recorded, test_s3_default_bucket_encryption). */
  DeleteBucketEncryption: (_input, ctx) =>
    changeBucket(ctx, (bucket) => withDocument(bucket, encryptionDocument, undefined)),
} satisfies Partial<S3Handlers>
