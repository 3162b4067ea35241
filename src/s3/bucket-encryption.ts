/**
 * The default encryption of a bucket and the encryption types it blocks. Writes obey it (`lib/encryption.ts`).
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { GetBucketEncryptionOutput, S3Handlers, ServerSideEncryptionRule } from '../model/s3.types.gen.ts'
import { encryptionDocument } from './lib/bucket-encryption.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'
import { isDirectory } from './lib/directory-bucket.ts'
import { requestedKmsKey } from './lib/kms.ts'

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

/** `documents` key of the KMS key that a directory bucket has had first, an ARN. */
const firstKeyDocument = 'firstKmsKey'

/**
 * Default encryption of a directory bucket: AES256 or aws:kms, with one and the same customer managed key for the
 * bucket's lifetime, named by id or ARN, looked up at once; bucket keys are always on.
 * Assumed: codes and texts, because AWS documents only the rules (API_PutBucketEncryption.html, "Directory buckets").
 * @throws InvalidArgument, InvalidRequest, KMS.NotFoundException
 */
function directoryRule(rule: ServerSideEncryptionRule, ctx: Ctx): { rule: ServerSideEncryptionRule; key?: string } {
  const { ApplyServerSideEncryptionByDefault: given = sseS3 } = rule
  const name = 'KMSMasterKeyID' in given ? given.KMSMasterKeyID : undefined
  if (given.SSEAlgorithm === 'AES256') return { rule: { ...rule, BucketKeyEnabled: true } }
  const refuse = (message: string) => error('InvalidRequest', {}, { message })
  if (given.SSEAlgorithm !== 'aws:kms') throw refuse('Directory buckets do not support dual-layer encryption.')
  if (name === undefined || /(^|:)alias\//.test(name)) {
    throw refuse('Directory buckets need a customer managed KMS key, by its id or ARN.')
  }
  const { arn } = requestedKmsKey(ctx, name)
  const first = ctx.bucket.documents[firstKeyDocument]
  if (first !== undefined && first !== arn) throw refuse('The KMS key of a directory bucket cannot be changed.')
  return { rule: { ...rule, BucketKeyEnabled: true }, key: arn }
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
    const complete = completeRule(input.ServerSideEncryptionConfiguration.Rules)
    const { rule, key } = isDirectory(ctx.bucket) ? directoryRule(complete, ctx) : { rule: complete }
    await changeBucket(ctx, (bucket) => {
      const changed = withDocument(bucket, encryptionDocument, { Rules: [rule] })
      return key === undefined ? changed : withDocument(changed, firstKeyDocument, key)
    })
  },

  /** Removing none is fine (recorded, test_s3_default_bucket_encryption). */
  DeleteBucketEncryption: (_input, ctx) =>
    changeBucket(ctx, (bucket) => withDocument(bucket, encryptionDocument, undefined)),
} satisfies Partial<S3Handlers>
