/** OpenID Connect providers: whose tokens roles may trust. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { OidcProviderRecord } from '../store/iam-records.ts'
import { oidcProviderArn } from './lib/arns.ts'
import { alreadyExists, invalid, limitExceeded, noSuchEntity } from './lib/find.ts'
import { checkQuota } from './lib/quotas.ts'
import { newTags } from './lib/tags.ts'
import { tagList } from './lib/views.ts'

const maxClientIds = 100
const maxThumbprints = 5

export const oidc = {
  async CreateOpenIDConnectProvider(input, ctx) {
    const tags = newTags(input.Tags)
    const url = readUrl(input.Url)
    const { ClientIDList = [], ThumbprintList = [] } = input
    checkLists(ClientIDList, ThumbprintList)
    const { accountId } = ctx.principal
    await ctx.store.iam.change(accountId, (draft) => {
      if (draft.get('oidcProvider', url) !== undefined) {
        throw alreadyExists(`Provider with url ${input.Url} already exists.`)
      }
      checkQuota(draft, 'oidcProvider')
      draft.put('oidcProvider', {
        Url: url,
        ClientIDList: [...new Set(ClientIDList)],
        ThumbprintList: [...new Set(ThumbprintList)],
        createdMs: ctx.clock.now(),
        ...(tags !== undefined && { Tags: tags }),
      })
    })
    return {
      OpenIDConnectProviderArn: oidcProviderArn(accountId, url),
      ...(tags !== undefined && { Tags: tagList(tags) }),
    }
  },

  async GetOpenIDConnectProvider(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const provider = requireProvider(account, input.OpenIDConnectProviderArn)
    return {
      Url: provider.Url,
      ClientIDList: [...provider.ClientIDList],
      ThumbprintList: [...provider.ThumbprintList],
      CreateDate: provider.createdMs,
      Tags: tagList(provider.Tags),
    }
  },

  async ListOpenIDConnectProviders(_input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const all = account.list('oidcProvider')
    return { OpenIDConnectProviderList: all.map(({ Url }) => ({ Arn: oidcProviderArn(account.id, Url) })) }
  },

  /** Deleting what is not there is no fault, as AWS documents. */
  async DeleteOpenIDConnectProvider(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const provider = findProvider(draft, input.OpenIDConnectProviderArn)
      if (provider !== undefined) draft.delete('oidcProvider', provider.Url)
    })
  },

  /** Adding twice is no fault. */
  AddClientIDToOpenIDConnectProvider: (input, ctx) =>
    changeProvider(ctx, input.OpenIDConnectProviderArn, (provider) => {
      const ClientIDList = [...new Set([...provider.ClientIDList, input.ClientID])]
      checkLists(ClientIDList, [])
      return { ...provider, ClientIDList }
    }),

  /** Removing what is not there is no fault. */
  RemoveClientIDFromOpenIDConnectProvider: (input, ctx) =>
    changeProvider(ctx, input.OpenIDConnectProviderArn, (provider) => ({
      ...provider,
      ClientIDList: provider.ClientIDList.filter((id) => id !== input.ClientID),
    })),

  UpdateOpenIDConnectProviderThumbprint: (input, ctx) =>
    changeProvider(ctx, input.OpenIDConnectProviderArn, (provider) => {
      checkLists([], input.ThumbprintList)
      return { ...provider, ThumbprintList: [...new Set(input.ThumbprintList)] }
    }),
} satisfies Partial<IamHandlers>

async function changeProvider(
  ctx: Ctx,
  arn: string,
  change: (provider: OidcProviderRecord) => OidcProviderRecord,
): Promise<void> {
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    draft.put('oidcProvider', change(requireProvider(draft, arn)))
  })
}

/** The URL as ARNs have it. Observed: the words (published error texts). @throws AwsError ValidationError, InvalidInput */
export function readUrl(url: string): string {
  if (!/^https:\/\/[^/?#\s]+(?:\/[^?#\s]*)?$/.test(url)) throw invalid('Invalid Open ID Connect Provider URL')
  return url.slice('https://'.length).replace(/\/$/, '')
}

function checkLists(clients: readonly string[], thumbprints: readonly string[]): void {
  if (clients.length > maxClientIds) throw limitExceeded('ClientIdsPerOpenIdConnectProvider', maxClientIds)
  if (thumbprints.length > maxThumbprints) {
    // Observed: the words (published error texts).
    throw error('InvalidInput', {}, { message: 'Thumbprint list must contain fewer than 5 entries.' })
  }
}

function findProvider(account: IamAccount, arn: string): OidcProviderRecord | undefined {
  const start = oidcProviderArn(account.id, '')
  return arn.startsWith(start) ? account.get('oidcProvider', arn.slice(start.length)) : undefined
}

/** @throws AwsError NoSuchEntity */
export function requireProvider(account: IamAccount, arn: string): OidcProviderRecord {
  const provider = findProvider(account, arn)
  if (provider === undefined) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`)
  return provider
}
