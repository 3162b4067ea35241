/** Credentials for a single service of AWS, as state. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html */
import { randomBytes } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { IamDraft } from '../store/iam.ts'
import type { UserRecord } from '../store/iam-records.ts'
import { limitExceeded, noSuchEntity, requireUser } from './lib/find.ts'
import { userNameOf } from './lib/input.ts'
import { pageOf } from './lib/page.ts'

type Stored = NonNullable<UserRecord['serviceCredentials']>[number]

const perService = 2
const dayMs = 86_400_000
const services = new Set(['codecommit.amazonaws.com', 'cassandra.amazonaws.com', 'bedrock.amazonaws.com'])

/** Observed: the words, also of the other messages here (recorded against AWS by LocalStack's suite). */
function checkService(name: string): void {
  if (!services.has(name)) throw noSuchEntity(`No such service ${name} is supported for Service Specific Credentials`)
}

/** All but the password. */
function metadata(UserName: string, { ServicePassword: _, createdMs, expiresMs, ...rest }: Stored) {
  return { UserName, ...rest, CreateDate: createdMs, ...(expiresMs !== undefined && { ExpirationDate: expiresMs }) }
}

const view = (UserName: string, stored: Stored) => ({
  ...metadata(UserName, stored),
  ServicePassword: stored.ServicePassword,
})

const newPassword = () => randomBytes(33).toString('base64')

/** Changes one credential of the named user or the caller; undefined removes it. */
function change(
  ctx: Ctx,
  input: { UserName?: string | undefined; ServiceSpecificCredentialId: string },
  to: (stored: Stored) => Stored | undefined,
): Promise<{ user: UserRecord; stored: Stored | undefined }> {
  return ctx.store.iam.change(ctx.principal.accountId, (draft: IamDraft) => {
    const id = input.ServiceSpecificCredentialId
    const user = requireUser(draft, userNameOf(input.UserName, ctx) ?? 'root')
    const all = user.serviceCredentials ?? []
    const before = all.find(({ ServiceSpecificCredentialId }) => ServiceSpecificCredentialId === id)
    if (before === undefined) throw noSuchEntity(`No such credential ${id} exists`)
    const stored = to(before)
    const serviceCredentials = all.flatMap((one) => (one === before ? (stored ?? []) : [one]))
    draft.put('user', { ...user, serviceCredentials })
    return { user, stored }
  })
}

export const serviceCredentials = {
  async CreateServiceSpecificCredential(input, ctx) {
    const { accountId } = ctx.principal
    return ctx.store.iam.change(accountId, (draft) => {
      const user = requireUser(draft, input.UserName)
      checkService(input.ServiceName)
      const all = user.serviceCredentials ?? []
      const same = all.filter(({ ServiceName }) => ServiceName === input.ServiceName)
      if (same.length >= perService) throw limitExceeded('ServiceSpecificCredentialsPerUser', perService)
      const createdMs = ctx.clock.now()
      const stored: Stored = {
        ServiceSpecificCredentialId: newUniqueId('ACCA'),
        ServiceName: input.ServiceName,
        ServiceUserName: `${user.UserName}${same.length > 0 ? `+${same.length}` : ''}-at-${accountId}`,
        ServicePassword: newPassword(),
        Status: 'Active',
        createdMs,
        ...(input.CredentialAgeDays !== undefined && { expiresMs: createdMs + input.CredentialAgeDays * dayMs }),
      }
      draft.put('user', { ...user, serviceCredentials: [...all, stored] })
      return { ServiceSpecificCredential: view(user.UserName, stored) }
    })
  },

  async ListServiceSpecificCredentials(input, ctx) {
    if (input.ServiceName !== undefined) checkService(input.ServiceName)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const name = userNameOf(input.UserName, ctx)
    const isAll = input.AllUsers === true || name === undefined
    const users = isAll ? account.list('user') : [requireUser(account, name)]
    const found = users.flatMap(({ UserName, serviceCredentials: all = [] }) =>
      all
        .filter(({ ServiceName }) => input.ServiceName === undefined || ServiceName === input.ServiceName)
        .map((stored) => metadata(UserName, stored)),
    )
    const { items, more } = pageOf(found, input, ({ ServiceSpecificCredentialId }) => ServiceSpecificCredentialId)
    // Observed: IsTruncated is left out where nothing is (as above).
    return { ServiceSpecificCredentials: items, ...(more.IsTruncated && more) }
  },

  async UpdateServiceSpecificCredential(input, ctx) {
    await change(ctx, input, (stored) => ({ ...stored, Status: input.Status }))
  },

  async ResetServiceSpecificCredential(input, ctx) {
    const { user, stored } = await change(ctx, input, (before) => ({ ...before, ServicePassword: newPassword() }))
    return { ...(stored !== undefined && { ServiceSpecificCredential: view(user.UserName, stored) }) }
  },

  async DeleteServiceSpecificCredential(input, ctx) {
    await change(ctx, input, () => undefined)
  },
} satisfies Partial<IamHandlers>
