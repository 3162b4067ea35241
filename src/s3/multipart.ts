/**
 * Multipart uploads: the seven operations, one file per step; ending one without an object is here.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { error } from '../errors.ts'
import type { S3Handlers } from '../model/s3.types.gen.ts'
import { noSuchUpload } from './lib/uploads.ts'
import { multipartComplete } from './multipart-complete.ts'
import { multipartCopy } from './multipart-copy.ts'
import { multipartCreate } from './multipart-create.ts'
import { multipartList } from './multipart-list.ts'
import { multipartPart } from './multipart-part.ts'

export const multipart = {
  ...multipartCreate,
  ...multipartPart,
  ...multipartCopy,
  ...multipartComplete,
  ...multipartList,

  /** A second abort, and one after completion, is NoSuchUpload. */
  async AbortMultipartUpload(input, ctx) {
    if (input.IfMatchInitiatedTime !== undefined) {
      // For directory buckets only.
      throw error('NotImplemented', { Header: 'x-amz-if-match-initiated-time' })
    }
    const isAborted = await ctx.store.uploads.abort(ctx.bucket, input.Key, input.UploadId)
    if (!isAborted) throw noSuchUpload(input.UploadId)
    return {}
  },
} satisfies Partial<S3Handlers>
