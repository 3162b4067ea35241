/** AssumeRole: another set of permissions for a while. @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
import type { Ctx } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import { compiledTrust } from '../iam/lib/compiled.ts'
import { verifyMfa } from '../iam/lib/mfa.ts'
import type { AssumeRoleRequest, StsHandlers } from '../model/sts.types.gen.ts'
import type { RoleRecord } from '../store/iam-records.ts'
import { issueSession } from './issue.ts'
import { findRole, type FoundRole, resourceTagKeys, sessionSeconds } from './role.ts'
import { packedPercent, readSessionPolicies, readSessionTags, type SessionTags } from './session-input.ts'

/** Sessions of sessions. */
const maxChainedSeconds = 3600

export const assumeRole = {
  async AssumeRole(input, ctx) {
    const { principal } = ctx
    if (input.ProvidedContexts?.length) {
      // They would have to be verified, and then be condition keys.
      throw error(
        'NotImplemented',
        {},
        { message: 'ProvidedContexts are assertions of IAM Identity Center, which is not here.' },
      )
    }
    const found = await findRole(ctx, input.RoleArn)
    if (principal.kind === 'root' && principal.session?.by !== 'AssumeRoot') {
      // Observed: the words (published error texts).
      const reason =
        'root: the root of an account cannot assume roles, on AWS neither. Ask as an IAM user or as another role: aws iam create-user and create-access-key make one, and the configuration can name users with keys.'
      throw error('AccessDenied', {}, { message: 'Roles may not be assumed by root accounts.', reason })
    }
    const from = principal.kind === 'role' ? principal.session : undefined
    const tags = readSessionTags(input.Tags, input.TransitiveTagKeys, from)
    if (found === undefined) throw denied(ctx, 'sts:AssumeRole', input.RoleArn, noRole(input.RoleArn))
    const sourceIdentity = input.SourceIdentity ?? from?.sourceIdentity
    await authorizeAll(ctx, input, found, tags, sourceIdentity)
    if (from !== undefined && (input.DurationSeconds ?? maxChainedSeconds) > maxChainedSeconds) {
      // Observed: the words (published error texts).
      const message =
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining'
      throw error('ValidationError', {}, { message })
    }
    const seconds = sessionSeconds(input.DurationSeconds, found.role)
    const policies = readSessionPolicies(found.account, input)
    const percent = packedPercent(policies, tags.tags)
    const { role, account } = found
    const session = {
      by: 'AssumeRole' as const,
      ...policies,
      ...tags,
      ...(sourceIdentity !== undefined && { sourceIdentity }),
    }
    const subject = { accountId: account.id, kind: 'role' as const, uniqueId: role.RoleId, name: input.RoleSessionName }
    const issued = await issueSession(ctx, subject, session, seconds, input)
    noteUse(ctx, role)
    const isPacked = input.Policy !== undefined || input.PolicyArns !== undefined || input.Tags !== undefined
    return {
      ...issued,
      AssumedRoleUser: {
        AssumedRoleId: `${role.RoleId}:${input.RoleSessionName}`,
        Arn: `arn:aws:sts::${account.id}:assumed-role/${role.RoleName}/${input.RoleSessionName}`,
      },
      ...(isPacked && { PackedPolicySize: percent }),
      ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
    }
  },
} satisfies Partial<StsHandlers>

/** Observed: a role that is not there is answered as one that may not be assumed. */
function denied({ principal }: Ctx, action: string, roleArn: string, reason?: string): AwsError {
  const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${roleArn}`
  return error('AccessDenied', {}, { message, reason })
}

/** What the answer does not tell. */
const noRole = (arn: string) =>
  `no such role: there is no role ${arn}. Check account, path and spelling (aws iam list-roles), or make it (aws iam create-role).`

/** AssumeRole itself, and what tags and a source identity need beside it. */
async function authorizeAll(
  ctx: Ctx,
  input: AssumeRoleRequest,
  { role, account, arn }: FoundRole,
  { tags, transitiveTagKeys }: SessionTags,
  sourceIdentity: string | undefined,
): Promise<void> {
  const trust = compiledTrust(role, arn)
  const mfa = await verifyMfa(ctx, input.SerialNumber, input.TokenCode)
  const keys = {
    ...resourceTagKeys(role),
    'sts:externalid': input.ExternalId,
    'sts:rolesessionname': input.RoleSessionName,
    'sts:sourceidentity': sourceIdentity,
    'sts:transitivetagkeys': transitiveTagKeys.length > 0 ? transitiveTagKeys : undefined,
    'aws:tagkeys': Object.keys(tags).length > 0 ? Object.keys(tags) : undefined,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, value])),
    ...(mfa && { 'aws:multifactorauthpresent': 'true', 'aws:multifactorauthage': '0' }),
  }
  const actions = ['sts:AssumeRole']
  if (Object.keys(tags).length > 0) actions.push('sts:TagSession')
  if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
  for (const action of actions) {
    const isAllowed = await ctx.mayBecome({ action, roleArn: arn, accountId: account.id, trust, keys })
    if (!isAllowed) throw denied(ctx, action, arn)
  }
}

/** What GetRole tells as RoleLastUsed. */
export function noteUse(ctx: Ctx, role: RoleRecord): void {
  ctx.store.iam.noteUse(role.RoleId, { usedMs: ctx.clock.now(), service: 'sts', region: ctx.config.region })
}
