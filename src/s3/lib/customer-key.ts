/**
 * Keys that customers bring (SSE-C): reading the three headers of a request, and holding them against an object.
 * Observed: texts and fields (recorded, TestS3SSECEncryption); the argument named is always x-amz-server-side-encryption.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
 */
import { createHash } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { isRememberedKey } from '../../encryption/customer-key.ts'
import { type AwsError, error } from '../../errors.ts'
import type { EncryptionRecord } from '../../store/records.ts'

export interface CustomerKeyInput {
  SSECustomerAlgorithm?: string | undefined
  SSECustomerKey?: string | undefined
  SSECustomerKeyMD5?: string | undefined
}

export interface CopySourceKeyInput {
  CopySourceSSECustomerAlgorithm?: string | undefined
  CopySourceSSECustomerKey?: string | undefined
  CopySourceSSECustomerKeyMD5?: string | undefined
}

/** A key as it came with a request, checked for its form. */
export interface CustomerKey {
  /** Of a read of any length: it then is a wrong key. */
  key: Buffer
  /** Base64. */
  md5: string
}

const ArgumentName = 'x-amz-server-side-encryption'
const keyBytes = 32

const invalid = (message: string): AwsError => error('InvalidArgument', { ArgumentName }, { message })

/** The members of a copy that are about the source's key, under the names of a read. */
export function sourceKeyInput(input: CopySourceKeyInput): CustomerKeyInput {
  return {
    SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
    SSECustomerKey: input.CopySourceSSECustomerKey,
    SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5,
  }
}

export function hasCustomerKey(input: CustomerKeyInput): boolean {
  return (
    input.SSECustomerAlgorithm !== undefined ||
    input.SSECustomerKey !== undefined ||
    input.SSECustomerKeyMD5 !== undefined
  )
}

/**
 * A key in a request in plain text can be read by others on its way.
 * Assumed: the code, as MinIO and Ceph, which took the text over, have it. `allowSseCOverHttp` is for local use.
 * @throws InvalidRequest
 */
export function requireSecureConnection(ctx: Pick<Ctx, 'config' | 'baseUrl'>): void {
  if (ctx.config.allowSseCOverHttp || ctx.baseUrl.startsWith('https:')) return
  const message =
    'Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.'
  throw error('InvalidRequest', {}, { message })
}

/**
 * The key of a request; undefined when it has none.
 * Observed: of a key with its right MD5, only a write looks at the length; for a read it is another key than the
 * object's (recorded, test_object_retrieval_sse_c and test_put_object_validation_sse_c, whose "no-md5" boto3 completes).
 * Assumed: text of a missing MD5, as MinIO has it, which took its texts from AWS.
 * @throws InvalidRequest (plain HTTP), InvalidArgument, InvalidEncryptionAlgorithmError
 */
export function readCustomerKey(input: CustomerKeyInput, ctx: Ctx, use: 'read' | 'write'): CustomerKey | undefined {
  if (!hasCustomerKey(input)) return undefined
  requireSecureConnection(ctx)
  const { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 } = input
  const specifying = 'Requests specifying Server Side Encryption with Customer provided keys must provide'
  if (SSECustomerAlgorithm === undefined) throw invalid(`${specifying} a valid encryption algorithm.`)
  if (SSECustomerAlgorithm !== 'AES256') {
    throw error('InvalidEncryptionAlgorithmError', { ArgumentName, ArgumentValue: SSECustomerAlgorithm })
  }
  if (SSECustomerKey === undefined) throw invalid(`${specifying} an appropriate secret key.`)
  if (SSECustomerKeyMD5 === undefined) throw invalid(`${specifying} the client calculated MD5 of the secret key.`)
  const key = Buffer.from(SSECustomerKey, 'base64')
  if (use === 'write' && key.length !== keyBytes) {
    throw invalid('The secret key was invalid for the specified algorithm.')
  }
  if (createHash('md5').update(key).digest('base64') !== SSECustomerKeyMD5) {
    throw invalid('The calculated MD5 hash of the key did not match the hash that was provided.')
  }
  return { key, md5: SSECustomerKeyMD5 }
}

/** Whether this is the key that the object or upload was encrypted with. */
export function isSameKey(record: EncryptionRecord, { key }: CustomerKey): boolean {
  return record.customerKeyMemo !== undefined && isRememberedKey(key, record.customerKeyMemo)
}

/**
 * A read brings a key exactly when the object was written with one, and the right one.
 * Observed: a key for an object without one (boto3#982).
 * @throws InvalidRequest, AccessDenied
 */
export function checkCustomerKey(record: EncryptionRecord, given: CustomerKey | undefined): void {
  if (record.SSECustomerAlgorithm === undefined) {
    if (given === undefined) return
    throw error('InvalidRequest', {}, { message: 'The encryption parameters are not applicable to this object.' })
  }
  if (given === undefined) {
    const message =
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.'
    throw error('InvalidRequest', {}, { message })
  }
  if (isSameKey(record, given)) return
  const message =
    'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.'
  throw error('AccessDenied', {}, { message })
}
