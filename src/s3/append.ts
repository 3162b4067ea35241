/**
 * PutObject with x-amz-write-offset-bytes: bytes added behind those of an object in a directory bucket.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-append.html
 */
import type { Ctx } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import type { PutObjectOutput, PutObjectRequest } from '../model/s3.types.gen.ts'
import type { Checksum, ObjectRecord } from '../store/records.ts'
import type { ObjectDraft } from '../store/store.ts'
import { checksumOutput, declaredChecksum } from './lib/checksum.ts'
import { checkWriteConditions, validateWriteConditions } from './lib/conditional.ts'
import { combineCrcs, isCombinable } from './lib/crc-combine.ts'
import { isDirectory } from './lib/directory-bucket.ts'
import { chooseEncryption, encryptionOutput, opaqueTag, sealerOf } from './lib/encryption.ts'
import { quoteETag } from './lib/etag.ts'
import { describeContent, describeObject } from './lib/object-draft.ts'
import { type ReceivedBody, receiveBody } from './lib/receive-body.ts'

const maxParts = 10_000

/** The object must be as long as the caller thinks. Pure. @throws InvalidWriteOffset, TooManyParts, PreconditionFailed */
function checkAppend(input: PutObjectRequest, latest: ObjectRecord | undefined): void {
  checkWriteConditions(input, latest, input.Key)
  if (input.WriteOffsetBytes !== (latest?.sizeBytes ?? 0)) throw error('InvalidWriteOffset')
  if (latest !== undefined && partsOf(latest) >= maxParts) throw error('TooManyParts')
}

const partsOf = (record: ObjectRecord): number => record.appendedParts ?? record.partsCount ?? 1

/** The checksum of all bytes, where it follows from those of both pieces. */
function joinedChecksum(before: ObjectRecord, added: ReceivedBody): Checksum | undefined {
  const { checksum } = before
  const { algorithm } = added.checksum
  if (checksum?.algorithm !== algorithm || checksum.type !== 'FULL_OBJECT' || !isCombinable(algorithm)) return undefined
  const pieces = [
    { value: checksum.value, sizeBytes: before.sizeBytes },
    { value: added.checksum.value, sizeBytes: added.sizeBytes },
  ]
  return { algorithm, value: combineCrcs(algorithm, pieces), type: 'FULL_OBJECT' }
}

function appended(before: ObjectRecord, received: ReceivedBody, nowMs: number): ObjectDraft {
  const { checksum: _checksum, uploadId: _upload, partsCount: _parts, ...kept } = before
  const checksum = joinedChecksum(before, received)
  return {
    ...kept,
    lastModifiedMs: nowMs,
    ETag: opaqueTag(),
    appendedParts: partsOf(before) + 1,
    ...(checksum !== undefined && { checksum }),
  }
}

const otherAlgorithm = (wanted: string): AwsError =>
  // Assumed: the text; AWS documents that the algorithm must stay.
  error(
    'InvalidRequest',
    {},
    { message: `The object has been written with a checksum algorithm other than ${wanted}.` },
  )

/**
 * Adds the body to the object, or begins the object with it. What the object is otherwise stays as it was.
 * @throws NotImplemented in other buckets, InvalidWriteOffset, TooManyParts, and as PutObject
 */
export async function appendObject(input: PutObjectRequest, ctx: Ctx): Promise<PutObjectOutput> {
  if (!isDirectory(ctx.bucket)) throw error('NotImplemented', { Header: 'x-amz-write-offset-bytes' })
  validateWriteConditions(input)
  const declared = declaredChecksum(input, ctx.body.trailerNames)
  const before = await ctx.store.objects.latest(ctx.bucket, input.Key)
  checkAppend(input, before)
  const algorithm = before?.checksum?.algorithm
  if (declared !== undefined && algorithm !== undefined && declared.algorithm !== algorithm) {
    throw otherAlgorithm(declared.algorithm)
  }
  const chosen = chooseEncryption(input, ctx)
  const encryption = before?.encryption ?? chosen.record
  const sealer = before === undefined ? chosen.sealer : sealerOf(before.encryption, undefined, ctx)
  const described = { ...describeContent(input, ctx), ...describeObject(input, ctx), encryption }
  const received = await receiveBody(ctx, {
    ContentMD5: input.ContentMD5,
    declared,
    expectedDigestAs: 'hex',
    encryption: { sealer, hasMD5Tag: false },
  })
  const { staged, ETag, sizeBytes, checksum } = received
  const nowMs = ctx.clock.now()
  const made = await ctx.store.objects.append(
    ctx.bucket,
    input.Key,
    staged,
    () => sealer,
    (latest) => {
      checkAppend(input, latest)
      // Begun anew meanwhile, under another key perhaps: the caller must look again.
      if (latest?.body.id !== before?.body.id) throw error('InvalidWriteOffset')
      if (latest !== undefined) return appended(latest, received, nowMs)
      return { ...described, Key: input.Key, lastModifiedMs: nowMs, ETag, sizeBytes, checksum }
    },
  )
  if (made === 'bucketGone') throw error('NoSuchBucket', { BucketName: ctx.bucket.Name })
  return {
    ETag: quoteETag(made.ETag),
    Size: made.sizeBytes,
    ...checksumOutput(made.checksum),
    ...encryptionOutput(made.encryption, undefined),
  }
}
