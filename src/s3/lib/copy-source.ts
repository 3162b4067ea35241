/**
 * The source of CopyObject and UploadPartCopy: `[/]BUCKET/KEY[?versionId=ID]`, percent-encoded, finding the object it
 * names and answering as AWS does when it is not there.
 */
import type { Ctx } from '../../context.ts'
import { error, notImplemented } from '../../errors.ts'
import { splitCopySource } from '../../lib/copy-source.ts'
import type { BucketRecord, ObjectRecord } from '../../store/records.ts'
import { checkExpectedOwner } from './expected-owner.ts'
import { markerHeaders } from './find-object.ts'
import { hasVersionId, versionIdRefusal } from './version-id.ts'

export interface CopySource {
  bucketName: string
  key: string
  versionId: string | undefined
}

// Observed: both fields carry the header's name (recorded, test_s3_copy_object_wrong_format).
const invalid = (message: string) =>
  error('InvalidArgument', { ArgumentName: 'x-amz-copy-source', ArgumentValue: 'x-amz-copy-source' }, { message })

/**
 * Reads the header.
 * @throws AwsError InvalidArgument; NotImplemented for access points and Outposts
 */
export function parseCopySource(header: string): CopySource {
  const source = splitCopySource(header)
  if (source === undefined) throw invalid('Invalid copy source encoding.')
  const { path, versionId } = source
  if (path.startsWith('arn:')) throw notImplemented('An ARN as x-amz-copy-source', 'there are no access points here')
  const start = path.startsWith('/') ? 1 : 0
  const slash = path.indexOf('/', start)
  if (slash <= start) {
    throw invalid(slash < 0 ? 'Invalid copy source object key' : 'Invalid copy source bucket name')
  }
  const key = path.slice(slash + 1)
  if (key === '') throw invalid('Invalid copy source object key')
  return { bucketName: path.slice(start, slash), key, versionId }
}

/** A source that was found and may be read. */
export interface FoundSource {
  bucket: BucketRecord
  record: ObjectRecord
}

/**
 * Looks the source up: bucket, expected owner, permission to read it, object or version.
 * @throws AwsError NoSuchBucket, AccessDenied, NoSuchKey, NoSuchVersion, InvalidRequest (a delete marker named by id), InvalidArgument
 */
export async function findCopySource(
  ctx: Ctx,
  source: CopySource,
  expectedOwner: string | undefined,
): Promise<FoundSource> {
  const bucket = source.bucketName === ctx.bucket.Name ? ctx.bucket : await ctx.store.buckets.get(source.bucketName)
  if (bucket === undefined) throw error('NoSuchBucket', { BucketName: source.bucketName })
  checkExpectedOwner(bucket, expectedOwner)
  const { key, versionId } = source
  if (versionId !== undefined && !hasVersionId(bucket, versionId)) {
    // Observed: the code, which is InvalidArgument everywhere else. Assumed: the text, which is that of everywhere else.
    throw error('InvalidRequest', {}, { message: versionIdRefusal(versionId) })
  }
  const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion'
  await ctx.authorize(action, `arn:aws:s3:::${bucket.Name}/${key}`, bucket, versionId)
  if (versionId === undefined) {
    const record = await ctx.store.objects.latest(bucket, key)
    if (record === undefined) throw error('NoSuchKey', { Key: key })
    if (record.isDeleteMarker) throw error('NoSuchKey', { Key: key }, { headers: markerHeaders(bucket, record) })
    return { bucket, record }
  }
  const record = await ctx.store.objects.version(bucket, key, versionId)
  if (record === undefined) throw error('NoSuchVersion', { Key: key, VersionId: versionId })
  if (record.isDeleteMarker) {
    throw error(
      'InvalidRequest',
      {},
      {
        message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
        headers: markerHeaders(bucket, record),
      },
    )
  }
  return { bucket, record }
}
