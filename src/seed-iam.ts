/**
 * Makes IAM as the configuration asks, before the server is ready, through the same checks as the API. What is there
 * already under a name gets the configured content and keeps its id; what the configuration does not name stays, except
 * keys that it named before.
 */
import type { Config } from './config/config.ts'
import type { IamSeed, SeedDocument, SeedRole, SeedUser } from './config/iam.ts'
import { usageError } from './config/layer.ts'
import { didYouMean } from './config/nearest.ts'
import type { Ctx } from './context.ts'
import { AwsError } from './errors.ts'
import { checkBoundary } from './iam/lib/boundary.ts'
import { policyArn } from './iam/lib/arns.ts'
import { findPolicy, requireGroup } from './iam/lib/find.ts'
import { checkDocument, inlineSize, readPath } from './iam/lib/input.ts'
import { newTags } from './iam/lib/tags.ts'
import { checkedTrust, trustResolver } from './iam/lib/trust.ts'
import { managedPolicies, managedPolicy } from './iam/managed.ts'
import { checkManaged } from './iam/managed-policies.ts'
import { readUrl } from './iam/oidc.ts'
import { newUniqueId } from './lib/aws-ids.ts'
import type { Clock } from './lib/clock.ts'
import { policyLimits } from './policy/limits.ts'
import { ClaimTaken, type IamDraft } from './store/iam.ts'
import type { PolicyHolder } from './store/iam-records.ts'
import type { Store } from './store/store.ts'

/** What seeding works with. */
export interface SeedDeps {
  readonly config: Config
  readonly store: Store
  readonly clock: Clock
  account: Ctx['account']
}

/** Applies all of it, account by account. @throws UsageError that names what cannot be made */
export async function seedIam(deps: SeedDeps): Promise<void> {
  const seeds = deps.config.iam ?? []
  const first = deps.config.accounts[0]?.id ?? ''
  // Roles come last in all accounts: their trust policies may name users and roles of any.
  for (const seed of seeds) await apply(deps, seed.account ?? first, (draft) => seedEntities(draft, seed, deps))
  for (const seed of seeds) {
    for (const role of seed.roles ?? []) await seedTrust(deps, seed.account ?? first, role)
  }
}

async function apply(deps: SeedDeps, accountId: string, build: (draft: IamDraft) => void): Promise<void> {
  if (deps.account(accountId)?.id !== accountId) {
    throw usageError([`iam: there is no account ${accountId}; configure it in accounts`])
  }
  try {
    await deps.store.iam.change(accountId, build)
  } catch (cause) {
    if (cause instanceof ClaimTaken) throw usageError([`iam: ${cause.message}`])
    throw cause
  }
}

/** Runs the making of one entity and says which it was when it fails. */
function naming<T>(what: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    if (cause instanceof AwsError) throw usageError([`iam: ${what}: ${cause.message}`])
    throw cause
  }
}

const textOf = (document: SeedDocument): string =>
  typeof document === 'string' ? document : JSON.stringify(document, null, 2)

function seedEntities(draft: IamDraft, seed: IamSeed, { clock }: SeedDeps): void {
  const nowMs = clock.now()
  for (const policy of seed.policies ?? []) {
    naming(`policy ${policy.name}`, () => seedPolicy(draft, policy, nowMs))
  }
  for (const group of seed.groups ?? []) {
    naming(`group ${group.name}`, () => {
      const before = draft.get('group', group.name)
      const own = { GroupName: group.name, Path: readPath(group.path), ...permissions(draft, group, 'groupInline') }
      draft.put('group', { GroupId: newUniqueId('AGPA'), createdMs: nowMs, ...before, ...own })
    })
  }
  for (const user of seed.users ?? []) naming(`user ${user.name}`, () => seedUser(draft, user, nowMs))
  for (const { url, clientIds, jwks } of seed.oidcProviders ?? []) {
    naming(`OIDC provider ${url}`, () => {
      const Url = readUrl(url)
      const before = draft.get('oidcProvider', Url) ?? { Url, ThumbprintList: [], createdMs: nowMs }
      draft.put('oidcProvider', { ...before, ClientIDList: clientIds, ...(jwks !== undefined && { jwks }) })
    })
  }
  for (const role of seed.roles ?? []) naming(`role ${role.name}`, () => seedRole(draft, role, nowMs))
}

function seedPolicy(draft: IamDraft, policy: NonNullable<IamSeed['policies']>[number], nowMs: number): void {
  const Document = textOf(policy.document)
  checkManaged(Document)
  const before = draft.get('policy', policy.name)
  const current = before?.versions.find(({ VersionId }) => VersionId === before.DefaultVersionId)
  if (before !== undefined && current?.Document === Document) return
  const lastVersion = (before?.lastVersion ?? 0) + 1
  const version = { VersionId: `v${lastVersion}`, Document, createdMs: nowMs }
  draft.put('policy', {
    PolicyName: policy.name,
    PolicyId: newUniqueId('ANPA'),
    createdMs: nowMs,
    ...before,
    Path: readPath(policy.path),
    ...(policy.description !== undefined && { Description: policy.description }),
    updatedMs: nowMs,
    DefaultVersionId: version.VersionId,
    // The oldest versions make room.
    versions: [version, ...(before?.versions ?? [])].slice(0, policyLimits.versions),
    lastVersion,
  })
}

