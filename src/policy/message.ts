/**
 * The words of AWS's AccessDenied answers.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
import type { AccessRequest, PolicyKind, Verdict } from './decide.ts'

/** What AWS says where it says nothing: to anonymous callers, across organizations, about directory buckets. */
export const plainDenial = 'Access Denied'

const articles: Readonly<Record<PolicyKind, string>> = {
  identity: 'an identity-based policy',
  boundary: 'a permissions boundary',
  session: 'a session policy',
  resource: 'a resource-based policy',
}

const names: Readonly<Record<PolicyKind, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  resource: 'resource-based policy',
}

export interface MessageOptions {
  /** Caller and resource belong to one organization: AWS then explains across accounts too. */
  isSameOrganization?: boolean | undefined
  /** How the resource is named, where that is not its ARN. */
  shown?: string | undefined
}

/** The Message of the AccessDenied error for a denied request. */
export function denialMessage(
  { principal, action, resource }: Pick<AccessRequest, 'principal' | 'action' | 'resource'>,
  verdict: Verdict,
  { isSameOrganization = false, shown = resource }: MessageOptions = {},
): string {
  if (principal.arn === '' || (verdict.isCrossAccount && !isSameOrganization)) return plainDenial
  if (action.startsWith('s3express:')) return plainDenial
  const kind = verdict.by in names ? (verdict.by as PolicyKind) : 'resource'
  const reason =
    verdict.decision === 'explicitDeny'
      ? `with an explicit deny in ${articles[kind]}`
      : `because no ${names[kind]} allows the ${action} action`
  return denialText(principal.arn, action, shown, reason)
}

export type PublicAccessSetting = 'BlockPublicPolicy' | 'BlockPublicAcls'

/** The Message where Block Public Access refuses to store a public policy or ACL. Observed: recorded against AWS. */
export function publicAccessMessage(
  { principal, action, resource }: Pick<AccessRequest, 'principal' | 'action' | 'resource'>,
  setting: PublicAccessSetting,
): string {
  if (principal.arn === '' || action.startsWith('s3express:')) return plainDenial
  const what = setting === 'BlockPublicPolicy' ? 'policies' : 'ACLs'
  const reason = `because public ${what} are prevented by the ${setting} setting in S3 Block Public Access`
  return denialText(principal.arn, action, resource, reason)
}

/** S3 quotes the resource, IAM and STS do not; actions without resource leave it out. */
function denialText(arn: string, action: string, resource: string, reason: string): string {
  const subject = `User: ${arn} is not authorized to perform: ${action}`
  if (action === 's3:ListAllMyBuckets') return `${subject} ${reason}`
  return `${subject} on resource: ${action.startsWith('s3') ? `"${resource}"` : resource} ${reason}`
}
