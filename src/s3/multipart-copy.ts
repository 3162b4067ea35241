/**
 * UploadPartCopy: a range of an existing object becomes a part. Bytes are shared, never rewritten; they are read only
 * when the part's MD5 or checksum does not follow from what is known of the source.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
import type { Ctx } from '../context.ts'
import { digestsOf, md5Hex } from '../digest/digests.ts'
import type { Sealer } from '../encryption/sealer.ts'
import { error } from '../errors.ts'
import type { S3Handlers, UploadPartCopyOutput, UploadPartCopyRequest } from '../model/s3.types.gen.ts'
import type { ChecksumAlgorithm, ObjectRecord, PartRecord, UploadPartRecord, UploadRecord } from '../store/records.ts'
import { maxAttempts } from './lib/attempts.ts'
import { checksumValueOutput, defaultAlgorithm } from './lib/checksum.ts'
import { checkCopySourceConditions } from './lib/conditional.ts'
import { type FoundSource, findCopySource, parseCopySource } from './lib/copy-source.ts'
import { copiedBody } from './lib/copied-body.ts'
import { readCustomerKey, sourceKeyInput } from './lib/customer-key.ts'
import { encryptionOutput, isMD5Tagged, opaqueTag, readSealer } from './lib/encryption.ts'
import { quoteETag } from './lib/etag.ts'
import { wholeSeconds } from './lib/listing.ts'
import type { ByteRange } from './lib/range.ts'
import { type BodyEncryption, maxUploadBytes } from './lib/receive-body.ts'
import { checkReadable } from './lib/archive.ts'
import { checkPartNumber, findUpload, noSuchUpload, partCustomerKey, partEncryption } from './lib/uploads.ts'
import { shownVersionId } from './lib/version-id.ts'

const rangeForm = /^bytes=(\d+)-(\d+)$/

/**
 * The bytes of the source that x-amz-copy-source-range names: unlike a Range header it must be complete and inside.
 * Observed: all texts (recorded, test_upload_part_copy_range).
 * @throws InvalidArgument, InvalidRequest
 */
export function copyRange(header: string | undefined, sizeBytes: number): ByteRange {
  if (header === undefined) return { start: 0, end: sizeBytes }
  const invalid = (message: string) =>
    error('InvalidArgument', { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header }, { message })
  const match = rangeForm.exec(header)
  const first = Number(match?.[1])
  const last = Number(match?.[2])
  if (match === null || first > last) {
    throw invalid(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    )
  }
  if (first >= sizeBytes) {
    throw error('InvalidRequest', {}, { message: 'The specified copy range is invalid for the source object size' })
  }
  if (last >= sizeBytes) throw invalid(`Range specified is not valid for source object of size: ${sizeBytes}`)
  return { start: first, end: last + 1 }
}

