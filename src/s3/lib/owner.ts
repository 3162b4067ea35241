/** How accounts appear in Owner and Initiator elements. */
import type { Ctx } from '../../context.ts'
import type { Initiator, Owner } from '../../model/s3.types.gen.ts'
import type { UploadRecord } from '../../store/records.ts'
import { isDirectory } from './directory-bucket.ts'

/**
 * The Owner element of an account.
 * Observed: no DisplayName (recorded listings since the announcement that S3 stops returning it from November 2025).
 */
export function owner(ctx: Ctx, accountId: string): Owner {
  return { ID: ctx.account(accountId)?.canonicalId ?? accountId }
}

/**
 * The Initiator of an upload: the account itself for its root, the principal's ARN otherwise.
 * Observed: DisplayName is still there (recorded ListParts and ListMultipartUploads). In directory buckets an account is
 * shown by its account id.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Initiator.html
 */
export function initiator(ctx: Ctx, upload: Pick<UploadRecord, 'ownerId' | 'initiatorArn'>): Initiator {
  const { initiatorArn } = upload
  if (initiatorArn !== '' && !initiatorArn.endsWith(':root')) {
    return { ID: initiatorArn, DisplayName: initiatorArn.slice(initiatorArn.lastIndexOf('/') + 1) }
  }
  // arn:aws:iam::ACCOUNT:root
  const accountId = initiatorArn === '' ? upload.ownerId : initiatorArn.slice('arn:aws:iam::'.length, -':root'.length)
  const account = ctx.account(accountId)
  if (isDirectory(ctx.bucket)) return { ID: account?.id ?? accountId, DisplayName: account?.displayName }
  return { ID: account?.canonicalId ?? accountId, DisplayName: account?.displayName }
}
