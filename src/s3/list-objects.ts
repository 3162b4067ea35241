/**
 * ListObjects and ListObjectsV2: the newest versions of a bucket's keys, page by page, grouped by a delimiter.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { _Object, ListObjectsOutput, ListObjectsV2Output, Owner, S3Handlers } from '../model/s3.types.gen.ts'
import type { ObjectRecord } from '../store/records.ts'
import type { ListPage } from '../store/store.ts'
import { restoreStatus, wantsRestoreStatus } from './lib/archive.ts'
import { decodeToken, encodeToken } from './lib/continuation-token.ts'
import { isDirectory } from './lib/directory-bucket.ts'
import { listDirectory, scattered } from './lib/directory-listing.ts'
import { quoteETag } from './lib/etag.ts'
import { afterMarker, delimiterOf, pageLimit, splitEntries, textEncoder, wholeSeconds } from './lib/listing.ts'
import { owner } from './lib/owner.ts'

interface PageRequest {
  Prefix?: string | undefined
  Delimiter?: string | undefined
  EncodingType?: string | undefined
  MaxKeys?: number | undefined
  OptionalObjectAttributes?: string[] | undefined
}

/** What both operations answer alike. */
interface Page {
  encode: (text: string) => string
  output: Pick<
    ListObjectsOutput,
    | 'BucketRegion'
    | 'Name'
    | 'Prefix'
    | 'Delimiter'
    | 'MaxKeys'
    | 'EncodingType'
    | 'IsTruncated'
    | 'Contents'
    | 'CommonPrefixes'
  >
  /** Where the next page goes on; undefined on the last one. */
  last: string | undefined
  count: number
}

/** One Contents element. */
function content(
  record: ObjectRecord,
  encode: (text: string) => string,
  who: Owner | undefined,
  restoreAtMs: number | undefined,
): _Object {
  return {
    Key: encode(record.Key),
    LastModified: wholeSeconds(record.lastModifiedMs),
    ETag: quoteETag(record.ETag),
    ChecksumAlgorithm: record.checksum && [record.checksum.algorithm],
    ChecksumType: record.checksum?.type,
    Size: record.sizeBytes,
    StorageClass: record.StorageClass,
    Owner: who,
    RestoreStatus: restoreAtMs === undefined ? undefined : restoreStatus(record, restoreAtMs),
  }
}

/** Owners of a page: nearly always one account, looked up once. */
function ownersOf(ctx: Ctx): (accountId: string) => Owner {
  const found = new Map<string, Owner>()
  return (accountId) => {
    let who = found.get(accountId)
    if (who === undefined) {
      who = owner(ctx, accountId)
      found.set(accountId, who)
    }
    return who
  }
}

function lastPosition(page: ListPage<ObjectRecord>): string | undefined {
  const entry = page.isTruncated ? page.entries.at(-1) : undefined
  if (entry === undefined) return undefined
  return 'record' in entry ? entry.record.Key : entry.prefix
}

/** @throws InvalidArgument for max-keys or encoding-type */
async function listPage(input: PageRequest, ctx: Ctx, marker: string, withOwner: boolean): Promise<Page> {
  const limit = pageLimit('max-keys', input.MaxKeys)
  const encode = textEncoder(input.EncodingType)
  const prefix = input.Prefix ?? ''
  const delimiter = delimiterOf(input.Delimiter)
  const options = {
    prefix,
    ...(delimiter !== undefined && { delimiter }),
    ...(marker !== '' && { after: afterMarker(marker, prefix, delimiter) }),
    limit,
  }
  const inDirectory = isDirectory(ctx.bucket)
  const page = await (inDirectory ? listDirectory(ctx, options) : ctx.store.objects.list(ctx.bucket, options))
  const { records, prefixes } = splitEntries(inDirectory ? scattered(page.entries) : page.entries)
  const ownerOf = ownersOf(ctx)
  const restoreAtMs = wantsRestoreStatus(input) ? ctx.clock.now() : undefined
  return {
    encode,
    // Nothing was asked for, so nothing was cut off (s3-tests test_bucket_list_maxkeys_zero, passes on AWS).
    last: limit === 0 ? undefined : lastPosition(page),
    count: page.entries.length,
    output: {
      BucketRegion: ctx.bucket.region,
      Name: ctx.bucket.Name,
      Prefix: encode(prefix),
      Delimiter: delimiter && encode(delimiter),
      MaxKeys: limit,
      EncodingType: input.EncodingType,
      IsTruncated: limit > 0 && page.isTruncated,
      Contents: records.map((record) =>
        content(record, encode, withOwner ? ownerOf(record.ownerId) : undefined, restoreAtMs),
      ),
      CommonPrefixes: prefixes.map((text) => ({ Prefix: encode(text) })),
    },
  }
}

export const listObjects = {
  async ListObjects(input, ctx): Promise<ListObjectsOutput> {
    const marker = input.Marker ?? ''
    // Observed: an anonymous caller sees no owners (recorded, test_bucket_name_with_dots).
    const { output, encode, last } = await listPage(input, ctx, marker, ctx.principal.kind !== 'anonymous')
    return {
      ...output,
      Marker: encode(marker),
      // Only with a delimiter; without one the last key is the next marker (recorded, test_list_objects_next_marker).
      NextMarker: last !== undefined && output.Delimiter !== undefined ? encode(last) : undefined,
    }
  },

  async ListObjectsV2(input, ctx): Promise<ListObjectsV2Output> {
    const { ContinuationToken: token, StartAfter } = input
    const position = token === undefined ? StartAfter : decodeToken('objects', ctx.bucket.id, token)
    if (token !== undefined && position === undefined) {
      throw error(
        'InvalidArgument',
        { ArgumentName: 'continuation-token' },
        { message: 'The continuation token provided is incorrect' },
      )
    }
    const { output, encode, last, count } = await listPage(input, ctx, position ?? '', input.FetchOwner === true)
    return {
      ...output,
      KeyCount: count,
      ContinuationToken: token,
      NextContinuationToken: last === undefined ? undefined : encodeToken('objects', ctx.bucket.id, last),
      // Observed: a token makes StartAfter void, and it is not echoed then (recorded, test_list_objects_v2_continuation_start_after).
      StartAfter: token === undefined && StartAfter !== undefined ? encode(StartAfter) : undefined,
    }
  },
} satisfies Partial<S3Handlers>
