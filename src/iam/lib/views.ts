/** Records as the members of AWS's answers. Times are in ms; documents are percent-encoded as in RFC 3986. */
import type {
  AccessKey,
  AttachedPermissionsBoundary,
  AttachedPolicy,
  Group,
  InstanceProfile,
  Policy,
  PolicyVersion,
  Role,
  User,
} from '../../model/iam.types.gen.ts'
import type { IamAccount } from '../../store/iam-account.ts'
import type {
  AccessKeyRecord,
  GroupRecord,
  IamTag,
  InstanceProfileRecord,
  LastUse,
  PolicyRecord,
  PolicyVersionRecord,
  RoleRecord,
  UserRecord,
} from '../../store/iam-records.ts'
import type { ManagedPolicy } from '../managed.ts'
import { groupArn, instanceProfileArn, lastSegment, policyArn, roleArn, userArn } from './arns.ts'

/** A policy document as GetPolicyVersion and its kin give it. @see https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
export function encodedDocument(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

export const tagList = (tags: readonly IamTag[] | undefined): IamTag[] => (tags ?? []).map((tag) => ({ ...tag }))

const tagsIfAny = (tags: readonly IamTag[] | undefined) =>
  tags !== undefined && tags.length > 0 ? { Tags: tagList(tags) } : {}

function boundaryIfAny(arn: string | undefined): { PermissionsBoundary?: AttachedPermissionsBoundary } {
  if (arn === undefined) return {}
  return { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: arn } }
}

/** As lists give it: without boundary and tags. */
export function userSummary(accountId: string, user: UserRecord): User {
  const { Path, UserName, UserId, createdMs } = user
  return { Path, UserName, UserId, Arn: userArn(accountId, user), CreateDate: createdMs }
}

export function userView(accountId: string, user: UserRecord): User {
  return { ...userSummary(accountId, user), ...boundaryIfAny(user.PermissionsBoundary), ...tagsIfAny(user.Tags) }
}

export function groupView(accountId: string, group: GroupRecord): Group {
  const { Path, GroupName, GroupId, createdMs } = group
  return { Path, GroupName, GroupId, Arn: groupArn(accountId, group), CreateDate: createdMs }
}

/** As lists give it. */
export function roleSummary(account: IamAccount, role: RoleRecord): Role {
  const { Path, RoleName, RoleId, createdMs, Description, MaxSessionDuration } = role
  return {
    Path,
    RoleName,
    RoleId,
    Arn: roleArn(account.id, role),
    CreateDate: createdMs,
    AssumeRolePolicyDocument: encodedDocument(trustDocument(account, role)),
    ...(Description !== undefined && { Description }),
    MaxSessionDuration,
  }
}

export function roleView(account: IamAccount, role: RoleRecord, lastUse?: LastUse): Role {
  const RoleLastUsed = lastUse === undefined ? {} : { LastUsedDate: lastUse.usedMs, Region: lastUse.region }
  const rest = { ...boundaryIfAny(role.PermissionsBoundary), ...tagsIfAny(role.Tags) }
  return { ...roleSummary(account, role), ...rest, RoleLastUsed }
}

/** The trust policy; ARNs of users and roles that have been deleted show their unique id, as on AWS. */
export function trustDocument(account: IamAccount, role: RoleRecord): string {
  let text = role.AssumeRolePolicyDocument
  for (const [arn, id] of Object.entries(role.trusted)) {
    const isOwn = arn.startsWith(`arn:aws:iam::${account.id}:`)
    const isThere = (account.byId('user', id) ?? account.byId('role', id)) !== undefined
    if (isOwn && !isThere) text = text.replaceAll(JSON.stringify(arn), JSON.stringify(id))
  }
  return text
}

/** How often a managed policy is attached, and used as a boundary. */
export interface PolicyUses {
  attachments: number
  boundaries: number
}

const unused: PolicyUses = { attachments: 0, boundaries: 0 }

/** The uses of all managed policies that have any, by ARN: counted once for a list. */
export function policyUses(account: IamAccount): Map<string, PolicyUses> {
  const uses = new Map<string, PolicyUses>()
  const count = (arn: string, what: keyof PolicyUses): void => {
    const before = uses.get(arn) ?? unused
    uses.set(arn, { ...before, [what]: before[what] + 1 })
  }
  for (const holder of [...account.list('user'), ...account.list('role'), ...account.list('group')]) {
    for (const arn of holder.attached) count(arn, 'attachments')
    if ('PermissionsBoundary' in holder && holder.PermissionsBoundary !== undefined) {
      count(holder.PermissionsBoundary, 'boundaries')
    }
  }
  return uses
}

/** The uses of one managed policy. */
export const usesOf = (account: IamAccount, arn: string): PolicyUses => policyUses(account).get(arn) ?? unused

export function policyView(account: IamAccount, policy: PolicyRecord, uses = policyUses(account)): Policy {
  const Arn = policyArn(account.id, policy)
  const { attachments, boundaries } = uses.get(Arn) ?? unused
  return {
    PolicyName: policy.PolicyName,
    PolicyId: policy.PolicyId,
    Arn,
    Path: policy.Path,
    DefaultVersionId: policy.DefaultVersionId,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    CreateDate: policy.createdMs,
    UpdateDate: policy.updatedMs,
  }
}

/** With what only GetPolicy and CreatePolicy tell. */
export function policyDetail(account: IamAccount, policy: PolicyRecord): Policy {
  const { Description, Tags } = policy
  return { ...policyView(account, policy), ...(Description !== undefined && { Description }), Tags: tagList(Tags) }
}

/** A policy of AWS, as `policyView`. */
export function awsPolicyView(policy: ManagedPolicy, uses: ReadonlyMap<string, PolicyUses>): Policy {
  const { attachments, boundaries } = uses.get(policy.arn) ?? unused
  return {
    PolicyName: policy.PolicyName,
    PolicyId: policy.PolicyId,
    Arn: policy.arn,
    Path: policy.Path,
    DefaultVersionId: policy.DefaultVersionId,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    CreateDate: policy.createdMs,
    UpdateDate: policy.updatedMs,
  }
}

/** Without its document, as lists give it. */
export function versionSummary(version: PolicyVersionRecord, defaultId: string): PolicyVersion {
  const { VersionId, createdMs } = version
  return { VersionId, IsDefaultVersion: VersionId === defaultId, CreateDate: createdMs }
}

export const attachedPolicy = (PolicyArn: string): AttachedPolicy => ({ PolicyName: lastSegment(PolicyArn), PolicyArn })

/** With the secret, which AWS shows once. @param UserName undefined: root */
export function accessKeyView(UserName: string | undefined, key: AccessKeyRecord): AccessKey {
  const { AccessKeyId, Status, SecretAccessKey, createdMs } = key
  return { ...(UserName !== undefined && { UserName }), AccessKeyId, Status, SecretAccessKey, CreateDate: createdMs }
}

export function instanceProfileView(account: IamAccount, profile: InstanceProfileRecord): InstanceProfile {
  const roles = profile.roles.flatMap((id) => account.byId('role', id) ?? [])
  return {
    Path: profile.Path,
    InstanceProfileName: profile.InstanceProfileName,
    InstanceProfileId: profile.InstanceProfileId,
    Arn: instanceProfileArn(account.id, profile),
    CreateDate: profile.createdMs,
    Roles: roles.map((role) => roleSummary(account, role)),
    ...tagsIfAny(profile.Tags),
  }
}
