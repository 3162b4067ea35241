/**
 * CopyObject: a new version that shares the source's bytes.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { CopyObjectOutput, CopyObjectRequest, S3Handlers } from '../model/s3.types.gen.ts'
import type { ObjectRecord } from '../store/records.ts'
import type { ObjectDraft, StagedBody } from '../store/store.ts'
import { maxAttempts } from './lib/attempts.ts'
import { checkReadable } from './lib/archive.ts'
import { checksumOutput, requestedAlgorithm } from './lib/checksum.ts'
import { checkCopySourceConditions, checkWriteConditions, validateWriteConditions } from './lib/conditional.ts'
import { copiedBody } from './lib/copied-body.ts'
import { authorizeAnnotations, bringsAnnotations, copiedAnnotations } from './lib/copied-annotations.ts'
import { copiedDigests } from './lib/copied-digests.ts'
import { type CopySource, type FoundSource, findCopySource, parseCopySource } from './lib/copy-source.ts'
import { type CustomerKey, hasCustomerKey, readCustomerKey, sourceKeyInput } from './lib/customer-key.ts'
import { isDirectory, notThere, shownExpiration } from './lib/directory-bucket.ts'
import { chooseEncryption, hasMD5Tag, readSealer } from './lib/encryption.ts'
import { quoteETag } from './lib/etag.ts'
import { describeContent, describeObject } from './lib/object-draft.ts'
import { maxUploadBytes } from './lib/receive-body.ts'
import { shownVersionId } from './lib/version-id.ts'

function checkDirective(value: string | undefined, kind: 'metadata' | 'tagging', other: 'REPLACE'): void {
  if (value === undefined || value === 'COPY' || value === other) return
  throw error(
    'InvalidArgument',
    { ArgumentName: `x-amz-${kind}-directive`, ArgumentValue: value },
    { message: `Unknown ${kind} directive.` },
  )
}

/**
 * A copy onto itself must change something that headers can name; a version named by id may become the newest again.
 * Observed: naming a storage class is enough, even the one it has; leaving it out is not, even if that changes it; a bucket
 * with an encryption configuration allows it, and so does a source that is not under SSE-S3 (recorded,
 * test_s3_copy_object_in_place*, test_s3_copy_object_storage_class).
 */
function checkSelfCopy(input: CopyObjectRequest, source: CopySource, from: ObjectRecord, ctx: Ctx): void {
  if (source.bucketName !== ctx.bucket.Name || source.key !== input.Key || source.versionId !== undefined) return
  const changes =
    input.MetadataDirective === 'REPLACE' ||
    input.StorageClass !== undefined ||
    input.WebsiteRedirectLocation !== undefined ||
    input.ServerSideEncryption !== undefined ||
    hasCustomerKey(input) ||
    !hasMD5Tag(from.encryption) ||
    ctx.bucket.documents.encryption !== undefined
  if (changes) return
  throw error(
    'InvalidRequest',
    {},
    {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    },
  )
}

function checkSource(input: CopyObjectRequest, record: ObjectRecord, ctx: Ctx): void {
  checkCopySourceConditions(input, record, ctx.clock.now())
  if (record.sizeBytes > maxUploadBytes) {
    throw error(
      'InvalidRequest',
      {},
      {
        message: `The specified copy source is larger than the maximum allowable size for a copy source: ${maxUploadBytes}`,
      },
    )
  }
  checkReadable(record, ctx.clock.now(), 'copy')
}

type Described = ReturnType<typeof describeRequest>

/** What the request's own headers say, checked before the source is looked at. */
function describeRequest(input: CopyObjectRequest, ctx: Ctx) {
  const replacesTags = input.TaggingDirective === 'REPLACE'
  const description = describeObject(replacesTags ? input : { ...input, Tagging: undefined }, ctx)
  // Described even where the source's stay: metadata that is too large is refused all the same (versity/versitygw).
  const described = describeContent(input, ctx)
  const replaced = input.MetadataDirective === 'REPLACE' ? described : undefined
  return { description, replaced, replacesTags, encryption: chooseEncryption(input, ctx) }
}

function draftOf(
  { description, replaced, replacesTags, encryption }: Described,
  source: ObjectRecord,
): Omit<ObjectDraft, 'Key' | 'ETag' | 'lastModifiedMs'> {
  const { content, metadata } = replaced ?? source
  const tags = replacesTags ? description.tags : source.tags
  return {
    ...description,
    encryption: encryption.record,
    ...(tags === undefined ? undefined : { tags }),
    content,
    metadata,
    sizeBytes: source.sizeBytes,
  }
}

