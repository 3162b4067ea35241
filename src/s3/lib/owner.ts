/** How accounts appear in Owner and Initiator elements. */
import type { Ctx } from '../../context.ts'
import type { Initiator, Owner } from '../../model/s3.types.gen.ts'
import type { UploadRecord } from '../../store/records.ts'

/**
 * The Owner element of an account.
 * Observed: no DisplayName (recorded listings since the announcement that S3 stops returning it from November 2025).
 */
export function owner(ctx: Ctx, accountId: string): Owner {
  return { ID: ctx.account(accountId)?.canonicalId ?? accountId }
}

/**
 * The Initiator of an upload: the account itself for its root, the principal's ARN otherwise.
 * Observed: DisplayName is still there (recorded ListParts and ListMultipartUploads).
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Initiator.html
 */
export function initiator(ctx: Ctx, upload: Pick<UploadRecord, 'ownerId' | 'initiatorArn'>): Initiator {
  const account = ctx.account(upload.ownerId)
  if (upload.initiatorArn === '' || upload.initiatorArn.endsWith(':root')) {
    return { ID: account?.canonicalId ?? upload.ownerId, DisplayName: account?.displayName }
  }
  return { ID: upload.initiatorArn, DisplayName: upload.initiatorArn.slice(upload.initiatorArn.lastIndexOf('/') + 1) }
}
