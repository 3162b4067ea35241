/** What bears on a decision beside the statements of policies: owners, ACLs, Block Public Access, keys that were absent. */
import { type AclSide, type Grant, isPublicAcl } from './acl.ts'
import { type AccessRequest, reachesForeignObjects } from './decide.ts'
import { findKey } from './keys.ts'
import { hasPlainVariables } from './remedies.ts'
import type { Trace } from './trace.ts'

const maxGrants = 5

/** A sentence each. */
export function notesOn(request: AccessRequest, { verdict, missingKeys, policies: traced }: Trace): string[] {
  const { principal, policies, resourceAccount } = request
  const notes: string[] = []
  if (verdict.by === 'always') notes.push('Nothing can deny this action.')
  if (verdict.by === 'owner') notes.push("The root of the bucket's account keeps its policy, whatever that denies.")
  if (verdict.isCrossAccount && principal.accountId !== '') {
    const { objectOwner = resourceAccount } = policies
    notes.push(
      `The caller is of account ${principal.accountId}, the resource of ${objectOwner}: both have to allow it.`,
    )
  }
  if (principal.kind === 'federated' && (policies.session ?? []).length === 0) {
    notes.push('A federated user without a session policy has no permissions of its own.')
  }
  const { acls, objectOwner, publicAccessBlock: block } = policies
  const isForeign = objectOwner !== undefined && objectOwner !== resourceAccount
  if (isForeign && !reachesForeignObjects(request.action)) {
    notes.push(`The object belongs to account ${objectOwner}: the policy of the bucket does not reach it.`)
  }
  if (acls !== undefined) notes.push(...notesOnAcls(acls, block?.IgnorePublicAcls === true))
  if (block?.RestrictPublicBuckets === true && policies.resource?.isPublic === true) {
    notes.push("RestrictPublicBuckets: the public policy of the bucket is for the owner's account alone.")
  }
  for (const { policy, statements } of traced) {
    if (!hasPlainVariables(policy) || !statements.some(({ action }) => action)) continue
    const { version } = policy.document
    const has = version === undefined ? 'no Version' : `the Version ${version}`
    notes.push(
      `The policy ${policy.source} has ${has}: \${...} in it is plain text, no variable. "Version": "2012-10-17" makes it one.`,
    )
  }
  if (missingKeys.length > 0) {
    const names = missingKeys.map((key) => (key.includes('/') ? key : (findKey(key)?.name ?? key)))
    notes.push(`Statements ask for ${names.join(', ')}, which the request does not have.`)
  }
  return notes
}

function notesOnAcls(acls: AclSide, isIgnoring: boolean): string[] {
  const { bucket, object } = acls
  const hasObject = Object.hasOwn(acls, 'object')
  const grants = [...(bucket ?? []), ...(object === 'missing' ? [] : (object ?? []))]
  const notes = [`ACLs are on: that of the bucket grants ${listed(bucket)}${onObject(object, hasObject)}.`]
  if (isIgnoring && isPublicAcl(grants)) notes.push('IgnorePublicAcls: grants to everyone do not count.')
  return notes
}

function onObject(object: AclSide['object'], hasObject: boolean): string {
  if (!hasObject) return ''
  return object === 'missing' ? ', and there is no object' : `, that of the object ${listed(object)}`
}

function listed(grants: readonly Grant[] | undefined): string {
  // Without an ACL of its own a bucket or object has the default one.
  if (grants === undefined) return 'FULL_CONTROL to its owner'
  if (grants.length === 0) return 'nothing'
  const shown = grants.slice(0, maxGrants).map(({ Grantee, Permission }) => {
    const who = Grantee?.URI?.split('/').at(-1) ?? Grantee?.DisplayName ?? Grantee?.ID ?? 'somebody'
    return `${Permission} to ${who}`
  })
  const more = grants.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