/** Directory buckets have no tags, not even those of a source. @throws NotImplemented */
function refuseTags({ bucket }: Ctx, from: ObjectRecord, { TaggingDirective }: CopyObjectRequest): void {
  if (isDirectory(bucket) && TaggingDirective !== 'REPLACE' && from.tags?.length) throw notThere('x-amz-tagging')
}

/** Tags that travel with the object are read there and set here. @throws AwsError AccessDenied */
async function authorizeTags(
  ctx: Ctx,
  found: FoundSource,
  { versionId }: CopySource,
  input: CopyObjectRequest,
): Promise<void> {
  if (input.TaggingDirective === 'REPLACE' || !found.record.tags?.length) return
  const { Name } = found.bucket
  const action = versionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging'
  await ctx.authorize(action, `arn:aws:s3:::${Name}/${found.record.Key}`, found.bucket, versionId)
  await ctx.authorize('s3:PutObjectTagging', `arn:aws:s3:::${ctx.bucket.Name}/${input.Key}`, ctx.bucket)
}

/** One attempt; undefined when the source changed under it. */
async function copyOnce(
  input: CopyObjectRequest,
  ctx: Ctx,
  source: CopySource,
  described: Described,
  sourceKey: CustomerKey | undefined,
): Promise<{ from: ObjectRecord; made: ObjectRecord } | undefined> {
  const { Key } = input
  const found = await findCopySource(ctx, source, input.ExpectedSourceBucketOwner)
  const from = found.record
  refuseTags(ctx, from, input)
  await authorizeTags(ctx, found, source, input)
  const isAnnotated = bringsAnnotations(from, input.AnnotationDirective)
  if (isAnnotated) await authorizeAnnotations(ctx, found, source, Key)
  checkSelfCopy(input, source, from, ctx)
  const sealer = readSealer(from, sourceKey, ctx)
  checkSource(input, from, ctx)
  const { record: encryption, sealer: to } = described.encryption
  const digests = await copiedDigests(ctx, found, requestedAlgorithm(input.ChecksumAlgorithm), encryption, sealer)
  if (digests === undefined) return undefined
  const draft = draftOf(described, from)
  const annotations = isAnnotated ? await copiedAnnotations(ctx, from, { record: encryption, sealer: to }) : []
  let body: StagedBody | undefined
  try {
    body = await copiedBody(ctx, from.body, { start: 0, end: from.sizeBytes }, sealer, to)
  } finally {
    if (body === undefined) for (const { body: unused } of annotations) await unused.discard()
  }
  if (body === undefined) return undefined
  const made = await ctx.store.objects.put(
    ctx.bucket,
    Key,
    body,
    (latest) => {
      checkWriteConditions(input, latest, Key)
      return { ...draft, ...digests, Key, lastModifiedMs: ctx.clock.now() }
    },
    { ...from, bucket: found.bucket },
    annotations,
  )
  if (made === 'bucketGone') throw error('NoSuchBucket', { BucketName: ctx.bucket.Name })
  return made === 'sourceGone' ? undefined : { from, made }
}

export const objectCopy = {
  async CopyObject(input, ctx): Promise<CopyObjectOutput> {
    if (ctx.principal.kind === 'anonymous') {
      throw error('AccessDenied', {}, { message: 'Anonymous users cannot copy objects. Please authenticate.' })
    }
    const source = parseCopySource(input.CopySource)
    checkDirective(input.MetadataDirective, 'metadata', 'REPLACE')
    checkDirective(input.TaggingDirective, 'tagging', 'REPLACE')
    const sourceKey = readCustomerKey(sourceKeyInput(input), ctx, 'read')
    validateWriteConditions(input)
    requestedAlgorithm(input.ChecksumAlgorithm)
    const described = describeRequest(input, ctx)
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const copied = await copyOnce(input, ctx, source, described, sourceKey)
      if (copied === undefined) continue
      const { from, made } = copied
      return {
        CopyObjectResult: {
          ETag: quoteETag(made.ETag),
          LastModified: made.lastModifiedMs,
          ...checksumOutput(made.checksum),
        },
        // Observed: a null version is not named as a source (recorded, test_s3_copy_object_in_place_versioned).
        CopySourceVersionId: from.VersionId === 'null' ? undefined : from.VersionId,
        VersionId: shownVersionId(ctx.bucket, made),
        Expiration: shownExpiration(ctx.bucket),
        ...described.encryption.output,
      }
    }
    throw error('InternalError', {}, { cause: new Error(`source replaced ${maxAttempts} times while it was copied`) })
  },
} satisfies Partial<S3Handlers>
