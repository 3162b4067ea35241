/**
 * The resource of every operation of IAM and STS, as policies name it. Policies are asked about what the operation will
 * act on, so names are spelled as the entity has them, and a name that is left out is the one the handler will take.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
 */
import type { Principal } from '../context.ts'
import {
  groupArn,
  instanceProfileArn,
  lastSegment,
  policyArn,
  roleArn,
  serverCertificateArn,
  userArn,
} from '../iam/lib/arns.ts'
import { findPolicy } from '../iam/lib/find.ts'
import { serviceRoleName, serviceRolePath } from '../iam/lib/service-roles.ts'
import { rootArn } from '../lib/arn.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { StsHandlers } from '../model/sts.types.gen.ts'
import type { OperationInput } from '../policy/require.ts'
import type { IamAccount } from '../store/iam-account.ts'

/** A call, as far as its resource depends on it. */
interface About {
  readonly input: OperationInput
  readonly principal: Principal
  /** The account of the caller. */
  readonly account: IamAccount
}

/** Gives an ARN, or `*`. */
type Rule = (about: About) => string

/** Operations that act on no resource: policies have to name `*`. */
const all: Rule = () => '*'

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const arnOf = ({ id }: IamAccount, resource: string): string => `arn:aws:iam::${id}:${resource}`

/** The path that is given to a new entity, or moves one. */
const pathOf = (path: unknown, otherwise = '/'): string => (typeof path === 'string' ? path : otherwise)

// What is there already has its own path and spelling. What is not there has the path `/`: the handler will not find it.

function userOf(account: IamAccount, name: string): string {
  const user = account.get('user', name)
  return user === undefined ? arnOf(account, `user/${name}`) : userArn(account.id, user)
}

function groupOf(account: IamAccount, name: string): string {
  const group = account.get('group', name)
  return group === undefined ? arnOf(account, `group/${name}`) : groupArn(account.id, group)
}

function roleOf(account: IamAccount, name: string): string {
  const role = account.get('role', name)
  return role === undefined ? arnOf(account, `role/${name}`) : roleArn(account.id, role)
}

const group: Rule = ({ input, account }) => groupOf(account, text(input.GroupName))

const role: Rule = ({ input, account }) => roleOf(account, text(input.RoleName))

const instanceProfile: Rule = ({ input, account }) => {
  const name = text(input.InstanceProfileName)
  const profile = account.get('instanceProfile', name)
  return profile === undefined ? arnOf(account, `instance-profile/${name}`) : instanceProfileArn(account.id, profile)
}

const serverCertificate: Rule = ({ input, account }) => {
  const name = text(input.ServerCertificateName)
  const certificate = account.get('serverCertificate', name)
  if (certificate === undefined) return arnOf(account, `server-certificate/${name}`)
  return serverCertificateArn(account.id, certificate)
}

/** The named user; the caller, where no name is given: a user, or root. Roles have no user. */
const user: Rule = ({ input, principal, account }) => {
  if (typeof input.UserName === 'string') return userOf(account, input.UserName)
  // Observed: AWS's own policy IAMDeleteRootUserCredentials allows a task of root on this ARN.
  if (principal.kind === 'root') return rootArn(account.id)
  return principal.kind === 'user' ? userOf(account, principal.userName ?? '') : '*'
}

/** A policy of the account, or of AWS. */
const policy: Rule = ({ input, account }) => {
  const arn = text(input.PolicyArn)
  const own = findPolicy(account, arn)
  return own === undefined ? arn : policyArn(account.id, own)
}

/** The provider as the handler finds it: URLs and names are compared without case. */
const oidcProvider: Rule = ({ input, account }) => {
  const arn = text(input.OpenIDConnectProviderArn)
  const start = arnOf(account, 'oidc-provider/')
  const found = arn.startsWith(start) ? account.get('oidcProvider', arn.slice(start.length)) : undefined
  return found === undefined ? arn : start + found.Url
}

