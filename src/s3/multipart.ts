/**
 * Multipart uploads: the seven operations, one file per step; ending one without an object is here.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { AbortMultipartUploadRequest, S3Handlers } from '../model/s3.types.gen.ts'
import { isDirectory } from './lib/directory-bucket.ts'
import { wholeSeconds } from './lib/listing.ts'
import { noSuchUpload } from './lib/uploads.ts'
import { multipartComplete } from './multipart-complete.ts'
import { multipartCopy } from './multipart-copy.ts'
import { multipartCreate } from './multipart-create.ts'
import { multipartList } from './multipart-list.ts'
import { multipartPart } from './multipart-part.ts'

/**
 * For directory buckets only. An upload that is not there is as good as ended (API_AbortMultipartUpload).
 * @throws NotImplemented, PreconditionFailed
 */
async function checkInitiated(input: AbortMultipartUploadRequest, ctx: Ctx): Promise<void> {
  const Header = 'x-amz-if-match-initiated-time'
  if (!isDirectory(ctx.bucket)) throw error('NotImplemented', { Header })
  const upload = await ctx.store.uploads.get(ctx.bucket, input.Key, input.UploadId)
  if (upload !== undefined && wholeSeconds(upload.initiatedMs) !== wholeSeconds(input.IfMatchInitiatedTime ?? 0))
    throw error('PreconditionFailed', { Condition: Header })
}

export const multipart = {
  ...multipartCreate,
  ...multipartPart,
  ...multipartCopy,
  ...multipartComplete,
  ...multipartList,

  /** A second abort, and one after completion, is NoSuchUpload. */
  async AbortMultipartUpload(input, ctx) {
    if (input.IfMatchInitiatedTime !== undefined) await checkInitiated(input, ctx)
    const isAborted = await ctx.store.uploads.abort(ctx.bucket, input.Key, input.UploadId)
    if (!isAborted && input.IfMatchInitiatedTime === undefined) throw noSuchUpload(input.UploadId)
    return {}
  },
} satisfies Partial<S3Handlers>
