/** Changing a bucket's record from a handler. */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { BucketRecord } from '../../store/records.ts'

/**
 * Changes the addressed bucket atomically. `change` is pure and may throw to refuse.
 * @throws NoSuchBucket when it was deleted meanwhile
 */
export async function changeBucket(ctx: Ctx, change: (bucket: BucketRecord) => BucketRecord): Promise<void> {
  const { Name, id } = ctx.bucket
  const changed = await ctx.store.buckets.update(Name, (bucket) => {
    // A bucket made again under the name is another one.
    if (bucket.id !== id) throw error('NoSuchBucket', { BucketName: Name })
    return change(bucket)
  })
  if (changed === undefined) throw error('NoSuchBucket', { BucketName: Name })
}

/** The record with a document set, or removed when it is undefined. */
export function withDocument(bucket: BucketRecord, kind: string, document: unknown): BucketRecord {
  const { [kind]: _before, ...documents } = bucket.documents
  return { ...bucket, documents: document === undefined ? documents : { ...documents, [kind]: document } }
}
