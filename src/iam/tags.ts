/** Tags of users, roles, policies, instance profiles, providers, MFA devices and server certificates: three operations each. */
import type { Ctx } from '../context.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { IamKind, IamRecords, IamTag } from '../store/iam-records.ts'
import { requireRole, requireUser } from './lib/find.ts'
import { type PageRequest, pageOf } from './lib/page.ts'
import { mergeTags, removeTags } from './lib/tags.ts'
import { requireProfile } from './instance-profiles.ts'
import { requirePolicy } from './managed-policies.ts'
import { requireDevice } from './mfa.ts'
import { requireProvider } from './oidc.ts'
import { requireSamlProvider } from './saml.ts'
import { requireServerCertificate } from './server-certificates.ts'

/** Kinds with tags: how one is found, and what its quota is called. */
const kinds = {
  user: { find: requireUser, quota: 'TagsPerUser' },
  role: { find: requireRole, quota: 'TagsPerRole' },
  policy: { find: requirePolicy, quota: 'TagsPerPolicy' },
  instanceProfile: { find: requireProfile, quota: 'TagsPerInstanceProfile' },
  oidcProvider: { find: requireProvider, quota: 'TagsPerOpenIdConnectProvider' },
  samlProvider: { find: requireSamlProvider, quota: 'TagsPerSAMLProvider' },
  mfaDevice: { find: requireDevice, quota: 'TagsPerMFADevice' },
  serverCertificate: { find: requireServerCertificate, quota: 'TagsPerServerCertificate' },
} as const satisfies {
  [K in IamKind]?: { find(account: IamAccount, name: string): IamRecords[K]; quota: string }
}

type Taggable = keyof typeof kinds

/** @param change the new tags, of those that are there */
async function retag(
  ctx: Ctx,
  kind: Taggable,
  name: string,
  change: (before: readonly IamTag[] | undefined) => IamTag[],
): Promise<void> {
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const record = kinds[kind].find(draft, name)
    draft.put(kind, { ...record, Tags: change(record.Tags) } as never)
  })
}

const add = (ctx: Ctx, kind: Taggable, name: string, tags: readonly IamTag[]) =>
  retag(ctx, kind, name, (before) => mergeTags(before, tags, kinds[kind].quota))

const remove = (ctx: Ctx, kind: Taggable, name: string, keys: readonly string[]) =>
  retag(ctx, kind, name, (before) => removeTags(before, keys))

async function list(ctx: Ctx, kind: Taggable, name: string, request: PageRequest) {
  const record = kinds[kind].find(await ctx.store.iam.account(ctx.principal.accountId), name)
  const { items, more } = pageOf(record.Tags ?? [], request, ({ Key }) => Key)
  return { Tags: items.map((tag) => ({ ...tag })), ...more }
}

export const tags = {
  TagUser: (input, ctx) => add(ctx, 'user', input.UserName, input.Tags),
  UntagUser: (input, ctx) => remove(ctx, 'user', input.UserName, input.TagKeys),
  ListUserTags: (input, ctx) => list(ctx, 'user', input.UserName, input),

  TagRole: (input, ctx) => add(ctx, 'role', input.RoleName, input.Tags),
  UntagRole: (input, ctx) => remove(ctx, 'role', input.RoleName, input.TagKeys),
  ListRoleTags: (input, ctx) => list(ctx, 'role', input.RoleName, input),

  TagPolicy: (input, ctx) => add(ctx, 'policy', input.PolicyArn, input.Tags),
  UntagPolicy: (input, ctx) => remove(ctx, 'policy', input.PolicyArn, input.TagKeys),
  ListPolicyTags: (input, ctx) => list(ctx, 'policy', input.PolicyArn, input),

  TagInstanceProfile: (input, ctx) => add(ctx, 'instanceProfile', input.InstanceProfileName, input.Tags),
  UntagInstanceProfile: (input, ctx) => remove(ctx, 'instanceProfile', input.InstanceProfileName, input.TagKeys),
  ListInstanceProfileTags: (input, ctx) => list(ctx, 'instanceProfile', input.InstanceProfileName, input),

  TagOpenIDConnectProvider: (input, ctx) => add(ctx, 'oidcProvider', input.OpenIDConnectProviderArn, input.Tags),
  UntagOpenIDConnectProvider: (input, ctx) =>
    remove(ctx, 'oidcProvider', input.OpenIDConnectProviderArn, input.TagKeys),
  ListOpenIDConnectProviderTags: (input, ctx) => list(ctx, 'oidcProvider', input.OpenIDConnectProviderArn, input),

  TagSAMLProvider: (input, ctx) => add(ctx, 'samlProvider', input.SAMLProviderArn, input.Tags),
  UntagSAMLProvider: (input, ctx) => remove(ctx, 'samlProvider', input.SAMLProviderArn, input.TagKeys),
  ListSAMLProviderTags: (input, ctx) => list(ctx, 'samlProvider', input.SAMLProviderArn, input),

  TagMFADevice: (input, ctx) => add(ctx, 'mfaDevice', input.SerialNumber, input.Tags),
  UntagMFADevice: (input, ctx) => remove(ctx, 'mfaDevice', input.SerialNumber, input.TagKeys),
  ListMFADeviceTags: (input, ctx) => list(ctx, 'mfaDevice', input.SerialNumber, input),

  TagServerCertificate: (input, ctx) => add(ctx, 'serverCertificate', input.ServerCertificateName, input.Tags),
  UntagServerCertificate: (input, ctx) => remove(ctx, 'serverCertificate', input.ServerCertificateName, input.TagKeys),
  ListServerCertificateTags: (input, ctx) => list(ctx, 'serverCertificate', input.ServerCertificateName, input),
} satisfies Partial<IamHandlers>
