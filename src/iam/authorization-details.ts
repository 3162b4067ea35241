/** GetAccountAuthorizationDetails: all of an account's permissions in one list. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */
import type {
  GroupDetail,
  IamHandlers,
  ManagedPolicyDetail,
  PolicyDetail,
  RoleDetail,
  UserDetail,
} from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { GroupRecord, PolicyHolder, PolicyRecord, RoleRecord, UserRecord } from '../store/iam-records.ts'
import { pageOf } from './lib/page.ts'
import {
  attachedPolicy,
  awsPolicyView,
  encodedDocument,
  groupView,
  instanceProfileView,
  policyView,
  roleView,
  userView,
  policyUses,
  versionSummary,
} from './lib/views.ts'
import { type ManagedPolicy, managedPolicy } from './managed.ts'

type Detail =
  | { kind: 'User'; name: string; record: UserRecord }
  | { kind: 'Group'; name: string; record: GroupRecord }
  | { kind: 'Role'; name: string; record: RoleRecord }
  | { kind: 'LocalManagedPolicy'; name: string; record: PolicyRecord }
  | { kind: 'AWSManagedPolicy'; name: string; record: ManagedPolicy }

type Uses = ReturnType<typeof policyUses>

export const authorizationDetails = {
  async GetAccountAuthorizationDetails(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const wanted = input.Filter
    const uses = policyUses(account)
    const all = detailsOf(account, uses).filter(({ kind }) => !wanted?.length || wanted.includes(kind))
    const { items, more } = pageOf(all, input, ({ kind, name }) => `${kind} ${name}`)
    const UserDetailList: UserDetail[] = []
    const GroupDetailList: GroupDetail[] = []
    const RoleDetailList: RoleDetail[] = []
    const Policies: ManagedPolicyDetail[] = []
    for (const item of items) {
      if (item.kind === 'User') UserDetailList.push(userDetail(account, item.record))
      else if (item.kind === 'Group') GroupDetailList.push(groupDetail(account, item.record))
      else if (item.kind === 'Role') RoleDetailList.push(roleDetail(account, item.record))
      else if (item.kind === 'LocalManagedPolicy') Policies.push(localPolicy(account, item.record, uses))
      else Policies.push(awsPolicy(item.record, uses))
    }
    return { UserDetailList, GroupDetailList, RoleDetailList, Policies, ...more }
  },
} satisfies Partial<IamHandlers>

/** Observed: of AWS's policies only those in use are listed. */
function detailsOf(account: IamAccount, uses: Uses): Detail[] {
  const used = [...uses.keys()]
    .flatMap((arn) => managedPolicy(arn) ?? [])
    .sort((a, b) => (a.PolicyName < b.PolicyName ? -1 : 1))
  return [
    ...account.list('user').map((record) => ({ kind: 'User' as const, name: record.UserName, record })),
    ...account.list('group').map((record) => ({ kind: 'Group' as const, name: record.GroupName, record })),
    ...account.list('role').map((record) => ({ kind: 'Role' as const, name: record.RoleName, record })),
    ...account.list('policy').map((record) => ({
      kind: 'LocalManagedPolicy' as const,
      name: record.PolicyName,
      record,
    })),
    ...used.map((record) => ({ kind: 'AWSManagedPolicy' as const, name: record.PolicyName, record })),
  ]
}

const inlineOf = ({ inline }: PolicyHolder): PolicyDetail[] =>
  Object.entries(inline).map(([PolicyName, text]) => ({ PolicyName, PolicyDocument: encodedDocument(text) }))

function userDetail(account: IamAccount, user: UserRecord): UserDetail {
  return {
    ...userView(account.id, user),
    UserPolicyList: inlineOf(user),
    GroupList: user.groups.flatMap((id) => account.byId('group', id)?.GroupName ?? []),
    AttachedManagedPolicies: user.attached.map(attachedPolicy),
  }
}

function groupDetail(account: IamAccount, group: GroupRecord): GroupDetail {
  const AttachedManagedPolicies = group.attached.map(attachedPolicy)
  return { ...groupView(account.id, group), GroupPolicyList: inlineOf(group), AttachedManagedPolicies }
}

function roleDetail(account: IamAccount, role: RoleRecord): RoleDetail {
  const { Description: _, MaxSessionDuration: __, SourceRoleTemplate: ___, ...view } = roleView(account, role)
  const profiles = account.list('instanceProfile').filter(({ roles }) => roles.includes(role.RoleId))
  return {
    ...view,
    InstanceProfileList: profiles.map((profile) => instanceProfileView(account, profile)),
    RolePolicyList: inlineOf(role),
    AttachedManagedPolicies: role.attached.map(attachedPolicy),
  }
}

function localPolicy(account: IamAccount, policy: PolicyRecord, uses: Uses): ManagedPolicyDetail {
  const { Tags: _, ...view } = policyView(account, policy, uses)
  const PolicyVersionList = policy.versions.map((version) => ({
    ...versionSummary(version, policy.DefaultVersionId),
    Document: encodedDocument(version.Document),
  }))
  return { ...view, PolicyVersionList }
}

function awsPolicy(policy: ManagedPolicy, uses: Uses): ManagedPolicyDetail {
  const { Tags: _, ...view } = awsPolicyView(policy, uses)
  const { DefaultVersionId, Document, updatedMs } = policy
  const version = versionSummary({ VersionId: DefaultVersionId, Document, createdMs: updatedMs }, DefaultVersionId)
  return { ...view, PolicyVersionList: [{ ...version, Document: encodedDocument(Document) }] }
}
