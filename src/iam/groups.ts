/** Groups and who is in them. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html */
import { newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { GroupRecord, UserRecord } from '../store/iam-records.ts'
import { alreadyExists, deleteConflict, limitExceeded, requireGroup, requireUser } from './lib/find.ts'
import { readPath, readPathPrefix } from './lib/input.ts'
import { pageOf } from './lib/page.ts'
import { checkQuota } from './lib/quotas.ts'
import { groupView, userSummary } from './lib/views.ts'

const groupsPerUser = 10

export const groups = {
  async CreateGroup(input, ctx) {
    const path = readPath(input.Path)
    const { accountId } = ctx.principal
    const group = await ctx.store.iam.change(accountId, (draft) => {
      checkNewName(draft, input.GroupName)
      checkQuota(draft, 'group')
      const record: GroupRecord = {
        GroupName: input.GroupName,
        GroupId: newUniqueId('AGPA'),
        Path: path,
        createdMs: ctx.clock.now(),
        inline: {},
        attached: [],
      }
      draft.put('group', record)
      return record
    })
    return { Group: groupView(accountId, group) }
  },

  /** The group with a page of its members. */
  async GetGroup(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const group = requireGroup(account, input.GroupName)
    const { items, more } = pageOf(membersOf(account, group), input, ({ UserName }) => UserName)
    return { Group: groupView(account.id, group), Users: items.map((user) => userSummary(account.id, user)), ...more }
  },

  async ListGroups(input, ctx) {
    const prefix = readPathPrefix(input.PathPrefix)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const found = account.list('group').filter(({ Path }) => Path.startsWith(prefix))
    const { items, more } = pageOf(found, input, ({ GroupName }) => GroupName)
    return { Groups: items.map((group) => groupView(account.id, group)), ...more }
  },

  async UpdateGroup(input, ctx) {
    const path = input.NewPath === undefined ? undefined : readPath(input.NewPath, 'newPath')
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const group = requireGroup(draft, input.GroupName)
      const name = input.NewGroupName ?? group.GroupName
      if (name.toLowerCase() !== group.GroupName.toLowerCase()) checkNewName(draft, name)
      if (name === group.GroupName && (path ?? group.Path) === group.Path) return
      draft.delete('group', group.GroupName)
      draft.put('group', { ...group, GroupName: name, Path: path ?? group.Path })
    })
  },

  async DeleteGroup(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const group = requireGroup(draft, input.GroupName)
      if (membersOf(draft, group).length > 0) throw deleteConflict('remove users from group')
      if (group.attached.length > 0) throw deleteConflict('detach all policies')
      if (Object.keys(group.inline).length > 0) throw deleteConflict('delete policies')
      draft.delete('group', group.GroupName)
    })
  },

  /** Adding twice is no fault. */
  async AddUserToGroup(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const { GroupId } = requireGroup(draft, input.GroupName)
      const user = requireUser(draft, input.UserName)
      if (user.groups.includes(GroupId)) return
      if (user.groups.length >= groupsPerUser) throw limitExceeded('GroupsPerUser', groupsPerUser)
      draft.put('user', { ...user, groups: [...user.groups, GroupId] })
    })
  },

  /** Removing one who is not in it is no fault. */
  async RemoveUserFromGroup(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const { GroupId } = requireGroup(draft, input.GroupName)
      const user = requireUser(draft, input.UserName)
      if (!user.groups.includes(GroupId)) return
      draft.put('user', { ...user, groups: user.groups.filter((id) => id !== GroupId) })
    })
  },

  async ListGroupsForUser(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const user = requireUser(account, input.UserName)
    const found = user.groups.flatMap((id) => account.byId('group', id) ?? [])
    const { items, more } = pageOf(found, input, ({ GroupName }) => GroupName)
    return { Groups: items.map((group) => groupView(account.id, group)), ...more }
  },
} satisfies Partial<IamHandlers>

function checkNewName(account: IamAccount, name: string): void {
  if (account.get('group', name) !== undefined) throw alreadyExists(`Group with name ${name} already exists.`)
}

function membersOf(account: IamAccount, { GroupId }: GroupRecord): UserRecord[] {
  return account.list('user').filter(({ groups: joined }) => joined.includes(GroupId))
}
