/**
 * What only directory buckets have: their listing, sessions, and renaming objects.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html
 */
import type { Ctx } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import {
  type SessionEncryption,
  type SessionMode,
  sealSession,
  sessionKeyPrefix,
  sessionSecret,
  sessionSecretKey,
} from '../lib/zonal-session.ts'
import type {
  CreateSessionOutput,
  ListDirectoryBucketsOutput,
  RenameObjectRequest,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import { sessionAction } from '../policy/directory-actions.ts'
import type { BucketRecord, EncryptionRecord, ObjectRecord } from '../store/records.ts'
import { checkCopySourceConditions, checkReadConditions } from './lib/conditional.ts'
import { decodeToken, encodeToken } from './lib/continuation-token.ts'
import { directoryArn, isDirectory } from './lib/directory-bucket.ts'
import { chooseEncryption } from './lib/encryption.ts'
import { wholeSeconds } from './lib/listing.ts'

const maxBuckets = 1000
const batch = 1000
/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html */
const sessionMs = 5 * 60_000

/** Up to `limit` directory buckets of the caller, in name order. */
async function ownDirectories(ctx: Ctx, after: string | undefined, limit: number): Promise<BucketRecord[]> {
  const found: BucketRecord[] = []
  let position = after
  for (;;) {
    const page = await ctx.store.buckets.list({ limit: batch, ...(position !== undefined && { after: position }) })
    for (const bucket of page) {
      if (!isDirectory(bucket) || bucket.ownerId !== ctx.principal.accountId) continue
      found.push(bucket)
      if (found.length === limit) return found
    }
    if (page.length < batch) return found
    position = page.at(-1)?.Name
  }
}

/** The key in x-amz-rename-source: percent-encoded, alone or behind the bucket. @throws InvalidArgument */
function renameSource(text: string, bucket: string): string {
  const refusal = (): AwsError =>
    error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-rename-source', ArgumentValue: text },
      { message: 'Invalid rename source object key' },
    )
  try {
    const decoded = decodeURIComponent(text)
    const inBucket = `${bucket}/`
    const path = decoded.startsWith('/') ? decoded.slice(1) : decoded
    const key = path.startsWith(inBucket) ? path.slice(inBucket.length) : decoded
    if (key !== '') return key
  } catch {
    // No percent encoding.
  }
  throw refusal()
}

const failed = (Condition: string) => error('PreconditionFailed', { Condition })

/** Conditions on what is at the new key. Pure. @throws PreconditionFailed, NoSuchKey */
function checkTarget(input: RenameObjectRequest, target: ObjectRecord | undefined, nowMs: number): void {
  if (input.DestinationIfNoneMatch !== undefined && target !== undefined) throw failed('If-None-Match')
  const { DestinationIfMatch, DestinationIfModifiedSince, DestinationIfUnmodifiedSince } = input
  if (target === undefined) {
    if (DestinationIfMatch !== undefined) throw error('NoSuchKey', { Key: input.Key })
    return
  }
  const conditions = {
    IfMatch: DestinationIfMatch,
    IfModifiedSince: DestinationIfModifiedSince,
    IfUnmodifiedSince: DestinationIfUnmodifiedSince,
  }
  try {
    checkReadConditions(conditions, target, nowMs)
  } catch {
    // A rename knows no 304.
    throw failed('If-Match')
  }
}

/** The record at its new key. Undefined: the same request has been carried out before. Pure. */
function renamed(
  input: RenameObjectRequest,
  from: string,
  source: ObjectRecord | undefined,
  target: ObjectRecord | undefined,
  nowMs: number,
): ObjectRecord | undefined {
  const { ClientToken } = input
  if (ClientToken !== undefined && target?.renamedBy?.token === ClientToken) {
    if (target.renamedBy.from !== from) throw error('IdempotencyParameterMismatch')
    return undefined
  }
  if (source === undefined) throw error('NoSuchKey', { Key: from })
  checkCopySourceConditions(
    {
      CopySourceIfMatch: input.SourceIfMatch,
      CopySourceIfNoneMatch: input.SourceIfNoneMatch,
      CopySourceIfModifiedSince: input.SourceIfModifiedSince,
      CopySourceIfUnmodifiedSince: input.SourceIfUnmodifiedSince,
    },
    source,
    nowMs,
  )
  checkTarget(input, target, nowMs)
  const { renamedBy: _before, ...rest } = source
  return ClientToken === undefined ? rest : { ...rest, renamedBy: { token: ClientToken, from } }
}

