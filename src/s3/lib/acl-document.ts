/**
 * The document of PutBucketAcl and PutObjectAcl. Its form is checked first, then whom it names.
 * Observed: both, in this order, with all texts (recorded, test_s3_bucket_acl_exceptions, test_s3_object_acl_exceptions).
 */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import { nameMap } from '../../lib/name-map.ts'
import type { AccessControlPolicy } from '../../model/s3.types.gen.ts'
import type { Grant } from '../../policy/acl.ts'
import { emailRefusal, granteeOfId, granteeOfUri } from './acl.ts'

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html ("up to 100 grants") */
const maxGrants = 100
const permissions: ReadonlySet<unknown> = new Set(['FULL_CONTROL', 'READ', 'WRITE', 'READ_ACP', 'WRITE_ACP'])
/** Which element names a grantee of each type. */
const names: Readonly<Record<string, 'ID' | 'URI' | 'EmailAddress'>> = nameMap({
  CanonicalUser: 'ID',
  Group: 'URI',
  AmazonCustomerByEmail: 'EmailAddress',
})

interface WellFormed {
  ownerId: string
  grants: { type: string; name: string; Permission: string }[]
}

function checkForm({ Owner, Grants }: AccessControlPolicy): WellFormed {
  const malformed = () => error('MalformedACLError')
  if (Owner?.ID === undefined || Grants === undefined || Grants.length > maxGrants) throw malformed()
  const grants = Grants.map(({ Grantee, Permission }) => {
    const member = Grantee === undefined ? undefined : names[Grantee.Type]
    const name = member === undefined ? undefined : Grantee?.[member]
    if (Grantee === undefined || name === undefined || Permission === undefined || !permissions.has(Permission)) {
      throw malformed()
    }
    return { type: Grantee.Type, name, Permission }
  })
  return { ownerId: Owner.ID, grants }
}

/**
 * The grants of a document, to be stored as they are.
 * @returns also the canonical id of the owner it names, which cannot be changed this way
 * @throws MalformedACLError, InvalidArgument (nobody of that name), MethodNotAllowed (by e-mail)
 */
export function readAclDocument(
  document: AccessControlPolicy,
  ctx: Pick<Ctx, 'account'>,
): { owner: string; grants: Grant[] } {
  const { ownerId, grants } = checkForm(document)
  const owner = granteeOfId(ctx, ownerId, 'CanonicalUser/ID').ID
  return {
    owner,
    grants: grants.map(({ type, name, Permission }) => {
      if (type === 'AmazonCustomerByEmail') throw emailRefusal()
      const Grantee = type === 'Group' ? granteeOfUri(name, 'Group/URI') : granteeOfId(ctx, name, 'CanonicalUser/ID')
      return { Grantee, Permission }
    }),
  }
}
