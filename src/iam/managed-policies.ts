/** Customer managed policies; those of AWS are listed and read with them. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import { newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers, Policy } from '../model/iam.types.gen.ts'
import { policyLimits, policySize } from '../policy/limits.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { PolicyRecord } from '../store/iam-records.ts'
import { policyArn } from './lib/arns.ts'
import { alreadyExists, checkPolicyArn, findPolicy, limitExceeded, noSuchEntity } from './lib/find.ts'
import { checkDocument, readPath, readPathPrefix } from './lib/input.ts'
import { type PageRequest, pageOf } from './lib/page.ts'
import { checkQuota } from './lib/quotas.ts'
import { newTags } from './lib/tags.ts'
import { awsPolicyView, policyDetail, policyUses, policyView, usesOf } from './lib/views.ts'
import { managedPolicies, managedPolicy, tellUnknown } from './managed.ts'

export const managedPolicyHandlers = {
  async CreatePolicy(input, ctx) {
    const tags = newTags(input.Tags)
    const path = readPath(input.Path)
    checkManaged(input.PolicyDocument)
    const { accountId } = ctx.principal
    const policy = await ctx.store.iam.change(accountId, (draft) => {
      const { PolicyName, PolicyDocument, Description } = input
      if (draft.get('policy', PolicyName) !== undefined) {
        throw alreadyExists(`A policy called ${PolicyName} already exists. Duplicate names are not allowed.`)
      }
      const nowMs = ctx.clock.now()
      const record: PolicyRecord = {
        PolicyName,
        PolicyId: newUniqueId('ANPA'),
        Path: path,
        ...(Description !== undefined && { Description }),
        createdMs: nowMs,
        updatedMs: nowMs,
        DefaultVersionId: 'v1',
        versions: [{ VersionId: 'v1', Document: PolicyDocument, createdMs: nowMs }],
        lastVersion: 1,
        ...(tags !== undefined && { Tags: tags }),
      }
      checkQuota(draft, 'policy')
      draft.put('policy', record)
      return record
    })
    return { Policy: createdView(await ctx.store.iam.account(accountId), policy) }
  },

  async GetPolicy(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const ofAws = managedPolicy(input.PolicyArn)
    if (ofAws !== undefined) {
      const view = awsPolicyView(ofAws, policyUses(account))
      return { Policy: { ...view, Description: ofAws.Description, Tags: [] } }
    }
    tellUnknown(input.PolicyArn, ctx)
    return { Policy: policyDetail(account, requirePolicy(account, input.PolicyArn)) }
  },

  async ListPolicies(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const { items, more } = pageOf(listPolicies(account, input), input, ({ Arn = '' }) => Arn)
    return { Policies: items, ...more }
  },

  async DeletePolicy(input, ctx) {
    await changePolicy(ctx, 'DeletePolicy', input.PolicyArn, (policy, account) => {
      const { attachments, boundaries } = usesOf(account, policyArn(account.id, policy))
      // Observed: the words (published error texts of DeletePolicy). Assumed: a boundary counts as attached.
      if (attachments + boundaries > 0) {
        throw error('DeleteConflict', {}, { message: 'Cannot delete a policy attached to entities.' })
      }
      if (policy.versions.length > 1) {
        const message =
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."
        throw error('DeleteConflict', {}, { message })
      }
      return undefined
    })
  },

  async ListEntitiesForPolicy(input, ctx) {
    checkPolicyArn(input.PolicyArn)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const ofAws = managedPolicy(input.PolicyArn)
    const arn = ofAws?.arn ?? policyArn(account.id, requirePolicy(account, input.PolicyArn))
    const { items, more } = pageOf(entitiesOf(account, arn, input), input, ({ kind, name }) => `${kind} ${name}`)
    const pick = (wanted: Entity['kind']) => items.filter(({ kind }) => kind === wanted)
    return {
      PolicyGroups: pick('Group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
      PolicyUsers: pick('User').map(({ name, id }) => ({ UserName: name, UserId: id })),
      PolicyRoles: pick('Role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      ...more,
    }
  },
} satisfies Partial<IamHandlers>

/** CreatePolicy answers without the description which is documented for GetPolicy alone, and without empty lists. */
function createdView(account: IamAccount, policy: PolicyRecord): Policy {
  const { Tags, Description: _, ...view } = policyDetail(account, policy)
  return { ...view, ...(Tags !== undefined && Tags.length > 0 && { Tags }) }
}

