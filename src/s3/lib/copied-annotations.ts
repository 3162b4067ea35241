/** The annotations that travel with a copy of an object, sharing their bytes. */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { ObjectRecord } from '../../store/records.ts'
import type { CopiedAnnotation } from '../../store/store.ts'
import type { CopySource, FoundSource } from './copy-source.ts'
import { type ChosenEncryption, sealerOf } from './encryption.ts'

/** More than a version can have. */
const all = 2000

/** Whether there are any to be copied. The directive has been checked when the request was read. */
export const bringsAnnotations = (source: ObjectRecord, directive: string | undefined): boolean =>
  (source.annotationCount ?? 0) > 0 && directive !== 'EXCLUDE'

/** Annotations are read there and written here. @throws AwsError AccessDenied */
export async function authorizeAnnotations(
  ctx: Ctx,
  { bucket, record }: FoundSource,
  { versionId }: CopySource,
  key: string,
): Promise<void> {
  const action = versionId === undefined ? 's3:GetObjectAnnotation' : 's3:GetObjectVersionAnnotation'
  await ctx.authorize(action, `arn:aws:s3:::${bucket.Name}/${record.Key}`, bucket, versionId)
  await ctx.authorize('s3:PutObjectAnnotation', `arn:aws:s3:::${ctx.bucket.Name}/${key}`, ctx.bucket)
}

/**
 * Copies of a source's annotations, encrypted as the copy of the object. The caller hands them to one commit or discards them.
 * @throws InvalidRequest where the copy cannot have any, KMS.*
 */
export async function copiedAnnotations(
  ctx: Ctx,
  source: ObjectRecord,
  to: Pick<ChosenEncryption, 'record' | 'sealer'>,
): Promise<CopiedAnnotation[]> {
  if (to.record.SSECustomerAlgorithm !== undefined) {
    throw error('InvalidRequest', {}, { message: 'Objects encrypted with SSE-C cannot have annotations.' })
  }
  const found = await ctx.store.annotations.list(source, { limit: all })
  const nowMs = ctx.clock.now()
  return found.map(({ body, ...annotation }) => {
    const from = sealerOf(annotation.encryption, undefined, ctx)
    return {
      annotation: { ...annotation, lastModifiedMs: nowMs, encryption: to.record },
      body: ctx.store.bodies.slice(body, 0, body.sizeBytes, from, to.sealer),
    }
  })
}
