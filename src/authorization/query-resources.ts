/**
 * The resource of a call of IAM or STS, as policies name it: the ARN that the input gives, or that of the entity it names.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
import type { Principal } from '../context.ts'
import { serviceRoleName, serviceRolePath } from '../iam/lib/service-roles.ts'
import type { OperationInput } from '../policy/require.ts'
import type { IamAccount } from '../store/iam-account.ts'

type Kind = 'user' | 'group' | 'role' | 'instanceProfile' | 'serverCertificate' | 'policy'

/** Members that name what an operation is about, the more telling first. */
const named: readonly [member: string, kind: Kind][] = [
  ['UserName', 'user'],
  ['GroupName', 'group'],
  ['InstanceProfileName', 'instanceProfile'],
  ['RoleName', 'role'],
  ['ServerCertificateName', 'serverCertificate'],
  ['PolicyName', 'policy'],
]
const arnMembers = [
  'RoleArn',
  'PolicyArn',
  'OpenIDConnectProviderArn',
  'SAMLProviderArn',
  'PolicySourceArn',
  'SerialNumber',
]
const arnWords: Readonly<Record<Kind, string>> = {
  user: 'user',
  group: 'group',
  role: 'role',
  policy: 'policy',
  instanceProfile: 'instance-profile',
  serverCertificate: 'server-certificate',
}

/** Of these the group, not the user, is the resource. */
const aboutGroups = new Set(['AddUserToGroup', 'RemoveUserFromGroup'])
/** Without a name these are about the caller. */
const aboutCaller = new Set([
  'GetUser',
  'ChangePassword',
  'CreateAccessKey',
  'DeleteAccessKey',
  'ListAccessKeys',
  'UpdateAccessKey',
  'ListMFADevices',
  'ListSSHPublicKeys',
  'ListSigningCertificates',
  'UploadSigningCertificate',
  'ListServiceSpecificCredentials',
])
/** Operations on the account as a whole. */
const withoutResource =
  /^(?:List(?:Users|Groups|Roles|Policies|InstanceProfiles|AccountAliases)|GetAccount|Get(?:Session|Federation)Token)/
/** What is made under a name of its own: the member, and its place in ARNs. */
const made: Readonly<Record<string, readonly [member: string, place: string]>> = {
  CreateOpenIDConnectProvider: ['Url', 'oidc-provider/'],
  CreateSAMLProvider: ['Name', 'saml-provider/'],
  CreateVirtualMFADevice: ['VirtualMFADeviceName', 'mfa'],
  CreateServiceLinkedRole: ['AWSServiceName', 'role'],
}

/** `*` where there is none. Paths are those of the entity, or what the input gives to a new one. */
export function queryResource(
  operation: string,
  input: OperationInput,
  principal: Principal,
  account: IamAccount,
): string {
  const iam = (kind: Kind, name: string) => {
    const path = typeof input.Path === 'string' ? input.Path : (account.get(kind, name)?.Path ?? '/')
    return `arn:aws:iam::${account.id}:${arnWords[kind]}${path}${name}`
  }
  if (operation === 'GetFederationToken') return `arn:aws:sts::${account.id}:federated-user/${String(input.Name)}`
  if (withoutResource.test(operation)) return '*'
  const place = made[operation]
  if (place !== undefined) return madeArn(place, input, account.id)
  if (aboutGroups.has(operation)) return iam('group', String(input.GroupName))
  // An attached policy is not the resource of AttachUserPolicy.
  for (const [member, kind] of named) {
    const name = input[member]
    if (typeof name === 'string') return iam(kind, name)
  }
  for (const member of arnMembers) {
    const arn = input[member]
    if (typeof arn === 'string') return arn
  }
  return aboutCaller.has(operation) && principal.kind === 'user' ? principal.arn : '*'
}

/** The ARN of what is to be made. */
function madeArn([member, place]: readonly [string, string], input: OperationInput, accountId: string): string {
  const given = String(input[member])
  const start = `arn:aws:iam::${accountId}:${place}`
  if (member === 'Url') return start + given.replace(/^https:\/\//, '')
  if (member === 'AWSServiceName') {
    const suffix = typeof input.CustomSuffix === 'string' ? input.CustomSuffix : undefined
    return start + serviceRolePath(given) + serviceRoleName(given, suffix)
  }
  if (place !== 'mfa') return start + given
  return start + (typeof input.Path === 'string' ? input.Path : '/') + given
}