/** Without a mode a session may all that its maker may. Authorization has seen to it that this is reading at least. */
async function largestMode(ctx: Ctx): Promise<SessionMode> {
  const mayWrite = await ctx.may(sessionAction, directoryArn(ctx.bucket), ctx.bucket)
  return mayWrite ? 'ReadWrite' : 'ReadOnly'
}

/** What a session prescribes for all that is written in it. */
function sessionEncryption(record: EncryptionRecord): SessionEncryption {
  const { ServerSideEncryption = 'AES256', SSEKMSKeyId, SSEKMSEncryptionContext } = record
  return {
    ServerSideEncryption,
    ...(SSEKMSKeyId !== undefined && { SSEKMSKeyId }),
    ...(SSEKMSEncryptionContext !== undefined && { SSEKMSEncryptionContext }),
  }
}

export const directoryBuckets = {
  async ListDirectoryBuckets(input, ctx): Promise<ListDirectoryBucketsOutput> {
    const { MaxDirectoryBuckets = maxBuckets, ContinuationToken } = input
    const limit = Math.min(MaxDirectoryBuckets, maxBuckets)
    const scope = ctx.principal.accountId
    const after = ContinuationToken ? decodeToken('directories', scope, ContinuationToken) : undefined
    if (ContinuationToken && after === undefined) {
      const message = 'The continuation token provided is incorrect'
      throw error('InvalidArgument', { ArgumentName: 'continuation-token' }, { message })
    }
    const found = await ownDirectories(ctx, after, limit + 1)
    const page = found.slice(0, limit)
    const last = found.length > limit ? page.at(-1) : undefined
    return {
      Buckets: page.map((bucket) => ({
        Name: bucket.Name,
        CreationDate: wholeSeconds(bucket.createdMs),
        BucketRegion: bucket.region,
        BucketArn: directoryArn(bucket),
      })),
      ContinuationToken: last && encodeToken('directories', scope, last.Name),
    }
  },

  async CreateSession(input, ctx): Promise<CreateSessionOutput> {
    if (!isDirectory(ctx.bucket)) throw error('MethodNotAllowed', { Method: 'GET', ResourceType: 'BUCKET' })
    const mode = input.SessionMode ?? (await largestMode(ctx))
    if (mode !== 'ReadWrite' && mode !== 'ReadOnly') {
      const fields = { ArgumentName: 'x-amz-create-session-mode', ArgumentValue: mode }
      throw error('InvalidArgument', fields, { message: 'Invalid session mode' })
    }
    const { output, record } = chooseEncryption({ ...input, Key: '' }, ctx)
    const key = await ctx.store.iam.secret(sessionSecret)
    const accessKeyId = `${sessionKeyPrefix}${ctx.ids.requestId()}`
    const expiresMs = ctx.clock.now() + sessionMs
    const { principal, bucket } = ctx
    const session = {
      accessKeyId,
      bucketId: bucket.id,
      mode: mode as SessionMode,
      expiresMs,
      encryption: sessionEncryption(record),
      principal,
    }
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: sessionSecretKey(accessKeyId, key),
        SessionToken: sealSession(session, key),
        Expiration: expiresMs,
      },
      ...output,
    }
  },

  /** Nothing of the object changes but its key. */
  async RenameObject(input, ctx) {
    if (!isDirectory(ctx.bucket)) throw error('NotImplemented', { Header: 'x-amz-rename-source' })
    const from = renameSource(input.RenameSource, ctx.bucket.Name)
    if (input.DestinationIfNoneMatch !== undefined && input.DestinationIfNoneMatch !== '*') {
      throw error('NotImplemented', { Header: 'If-None-Match' })
    }
    if (from === input.Key) {
      // Assumed: code and text, because AWS documents none.
      throw error('InvalidRequest', {}, { message: 'The source and the destination of a rename must be different.' })
    }
    const nowMs = ctx.clock.now()
    const outcome = await ctx.store.objects.rename(ctx.bucket, from, input.Key, (source, target) =>
      renamed(input, from, source, target, nowMs),
    )
    if (outcome === 'bucketGone') throw error('NoSuchBucket', { BucketName: ctx.bucket.Name })
    return {}
  },
} satisfies Partial<S3Handlers>