/** At most 5 GiB in one part. @throws InvalidRequest */
export function checkCopySize({ start, end }: ByteRange): void {
  if (end - start <= maxUploadBytes) return
  throw error(
    'InvalidRequest',
    {},
    {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${maxUploadBytes}`,
    },
  )
}

/** What opens the source, and how the part is encrypted. */
interface Keys {
  from: Sealer
  to: BodyEncryption
}

type Digests = Required<Pick<PartRecord, 'ETag' | 'checksum'>>

const plainMD5 = /^[0-9a-f]{32}$/

/** What is known of the bytes without reading them: a whole source that was one upload with the same algorithm. */
function knownDigests(
  { bucket, record }: FoundSource,
  range: ByteRange,
  algorithm: ChecksumAlgorithm,
  needsMD5: boolean,
): Digests | undefined {
  const { checksum, encryption, ETag } = record
  if (range.start > 0 || range.end < record.sizeBytes) return undefined
  if (checksum?.algorithm !== algorithm || checksum.type !== 'FULL_OBJECT') return undefined
  if (!needsMD5) return { ETag: opaqueTag(), checksum }
  return plainMD5.test(ETag) && isMD5Tagged(encryption, bucket) ? { ETag, checksum } : undefined
}

/** Reads the bytes to hash them; undefined when the source has gone meanwhile. */
async function readDigests(
  ctx: Ctx,
  record: ObjectRecord,
  { start, end }: ByteRange,
  algorithm: ChecksumAlgorithm,
  { from, to }: Keys,
): Promise<Digests | undefined> {
  const content = await ctx.store.bodies.read(record.body, start, end, from)
  if (content === undefined) return undefined
  const values = await digestsOf(content, [to.hasMD5Tag ? 'MD5' : undefined, algorithm], end - start)
  return {
    ETag: (to.hasMD5Tag ? md5Hex(values) : undefined) ?? opaqueTag(),
    checksum: { algorithm, value: values.get(algorithm) ?? '', type: 'FULL_OBJECT' },
  }
}

/** One attempt; 'sourceGone' when the source was replaced between finding it and the commit. */
async function copyPart(
  ctx: Ctx,
  upload: UploadRecord,
  input: UploadPartCopyRequest,
  source: FoundSource,
  keys: Keys,
): Promise<UploadPartRecord | 'sourceGone'> {
  const { record } = source
  const range = copyRange(input.CopySourceRange, record.sizeBytes)
  checkCopySize(range)
  const algorithm = upload.ChecksumAlgorithm ?? defaultAlgorithm
  const digests =
    knownDigests(source, range, algorithm, keys.to.hasMD5Tag) ??
    (await readDigests(ctx, record, range, algorithm, keys))
  if (digests === undefined) return 'sourceGone'
  const staged = await copiedBody(ctx, record.body, range, keys.from, keys.to.sealer)
  if (staged === undefined) return 'sourceGone'
  let isCommitted = false
  try {
    const stored = await ctx.store.uploads.putPart(
      ctx.bucket,
      upload,
      staged,
      { PartNumber: input.PartNumber, Size: range.end - range.start, ...digests, lastModifiedMs: ctx.clock.now() },
      { ...record, bucket: source.bucket },
    )
    if (stored === 'uploadGone') throw noSuchUpload(upload.UploadId)
    isCommitted = stored !== 'sourceGone'
    return stored
  } finally {
    if (!isCommitted) await staged.discard()
  }
}

export const multipartCopy = {
  async UploadPartCopy(input, ctx): Promise<UploadPartCopyOutput> {
    checkPartNumber(input.PartNumber)
    const sourceKey = readCustomerKey(sourceKeyInput(input), ctx, 'read')
    const wanted = parseCopySource(input.CopySource)
    const upload = await findUpload(ctx, input)
    const customerKey = partCustomerKey(upload, input, ctx)
    const to = partEncryption(upload, customerKey, ctx)
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const source = await findCopySource(ctx, wanted, input.ExpectedSourceBucketOwner)
      const from = readSealer(source.record, sourceKey, ctx)
      checkCopySourceConditions(input, source.record, ctx.clock.now())
      checkReadable(source.record, ctx.clock.now(), 'copy')
      const part = await copyPart(ctx, upload, input, source, { from, to })
      if (part === 'sourceGone') continue
      return {
        CopySourceVersionId: shownVersionId(source.bucket, source.record),
        CopyPartResult: {
          ETag: quoteETag(part.ETag),
          LastModified: wholeSeconds(part.lastModifiedMs),
          // Observed: shown only when the upload named an algorithm (recorded, test_upload_part_copy_range against ..._checksum).
          ...checksumValueOutput(upload.ChecksumAlgorithm && part.checksum),
        },
        ...encryptionOutput(upload.encryption, customerKey?.md5),
      }
    }
    throw error('InternalError', {}, { cause: new Error(`copy source replaced ${maxAttempts} times during the copy`) })
  },
} satisfies Partial<S3Handlers>
