/**
 * The resource of a call of IAM or STS, as policies name it: the ARN that the input gives, or one made of the name in it.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
import type { OperationInput } from '../policy/require.ts'

/** Members that name what an operation is about, the more telling first, with the kind of resource. */
const named: readonly [member: string, kind: string][] = [
  ['UserName', 'user'],
  ['GroupName', 'group'],
  ['RoleName', 'role'],
  ['InstanceProfileName', 'instance-profile'],
  ['ServerCertificateName', 'server-certificate'],
  ['PolicyName', 'policy'],
]
const arns = ['RoleArn', 'PolicyArn', 'OpenIDConnectProviderArn', 'SAMLProviderArn', 'PolicySourceArn']

/** Of these the group, not the user, is the resource. */
const aboutGroups = new Set(['AddUserToGroup', 'RemoveUserFromGroup'])

/** Operations on the account as a whole. */
const withoutResource =
  /^(?:List(?:Users|Groups|Roles|Policies|InstanceProfiles|AccountAliases)|GetAccount|Get(?:Session|Federation)Token)/

/** `*` where there is none. A path is part of the ARN where the input gives one. */
export function queryResource(operation: string, input: OperationInput, accountId: string): string {
  const iam = (kind: string, name: string, path = '/') => `arn:aws:iam::${accountId}:${kind}${path}${name}`
  if (operation === 'GetFederationToken') return `arn:aws:sts::${accountId}:federated-user/${String(input.Name)}`
  if (withoutResource.test(operation)) return '*'
  if (aboutGroups.has(operation)) return iam('group', String(input.GroupName))
  const path = typeof input.Path === 'string' ? input.Path : undefined
  // An attached policy is not the resource of AttachUserPolicy.
  for (const [member, kind] of named) {
    const name = input[member]
    if (typeof name === 'string') return iam(kind, name, path)
  }
  for (const member of arns) {
    const arn = input[member]
    if (typeof arn === 'string') return arn
  }
  return '*'
}
