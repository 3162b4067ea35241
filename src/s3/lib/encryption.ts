/**
 * Server-side encryption: what a write asks for or its bucket prescribes, what is stored and answered of it, and the
 * sealer that makes or opens the data keys. Every new body is encrypted: with SSE-S3 when nobody says otherwise.
 * By design: `aws:kms:dsse` is one layer here, and a bucket key changes nothing but the answer; clients see neither.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
 */
import { randomBytes } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { rememberKey } from '../../encryption/customer-key.ts'
import { type Sealer, wrappingSealer } from '../../encryption/sealer.ts'
import { type AwsError, error } from '../../errors.ts'
import type { BucketRecord, EncryptionRecord, ObjectRecord } from '../../store/records.ts'
import { blocksCustomerKeys, defaultEncryption } from './bucket-encryption.ts'
import { type CustomerKey, type CustomerKeyInput, checkCustomerKey, readCustomerKey } from './customer-key.ts'
import { isDirectory } from './directory-bucket.ts'
import { requestedKmsKey, storedKmsKey } from './kms.ts'

export interface EncryptionInput extends CustomerKeyInput {
  ServerSideEncryption?: string | undefined
  SSEKMSKeyId?: string | undefined
  SSEKMSEncryptionContext?: string | undefined
  BucketKeyEnabled?: boolean | undefined
}

/** The members of an answer that show how an object is encrypted. */
export interface EncryptionOutput {
  ServerSideEncryption?: string
  SSEKMSKeyId?: string
  SSEKMSEncryptionContext?: string
  BucketKeyEnabled?: boolean
  SSECustomerAlgorithm?: string
  SSECustomerKeyMD5?: string
}

/** How a write encrypts. */
export interface ChosenEncryption {
  record: EncryptionRecord
  sealer: Sealer
  output: EncryptionOutput
}

const sse = 'x-amz-server-side-encryption'
const sseS3: EncryptionRecord = { ServerSideEncryption: 'AES256' }

const invalid = (message: string, ArgumentName: string, ArgumentValue: string | undefined): AwsError =>
  error('InvalidArgument', { ArgumentName, ArgumentValue }, { message })

/**
 * The encryption of a new object.
 * @throws InvalidArgument, InvalidRequest, InvalidEncryptionAlgorithmError, AccessDenied (blocked type), KMS.*
 */
export function chooseEncryption(asked: EncryptionInput & { Key: string }, ctx: Ctx): ChosenEncryption {
  const input = inSession(asked, ctx)
  const { ServerSideEncryption: method } = input
  const customerKey = requestedCustomerKey(input, ctx)
  if (customerKey !== undefined) return withCustomerKey(customerKey)
  if (method === 'aws:kms' || method === 'aws:kms:dsse') return withKms(input, method, input.SSEKMSKeyId, ctx)
  if (method !== undefined && method !== 'AES256') {
    // Observed: bloomreach/s4cmd#63, thoughtbot/paperclip#2243.
    throw invalid('The encryption method specified is not supported', sse, method)
  }
  if (input.SSEKMSKeyId !== undefined || input.SSEKMSEncryptionContext !== undefined) {
    // Observed: AWS's text for a key id without aws:kms.
    throw invalid(`Server Side Encryption with AWS KMS managed key requires HTTP header ${sse} : aws:kms`, sse, method)
  }
  const byDefault = method === undefined ? defaultEncryption(ctx.bucket) : undefined
  if (byDefault === undefined || byDefault.SSEAlgorithm === 'AES256') {
    return { record: sseS3, sealer: ctx.store.keys.s3, output: sseS3 }
  }
  return withKms(input, byDefault.SSEAlgorithm, byDefault.KMSMasterKeyID, ctx)
}

/**
 * A write in a session of a directory bucket is encrypted as the session says; copies are not signed with one.
 * "The encryption request headers must match the encryption settings that are specified in the CreateSession request."
 * Assumed: code and text of those that do not.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
 * @throws InvalidRequest
 */
function inSession(asked: EncryptionInput & { Key: string }, ctx: Ctx): EncryptionInput & { Key: string } {
  const session = ctx.principal.zonal?.encryption
  if (session === undefined || 'CopySource' in asked) return asked
  const { ServerSideEncryption = session.ServerSideEncryption, SSEKMSKeyId, SSEKMSEncryptionContext } = asked
  const isSame =
    ServerSideEncryption === session.ServerSideEncryption &&
    (SSEKMSKeyId === undefined || requestedKmsKey(ctx, SSEKMSKeyId).arn === session.SSEKMSKeyId) &&
    (SSEKMSEncryptionContext === undefined || SSEKMSEncryptionContext === session.SSEKMSEncryptionContext)
  if (isSame) return { ...asked, ...session }
  const message = 'The encryption parameters do not match those of the session.'
  throw error('InvalidRequest', {}, { message })
}

/** @throws AccessDenied where the bucket blocks customers' keys, and what `readCustomerKey` throws */
function requestedCustomerKey(input: EncryptionInput & { Key: string }, ctx: Ctx): CustomerKey | undefined {
  const { ServerSideEncryption: method } = input
  if (method === undefined) {
    const key = readCustomerKey(input, ctx, 'write')
    if (key !== undefined) refuseBlocked(input.Key, ctx)
    return key
  }
  // Observed: named before anything that is wrong with the key itself (recorded, test_put_object_validation_sse_c).
  if (input.SSECustomerAlgorithm === undefined && input.SSECustomerKey === undefined) return undefined
  throw invalid(
    'Server Side Encryption with Customer provided key is incompatible with the encryption method specified',
    sse,
    method,
  )
}