function seedUser(draft: IamDraft, user: SeedUser, nowMs: number): void {
  const before = draft.get('user', user.name)
  const groups = (user.groups ?? []).map((group) => requireGroup(draft, group).GroupId)
  const known = before?.accessKeys ?? []
  const accessKeys = (user.keys ?? []).map(({ accessKeyId, secretAccessKey }) => ({
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Status: 'Active' as const,
    createdMs: known.find(({ AccessKeyId }) => AccessKeyId === accessKeyId)?.createdMs ?? nowMs,
    isConfigured: true as const,
  }))
  // Keys that the API made stay, as far as two per user allow. Keys that the configuration no longer has are gone.
  const configured = new Set(accessKeys.map(({ AccessKeyId }) => AccessKeyId))
  const others = known.filter(({ AccessKeyId, isConfigured }) => !configured.has(AccessKeyId) && !isConfigured)
  draft.put('user', {
    UserId: newUniqueId('AIDA'),
    createdMs: nowMs,
    ...before,
    UserName: user.name,
    Path: readPath(user.path),
    ...bounds(draft, user, `user ${user.name}`),
    ...permissions(draft, user, 'userInline'),
    groups,
    accessKeys: [...accessKeys, ...others].slice(0, Math.max(2, accessKeys.length)),
  })
}

/** Without its trust policy, which may name what is not there yet. */
function seedRole(draft: IamDraft, role: SeedRole, nowMs: number): void {
  const record = {
    RoleId: newUniqueId('AROA'),
    createdMs: nowMs,
    AssumeRolePolicyDocument: '{}',
    trusted: {},
    ...draft.get('role', role.name),
    RoleName: role.name,
    Path: readPath(role.path),
    MaxSessionDuration: role.maxSessionDuration ?? 3600,
    ...(role.description !== undefined && { Description: role.description }),
    ...bounds(draft, role, `role ${role.name}`),
    ...permissions(draft, role, 'roleInline'),
  }
  draft.put('role', record)
  if (role.instanceProfile !== true) return
  draft.put('instanceProfile', {
    InstanceProfileId: newUniqueId('AIPA'),
    createdMs: nowMs,
    ...draft.get('instanceProfile', role.name),
    InstanceProfileName: role.name,
    Path: record.Path,
    roles: [record.RoleId],
  })
}

async function seedTrust(deps: SeedDeps, accountId: string, { name, trust }: SeedRole): Promise<void> {
  const text = textOf(trust)
  const resolver = await trustResolver(deps, text)
  await apply(deps, accountId, (draft) => {
    const role = draft.get('role', name)
    if (role === undefined) return
    const trusted = naming(`role ${name}`, () => checkedTrust(text, resolver(draft)))
    draft.put('role', { ...role, AssumeRolePolicyDocument: text, trusted })
  })
}

/** Inline and attached policies. */
function permissions(
  draft: IamDraft,
  { name: holder, policies = {}, attach = [] }: Pick<SeedUser, 'name' | 'policies' | 'attach'>,
  limit: 'userInline' | 'groupInline' | 'roleInline',
): PolicyHolder {
  const inline = Object.fromEntries(Object.entries(policies).map(([name, document]) => [name, textOf(document)]))
  for (const [name, text] of Object.entries(inline)) {
    naming(`policy ${name} of ${holder}`, () => checkDocument(text, false))
  }
  if (inlineSize(inline) > policyLimits[limit]) {
    throw usageError([`iam: inline policies are larger than ${policyLimits[limit]} characters together`])
  }
  return { inline, attached: attach.map((name) => attachable(draft, name, `${kinds[limit]} ${holder}`)) }
}

const kinds = { userInline: 'user', groupInline: 'group', roleInline: 'role' } as const

/** The ARN of a managed policy given by ARN or name. @param holder who is to have it, for the message */
function attachable(draft: IamDraft, name: string, holder: string): string {
  const own = name.startsWith('arn:') ? findPolicy(draft, name) : draft.get('policy', name)
  if (own !== undefined) return policyArn(draft.id, own)
  const ofAws = managedPolicy(name) ?? [...managedPolicies()].find(({ PolicyName }) => PolicyName === name)
  if (ofAws !== undefined) return ofAws.arn
  const isArn = name.startsWith('arn:')
  const names = [
    ...draft.list('policy').map((policy) => (isArn ? policyArn(draft.id, policy) : policy.PolicyName)),
    ...[...managedPolicies()].map(({ arn, PolicyName }) => (isArn ? arn : PolicyName)),
  ]
  throw usageError([`iam: ${holder}: there is no managed policy ${name}${didYouMean(name, names)}`])
}

function bounds(draft: IamDraft, { boundary, tags }: Pick<SeedUser, 'boundary' | 'tags'>, holder: string) {
  const PermissionsBoundary = boundary === undefined ? undefined : attachable(draft, boundary, holder)
  if (PermissionsBoundary !== undefined) checkBoundary(draft, PermissionsBoundary)
  const Tags = newTags(Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value })))
  return { ...(PermissionsBoundary !== undefined && { PermissionsBoundary }), ...(Tags !== undefined && { Tags }) }
}
