/**
 * What PutObject, CopyObject, CreateMultipartUpload and form uploads have in common: turning headers into the stored
 * description of an object, checked in one place.
 */
import type { Ctx } from '../../context.ts'
import type { ContentHeaders, ObjectRecord } from '../../store/records.ts'
import { type AclInput, newObjectAcl } from './acl.ts'
import { type ContentInput, storedContent } from './content.ts'
import { storedMetadata } from './metadata.ts'
import { type LockInput, storedLock } from './object-lock.ts'
import { checkRedirectLocation } from './redirect.ts'
import { storedStorageClass } from './storage-class.ts'
import { parseTaggingHeader } from './tags.ts'

export interface DescriptionInput extends AclInput, LockInput {
  StorageClass?: string | undefined
  Tagging?: string | undefined
  WebsiteRedirectLocation?: string | undefined
}

/** Everything of an object's record that headers decide but content headers, metadata and encryption. */
export type Description = Pick<
  ObjectRecord,
  | 'StorageClass'
  | 'ownerId'
  | 'acl'
  | 'tags'
  | 'WebsiteRedirectLocation'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilMs'
  | 'ObjectLockLegalHoldStatus'
  | 'ObjectLockEventHold'
  | 'ObjectLockEventHoldDuration'
>

/**
 * The description that the headers of a write ask for.
 * @throws AwsError whatever a header's own rules say
 */
export function describeObject(input: DescriptionInput, ctx: Ctx): Description {
  const { bucket } = ctx
  const redirect = checkRedirectLocation(input.WebsiteRedirectLocation)
  const tags = input.Tagging === undefined ? [] : parseTaggingHeader(input.Tagging)
  const StorageClass = storedStorageClass(input.StorageClass, bucket)
  const { ownerId, acl } = newObjectAcl(input, bucket, ctx)
  const description: Description = { StorageClass, ownerId }
  if (acl !== undefined) description.acl = acl
  if (tags.length > 0) description.tags = tags
  if (redirect !== undefined) description.WebsiteRedirectLocation = redirect
  return Object.assign(description, storedLock(input, bucket, ctx.clock.now()))
}

/** Content headers and user metadata of a write. @throws AwsError MetadataTooLarge */
export function describeContent(
  input: ContentInput & { Metadata?: Record<string, string> | undefined },
  ctx: Ctx,
): { content: ContentHeaders; metadata: Record<string, string> } {
  return { content: storedContent(input), metadata: storedMetadata(input.Metadata, ctx.form !== undefined) }
}
