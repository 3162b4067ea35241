/**
 * Annotations: named text payloads attached to a version of an object.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
 */
import type { Ctx } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import type {
  AnnotationEntry,
  DeleteObjectAnnotationOutput,
  GetObjectAnnotationOutput,
  ListObjectAnnotationsOutput,
  PutObjectAnnotationOutput,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { AnnotationRecord, ObjectRecord } from '../store/records.ts'
import { maxAttempts } from './lib/attempts.ts'
import { checkAnnotationName, checkAnnotationPrefix } from './lib/annotation-name.ts'
import { annotationPayload } from './lib/annotation-payload.ts'
import { checksumOutput, declaredChecksum } from './lib/checksum.ts'
import { decodeToken, encodeToken } from './lib/continuation-token.ts'
import { encryptionOutput, hasMD5Tag, sealerOf } from './lib/encryption.ts'
import { matchesETag, quoteETag } from './lib/etag.ts'
import { type Addressed, findObject } from './lib/find-object.ts'
import { checkDeletable } from './lib/object-lock.ts'
import { receiveBody } from './lib/receive-body.ts'
import { shownVersionId } from './lib/version-id.ts'

const maxAnnotations = 1000
const addressOf = ({ Key, VersionId }: Addressed) => ({ key: Key, versionId: VersionId })
const gone = ({ Key }: Addressed): AwsError => error('NoSuchKey', { Key })

/** x-amz-object-if-match: the object must still be the one the caller knows. Pure. @throws PreconditionFailed */
function checkObjectMatch(condition: string | undefined, record: ObjectRecord): void {
  if (condition === undefined || matchesETag(condition, record.ETag)) return
  throw error('PreconditionFailed', { Condition: 'x-amz-object-if-match' })
}

/** The version that is to be annotated. Pure. @throws InvalidRequest, PreconditionFailed */
function checkAnnotatable(condition: string | undefined, record: ObjectRecord): void {
  checkObjectMatch(condition, record)
  if (record.encryption.SSECustomerAlgorithm === undefined) return
  // Assumed: the text; AWS documents that such objects cannot have annotations.
  throw error('InvalidRequest', {}, { message: 'Objects encrypted with SSE-C cannot have annotations.' })
}

/** What answers about one annotation have in common. */
function described(annotation: AnnotationRecord, record: ObjectRecord, ctx: Ctx) {
  const { ServerSideEncryption } = encryptionOutput(annotation.encryption, undefined)
  return {
    ObjectVersionId: shownVersionId(ctx.bucket, record),
    ETag: quoteETag(annotation.ETag),
    ServerSideEncryption,
  }
}

function entry(annotation: AnnotationRecord): AnnotationEntry {
  return {
    AnnotationName: annotation.Name,
    LastModified: annotation.lastModifiedMs,
    Size: annotation.sizeBytes,
    ETag: quoteETag(annotation.ETag),
    ChecksumAlgorithm: [annotation.checksum.algorithm],
  }
}

/** @throws InvalidArgument. Assumed: the texts, after those of other listings */
function readPage(limit: number | undefined, token: string | undefined, scope: string) {
  if (limit !== undefined && limit < 0) {
    const message = 'Argument max-annotation-results must be an integer between 0 and 2147483647'
    throw error('InvalidArgument', { ArgumentName: 'max-annotation-results', ArgumentValue: limit }, { message })
  }
  const after = token === undefined ? undefined : decodeToken('annotations', scope, token)
  if (token !== undefined && after === undefined) {
    const message = 'The continuation token provided is incorrect'
    throw error('InvalidArgument', { ArgumentName: 'continuation-token' }, { message })
  }
  return { limit: Math.min(limit ?? maxAnnotations, maxAnnotations), after }
}

export const annotations = {
  async PutObjectAnnotation(input, ctx): Promise<PutObjectAnnotationOutput> {
    const { Key, AnnotationName, ObjectIfMatch, ContentMD5 } = input
    checkAnnotationName(AnnotationName)
    const declared = declaredChecksum(input, ctx.body.trailerNames)
    const parent = await findObject(ctx, input)
    checkAnnotatable(ObjectIfMatch, parent)
    const { encryption } = parent
    const received = await receiveBody(
      { store: ctx.store, body: annotationPayload(ctx.body) },
      {
        ContentMD5,
        declared,
        expectedDigestAs: 'hex',
        encryption: { sealer: sealerOf(encryption, undefined, ctx), hasMD5Tag: hasMD5Tag(encryption) },
      },
    )
    const { staged, ETag, sizeBytes, checksum } = received
    const put = await ctx.store.annotations.put(
      ctx.bucket,
      addressOf(input),
      AnnotationName,
      staged,
      (record, isNew) => {
        if (record.isDeleteMarker) throw gone(input)
        checkAnnotatable(ObjectIfMatch, record)
        if (isNew && (record.annotationCount ?? 0) >= maxAnnotations) throw error('AnnotationLimitExceeded')
        return { lastModifiedMs: ctx.clock.now(), ETag, sizeBytes, checksum, encryption }
      },
    )
    if (put === undefined) throw gone(input)
    return { Key, AnnotationName, ...described(put.annotation, put.record, ctx), ...checksumOutput(checksum) }
  },

  async GetObjectAnnotation(input, ctx): Promise<GetObjectAnnotationOutput> {
    checkAnnotationName(input.AnnotationName)
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const record = await findObject(ctx, input)
      const annotation = await ctx.store.annotations.get(record, input.AnnotationName)
      if (annotation === undefined) throw error('NoSuchAnnotation', { AnnotationName: input.AnnotationName })
      const { body, sizeBytes, encryption } = annotation
      const sealer = sealerOf(encryption, undefined, ctx)
      const bytes = await ctx.store.bodies.read(body, 0, sizeBytes, sealer)
      if (bytes === undefined) continue
      return {
        AnnotationPayload: bytes,
        LastModified: annotation.lastModifiedMs,
        ContentLength: sizeBytes,
        ...described(annotation, record, ctx),
        ...(input.ChecksumMode === 'ENABLED' ? checksumOutput(annotation.checksum) : undefined),
      }
    }
    throw error('InternalError', {}, { cause: new Error(`annotation replaced ${maxAttempts} times`) })
  },

  async ListObjectAnnotations(input, ctx): Promise<ListObjectAnnotationsOutput> {
    const { AnnotationPrefix: prefix = '', ContinuationToken } = input
    checkAnnotationPrefix(prefix)
    const record = await findObject(ctx, input)
    const scope = `${ctx.bucket.id}/${record.Key}/${record.VersionId}`
    const { limit, after } = readPage(input.MaxAnnotationResults, ContinuationToken, scope)
    const options = { prefix, limit: limit + 1, ...(after !== undefined && { after }) }
    const found = await ctx.store.annotations.list(record, options)
    const page = found.slice(0, limit)
    const last = found.length > limit ? page.at(-1) : undefined
    return {
      Annotations: page.map(entry),
      Bucket: ctx.bucket.Name,
      Key: record.Key,
      ObjectVersionId: shownVersionId(ctx.bucket, record),
      AnnotationPrefix: input.AnnotationPrefix,
      MaxAnnotationResults: limit,
      AnnotationCount: page.length,
      ContinuationToken,
      NextContinuationToken: last && encodeToken('annotations', scope, last.Name),
    }
  },

  /** Assumed: deleting what is not there is fine, because the model names no error for it. */
  async DeleteObjectAnnotation(input, ctx): Promise<DeleteObjectAnnotationOutput> {
    checkAnnotationName(input.AnnotationName)
    await findObject(ctx, input)
    const nowMs = ctx.clock.now()
    const bypass = input.BypassGovernanceRetention === true
    if (bypass) {
      const resource = `arn:aws:s3:::${ctx.bucket.Name}/${input.Key}`
      await ctx.authorize('s3:BypassGovernanceRetention', resource, ctx.bucket)
    }
    const deleted = await ctx.store.annotations.delete(ctx.bucket, addressOf(input), input.AnnotationName, (record) => {
      checkObjectMatch(input.ObjectIfMatch, record)
      checkDeletable(record, bypass, nowMs)
    })
    if (deleted === undefined) throw gone(input)
    return { ObjectVersionId: shownVersionId(ctx.bucket, deleted.record) }
  },
} satisfies Partial<S3Handlers>
