/**
 * CreateMultipartUpload: everything about the object to come but its bytes.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 */
import { type AwsError, error } from '../errors.ts'
import type { CreateMultipartUploadOutput, CreateMultipartUploadRequest, S3Handlers } from '../model/s3.types.gen.ts'
import type { UploadRecord } from '../store/records.ts'
import { algorithmOf } from './lib/checksum.ts'
import { chooseEncryption } from './lib/encryption.ts'
import { describeContent, describeObject } from './lib/object-draft.ts'
import { uploadIdOf } from './lib/upload-id.ts'
import {
  allowsChecksumType,
  defaultChecksumType,
  isChecksumType,
  objectIdentity,
  shownAlgorithm,
} from './lib/uploads.ts'

const invalidRequest = (message: string): AwsError => error('InvalidRequest', {}, { message })

/**
 * The checksum that parts will have and how they combine; empty when the request names none.
 * Observed: texts and rules (recorded, TestS3MultipartUploadChecksum). The list in the first text is as recorded: it does
 * not name the algorithms added in 2026.
 * @throws InvalidRequest
 */
function checksumOf(input: CreateMultipartUploadRequest): Pick<UploadRecord, 'ChecksumAlgorithm' | 'ChecksumType'> {
  const { ChecksumAlgorithm: name, ChecksumType: type } = input
  if (type !== undefined && !isChecksumType(type))
    throw invalidRequest('Value for x-amz-checksum-type header is invalid.')
  if (name === undefined) {
    if (type === undefined) return {}
    throw invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.')
  }
  const algorithm = algorithmOf(name)
  if (algorithm === undefined) {
    throw invalidRequest(
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    )
  }
  if (type !== undefined && !allowsChecksumType(algorithm, type)) {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${shownAlgorithm(algorithm)} checksum algorithm.`,
    )
  }
  return { ChecksumAlgorithm: algorithm, ChecksumType: type ?? defaultChecksumType(algorithm) }
}

export const multipartCreate = {
  async CreateMultipartUpload(input, ctx): Promise<CreateMultipartUploadOutput> {
    if (ctx.principal.kind === 'anonymous') {
      const message = 'Anonymous users cannot initiate multipart uploads. Please authenticate.'
      throw error('AccessDenied', {}, { message })
    }
    const { sealer, record: encryption, output: encryptionOutput } = chooseEncryption(input, ctx)
    const replaces = objectIdentity(await ctx.store.objects.latest(ctx.bucket, input.Key))
    const upload: UploadRecord = {
      Key: input.Key,
      UploadId: uploadIdOf(ctx.bucket.id, input.Key, ctx.ids.uploadId()),
      initiatedMs: ctx.clock.now(),
      initiatorArn: ctx.principal.arn,
      ...describeContent(input, ctx),
      ...describeObject(input, ctx),
      encryption,
      sealedKey: sealer.generate().sealed,
      ...checksumOf(input),
      ...(replaces !== undefined && { replaces }),
    }
    if (!(await ctx.store.uploads.create(ctx.bucket, upload))) {
      throw error('NoSuchBucket', { BucketName: ctx.bucket.Name })
    }
    return {
      Bucket: ctx.bucket.Name,
      Key: upload.Key,
      UploadId: upload.UploadId,
      ...encryptionOutput,
      ChecksumAlgorithm: upload.ChecksumAlgorithm,
      ChecksumType: upload.ChecksumType,
    }
  },
} satisfies Partial<S3Handlers>
