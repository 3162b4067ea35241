/**
 * ListParts and ListMultipartUploads.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type {
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  ListPartsOutput,
  MultipartUpload,
  Part,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { UploadPartRecord, UploadRecord } from '../store/records.ts'
import type { ListOptions, ListPage } from '../store/store.ts'
import { checksumValueOutput } from './lib/checksum.ts'
import { isDirectory } from './lib/directory-bucket.ts'
import { readUploadsMarker, scattered, uploadsMarker } from './lib/directory-listing.ts'
import { quoteETag } from './lib/etag.ts'
import { afterMarker, delimiterOf, pageLimit, splitEntries, textEncoder, wholeSeconds } from './lib/listing.ts'
import { initiator, owner } from './lib/owner.ts'
import { isUploadIdOf } from './lib/upload-id.ts'
import { findUpload } from './lib/uploads.ts'

const maxInteger = 2_147_483_647

/**
 * The part number to go on after; absent and empty are 0 (recorded, test_list_parts_empty_part_number_marker).
 * @throws InvalidArgument. Observed: texts as reported in versitygw#1383 and #1804.
 */
function partNumberMarker(marker: string | undefined): number {
  if (marker === undefined || marker === '') return 0
  const value = /^[+-]?\d+$/.test(marker) ? Number(marker) : Number.NaN
  if (value >= 0 && value <= maxInteger) return value
  const message =
    value < 0
      ? `Argument part-number-marker must be an integer between 0 and ${maxInteger}`
      : 'Provided part-number-marker not an integer or within integer range'
  throw error('InvalidArgument', { ArgumentName: 'part-number-marker', ArgumentValue: marker }, { message })
}

/** Checksums are shown for uploads that named an algorithm (recorded, test_complete_multipart_parts_checksum_default). */
function partEntry(part: UploadPartRecord, upload: UploadRecord): Part {
  return {
    PartNumber: part.PartNumber,
    LastModified: wholeSeconds(part.lastModifiedMs),
    ETag: quoteETag(part.ETag),
    Size: part.Size,
    ...checksumValueOutput(upload.ChecksumAlgorithm && part.checksum),
  }
}

function uploadEntry(upload: UploadRecord, ctx: Ctx, encode: (text: string) => string): MultipartUpload {
  return {
    UploadId: upload.UploadId,
    Key: encode(upload.Key),
    Initiated: wholeSeconds(upload.initiatedMs),
    StorageClass: upload.StorageClass,
    Owner: owner(ctx, upload.ownerId),
    Initiator: initiator(ctx, upload),
    ChecksumAlgorithm: upload.ChecksumAlgorithm,
    ChecksumType: upload.ChecksumType,
  }
}

interface Markers {
  key: string
  /** Empty without a key marker: alone it means nothing (recorded, test_list_multiparts_next_marker). */
  uploadId: string
}

/** @throws InvalidArgument for an upload id that is not one of the key */
function markersOf(input: ListMultipartUploadsRequest, ctx: Ctx): Markers {
  const key = input.KeyMarker ?? ''
  const uploadId = key === '' ? '' : (input.UploadIdMarker ?? '')
  if (uploadId === '' || isUploadIdOf(ctx.bucket.id, key, uploadId)) return { key, uploadId }
  throw error(
    'InvalidArgument',
    { ArgumentName: 'upload-id-marker', ArgumentValue: uploadId },
    { message: 'Invalid uploadId marker' },
  )
}

function listOptions(
  input: ListMultipartUploadsRequest,
  markers: Markers,
  limit: number,
): ListOptions & { afterUploadId?: string } {
  const prefix = input.Prefix ?? ''
  const delimiter = delimiterOf(input.Delimiter)
  const options: ListOptions & { afterUploadId?: string } = { prefix, limit }
  if (delimiter !== undefined) options.delimiter = delimiter
  if (markers.key === '') return options
  options.after = afterMarker(markers.key, prefix, delimiter)
  if (markers.uploadId !== '' && options.after === markers.key) options.afterUploadId = markers.uploadId
  return options
}

