/** What tests of server-side encryption share: keys, refusals, shorthands. */
import { createHash } from 'node:crypto'
import type { Config, KmsKeyConfig } from '../../src/config/config.ts'
import { handlers } from '../../src/s3/index.ts'
import { owner, type Refusal, stranger, type World, withWorld } from './support.ts'

export const Bucket = 'bucket'
export const argument = 'x-amz-server-side-encryption'
export const arnOf = (id: string, region = 'us-east-1') => `arn:aws:kms:${region}:${owner.id}:key/${id}`
export const kmsKey = (id: string, more: Partial<KmsKeyConfig> = {}): KmsKeyConfig => ({
  id,
  aliases: [],
  state: 'Enabled',
  accountId: owner.id,
  region: undefined,
  ...more,
})
export const config: Partial<Config> = {
  allowSseCOverHttp: true,
  minPartSizeBytes: 0,
  kmsKeys: [
    kmsKey('one', { aliases: ['alias/one'] }),
    kmsKey('two'),
    kmsKey('off', { state: 'Disabled' }),
    kmsKey('dying', { state: 'PendingDeletion' }),
    kmsKey('abroad', { region: 'us-west-2' }),
    kmsKey('theirs', { accountId: stranger.id }),
  ],
}
export const inWorld =
  (run: (w: World) => Promise<void>, changes: Partial<Config> = {}) =>
  () =>
    withWorld(
      handlers,
      async (w) => {
        await w.bucket()
        await run(w)
      },
      { ...config, ...changes },
    )

export const missingMD5 =
  'Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key.'
export const arg = (message: string, ArgumentValue?: string): Refusal => ({
  message,
  status: 400,
  fields: { ArgumentName: argument, ArgumentValue },
})

/** The members of a request that carry a customer's key. */
export function customer(text: string) {
  const key = Buffer.from(text)
  return {
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  }
}
// The keys of TestS3SSECEncryption.
export const key1 = customer('1234567890abcdef1234567890abcdef')
export const key2 = customer('abcdef1234567890abcdef1234567890')
export const shownKey1 = { SSECustomerAlgorithm: 'AES256', SSECustomerKeyMD5: 'JMwgiexXqwuPqIPjYFmIZQ==' }
export const sourceKey = (key: typeof key1) => ({
  CopySourceSSECustomerAlgorithm: key.SSECustomerAlgorithm,
  CopySourceSSECustomerKey: key.SSECustomerKey,
  CopySourceSSECustomerKeyMD5: key.SSECustomerKeyMD5,
})
export const kms = (SSEKMSKeyId?: string) => ({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId })

export function shown(output: object): Record<string, unknown> {
  const picked = Object.entries(output).filter(
    ([name, value]) => /^(ServerSide|SSE|BucketKey)/.test(name) && value !== undefined,
  )
  return Object.fromEntries(picked)
}
export const head = (w: World, Key = 'key', more = {}) => w.call('HeadObject', { Bucket, Key, ...more })
export const copy = (w: World, more = {}) =>
  w.call('CopyObject', { Bucket, Key: 'copy', CopySource: 'bucket/key', ...more })
export const withDefault = (w: World, ApplyServerSideEncryptionByDefault: object | undefined, more = {}) =>
  w.call('PutBucketEncryption', {
    Bucket,
    ServerSideEncryptionConfiguration: {
      Rules: [
        { ApplyServerSideEncryptionByDefault: ApplyServerSideEncryptionByDefault as { SSEAlgorithm: string }, ...more },
      ],
    },
  })
export const missingKey =
  'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.'
export const wrongKey =
  'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.'
export const notApplicable = 'The encryption parameters are not applicable to this object.'