const samlProvider: Rule = ({ input, account }) => {
  const arn = text(input.SAMLProviderArn)
  const start = arnOf(account, 'saml-provider/')
  const found = arn.startsWith(start) ? account.get('samlProvider', arn.slice(start.length)) : undefined
  return found === undefined ? arn : start + found.Name
}

const mfaDevice: Rule = ({ input, account }) => {
  const serial = text(input.SerialNumber)
  return account.get('mfaDevice', serial)?.SerialNumber ?? serial
}

/** The user that has a device: the named one, that of the device, or the caller. */
const deviceOwner: Rule = (about) => {
  const { input, account } = about
  if (typeof input.UserName === 'string') return user(about)
  const owner = account.get('mfaDevice', text(input.SerialNumber))?.owner
  const found = owner === undefined ? undefined : account.byId('user', owner)
  if (found !== undefined) return userArn(account.id, found)
  return owner === account.id ? rootArn(account.id) : user(about)
}

/** The user that has an access key. An id that nobody has is told to those who may ask about every user. */
const keyOwner: Rule = ({ input, account }) => {
  const isIt = ({ AccessKeyId }: { AccessKeyId: string }) => AccessKeyId === input.AccessKeyId
  const owner = account.list('user').find(({ accessKeys }) => accessKeys.some(isIt))
  if (owner !== undefined) return userArn(account.id, owner)
  return account.get('account', '')?.accessKeys.some(isIt) === true ? rootArn(account.id) : '*'
}

/** Something new, under the path that is given. */
const made =
  (place: string, member: string): Rule =>
  ({ input, account }) =>
    arnOf(account, place + pathOf(input.Path) + text(input[member]))

/**
 * All of a kind under a path. Observed: the ARN is in AWS's refusals of ListUsers (`arn:aws:iam::111122223333:user/`).
 */
const listed =
  (place: string): Rule =>
  ({ input, account }) =>
    arnOf(account, place + pathOf(input.PathPrefix))

/** Observed: in AWS's refusals of ListOpenIDConnectProviders. */
const everyProvider =
  (place: string): Rule =>
  ({ account }) =>
    arnOf(account, `${place}/*`)

const newOidcProvider: Rule = ({ input, account }) =>
  arnOf(
    account,
    `oidc-provider/${text(input.Url)
      .replace(/^https:\/\//, '')
      .replace(/\/$/, '')}`,
  )

const newServiceRole: Rule = ({ input, account }) => {
  const service = text(input.AWSServiceName)
  const suffix = typeof input.CustomSuffix === 'string' ? input.CustomSuffix : undefined
  return arnOf(account, `role${serviceRolePath(service)}${serviceRoleName(service, suffix)}`)
}

/** `task/aws-service-role/SERVICE/ROLE/ID` is about the role. */
const deletedServiceRole: Rule = ({ input, account }) => {
  const [, path, name = ''] = /^task(\/aws-service-role\/[^/]+\/)([^/]+)\/[^/]+$/.exec(text(input.DeletionTaskId)) ?? []
  if (path === undefined) return '*'
  return account.get('role', name) === undefined ? arnOf(account, `role${path}${name}`) : roleOf(account, name)
}

const delegationRequest: Rule = ({ input, account }) =>
  arnOf(account, `delegation-request/${text(input.DelegationRequestId)}`)

/** What a member names by its ARN. */
const byArn =
  (member: string): Rule =>
  ({ input }) =>
    text(input[member]) || '*'

/** A user, group or role that a member names by its ARN: operations find it by its name. */
const entityIn =
  (member: string): Rule =>
  ({ input, account }) => {
    const arn = text(input[member])
    const [, kind, name = ''] = /:(user|group|role)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? []
    if (kind === undefined || !arn.startsWith(arnOf(account, ''))) return arn || '*'
    if (kind === 'user') return userOf(account, name)
    return kind === 'group' ? groupOf(account, name) : roleOf(account, name)
  }

