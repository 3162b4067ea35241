/** Roles and their trust policies. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html */
import { newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { RoleRecord } from '../store/iam-records.ts'
import { checkBoundary } from './lib/boundary.ts'
import { alreadyExists, deleteConflict, requireRole } from './lib/find.ts'
import { readPath, readPathPrefix } from './lib/input.ts'
import { pageOf } from './lib/page.ts'
import { checkModifiable } from './lib/protected.ts'
import { checkQuota } from './lib/quotas.ts'
import { newTags } from './lib/tags.ts'
import { checkedTrust, trustResolver } from './lib/trust.ts'
import { roleSummary, roleView } from './lib/views.ts'

const defaultSessionSeconds = 3600

export const roles = {
  async CreateRole(input, ctx) {
    const tags = newTags(input.Tags)
    const path = readPath(input.Path)
    const resolver = await trustResolver(ctx, input.AssumeRolePolicyDocument)
    const { accountId } = ctx.principal
    const role = await ctx.store.iam.change(accountId, (draft) => {
      const { RoleName, AssumeRolePolicyDocument, Description, PermissionsBoundary } = input
      if (draft.get('role', RoleName) !== undefined) throw alreadyExists(`Role with name ${RoleName} already exists.`)
      checkQuota(draft, 'role')
      const trusted = checkedTrust(AssumeRolePolicyDocument, resolver(draft))
      if (PermissionsBoundary !== undefined) checkBoundary(draft, PermissionsBoundary)
      const record: RoleRecord = {
        RoleName,
        RoleId: newUniqueId('AROA'),
        Path: path,
        createdMs: ctx.clock.now(),
        AssumeRolePolicyDocument,
        trusted,
        ...(Description !== undefined && { Description }),
        MaxSessionDuration: input.MaxSessionDuration ?? defaultSessionSeconds,
        ...(PermissionsBoundary !== undefined && { PermissionsBoundary }),
        ...(tags !== undefined && { Tags: tags }),
        inline: {},
        attached: [],
      }
      draft.put('role', record)
      return record
    })
    // Observed: a new role is shown without its last use and duration (recorded against AWS by LocalStack's suite).
    const { RoleLastUsed: _, MaxSessionDuration: __, ...view } = roleView(await ctx.store.iam.account(accountId), role)
    return { Role: view }
  },

  async GetRole(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const role = requireRole(account, input.RoleName)
    return { Role: roleView(account, role, await ctx.store.iam.lastUse(role.RoleId)) }
  },

  async ListRoles(input, ctx) {
    const prefix = readPathPrefix(input.PathPrefix)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const found = account.list('role').filter(({ Path }) => Path.startsWith(prefix))
    const { items, more } = pageOf(found, input, ({ RoleName }) => RoleName)
    return { Roles: items.map((role) => roleSummary(account, role)), ...more }
  },

  async UpdateRole(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const role = requireRole(draft, input.RoleName)
      checkModifiable(role)
      const { Description = role.Description, MaxSessionDuration = role.MaxSessionDuration } = input
      draft.put('role', { ...role, MaxSessionDuration, ...(Description !== undefined && { Description }) })
    })
    return {}
  },

  async UpdateRoleDescription(input, ctx) {
    const { accountId } = ctx.principal
    const role = await ctx.store.iam.change(accountId, (draft) => {
      // AWS lets this be changed even on roles of services.
      const changed = { ...requireRole(draft, input.RoleName), Description: input.Description }
      draft.put('role', changed)
      return changed
    })
    return { Role: roleView(await ctx.store.iam.account(accountId), role, await ctx.store.iam.lastUse(role.RoleId)) }
  },

  async UpdateAssumeRolePolicy(input, ctx) {
    const resolver = await trustResolver(ctx, input.PolicyDocument)
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const role = requireRole(draft, input.RoleName)
      checkModifiable(role)
      const trusted = checkedTrust(input.PolicyDocument, resolver(draft))
      draft.put('role', { ...role, AssumeRolePolicyDocument: input.PolicyDocument, trusted })
    })
  },

  async DeleteRole(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const role = requireRole(draft, input.RoleName)
      checkModifiable(role)
      const isInProfile = draft.list('instanceProfile').some((profile) => profile.roles.includes(role.RoleId))
      if (isInProfile) throw deleteConflict('remove roles from instance profile')
      if (role.attached.length > 0) throw deleteConflict('detach all policies')
      if (Object.keys(role.inline).length > 0) throw deleteConflict('delete policies')
      draft.delete('role', role.RoleName)
    })
  },
} satisfies Partial<IamHandlers>
