/**
 * ListObjectVersions: every version and delete marker, newest first within a key.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import { hasVersionIdForm } from '../lib/version-id.ts'
import { elementSequence, type SequencedElement } from '../lib/element-sequence.ts'
import type {
  DeleteMarkerEntry,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
  ObjectVersion,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { ObjectRecord } from '../store/records.ts'
import type { ListOptions, ListPage } from '../store/store.ts'
import { restoreStatus, wantsRestoreStatus } from './lib/archive.ts'
import { quoteETag } from './lib/etag.ts'
import { afterMarker, delimiterOf, splitEntries, textEncoder, versionsPageLimit, wholeSeconds } from './lib/listing.ts'
import { owner } from './lib/owner.ts'

type Version = ObjectRecord & { isLatest: boolean }

/** @throws InvalidArgument: a version-id marker alone, or one that is no version id */
function checkMarkers(input: ListObjectVersionsRequest): void {
  const { KeyMarker, VersionIdMarker } = input
  if (VersionIdMarker === undefined) return
  const fields = { ArgumentName: 'version-id-marker', ArgumentValue: VersionIdMarker }
  if (KeyMarker === undefined || KeyMarker === '') {
    throw error('InvalidArgument', fields, {
      message: 'A version-id marker cannot be specified without a key marker.',
    })
  }
  // Observed: text as reported in versitygw#1811. Assumed: an empty marker beside a key marker is none, because SDK paginators send it.
  if (VersionIdMarker !== '' && VersionIdMarker !== 'null' && !hasVersionIdForm(VersionIdMarker)) {
    throw error('InvalidArgument', fields, { message: 'Invalid version id specified' })
  }
}

function listOptions(input: ListObjectVersionsRequest, limit: number): ListOptions & { afterVersionId?: string } {
  const prefix = input.Prefix ?? ''
  const delimiter = delimiterOf(input.Delimiter)
  const options: ListOptions & { afterVersionId?: string } = { prefix, limit }
  if (delimiter !== undefined) options.delimiter = delimiter
  if (input.KeyMarker === undefined || input.KeyMarker === '') return options
  options.after = afterMarker(input.KeyMarker, prefix, delimiter)
  // A marker inside a group stands for the whole group: its version does not matter.
  if (input.VersionIdMarker && options.after === input.KeyMarker) options.afterVersionId = input.VersionIdMarker
  return options
}

function versionEntry(
  record: Version,
  encode: (text: string) => string,
  ctx: Ctx,
  restoreAtMs?: number,
): ObjectVersion {
  return {
    ETag: quoteETag(record.ETag),
    ChecksumAlgorithm: record.checksum && [record.checksum.algorithm],
    ChecksumType: record.checksum?.type,
    Size: record.sizeBytes,
    StorageClass: record.StorageClass,
    RestoreStatus: restoreAtMs === undefined ? undefined : restoreStatus(record, restoreAtMs),
    ...markerEntry(record, encode, ctx),
  }
}

function markerEntry(record: Version, encode: (text: string) => string, ctx: Ctx): DeleteMarkerEntry {
  return {
    Key: encode(record.Key),
    VersionId: record.VersionId,
    IsLatest: record.isLatest,
    LastModified: wholeSeconds(record.lastModifiedMs),
    Owner: owner(ctx, record.ownerId),
  }
}

/** NextKeyMarker, and NextVersionIdMarker unless the page ends with a group (recorded). */
function nextMarkers(page: ListPage<Version>, encode: (text: string) => string): Partial<ListObjectVersionsOutput> {
  const entry = page.isTruncated ? page.entries.at(-1) : undefined
  if (entry === undefined) return {}
  if ('prefix' in entry) return { NextKeyMarker: encode(entry.prefix) }
  return { NextKeyMarker: encode(entry.record.Key), NextVersionIdMarker: entry.record.VersionId }
}

interface Entries {
  Versions: ObjectVersion[]
  DeleteMarkers: DeleteMarkerEntry[]
  /** Both, as they follow one another. */
  [elementSequence]: SequencedElement<'Versions' | 'DeleteMarkers'>[]
}

function entriesOf(records: Version[], encode: (text: string) => string, ctx: Ctx, restoreAtMs?: number): Entries {
  const entries: Entries = { Versions: [], DeleteMarkers: [], [elementSequence]: [] }
  for (const record of records) {
    if (record.isDeleteMarker) {
      const value = markerEntry(record, encode, ctx)
      entries.DeleteMarkers.push(value)
      entries[elementSequence].push({ member: 'DeleteMarkers', value })
    } else {
      const value = versionEntry(record, encode, ctx, restoreAtMs)
      entries.Versions.push(value)
      entries[elementSequence].push({ member: 'Versions', value })
    }
  }
  return entries
}

export const listVersions = {
  async ListObjectVersions(input, ctx): Promise<ListObjectVersionsOutput> {
    const limit = versionsPageLimit(input.MaxKeys)
    const encode = textEncoder(input.EncodingType)
    checkMarkers(input)
    const options = listOptions(input, limit)
    const page = await ctx.store.objects.listVersions(ctx.bucket, options)
    const { records, prefixes } = splitEntries(page.entries)
    return {
      Name: ctx.bucket.Name,
      Prefix: encode(input.Prefix ?? ''),
      Delimiter: options.delimiter && encode(options.delimiter),
      KeyMarker: encode(input.KeyMarker ?? ''),
      VersionIdMarker: input.VersionIdMarker ?? '',
      ...(limit > 0 ? nextMarkers(page, encode) : {}),
      MaxKeys: limit,
      EncodingType: input.EncodingType,
      IsTruncated: limit > 0 && page.isTruncated,
      ...entriesOf(records, encode, ctx, wantsRestoreStatus(input) ? ctx.clock.now() : undefined),
      CommonPrefixes: prefixes.map((text) => ({ Prefix: encode(text) })),
    }
  },
} satisfies Partial<S3Handlers>