/** The rule of every operation: the compiler finds one that is missing. */
const rules: Readonly<Record<keyof IamHandlers | keyof StsHandlers, Rule>> = {
  AcceptDelegationRequest: delegationRequest,
  AcquireRole: byArn('TemplateArn'),
  AddClientIDToOpenIDConnectProvider: oidcProvider,
  AddRoleToInstanceProfile: instanceProfile,
  AddUserToGroup: group,
  AssociateDelegationRequest: delegationRequest,
  AttachGroupPolicy: group,
  AttachRolePolicy: role,
  AttachUserPolicy: user,
  ChangePassword: user,
  CreateAccessKey: user,
  CreateAccountAlias: all,
  CreateDelegationRequest: everyProvider('delegation-request'),
  CreateGroup: made('group', 'GroupName'),
  CreateInstanceProfile: made('instance-profile', 'InstanceProfileName'),
  CreateLoginProfile: user,
  CreateOpenIDConnectProvider: newOidcProvider,
  CreatePolicy: made('policy', 'PolicyName'),
  CreatePolicyVersion: policy,
  CreateRole: made('role', 'RoleName'),
  CreateSAMLProvider: made('saml-provider', 'Name'),
  CreateServiceLinkedRole: newServiceRole,
  CreateServiceSpecificCredential: user,
  CreateUser: made('user', 'UserName'),
  CreateVirtualMFADevice: made('mfa', 'VirtualMFADeviceName'),
  DeactivateMFADevice: user,
  DeleteAccessKey: user,
  DeleteAccountAlias: all,
  DeleteAccountPasswordPolicy: all,
  DeleteGroup: group,
  DeleteGroupPolicy: group,
  DeleteInstanceProfile: instanceProfile,
  DeleteLoginProfile: user,
  DeleteOpenIDConnectProvider: oidcProvider,
  DeletePolicy: policy,
  DeletePolicyVersion: policy,
  DeleteRole: role,
  DeleteRolePermissionsBoundary: role,
  DeleteRolePolicy: role,
  DeleteSAMLProvider: samlProvider,
  DeleteSSHPublicKey: user,
  DeleteServerCertificate: serverCertificate,
  DeleteServiceLinkedRole: role,
  DeleteServiceSpecificCredential: user,
  DeleteSigningCertificate: user,
  DeleteUser: user,
  DeleteUserPermissionsBoundary: user,
  DeleteUserPolicy: user,
  DeleteVirtualMFADevice: mfaDevice,
  DetachGroupPolicy: group,
  DetachRolePolicy: role,
  DetachUserPolicy: user,
  DisableOrganizationsRootCredentialsManagement: all,
  DisableOrganizationsRootSessions: all,
  DisableOutboundWebIdentityFederation: all,
  EnableMFADevice: user,
  EnableOrganizationsRootCredentialsManagement: all,
  EnableOrganizationsRootSessions: all,
  EnableOutboundWebIdentityFederation: all,
  GenerateCredentialReport: all,
  GenerateOrganizationsAccessReport: ({ input, account }) => arnOf(account, `access-report/${text(input.EntityPath)}`),
  GenerateServiceLastAccessedDetails: entityIn('Arn'),
  GetAccessKeyLastUsed: keyOwner,
  GetAccountAuthorizationDetails: all,
  GetAccountPasswordPolicy: all,
  GetAccountProperties: all,
  GetAccountSummary: all,
  GetContextKeysForCustomPolicy: all,
  GetContextKeysForPrincipalPolicy: entityIn('PolicySourceArn'),
  GetCredentialReport: all,
  GetDelegationRequest: delegationRequest,
  GetGroup: group,
  GetGroupPolicy: group,
  GetHumanReadableSummary: byArn('EntityArn'),
  GetInstanceProfile: instanceProfile,
  GetLoginProfile: user,
  GetMFADevice: deviceOwner,
  GetOpenIDConnectProvider: oidcProvider,
  GetOrganizationsAccessReport: all,
  GetOutboundWebIdentityFederationInfo: all,
  GetPolicy: policy,
  GetPolicyVersion: policy,
  GetRole: role,
  GetRolePolicy: role,
  GetRoleTemplateVersion: byArn('TemplateArn'),
  GetSAMLProvider: samlProvider,
  GetSSHPublicKey: user,
  GetServerCertificate: serverCertificate,
  GetServiceLastAccessedDetails: all,
  GetServiceLastAccessedDetailsWithEntities: all,
  GetServiceLinkedRoleDeletionStatus: deletedServiceRole,
  GetUser: user,
  GetUserPolicy: user,
  ListAccessKeys: user,
  ListAccountAliases: all,
  ListAttachedGroupPolicies: group,
  ListAttachedRolePolicies: role,
  ListAttachedUserPolicies: user,
  ListDelegationRequests: all,
  ListEntitiesForPolicy: policy,
  ListGroupPolicies: group,
  ListGroups: listed('group'),
  ListGroupsForUser: user,
  ListInstanceProfileTags: instanceProfile,
  ListInstanceProfiles: listed('instance-profile'),
  ListInstanceProfilesForRole: role,
  ListMFADeviceTags: mfaDevice,
  ListMFADevices: user,
  ListOpenIDConnectProviderTags: oidcProvider,
  ListOpenIDConnectProviders: everyProvider('oidc-provider'),
  ListOrganizationsFeatures: all,
  ListPolicies: listed('policy'),
  ListPoliciesGrantingServiceAccess: entityIn('Arn'),
  ListPolicyTags: policy,
  ListPolicyVersions: policy,
  ListRolePolicies: role,
  ListRoleTags: role,
  ListRoles: listed('role'),
  ListSAMLProviderTags: samlProvider,
  ListSAMLProviders: everyProvider('saml-provider'),
  ListSSHPublicKeys: user,
  ListServerCertificateTags: serverCertificate,
  ListServerCertificates: listed('server-certificate'),
  // Assumed: the credentials of all users are a list of users.
  ListServiceSpecificCredentials: (about) => (about.input.AllUsers === true ? listed('user')(about) : user(about)),
  ListSigningCertificates: user,
  ListUserPolicies: user,
  ListUserTags: user,
  ListUsers: listed('user'),
  ListVirtualMFADevices: ({ account }) => arnOf(account, 'mfa/'),
  PutAccountProperties: all,
  PutGroupPolicy: group,
  PutRolePermissionsBoundary: role,
  PutRolePolicy: role,
  PutUserPermissionsBoundary: user,
  PutUserPolicy: user,
  RejectDelegationRequest: delegationRequest,
  RemoveClientIDFromOpenIDConnectProvider: oidcProvider,
  RemoveRoleFromInstanceProfile: instanceProfile,
  RemoveUserFromGroup: group,
  ResetServiceSpecificCredential: user,
  ResyncMFADevice: user,
  SendDelegationToken: delegationRequest,
  SetDefaultPolicyVersion: policy,
  SetSecurityTokenServicePreferences: all,
  SimulateCustomPolicy: all,
  SimulatePrincipalPolicy: entityIn('PolicySourceArn'),
  TagInstanceProfile: instanceProfile,
  TagMFADevice: mfaDevice,
  TagOpenIDConnectProvider: oidcProvider,
  TagPolicy: policy,
  TagRole: role,
  TagSAMLProvider: samlProvider,
  TagServerCertificate: serverCertificate,
  TagUser: user,
  UntagInstanceProfile: instanceProfile,
  UntagMFADevice: mfaDevice,
  UntagOpenIDConnectProvider: oidcProvider,
  UntagPolicy: policy,
  UntagRole: role,
  UntagSAMLProvider: samlProvider,
  UntagServerCertificate: serverCertificate,
  UntagUser: user,
  UpdateAccessKey: user,
  UpdateAccountPasswordPolicy: all,
  UpdateAssumeRolePolicy: role,
  UpdateDelegationRequest: delegationRequest,
  UpdateGroup: group,
  UpdateLoginProfile: user,
  UpdateOpenIDConnectProviderThumbprint: oidcProvider,
  UpdateRole: role,
  UpdateRoleDescription: role,
  UpdateSAMLProvider: samlProvider,
  UpdateSSHPublicKey: user,
  UpdateServerCertificate: serverCertificate,
  UpdateServiceSpecificCredential: user,
  UpdateSigningCertificate: user,
  UpdateUser: user,
  UploadSSHPublicKey: user,
  UploadServerCertificate: made('server-certificate', 'ServerCertificateName'),
  UploadSigningCertificate: user,

  AssumeRole: byArn('RoleArn'),
  AssumeRoleWithSAML: byArn('RoleArn'),
  AssumeRoleWithWebIdentity: byArn('RoleArn'),
  AssumeRoot: ({ input }) => targetRoot(text(input.TargetPrincipal)),
  DecodeAuthorizationMessage: all,
  GetAccessKeyInfo: all,
  GetCallerIdentity: all,
  GetDelegatedAccessToken: all,
  GetFederationToken: ({ input, account }) => `arn:aws:sts::${account.id}:federated-user/${text(input.Name)}`,
  GetScopedCredentials: all,
  GetSessionToken: all,
  GetWebIdentityToken: all,
}

