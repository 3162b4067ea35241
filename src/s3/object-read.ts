/**
 * GetObject, HeadObject and GetObjectAttributes.
 * A range or part answers 206: the writer sees that by ContentRange.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import type {
  GetObjectOutput,
  GetObjectRequest,
  HeadObjectOutput,
  HeadObjectRequest,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { Checksum, ObjectRecord, PartRecord } from '../store/records.ts'
import type { BodyContent } from '../store/store.ts'
import { maxAttempts } from './lib/attempts.ts'
import { checkReadable, restoreHeader } from './lib/archive.ts'
import { checksumOutput } from './lib/checksum.ts'
import { checkReadConditions } from './lib/conditional.ts'
import { shownContent } from './lib/content.ts'
import { type CustomerKey, checkCustomerKey, readCustomerKey } from './lib/customer-key.ts'
import { shownExpiration } from './lib/directory-bucket.ts'
import { encryptionOutput, sealerOf } from './lib/encryption.ts'
import { quoteETag } from './lib/etag.ts'
import { findObject } from './lib/find-object.ts'
import { hasLock, lockOutput } from './lib/object-lock.ts'
import { withoutHidden } from './lib/guarded-state.ts'
import { type ByteRange, contentRange, parseRange } from './lib/range.ts'
import { shownStorageClass } from './lib/storage-class.ts'
import { shownVersionId } from './lib/version-id.ts'

/** The bytes a read selects; undefined range means the whole object, answered with 200. */
interface Selection {
  range: ByteRange | undefined
  /** The part read by number, when the object has parts. */
  part: PartRecord | undefined
}
const wholeObject: Selection = { range: undefined, part: undefined }

function select(record: ObjectRecord, input: HeadObjectRequest, ctx: Ctx): MaybePromise<Selection> {
  const { PartNumber, Range } = input
  if (PartNumber === undefined) {
    return Range === undefined ? wholeObject : { range: parseRange(Range, record.sizeBytes), part: undefined }
  }
  if (Range !== undefined) {
    throw error('InvalidRequest', {}, { message: 'Cannot specify both Range header and partNumber query parameter' })
  }
  if (PartNumber < 1 || PartNumber > 10_000) {
    throw error(
      'InvalidArgument',
      { ArgumentName: 'partNumber', ArgumentValue: PartNumber },
      { message: 'Part number must be an integer between 1 and 10000, inclusive' },
    )
  }
  return whenReady(ctx.store.objects.parts(record), (parts) => selectPart(record, PartNumber, parts))
}

/** Parts count from 1 in the order they were completed, whatever numbers they were uploaded under. */
function selectPart(record: ObjectRecord, PartNumber: number, parts: PartRecord[] | undefined): Selection {
  const count = parts?.length ?? 1
  if (PartNumber > count) {
    throw error('InvalidPartNumber', { PartNumberRequested: PartNumber, ActualPartCount: count })
  }
  if (parts === undefined) return { range: { start: 0, end: record.sizeBytes }, part: undefined }
  let start = 0
  for (let at = 0; at < PartNumber - 1; at++) start += (parts[at] as PartRecord).Size
  const part = parts[PartNumber - 1] as PartRecord
  return { range: { start, end: start + part.Size }, part }
}

/**
 * The checksum of the bytes answered: the object's when all of it is, a part's own when the object's is composite, none
 * for any other piece. Observed: recorded, test_get_object_range, test_get_object_part_checksum,
 * test_complete_multipart_parts_checksum_full_object.
 */
function shownChecksum(record: ObjectRecord, { range, part }: Selection): Checksum | undefined {
  const { checksum } = record
  if (checksum === undefined) return undefined
  if (part !== undefined && checksum.type === 'COMPOSITE') {
    return part.checksum === undefined ? undefined : { ...part.checksum, type: 'COMPOSITE' }
  }
  const isWhole = range === undefined || (range.start === 0 && range.end === record.sizeBytes)
  return isWhole ? checksum : undefined
}

/** Observed: the mode's letters may be of either case (recorded, test_s3_get_object_checksum). */
function isChecksumAsked({ ChecksumMode }: HeadObjectRequest): boolean {
  return ChecksumMode !== undefined && ChecksumMode.toUpperCase() === 'ENABLED'
}

function describe(
  { record, seen, selection, customerKey }: Opened,
  input: HeadObjectRequest,
  ctx: Ctx,
): HeadObjectOutput {
  const { range, part } = selection
  const nowMs = ctx.clock.now()
  const output: HeadObjectOutput = {
    AcceptRanges: 'bytes',
    LastModified: record.lastModifiedMs,
    ContentLength: range === undefined ? record.sizeBytes : range.end - range.start,
    ETag: quoteETag(record.ETag),
    VersionId: shownVersionId(ctx.bucket, record),
    ContentRange: range === undefined || range.end === range.start ? undefined : contentRange(range, record.sizeBytes),
    WebsiteRedirectLocation: record.WebsiteRedirectLocation,
    Metadata: record.metadata,
    StorageClass: shownStorageClass(record.StorageClass),
    Expiration: shownExpiration(ctx.bucket),
    Restore: restoreHeader(record, nowMs),
    PartsCount: part === undefined ? undefined : record.partsCount,
    TagCount: seen.tags?.length || undefined,
  }
  Object.assign(output, shownContent(record.content, input, ctx), encryptionOutput(record.encryption, customerKey?.md5))
  if (isChecksumAsked(input)) Object.assign(output, checksumOutput(shownChecksum(record, selection)))
  return hasLock(seen) ? Object.assign(output, lockOutput(seen, nowMs)) : output
}

interface Opened {
  record: ObjectRecord
  /** With the tags and locks that the caller may know. */
  seen: ObjectRecord
  selection: Selection
  customerKey: CustomerKey | undefined
}

/** What both reads do first: the object, its key, its conditions, the bytes selected. */
function open(input: HeadObjectRequest, ctx: Ctx): MaybePromise<Opened> {
  const customerKey = readCustomerKey(input, ctx, 'read')
  return whenReady(findObject(ctx, input), (record) => {
    checkCustomerKey(record.encryption, customerKey)
    checkReadConditions(input, record, ctx.clock.now())
    return whenReady(withoutHidden(record, input, ctx), (seen) =>
      whenReady(select(record, input, ctx), (selection) => ({ record, seen, selection, customerKey })),
    )
  })
}

export const objectRead = {
  async GetObject(input: GetObjectRequest, ctx: Ctx): Promise<GetObjectOutput> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const opening = open(input, ctx)
      const opened = opening instanceof Promise ? await opening : opening
      const { record, selection, customerKey } = opened
      checkReadable(record, ctx.clock.now())
      const sealer = sealerOf(record.encryption, customerKey, ctx)
      const output: GetObjectOutput = describe(opened, input, ctx)
      const { start, end } = selection.range ?? { start: 0, end: record.sizeBytes }
      const reading = ctx.store.bodies.read(record.body, start, end, sealer)
      const body: BodyContent | undefined = reading instanceof Promise ? await reading : reading
      if (body === undefined) continue
      output.Body = body
      return output
    }
    throw error('InternalError', {}, { cause: new Error(`object replaced ${maxAttempts} times while it was opened`) })
  },

  async HeadObject(input: HeadObjectRequest, ctx: Ctx): Promise<HeadObjectOutput> {
    const opened = await open(input, ctx)
    // Only a checksum is behind the key. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    if (input.ChecksumMode === 'ENABLED') sealerOf(opened.record.encryption, opened.customerKey, ctx)
    return describe(opened, input, ctx)
  },
} satisfies Partial<S3Handlers>
