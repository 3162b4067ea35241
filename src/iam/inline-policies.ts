/**
 * Policies embedded in a user, group or role: four operations for each of the three kinds.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#inline-policies
 */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import { policyLimits } from '../policy/limits.ts'
import { type HolderKind, noSuchEntity, requireHolder } from './lib/find.ts'
import { checkDocument, inlineSize } from './lib/input.ts'
import { type PageRequest, pageOf } from './lib/page.ts'
import { checkModifiable } from './lib/protected.ts'
import { encodedDocument } from './lib/views.ts'

const limits = { user: policyLimits.userInline, group: policyLimits.groupInline, role: policyLimits.roleInline }

/** Adds or replaces. @throws AwsError NoSuchEntity, MalformedPolicyDocument, LimitExceeded */
async function put(
  ctx: Ctx,
  kind: HolderKind,
  name: string,
  { PolicyName, PolicyDocument }: { PolicyName: string; PolicyDocument: string },
): Promise<void> {
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const holder = requireHolder(draft, kind, name)
    checkModifiable(holder)
    checkDocument(PolicyDocument, false)
    const inline = { ...holder.inline, [PolicyName]: PolicyDocument }
    if (inlineSize(inline) > limits[kind]) {
      // Observed: the words (recorded against AWS), the name being that of the holder.
      const message = `Maximum policy size of ${limits[kind]} bytes exceeded for ${kind} ${name}`
      throw error('LimitExceeded', {}, { message })
    }
    draft.put(kind, { ...holder, inline })
  })
}

const missing = (kind: HolderKind, policy: string) =>
  noSuchEntity(`The ${kind} policy with name ${policy} cannot be found.`)

/** @returns name as stored and the document, percent-encoded */
async function get(ctx: Ctx, kind: HolderKind, name: string, policy: string) {
  const holder = requireHolder(await ctx.store.iam.account(ctx.principal.accountId), kind, name)
  const text = Object.hasOwn(holder.inline, policy) ? holder.inline[policy] : undefined
  if (text === undefined) throw missing(kind, policy)
  return { holder, PolicyName: policy, PolicyDocument: encodedDocument(text) }
}

async function list(ctx: Ctx, kind: HolderKind, name: string, request: PageRequest) {
  const holder = requireHolder(await ctx.store.iam.account(ctx.principal.accountId), kind, name)
  const { items, more } = pageOf(Object.keys(holder.inline).sort(), request, (policy) => policy)
  return { PolicyNames: items, ...more }
}

async function remove(ctx: Ctx, kind: HolderKind, name: string, policy: string): Promise<void> {
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const holder = requireHolder(draft, kind, name)
    checkModifiable(holder)
    if (!Object.hasOwn(holder.inline, policy)) throw missing(kind, policy)
    const inline = Object.fromEntries(Object.entries(holder.inline).filter(([one]) => one !== policy))
    draft.put(kind, { ...holder, inline })
  })
}

export const inlinePolicies = {
  PutUserPolicy: (input, ctx) => put(ctx, 'user', input.UserName, input),
  PutGroupPolicy: (input, ctx) => put(ctx, 'group', input.GroupName, input),
  PutRolePolicy: (input, ctx) => put(ctx, 'role', input.RoleName, input),

  async GetUserPolicy(input, ctx) {
    const { holder, ...found } = await get(ctx, 'user', input.UserName, input.PolicyName)
    return { UserName: 'UserName' in holder ? holder.UserName : input.UserName, ...found }
  },
  async GetGroupPolicy(input, ctx) {
    const { holder, ...found } = await get(ctx, 'group', input.GroupName, input.PolicyName)
    return { GroupName: 'GroupName' in holder ? holder.GroupName : input.GroupName, ...found }
  },
  async GetRolePolicy(input, ctx) {
    const { holder, ...found } = await get(ctx, 'role', input.RoleName, input.PolicyName)
    return { RoleName: 'RoleName' in holder ? holder.RoleName : input.RoleName, ...found }
  },

  ListUserPolicies: (input, ctx) => list(ctx, 'user', input.UserName, input),
  ListGroupPolicies: (input, ctx) => list(ctx, 'group', input.GroupName, input),
  ListRolePolicies: (input, ctx) => list(ctx, 'role', input.RoleName, input),

  DeleteUserPolicy: (input, ctx) => remove(ctx, 'user', input.UserName, input.PolicyName),
  DeleteGroupPolicy: (input, ctx) => remove(ctx, 'group', input.GroupName, input.PolicyName),
  DeleteRolePolicy: (input, ctx) => remove(ctx, 'role', input.RoleName, input.PolicyName),
} satisfies Partial<IamHandlers>