/** @throws AwsError MalformedPolicyDocument, LimitExceeded */
export function checkManaged(text: string): void {
  checkDocument(text, true)
  if (policySize(text) > policyLimits.managed) throw limitExceeded('PolicySize', policyLimits.managed)
}

/** A policy of the account. @throws AwsError ValidationError, NoSuchEntity. Observed: the words (recorded against AWS). */
export function requirePolicy(account: IamAccount, arn: string): PolicyRecord {
  checkPolicyArn(arn)
  const policy = findPolicy(account, arn)
  if (policy === undefined) throw noSuchEntity(`Policy ${arn} was not found.`)
  return policy
}

/**
 * Changes a customer managed policy; `change` gives the new record, or undefined to delete it.
 * @throws AwsError AccessDenied for a policy of AWS, which belongs to an account of AWS
 */
export async function changePolicy(
  ctx: Ctx,
  operation: keyof IamHandlers,
  arn: string,
  change: (policy: PolicyRecord, account: IamAccount) => PolicyRecord | undefined,
): Promise<void> {
  if (managedPolicy(arn) !== undefined) {
    const message = `User: ${ctx.principal.arn} is not authorized to perform: iam:${operation} on resource: policy ${arn}`
    throw error('AccessDenied', {}, { message })
  }
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const policy = requirePolicy(draft, arn)
    const changed = change(policy, draft)
    if (changed === undefined) draft.delete('policy', policy.PolicyName)
    else if (changed !== policy) draft.put('policy', changed)
  })
}

interface ListPoliciesFilter extends PageRequest {
  Scope?: string | undefined
  OnlyAttached?: boolean | undefined
  PathPrefix?: string | undefined
  PolicyUsageFilter?: string | undefined
}

/** Policies of the account, then those of AWS. */
function listPolicies(account: IamAccount, filter: ListPoliciesFilter): Policy[] {
  const prefix = readPathPrefix(filter.PathPrefix)
  const uses = policyUses(account)
  const own = filter.Scope === 'AWS' ? [] : account.list('policy').map((policy) => policyView(account, policy, uses))
  const ofAws = filter.Scope === 'Local' ? [] : Array.from(managedPolicies(), (policy) => awsPolicyView(policy, uses))
  return [...own, ...ofAws].filter(({ Path = '/', AttachmentCount = 0, PermissionsBoundaryUsageCount = 0 }) => {
    if (!Path.startsWith(prefix)) return false
    const isBoundary = filter.PolicyUsageFilter === 'PermissionsBoundary'
    if (isBoundary && PermissionsBoundaryUsageCount === 0) return false
    return filter.OnlyAttached !== true || (isBoundary ? PermissionsBoundaryUsageCount : AttachmentCount) > 0
  })
}

interface Entity {
  kind: 'Group' | 'Role' | 'User'
  name: string
  id: string
}

interface EntityFilter {
  EntityFilter?: string | undefined
  PathPrefix?: string | undefined
  PolicyUsageFilter?: string | undefined
}

/** Who has a policy, as permissions or as boundary, ordered by kind and name. */
function entitiesOf(account: IamAccount, arn: string, filter: EntityFilter): Entity[] {
  const prefix = readPathPrefix(filter.PathPrefix)
  const usage = filter.PolicyUsageFilter
  const counts = (one: { attached: readonly string[]; PermissionsBoundary?: string; Path: string }) =>
    one.Path.startsWith(prefix) &&
    ((usage !== 'PermissionsBoundary' && one.attached.includes(arn)) ||
      (usage !== 'PermissionsPolicy' && one.PermissionsBoundary === arn))
  const all: Entity[] = [
    ...account
      .list('group')
      .filter(counts)
      .map(({ GroupName, GroupId }) => ({ kind: 'Group' as const, name: GroupName, id: GroupId })),
    ...account
      .list('role')
      .filter(counts)
      .map(({ RoleName, RoleId }) => ({ kind: 'Role' as const, name: RoleName, id: RoleId })),
    ...account
      .list('user')
      .filter(counts)
      .map(({ UserName, UserId }) => ({ kind: 'User' as const, name: UserName, id: UserId })),
  ]
  return filter.EntityFilter === undefined ? all : all.filter(({ kind }) => kind === filter.EntityFilter)
}
