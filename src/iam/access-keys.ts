/** Access keys. They sign as soon as they are made, and no longer once inactive or deleted. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html */
import type { Ctx } from '../context.ts'
import { newAccessKeyId, newSecretKey } from '../lib/aws-ids.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { IamDraft } from '../store/iam.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { AccessKeyRecord } from '../store/iam-records.ts'
import { limitExceeded, noSuchEntity, requireUser } from './lib/find.ts'
import { userNameOf } from './lib/input.ts'
import { pageOf } from './lib/page.ts'
import { accessKeyView } from './lib/views.ts'

const keysPerUser = 2

/** Whose keys: a user's, or root's (undefined). */
function keysOf(account: IamAccount, name: string | undefined): readonly AccessKeyRecord[] {
  if (name === undefined) return account.get('account', '')?.accessKeys ?? []
  return requireUser(account, name).accessKeys
}

function putKeys(draft: IamDraft, name: string | undefined, accessKeys: AccessKeyRecord[]): void {
  if (name === undefined) draft.put('account', { ...draft.get('account', ''), accessKeys })
  else draft.put('user', { ...requireUser(draft, name), accessKeys })
}

const missing = (id: string) => noSuchEntity(`The Access Key with id ${id} cannot be found.`)

/**
 * The user a key operation is about. Without a name it is that of the caller, even of a session.
 * Observed: UserName may be left out because AWS knows it by the signing key.
 */
const ownerOf = (name: string | undefined, ctx: Ctx) => userNameOf(name, ctx)

export const accessKeys = {
  async CreateAccessKey(input, ctx) {
    const name = ownerOf(input.UserName, ctx)
    const { accountId } = ctx.principal
    const made = await ctx.store.iam.change(accountId, (draft) => {
      const keys = keysOf(draft, name)
      if (keys.length >= keysPerUser) throw limitExceeded('AccessKeysPerUser', keysPerUser)
      const key: AccessKeyRecord = {
        AccessKeyId: newAccessKeyId('AKIA', accountId),
        SecretAccessKey: newSecretKey(),
        Status: 'Active',
        createdMs: ctx.clock.now(),
      }
      putKeys(draft, name, [...keys, key])
      return { name: name === undefined ? undefined : requireUser(draft, name).UserName, key }
    })
    return { AccessKey: accessKeyView(made.name, made.key) }
  },

  async ListAccessKeys(input, ctx) {
    const name = ownerOf(input.UserName, ctx)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const { items, more } = pageOf(keysOf(account, name), input, ({ AccessKeyId }) => AccessKeyId)
    const UserName = name === undefined ? undefined : requireUser(account, name).UserName
    const views = items.map((key) => {
      const { SecretAccessKey: _, ...metadata } = accessKeyView(UserName, key)
      return metadata
    })
    return { AccessKeyMetadata: views, ...more }
  },

  async UpdateAccessKey(input, ctx) {
    const name = ownerOf(input.UserName, ctx)
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const keys = keysOf(draft, name)
      if (!keys.some(({ AccessKeyId }) => AccessKeyId === input.AccessKeyId)) throw missing(input.AccessKeyId)
      const Status = input.Status === 'Active' ? 'Active' : 'Inactive'
      putKeys(
        draft,
        name,
        keys.map((key) => (key.AccessKeyId === input.AccessKeyId ? { ...key, Status } : key)),
      )
    })
  },

  async DeleteAccessKey(input, ctx) {
    const name = ownerOf(input.UserName, ctx)
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const keys = keysOf(draft, name)
      const kept = keys.filter(({ AccessKeyId }) => AccessKeyId !== input.AccessKeyId)
      if (kept.length === keys.length) throw missing(input.AccessKeyId)
      putKeys(draft, name, kept)
    })
  },

  /** Observed: a key that was never used has the region and service `N/A`. */
  async GetAccessKeyLastUsed(input, ctx) {
    const owner = await ctx.store.iam.keyOwner(input.AccessKeyId)
    if (owner === undefined || owner.accountId !== ctx.principal.accountId) throw missing(input.AccessKeyId)
    const account = await ctx.store.iam.account(owner.accountId)
    const user = owner.userId === undefined ? undefined : account.byId('user', owner.userId)
    const use = await ctx.store.iam.lastUse(input.AccessKeyId)
    return {
      ...(user !== undefined && { UserName: user.UserName }),
      AccessKeyLastUsed:
        use === undefined
          ? { ServiceName: 'N/A', Region: 'N/A' }
          : { LastUsedDate: use.usedMs, ServiceName: use.service, Region: use.region },
    }
  },
} satisfies Partial<IamHandlers>
