/** Instance profiles: how a role gets to a machine. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html */
import { newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { InstanceProfileRecord } from '../store/iam-records.ts'
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity, requireRole } from './lib/find.ts'
import { readPath, readPathPrefix } from './lib/input.ts'
import { pageOf } from './lib/page.ts'
import { checkModifiable } from './lib/protected.ts'
import { checkQuota } from './lib/quotas.ts'
import { newTags } from './lib/tags.ts'
import { instanceProfileView } from './lib/views.ts'

const nameOf = ({ InstanceProfileName }: InstanceProfileRecord) => InstanceProfileName

/** @throws AwsError NoSuchEntity */
export function requireProfile(account: IamAccount, name: string): InstanceProfileRecord {
  const profile = account.get('instanceProfile', name)
  if (profile === undefined) throw noSuchEntity(`Instance Profile ${name} cannot be found.`)
  return profile
}

export const instanceProfiles = {
  async CreateInstanceProfile(input, ctx) {
    const tags = newTags(input.Tags)
    const path = readPath(input.Path)
    const { accountId } = ctx.principal
    const profile = await ctx.store.iam.change(accountId, (draft) => {
      const { InstanceProfileName } = input
      if (draft.get('instanceProfile', InstanceProfileName) !== undefined) {
        throw alreadyExists(`Instance Profile ${InstanceProfileName} already exists.`)
      }
      checkQuota(draft, 'instanceProfile')
      const record: InstanceProfileRecord = {
        InstanceProfileName,
        InstanceProfileId: newUniqueId('AIPA'),
        Path: path,
        createdMs: ctx.clock.now(),
        roles: [],
        ...(tags !== undefined && { Tags: tags }),
      }
      draft.put('instanceProfile', record)
      return record
    })
    return { InstanceProfile: instanceProfileView(await ctx.store.iam.account(accountId), profile) }
  },

  async GetInstanceProfile(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    return { InstanceProfile: instanceProfileView(account, requireProfile(account, input.InstanceProfileName)) }
  },

  async ListInstanceProfiles(input, ctx) {
    const prefix = readPathPrefix(input.PathPrefix)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const found = account.list('instanceProfile').filter(({ Path }) => Path.startsWith(prefix))
    const { items, more } = pageOf(found, input, nameOf)
    return { InstanceProfiles: items.map((profile) => instanceProfileView(account, profile)), ...more }
  },

  async ListInstanceProfilesForRole(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const { RoleId } = requireRole(account, input.RoleName)
    const found = account.list('instanceProfile').filter(({ roles }) => roles.includes(RoleId))
    const { items, more } = pageOf(found, input, nameOf)
    return { InstanceProfiles: items.map((profile) => instanceProfileView(account, profile)), ...more }
  },

  async AddRoleToInstanceProfile(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const profile = requireProfile(draft, input.InstanceProfileName)
      const role = requireRole(draft, input.RoleName)
      checkModifiable(role)
      // Observed: the quota is one role, which may not be added twice either (published error texts).
      if (profile.roles.length > 0) throw limitExceeded('InstanceSessionsPerInstanceProfile', 1)
      draft.put('instanceProfile', { ...profile, roles: [role.RoleId] })
    })
  },

  async RemoveRoleFromInstanceProfile(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const profile = requireProfile(draft, input.InstanceProfileName)
      const role = requireRole(draft, input.RoleName)
      checkModifiable(role)
      if (!profile.roles.includes(role.RoleId)) {
        throw noSuchEntity(`Role with name ${input.RoleName} is not in instance profile ${input.InstanceProfileName}.`)
      }
      draft.put('instanceProfile', { ...profile, roles: [] })
    })
  },

  async DeleteInstanceProfile(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const profile = requireProfile(draft, input.InstanceProfileName)
      if (profile.roles.length > 0) throw deleteConflict('remove roles from instance profile')
      draft.delete('instanceProfile', profile.InstanceProfileName)
    })
  },
} satisfies Partial<IamHandlers>
