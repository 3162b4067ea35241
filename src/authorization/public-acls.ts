/**
 * BlockPublicAcls: requests that would make a bucket or object public by its ACL are refused as they come in.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
import { allUsers, authenticatedUsers } from '../policy/acl.ts'
import type { OperationInput } from '../policy/require.ts'
import { memberOf, tagsIn } from './tags.ts'

/** Operations that may carry an ACL, with whether the check comes before that of owner enforcement. */
const aclOperations: ReadonlyMap<string, 'first' | 'withAcls'> = new Map([
  // Observed: of these two the block answers first (recorded against AWS).
  ['PutBucketAcl', 'first'],
  ['PutObjectAcl', 'first'],
  // Observed: writes to buckets without ACLs hear of that, whatever is blocked (AWS re:Post, "The bucket does not allow ACLs").
  ['PutObject', 'withAcls'],
  ['PostObject', 'withAcls'],
  ['CopyObject', 'withAcls'],
  ['CreateMultipartUpload', 'withAcls'],
])

const publicCanned = new Set<unknown>(['public-read', 'public-read-write', 'authenticated-read'])
const grantMembers = ['GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWrite', 'GrantWriteACP']

/** Whether an operation's ACL is to be looked at. CreateBucket has rules and words of its own. */
export function checksAcl(operation: string, hasAcls: boolean): boolean {
  const when = aclOperations.get(operation)
  return when === 'first' || (when === 'withAcls' && hasAcls)
}

/** Whether the head of a request has an ACL at all. */
export function hasAclInput(input: OperationInput): boolean {
  return input.ACL !== undefined || grantMembers.some((member) => input[member] !== undefined)
}

const isPublicText = (value: unknown) =>
  typeof value === 'string' && (value.includes(allUsers) || value.includes(authenticatedUsers))

/** Whether the ACL of a request is public: canned, in headers or, once it is read, in its document. */
export function asksForPublicAcl(input: OperationInput): boolean {
  if (publicCanned.has(input.ACL) || grantMembers.some((member) => isPublicText(input[member]))) return true
  const grants = tagsIn(memberOf(input.AccessControlPolicy, 'Grants'))
  return grants.some((grant) => isPublicText(memberOf(memberOf(grant, 'Grantee'), 'URI')))
}