/** @throws AccessDenied */
export function refuseBlocked(Key: string, ctx: Ctx): void {
  if (!blocksCustomerKeys(ctx.bucket)) return
  const { arn } = ctx.principal
  if (arn === '') throw error('AccessDenied')
  const message = `User: ${arn} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::${ctx.bucket.Name}/${Key}" because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys (SSE-C). Please specify a different server-side encryption type`
  throw error('AccessDenied', {}, { message })
}

function withCustomerKey({ key, md5 }: CustomerKey): ChosenEncryption {
  const record: EncryptionRecord = { SSECustomerAlgorithm: 'AES256', customerKeyMemo: rememberKey(key) }
  return { record, sealer: wrappingSealer(key), output: encryptionOutput(record, md5) }
}

function withKms(
  input: EncryptionInput,
  ServerSideEncryption: 'aws:kms' | 'aws:kms:dsse',
  keyName: string | undefined,
  ctx: Ctx,
): ChosenEncryption {
  const context = input.SSEKMSEncryptionContext
  if (context !== undefined) checkContext(context)
  const key = requestedKmsKey(ctx, keyName)
  const record: EncryptionRecord = { ServerSideEncryption, SSEKMSKeyId: key.arn }
  if (context !== undefined) record.SSEKMSEncryptionContext = context
  if (isDirectory(ctx.bucket) && ServerSideEncryption === 'aws:kms:dsse') {
    // Assumed: code and text; AWS says that there are only the two others.
    throw invalid('The encryption method specified is not supported', sse, ServerSideEncryption)
  }
  // Two layers know no bucket keys. Those of directory buckets are always on, except for copies (BucketKeyEnabled of PutObject and CopyObject).
  const usesBucketKey = isDirectory(ctx.bucket)
    ? !('CopySource' in input)
    : (input.BucketKeyEnabled ?? defaultEncryption(ctx.bucket)?.BucketKeyEnabled)
  if (usesBucketKey && ServerSideEncryption === 'aws:kms') record.BucketKeyEnabled = true
  const output = encryptionOutput(record, undefined)
  if (context !== undefined) output.SSEKMSEncryptionContext = context
  return { record, sealer: key.sealer(context), output }
}

const contextHeader = `${sse}-context`

/** Base64 of a JSON object of strings. Observed: the text (minio/minio-go#2235). @throws InvalidArgument */
function checkContext(text: string): void {
  const bytes = Buffer.from(text, 'base64')
  try {
    const context: unknown = JSON.parse(bytes.toString())
    const isMap = typeof context === 'object' && context !== null && !Array.isArray(context)
    if (isMap && Object.values(context).every((value) => typeof value === 'string')) return
  } catch {
    // No JSON.
  }
  throw invalid(
    `The header '${contextHeader}' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map`,
    contextHeader,
    text,
  )
}

/** @param customerKeyMD5 as the request sent it, since it is not stored; undefined: an answer that does not show it */
export function encryptionOutput(record: EncryptionRecord, customerKeyMD5: string | undefined): EncryptionOutput {
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, SSECustomerAlgorithm } = record
  if (SSECustomerAlgorithm !== undefined) {
    return customerKeyMD5 === undefined ? {} : { SSECustomerAlgorithm, SSECustomerKeyMD5: customerKeyMD5 }
  }
  if (ServerSideEncryption === undefined) return {}
  const output: EncryptionOutput = { ServerSideEncryption }
  if (SSEKMSKeyId !== undefined) output.SSEKMSKeyId = SSEKMSKeyId
  if (BucketKeyEnabled) output.BucketKeyEnabled = true
  return output
}

/**
 * What opens the keys of an object or upload, or seals further ones.
 * @param key the customer's, already held against the record
 * @throws KMS.*, InvalidArgument (KMS without Signature V4)
 */
export function sealerOf(record: EncryptionRecord, key: CustomerKey | undefined, ctx: Ctx): Sealer {
  if (record.SSECustomerAlgorithm !== undefined) {
    if (key === undefined) throw new Error("a customer's key is needed here")
    return wrappingSealer(key.key)
  }
  if (record.SSEKMSKeyId === undefined) return ctx.store.keys.s3
  return storedKmsKey(ctx, record.SSEKMSKeyId).sealer(record.SSEKMSEncryptionContext)
}

/**
 * What opens an object for reading.
 * @throws InvalidRequest and AccessDenied (customers' keys), KMS.*
 */
export function readSealer({ encryption }: ObjectRecord, key: CustomerKey | undefined, ctx: Ctx): Sealer {
  checkCustomerKey(encryption, key)
  return sealerOf(encryption, key, ctx)
}

/**
 * Whether the entity tag is the MD5 of the content. Under keys of KMS and of customers it tells nothing of it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
export function hasMD5Tag({ ServerSideEncryption = 'AES256', SSECustomerAlgorithm }: EncryptionRecord): boolean {
  return ServerSideEncryption === 'AES256' && SSECustomerAlgorithm === undefined
}

/** The same of an object in a bucket, or of a part: those of directory buckets never tell anything. */
export const isMD5Tagged = (encryption: EncryptionRecord, bucket: BucketRecord): boolean =>
  hasMD5Tag(encryption) && !isDirectory(bucket)

/** An entity tag that tells nothing. Observed: equal contents get different ones (recorded, test_multipart_upload_sse_c). */
export const opaqueTag = (): string => randomBytes(16).toString('hex')