/** The root user of an account that is named by its id or its ARN. */
const targetRoot = (target: string): string => (/^\d{12}$/.test(target) ? rootArn(target) : target || '*')

/** Renaming and moving an entity needs the permission for what it will be called, too. */
const renamed: Readonly<Record<string, readonly [place: string, newName: string]>> = {
  UpdateUser: ['user', 'NewUserName'],
  UpdateGroup: ['group', 'NewGroupName'],
  UpdateServerCertificate: ['server-certificate', 'NewServerCertificateName'],
}

/**
 * The resources that an operation needs permission for, the one it names first.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html "appropriate permissions on both the source object and the target object"
 */
export function queryResources(operation: string, about: About): string[] {
  const current = (Object.hasOwn(rules, operation) ? rules[operation as keyof typeof rules] : all)(about)
  const renaming = Object.hasOwn(renamed, operation) ? renamed[operation] : undefined
  if (renaming === undefined) return [current]
  const { input, account } = about
  const [place, newName] = renaming
  const start = arnOf(account, place)
  const [, path = '/', name = ''] = /^(.*\/)([^/]*)$/s.exec(current.slice(start.length)) ?? []
  const target = start + pathOf(input.NewPath, path) + (text(input[newName]) || name)
  return target === current ? [current] : [current, target]
}

