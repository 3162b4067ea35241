/**
 * What AssumeRoleWithSAML and AssumeRoleWithWebIdentity share: the caller signs nothing and has no policies, so the
 * trust policy of the role decides alone, by what the identity provider says of the user.
 */
import type { Ctx, PrincipalSession } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import { compiledTrust } from '../iam/lib/compiled.ts'
import type { AssumeRoleWithSAMLRequest, AssumeRoleWithSAMLResponse } from '../model/sts.types.gen.ts'
import { noteUse } from './assume-role.ts'
import { issueSession } from './issue.ts'
import { type FoundRole, resourceTagKeys } from './role.ts'
import { packedPercent, readSessionPolicies, type SessionTags } from './session-input.ts'

/** Who asks, as the provider says. */
export interface FederatedUser {
  action: 'sts:AssumeRoleWithSAML' | 'sts:AssumeRoleWithWebIdentity'
  providerArn: string
  sessionName: string
  /** Condition keys of the provider, by name in lower case. */
  keys: Readonly<Record<string, string | readonly string[] | undefined>>
  tags: SessionTags
  sourceIdentity: string | undefined
}

/** Observed: one answer for a role that is missing and one that does not trust the caller. */
export const notAuthorized = (action: FederatedUser['action']): AwsError =>
  error('AccessDenied', {}, { message: `Not authorized to perform ${action}` })

/** @throws AwsError AccessDenied when the trust policy does not allow it, with its tags and source identity */
export async function authorizeFederated(ctx: Ctx, found: FoundRole, user: FederatedUser): Promise<void> {
  const { role, account, arn } = found
  const { tags, transitiveTagKeys } = user.tags
  const tagNames = Object.keys(tags)
  const keys = {
    ...resourceTagKeys(role),
    ...user.keys,
    'aws:federatedprovider': user.providerArn,
    'sts:rolesessionname': user.sessionName,
    'sts:sourceidentity': user.sourceIdentity,
    'sts:transitivetagkeys': transitiveTagKeys.length > 0 ? transitiveTagKeys : undefined,
    'aws:tagkeys': tagNames.length > 0 ? tagNames : undefined,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, value])),
  }
  const actions: string[] = [user.action]
  if (tagNames.length > 0) actions.push('sts:TagSession')
  if (user.sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
  const question = {
    roleArn: arn,
    accountId: account.id,
    trust: compiledTrust(role, arn),
    keys,
    provider: user.providerArn,
  }
  for (const action of actions) {
    if (!(await ctx.mayBecome({ ...question, action }))) throw notAuthorized(user.action)
  }
}

interface SessionRequest {
  seconds: number
  input: Pick<AssumeRoleWithSAMLRequest, 'Policy' | 'PolicyArns' | 'MinimumSessionTokenSize'>
  /** Condition keys that the session keeps. */
  federation: Readonly<Record<string, string>>
}

/** What both answer. */
type Answer = Omit<AssumeRoleWithSAMLResponse, 'Subject' | 'SubjectType' | 'Issuer' | 'Audience' | 'NameQualifier'>

/** Makes the session, and the part of the answer that is the same for both. @throws AwsError for faulty session policies */
export async function federatedSession(
  ctx: Ctx,
  { role, account }: FoundRole,
  user: FederatedUser,
  { seconds, input: given, federation }: SessionRequest,
): Promise<Answer> {
  const policies = readSessionPolicies(account, given)
  const percent = packedPercent(policies, user.tags.tags)
  const { sessionName, sourceIdentity } = user
  const by: PrincipalSession['by'] =
    user.action === 'sts:AssumeRoleWithSAML' ? 'AssumeRoleWithSAML' : 'AssumeRoleWithWebIdentity'
  const issued = await issueSession(
    ctx,
    { accountId: account.id, kind: 'role', uniqueId: role.RoleId, name: sessionName },
    {
      by,
      ...policies,
      ...user.tags,
      federatedProvider: user.providerArn,
      federation,
      ...(sourceIdentity !== undefined && { sourceIdentity }),
    },
    seconds,
    given,
  )
  noteUse(ctx, role)
  const isPacked = given.Policy !== undefined || given.PolicyArns !== undefined || percent > 0
  return {
    ...issued,
    AssumedRoleUser: {
      AssumedRoleId: `${role.RoleId}:${sessionName}`,
      Arn: `arn:aws:sts::${account.id}:assumed-role/${role.RoleName}/${sessionName}`,
    },
    ...(isPacked && { PackedPolicySize: percent }),
    ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
  }
}