/** There a page is followed up by its key marker alone. */
function directoryMarkers(
  ctx: Ctx,
  { KeyMarker = '' }: ListMultipartUploadsRequest,
  { entries, isTruncated }: ListPage<UploadRecord>,
): Pick<ListMultipartUploadsOutput, 'KeyMarker' | 'NextKeyMarker'> {
  const last = isTruncated ? entries.at(-1) : undefined
  return { KeyMarker, NextKeyMarker: last && uploadsMarker(ctx, last) }
}

/**
 * Observed: the next markers are those of the last upload, truncated or not, and empty when the page has none (recorded,
 * test_list_multiparts_next_marker). AWS leaves them empty even on a page cut off after a common prefix (recorded,
 * test_list_multipart_uploads_marker_common_prefixes), so that who follows them begins again for ever. Here such a page
 * names the prefix, from which AWS goes on as well (same recording).
 */
function nextMarkers(
  { entries, isTruncated }: ListPage<UploadRecord>,
  last: UploadRecord | undefined,
  encode: (text: string) => string,
): Pick<ListMultipartUploadsOutput, 'NextKeyMarker' | 'NextUploadIdMarker'> {
  const end = isTruncated ? entries.at(-1) : undefined
  if (end !== undefined && 'prefix' in end) return { NextKeyMarker: encode(end.prefix), NextUploadIdMarker: '' }
  return { NextKeyMarker: encode(last?.Key ?? ''), NextUploadIdMarker: last?.UploadId ?? '' }
}

export const multipartList = {
  async ListParts(input, ctx): Promise<ListPartsOutput> {
    const limit = pageLimit('max-parts', input.MaxParts)
    const marker = partNumberMarker(input.PartNumberMarker)
    const upload = await findUpload(ctx, input)
    const found = await ctx.store.uploads.parts(upload, { after: marker, limit: limit + 1 })
    const parts = found.slice(0, limit)
    return {
      Bucket: ctx.bucket.Name,
      Key: upload.Key,
      UploadId: upload.UploadId,
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(parts.at(-1)?.PartNumber ?? 0),
      MaxParts: limit,
      IsTruncated: found.length > limit && limit > 0,
      Parts: parts.map((part) => partEntry(part, upload)),
      Initiator: initiator(ctx, upload),
      Owner: owner(ctx, upload.ownerId),
      StorageClass: upload.StorageClass,
      ChecksumAlgorithm: upload.ChecksumAlgorithm,
      ChecksumType: upload.ChecksumType,
    }
  },

  async ListMultipartUploads(input, ctx): Promise<ListMultipartUploadsOutput> {
    const limit = pageLimit('max-uploads', input.MaxUploads)
    const encode = textEncoder(input.EncodingType)
    const inDirectory = isDirectory(ctx.bucket)
    const markers = inDirectory ? readUploadsMarker(ctx, input.KeyMarker ?? '') : markersOf(input, ctx)
    const options = listOptions(input, markers, limit)
    const page = await ctx.store.uploads.list(ctx.bucket, options)
    const { records, prefixes } = splitEntries(inDirectory ? scattered(page.entries) : page.entries)
    return {
      Bucket: ctx.bucket.Name,
      ...(inDirectory
        ? directoryMarkers(ctx, input, page)
        : {
            KeyMarker: encode(markers.key),
            UploadIdMarker: markers.uploadId,
            ...nextMarkers(page, records.at(-1), encode),
          }),
      Prefix: input.Prefix ? encode(input.Prefix) : undefined,
      Delimiter: options.delimiter && encode(options.delimiter),
      EncodingType: input.EncodingType,
      MaxUploads: limit,
      IsTruncated: page.isTruncated && limit > 0,
      Uploads: records.map((upload) => uploadEntry(upload, ctx, encode)),
      CommonPrefixes: prefixes.map((text) => ({ Prefix: encode(text) })),
    }
  },
} satisfies Partial<S3Handlers>