/** What AWS calls the resources of these rules in its refusals, before their names. */
const shownKinds: ReadonlyMap<Rule, string> = new Map([
  [user, 'user'],
  [group, 'group'],
  [role, 'role'],
  [instanceProfile, 'instance profile'],
])

/**
 * The resource as AWS writes it in a refusal: what is there by kind and name, what is to be made or listed by its ARN.
 * Observed: `role X`, `user X`, `group X`, `instance profile X` (skypilot 3366), `policy ARN` (amplify-js 7540),
 * `policy path /` (aws-sam-cli 394), `policy X` of CreatePolicy; ARNs of lists (certbot-s3front 52), of uploads
 * (amazon.cloud 32), of CreateRole and of service-linked roles. Assumed: tagging names the ARN, as it does while a role is made.
 */
export function shownResource(operation: string, { input }: Pick<About, 'input'>, resource: string): string {
  if (operation === 'ListPolicies') return `policy path ${pathOf(input.PathPrefix)}`
  if (operation === 'CreatePolicy') return `policy ${text(input.PolicyName)}`
  if (!Object.hasOwn(rules, operation) || /^(?:Tag|Untag)|ServiceLinkedRole/.test(operation)) return resource
  const rule = rules[operation as keyof typeof rules]
  if (rule === policy) return `policy ${resource}`
  const kind = shownKinds.get(rule)
  return kind === undefined || !resource.includes('/') ? resource : `${kind} ${lastSegment(resource)}`
}
