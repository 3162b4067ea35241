/**
 * Server-side encryption headers of writes and reads.
 * Gap: bytes are not encrypted at rest yet. SSE-S3 is what AWS applies to every object without being asked and cannot be
 * switched off, so `AES256` is answered; keys of KMS or of the customer are a promise and are refused by name instead.
 */
import { error } from '../../errors.ts'
import type { EncryptionRecord } from '../../store/records.ts'

export interface EncryptionInput {
  ServerSideEncryption?: string | undefined
  SSEKMSKeyId?: string | undefined
  SSEKMSEncryptionContext?: string | undefined
  BucketKeyEnabled?: boolean | undefined
}

export interface CustomerKeyInput {
  SSECustomerAlgorithm?: string | undefined
  SSECustomerKey?: string | undefined
  SSECustomerKeyMD5?: string | undefined
}

const sse = 'x-amz-server-side-encryption'
const notYet = (Header: string) => error('NotImplemented', { Header })

/**
 * The encryption a write asks for.
 * @throws AwsError InvalidArgument, InvalidEncryptionAlgorithmError, NotImplemented (aws:kms, SSE-C)
 */
export function storedEncryption(input: EncryptionInput & CustomerKeyInput): EncryptionRecord {
  const { ServerSideEncryption } = input
  refuseCustomerKey(input, sse)
  if (ServerSideEncryption === undefined || ServerSideEncryption === 'AES256') {
    if (input.SSEKMSKeyId !== undefined) {
      // Observed: AWS's text for a key id without aws:kms.
      throw error(
        'InvalidArgument',
        { ArgumentName: sse, ArgumentValue: ServerSideEncryption },
        { message: `Server Side Encryption with AWS KMS managed key requires HTTP header ${sse} : aws:kms` },
      )
    }
    return { ServerSideEncryption: 'AES256' }
  }
  if (ServerSideEncryption.startsWith('aws:')) throw notYet(sse)
  throw error('InvalidEncryptionAlgorithmError', { ArgumentName: sse, ArgumentValue: ServerSideEncryption })
}

/** @throws AwsError NotImplemented when the request brings a key of its own */
export function refuseCustomerKey(input: CustomerKeyInput, prefix: string): void {
  if (input.SSECustomerAlgorithm !== undefined) throw notYet(`${prefix}-customer-algorithm`)
  if (input.SSECustomerKey !== undefined) throw notYet(`${prefix}-customer-key`)
  if (input.SSECustomerKeyMD5 !== undefined) throw notYet(`${prefix}-customer-key-MD5`)
}

/** The members of an answer that show how an object is encrypted. */
export function encryptionOutput(record: EncryptionRecord): EncryptionRecord {
  return record
}
