/** Managed policies attached to users, groups and roles. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import { policyLimits } from '../policy/limits.ts'
import { checkPolicyArn, findPolicy, type HolderKind, limitExceeded, noSuchEntity, requireHolder } from './lib/find.ts'
import { readPathPrefix } from './lib/input.ts'
import { type PageRequest, pageOf } from './lib/page.ts'
import { checkModifiable } from './lib/protected.ts'
import { attachedPolicy } from './lib/views.ts'
import { managedPolicy, tellUnknown } from './managed.ts'
import { policyArn } from './lib/arns.ts'

const quotas = { user: 'PoliciesPerUser', group: 'PoliciesPerGroup', role: 'PoliciesPerRole' } as const

/** Attaching twice is no fault. */
async function attach(ctx: Ctx, kind: HolderKind, name: string, arn: string): Promise<void> {
  checkPolicyArn(arn)
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const holder = requireHolder(draft, kind, name)
    checkModifiable(holder)
    const own = findPolicy(draft, arn)
    const ofAws = managedPolicy(arn)
    if (own === undefined && ofAws === undefined) {
      tellUnknown(arn, ctx)
      // Observed: the words (recorded against AWS by LocalStack's suite).
      throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
    }
    // Those of services hang on their own roles alone, which nobody but the service changes. Observed: the words
    // (published error texts of AttachRolePolicy).
    if (ofAws?.Path.startsWith('/aws-service-role/')) throw error('PolicyNotAttachable')
    // An ARN in another case means the policy as it is named.
    const exact = own === undefined ? arn : policyArn(draft.id, own)
    if (holder.attached.includes(exact)) return
    const limit = policyLimits.attachedPolicies
    if (holder.attached.length >= limit) throw limitExceeded(quotas[kind], limit)
    draft.put(kind, { ...holder, attached: [...holder.attached, exact] })
  })
}

async function detach(ctx: Ctx, kind: HolderKind, name: string, arn: string): Promise<void> {
  checkPolicyArn(arn)
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const holder = requireHolder(draft, kind, name)
    checkModifiable(holder)
    const lower = arn.toLowerCase()
    const attached = holder.attached.filter((one) => one.toLowerCase() !== lower)
    if (attached.length === holder.attached.length) throw noSuchEntity(`Policy ${arn} was not found.`)
    draft.put(kind, { ...holder, attached })
  })
}

async function list(
  ctx: Ctx,
  kind: HolderKind,
  name: string,
  request: PageRequest & { PathPrefix?: string | undefined },
) {
  const prefix = readPathPrefix(request.PathPrefix)
  const { attached } = requireHolder(await ctx.store.iam.account(ctx.principal.accountId), kind, name)
  // `arn:aws:iam::A:policy/PATH/NAME`
  const found = attached.filter((arn) => arn.slice(arn.indexOf(':policy/') + 7).startsWith(prefix))
  const { items, more } = pageOf(found, request, (arn) => arn)
  return { AttachedPolicies: items.map(attachedPolicy), ...more }
}

export const attachments = {
  AttachUserPolicy: (input, ctx) => attach(ctx, 'user', input.UserName, input.PolicyArn),
  AttachGroupPolicy: (input, ctx) => attach(ctx, 'group', input.GroupName, input.PolicyArn),
  AttachRolePolicy: (input, ctx) => attach(ctx, 'role', input.RoleName, input.PolicyArn),

  DetachUserPolicy: (input, ctx) => detach(ctx, 'user', input.UserName, input.PolicyArn),
  DetachGroupPolicy: (input, ctx) => detach(ctx, 'group', input.GroupName, input.PolicyArn),
  DetachRolePolicy: (input, ctx) => detach(ctx, 'role', input.RoleName, input.PolicyArn),

  ListAttachedUserPolicies: (input, ctx) => list(ctx, 'user', input.UserName, input),
  ListAttachedGroupPolicies: (input, ctx) => list(ctx, 'group', input.GroupName, input),
  ListAttachedRolePolicies: (input, ctx) => list(ctx, 'role', input.RoleName, input),
} satisfies Partial<IamHandlers>
