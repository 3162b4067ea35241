/** A bucket's encryption configuration as writes read it. */
import type { ServerSideEncryptionConfiguration, ServerSideEncryptionRule } from '../../model/s3.types.gen.ts'
import type { BucketRecord } from '../../store/records.ts'

/** `documents` key of the configuration, in the shape of the model's ServerSideEncryptionConfiguration. */
export const encryptionDocument = 'encryption'

export interface DefaultEncryption {
  SSEAlgorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  KMSMasterKeyID: string | undefined
  BucketKeyEnabled: boolean
}

function ruleOf(bucket: BucketRecord): ServerSideEncryptionRule | undefined {
  const configuration = bucket.documents[encryptionDocument] as ServerSideEncryptionConfiguration | undefined
  return configuration?.Rules[0]
}

/** What the bucket prescribes for writes that say nothing; undefined: nothing but what is always done (SSE-S3). */
export function defaultEncryption(bucket: BucketRecord): DefaultEncryption | undefined {
  const rule = ruleOf(bucket)
  const byDefault = rule?.ApplyServerSideEncryptionByDefault
  if (byDefault === undefined) return undefined
  return {
    SSEAlgorithm: byDefault.SSEAlgorithm as DefaultEncryption['SSEAlgorithm'],
    KMSMasterKeyID: byDefault.KMSMasterKeyID,
    BucketKeyEnabled: rule?.BucketKeyEnabled === true,
  }
}

/** Whether uploads with customers' keys are refused. */
export function blocksCustomerKeys(bucket: BucketRecord): boolean {
  return ruleOf(bucket)?.BlockedEncryptionTypes?.EncryptionType?.includes('SSE-C') === true
}
