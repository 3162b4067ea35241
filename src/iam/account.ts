/** The account itself: alias, password policy, summary, preferences of STS. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/console_account-alias.html */
import { error } from '../errors.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import { policyLimits } from '../policy/limits.ts'
import { ClaimTaken, type IamDraft } from '../store/iam.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { AccountRecord } from '../store/iam-records.ts'
import { alreadyExists, noSuchEntity } from './lib/find.ts'
import { pageOf } from './lib/page.ts'
import { quotas } from './lib/quotas.ts'

const accountOf = (account: IamAccount): AccountRecord => account.get('account', '') ?? { accessKeys: [] }

/** A change of the account's own record. */
const update = (draft: IamDraft, change: Partial<AccountRecord>) =>
  draft.put('account', { ...accountOf(draft), ...change })

export const account = {
  /** One alias at most: a new one replaces the old. Aliases are unique among all accounts. */
  async CreateAccountAlias({ AccountAlias }, ctx) {
    if (!/^[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]$/.test(AccountAlias)) {
      const message = `1 validation error detected: Value '${AccountAlias}' at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`
      throw error('ValidationError', {}, { message })
    }
    try {
      await ctx.store.iam.change(ctx.principal.accountId, (draft) => update(draft, { alias: AccountAlias }))
    } catch (cause) {
      if (cause instanceof ClaimTaken) throw alreadyExists(`The account alias ${AccountAlias} already exists.`)
      throw cause
    }
  },

  async DeleteAccountAlias({ AccountAlias }, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const { alias, ...rest } = accountOf(draft)
      if (alias !== AccountAlias) throw noSuchEntity(`The account alias ${AccountAlias} does not exist.`)
      draft.put('account', rest)
    })
  },

  async ListAccountAliases(input, ctx) {
    const { alias } = accountOf(await ctx.store.iam.account(ctx.principal.accountId))
    const { items, more } = pageOf(alias === undefined ? [] : [alias], input, (one) => one)
    return { AccountAliases: items, ...more }
  },

  /** What is not given gets its default, as AWS documents. */
  async UpdateAccountPasswordPolicy(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) =>
      update(draft, {
        passwordPolicy: {
          MinimumPasswordLength: input.MinimumPasswordLength ?? 6,
          RequireSymbols: input.RequireSymbols ?? false,
          RequireNumbers: input.RequireNumbers ?? false,
          RequireUppercaseCharacters: input.RequireUppercaseCharacters ?? false,
          RequireLowercaseCharacters: input.RequireLowercaseCharacters ?? false,
          AllowUsersToChangePassword: input.AllowUsersToChangePassword ?? false,
          ExpirePasswords: (input.MaxPasswordAge ?? 0) > 0,
          ...(input.MaxPasswordAge !== undefined && { MaxPasswordAge: input.MaxPasswordAge }),
          ...(input.PasswordReusePrevention !== undefined && {
            PasswordReusePrevention: input.PasswordReusePrevention,
          }),
          HardExpiry: input.HardExpiry ?? false,
        },
      }),
    )
  },

  async GetAccountPasswordPolicy(_input, ctx) {
    const { passwordPolicy } = accountOf(await ctx.store.iam.account(ctx.principal.accountId))
    if (passwordPolicy === undefined) throw noPasswordPolicy(ctx.principal.accountId)
    return { PasswordPolicy: { ...passwordPolicy } }
  },

  async DeleteAccountPasswordPolicy(_input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const { passwordPolicy, ...rest } = accountOf(draft)
      if (passwordPolicy === undefined) throw noPasswordPolicy(draft.id)
      draft.put('account', rest)
    })
  },

  /** Kept and shown in the summary. Tokens are of one version here. */
  async SetSecurityTokenServicePreferences(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) =>
      update(draft, { globalEndpointTokenVersion: input.GlobalEndpointTokenVersion }),
    )
  },

  async GetAccountSummary(_input, ctx) {
    return { SummaryMap: summaryOf(await ctx.store.iam.account(ctx.principal.accountId)) }
  },
} satisfies Partial<IamHandlers>

/** Observed: the words (published error texts). */
const noPasswordPolicy = (accountId: string) =>
  noSuchEntity(`The Password Policy with domain name ${accountId} cannot be found.`)

/** Counts, and AWS's default quotas. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html */
function summaryOf(iam: IamAccount): Record<string, number> {
  const devices = iam.list('mfaDevice')
  const { accessKeys, globalEndpointTokenVersion } = accountOf(iam)
  const versions = iam.list('policy').reduce((sum, { versions: list }) => sum + list.length, 0)
  return {
    Users: iam.list('user').length,
    UsersQuota: quotas.user[1],
    Groups: iam.list('group').length,
    GroupsQuota: quotas.group[1],
    Roles: iam.list('role').length,
    RolesQuota: quotas.role[1],
    Policies: iam.list('policy').length,
    PoliciesQuota: quotas.policy[1],
    PolicyVersionsInUse: versions,
    PolicyVersionsInUseQuota: 10_000,
    InstanceProfiles: iam.list('instanceProfile').length,
    InstanceProfilesQuota: quotas.instanceProfile[1],
    ServerCertificates: iam.list('serverCertificate').length,
    ServerCertificatesQuota: quotas.serverCertificate[1],
    Providers: iam.list('oidcProvider').length + iam.list('samlProvider').length,
    MFADevices: devices.length,
    MFADevicesInUse: devices.filter(({ owner }) => owner !== undefined).length,
    AccountMFAEnabled: devices.some(({ owner }) => owner === iam.id) ? 1 : 0,
    AccountAccessKeysPresent: accessKeys.length > 0 ? 1 : 0,
    AccountPasswordPresent: 1,
    AccountSigningCertificatesPresent: 0,
    AccessKeysPerUserQuota: 2,
    SigningCertificatesPerUserQuota: 2,
    GroupsPerUserQuota: 10,
    AttachedPoliciesPerUserQuota: policyLimits.attachedPolicies,
    AttachedPoliciesPerGroupQuota: policyLimits.attachedPolicies,
    AttachedPoliciesPerRoleQuota: policyLimits.attachedPolicies,
    UserPolicySizeQuota: policyLimits.userInline,
    GroupPolicySizeQuota: policyLimits.groupInline,
    RolePolicySizeQuota: policyLimits.roleInline,
    AssumeRolePolicySizeQuota: policyLimits.trust,
    PolicySizeQuota: policyLimits.managed,
    VersionsPerPolicyQuota: policyLimits.versions,
    GlobalEndpointTokenVersion: globalEndpointTokenVersion === 'v2Token' ? 2 : 1,
  }
}
