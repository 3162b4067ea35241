/** Users. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html */
import type { Ctx } from '../context.ts'
import { rootArn } from '../lib/arn.ts'
import { newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers, User } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { UserRecord } from '../store/iam-records.ts'
import { checkBoundary } from './lib/boundary.ts'
import { alreadyExists, deleteConflict, requireUser } from './lib/find.ts'
import { readPath, readPathPrefix, userNameOf } from './lib/input.ts'
import { pageOf } from './lib/page.ts'
import { checkQuota } from './lib/quotas.ts'
import { newTags } from './lib/tags.ts'
import { userSummary, userView } from './lib/views.ts'

export const users = {
  async CreateUser(input, ctx) {
    const tags = newTags(input.Tags)
    const path = readPath(input.Path)
    const { accountId } = ctx.principal
    const user = await ctx.store.iam.change(accountId, (draft) => {
      checkNewName(draft, input.UserName)
      checkQuota(draft, 'user')
      if (input.PermissionsBoundary !== undefined) checkBoundary(draft, input.PermissionsBoundary)
      const record: UserRecord = {
        UserName: input.UserName,
        UserId: newUniqueId('AIDA'),
        Path: path,
        createdMs: ctx.clock.now(),
        ...(input.PermissionsBoundary !== undefined && { PermissionsBoundary: input.PermissionsBoundary }),
        ...(tags !== undefined && { Tags: tags }),
        inline: {},
        attached: [],
        groups: [],
        accessKeys: [],
      }
      draft.put('user', record)
      return record
    })
    return { User: userView(accountId, user) }
  },

  async GetUser(input, ctx) {
    const { accountId } = ctx.principal
    const name = userNameOf(input.UserName, ctx)
    if (name === undefined) return { User: rootUser(ctx) }
    return { User: userView(accountId, requireUser(await ctx.store.iam.account(accountId), name)) }
  },

  async ListUsers(input, ctx) {
    const prefix = readPathPrefix(input.PathPrefix)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const found = account.list('user').filter(({ Path }) => Path.startsWith(prefix))
    const { items, more } = pageOf(found, input, ({ UserName }) => UserName)
    return { Users: items.map((user) => userSummary(account.id, user)), ...more }
  },

  async UpdateUser(input, ctx) {
    const path = input.NewPath === undefined ? undefined : readPath(input.NewPath, 'newPath')
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const user = requireUser(draft, input.UserName)
      const name = input.NewUserName ?? user.UserName
      if (name.toLowerCase() !== user.UserName.toLowerCase()) checkNewName(draft, name)
      if (name === user.UserName && (path ?? user.Path) === user.Path) return
      draft.delete('user', user.UserName)
      draft.put('user', { ...user, UserName: name, Path: path ?? user.Path })
    })
  },

  async DeleteUser(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const user = requireUser(draft, input.UserName)
      checkDeletable(draft, user)
      draft.delete('user', user.UserName)
    })
  },
} satisfies Partial<IamHandlers>

function checkNewName(account: IamAccount, name: string): void {
  // AWS names the user as it is asked for, whatever the case of the one that is there.
  if (account.get('user', name) !== undefined) throw alreadyExists(`User with name ${name} already exists.`)
}

/** Observed: root has its account id for a user id and `:root` for an ARN. */
function rootUser({ principal: { accountId } }: Ctx): User {
  // Assumed: accounts of a configuration have no time of creation, so they are as old as Unix.
  return { Path: '/', UserName: 'root', UserId: accountId, Arn: rootArn(accountId), CreateDate: 0 }
}

/** Observed: the words (published error texts of DeleteUser). Assumed: their order. */
function checkDeletable(account: IamAccount, user: UserRecord): void {
  if (user.loginProfile !== undefined) throw deleteConflict('delete login profile')
  if (user.accessKeys.length > 0) throw deleteConflict('delete access keys')
  if (account.list('mfaDevice').some(({ owner }) => owner === user.UserId)) throw deleteConflict('delete MFA device')
  if (user.groups.length > 0) throw deleteConflict('remove users from group')
  if (user.attached.length > 0) throw deleteConflict('detach all policies')
  if (Object.keys(user.inline).length > 0) throw deleteConflict('delete policies')
  if (user.signingCertificates?.length) throw deleteConflict('delete signing certificates')
  // Observed: for service-specific credentials (recorded against AWS by LocalStack's suite).
  if (user.sshKeys?.length || user.serviceCredentials?.length) throw deleteConflict('remove referenced objects')
}
