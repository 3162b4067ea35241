/**
 * Whether principals of the account may have tokens for services elsewhere (GetWebIdentityToken), and who issues them.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
 */
import { randomUUID } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import { issuerOf } from './lib/issuer.ts'

const settingsOf = (account: IamAccount) => account.get('account', '')?.outboundFederation

/** Switches it. Assumed: the issuer of an account stays its own, because others trust it by name. */
function set(ctx: Ctx, isEnabled: boolean): Promise<string> {
  return ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const before = settingsOf(draft)
    if ((before?.isEnabled ?? false) === isEnabled) throw error(isEnabled ? 'FeatureEnabled' : 'FeatureDisabled')
    const issuerId = before?.issuerId ?? randomUUID()
    const record = draft.get('account', '') ?? { accessKeys: [] }
    draft.put('account', { ...record, outboundFederation: { issuerId, isEnabled } })
    return issuerOf(issuerId)
  })
}

export const outboundFederation = {
  async EnableOutboundWebIdentityFederation(_input, ctx) {
    return { IssuerIdentifier: await set(ctx, true) }
  },

  async DisableOutboundWebIdentityFederation(_input, ctx) {
    await set(ctx, false)
  },

  /** Observed: an error while it is disabled (AWS documents FeatureDisabled for it). */
  async GetOutboundWebIdentityFederationInfo(_input, ctx) {
    const settings = settingsOf(await ctx.store.iam.account(ctx.principal.accountId))
    if (settings?.isEnabled !== true) throw error('FeatureDisabled')
    return { IssuerIdentifier: issuerOf(settings.issuerId), JwtVendingEnabled: true }
  },
} satisfies Partial<IamHandlers>
