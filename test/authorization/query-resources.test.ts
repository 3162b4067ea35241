// Every operation of IAM and STS is authorized on the resource that AWS's Service Authorization Reference gives it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { queryResources } from '../../src/authorization/query-resources.ts'
import type { Principal } from '../../src/context.ts'
import { iamTable } from '../../src/model/iam.gen.ts'
import type { ServiceTable, StructureRow } from '../../src/model/shape.ts'
import { stsTable } from '../../src/model/sts.gen.ts'
import { IamSnapshot } from '../../src/store/iam-account.ts'
import type { IamKind, IamRecords } from '../../src/store/iam-records.ts'

/** Resource types and their actions, read off the reference of September 2026. */
const reference: Readonly<Record<string, string>> = {
  user: `
    AttachUserPolicy ChangePassword CreateAccessKey CreateLoginProfile CreateServiceSpecificCredential
    CreateUser DeactivateMFADevice DeleteAccessKey DeleteLoginProfile DeleteSSHPublicKey
    DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUser DeleteUserPermissionsBoundary
    DeleteUserPolicy DetachUserPolicy EnableMFADevice GetAccessKeyLastUsed GetLoginProfile GetMFADevice
    GetSSHPublicKey GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser
    ListMFADevices ListSSHPublicKeys ListServiceSpecificCredentials ListSigningCertificates ListUserPolicies
    ListUserTags PutUserPermissionsBoundary PutUserPolicy ResetServiceSpecificCredential ResyncMFADevice TagUser
    UntagUser UpdateAccessKey UpdateLoginProfile UpdateSSHPublicKey UpdateServiceSpecificCredential
    UpdateSigningCertificate UpdateUser UploadSSHPublicKey UploadSigningCertificate`,
  group: `
    AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy DetachGroupPolicy GetGroup
    GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy RemoveUserFromGroup UpdateGroup`,
  role: `
    AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AttachRolePolicy CreateRole CreateServiceLinkedRole
    DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DeleteServiceLinkedRole DetachRolePolicy GetRole
    GetRolePolicy GetServiceLinkedRoleDeletionStatus ListAttachedRolePolicies ListInstanceProfilesForRole
    ListRolePolicies ListRoleTags PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole
    UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription`,
  policy: `
    CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion
    ListEntitiesForPolicy ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy`,
  'instance-profile': `
    AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile
    ListInstanceProfileTags RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile`,
  'server-certificate': `
    DeleteServerCertificate GetServerCertificate ListServerCertificateTags TagServerCertificate
    UntagServerCertificate UpdateServerCertificate UploadServerCertificate`,
  'oidc-provider': `
    AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider DeleteOpenIDConnectProvider
    GetOpenIDConnectProvider ListOpenIDConnectProviderTags RemoveClientIDFromOpenIDConnectProvider
    TagOpenIDConnectProvider UntagOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint`,
  'saml-provider': `
    CreateSAMLProvider DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags TagSAMLProvider UntagSAMLProvider
    UpdateSAMLProvider`,
  mfa: `
    CreateVirtualMFADevice DeleteVirtualMFADevice ListMFADeviceTags TagMFADevice UntagMFADevice`,
  entity: `
    GenerateServiceLastAccessedDetails GetContextKeysForPrincipalPolicy ListPoliciesGrantingServiceAccess
    SimulatePrincipalPolicy`,
  'delegation-request': `
    AcceptDelegationRequest AssociateDelegationRequest GetDelegationRequest RejectDelegationRequest
    SendDelegationToken UpdateDelegationRequest`,
  '*': `
    CreateAccountAlias DecodeAuthorizationMessage DeleteAccountAlias DeleteAccountPasswordPolicy
    DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions
    DisableOutboundWebIdentityFederation EnableOrganizationsRootCredentialsManagement
    EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation GenerateCredentialReport
    GetAccessKeyInfo GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountProperties
    GetAccountSummary GetCallerIdentity GetContextKeysForCustomPolicy GetCredentialReport
    GetDelegatedAccessToken GetOrganizationsAccessReport GetOutboundWebIdentityFederationInfo
    GetScopedCredentials GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities GetSessionToken
    GetWebIdentityToken
    ListAccountAliases ListDelegationRequests ListOrganizationsFeatures PutAccountProperties
    SetSecurityTokenServicePreferences SimulateCustomPolicy UpdateAccountPasswordPolicy`,
}

const start = 'arn:aws:iam::111111111111:'

/** Lists, which the reference gives no resource, name what they list (in the refusals that AWS writes). */
const lists: Readonly<Record<string, string>> = {
  ListUsers: 'user/',
  ListGroups: 'group/',
  ListRoles: 'role/',
  ListPolicies: 'policy/',
  ListInstanceProfiles: 'instance-profile/',
  ListServerCertificates: 'server-certificate/',
  ListVirtualMFADevices: 'mfa/',
  ListOpenIDConnectProviders: 'oidc-provider/*',
  ListSAMLProviders: 'saml-provider/*',
}

/** What is about something else. */
const others: Readonly<Record<string, string>> = {
  AcquireRole: 'arn:aws:iam::aws:role-template/TemplateArn',
  GetRoleTemplateVersion: 'arn:aws:iam::aws:role-template/TemplateArn',
  GetHumanReadableSummary: `${start}delegation-request/EntityArn`,
  CreateDelegationRequest: `${start}delegation-request/*`,
  GenerateOrganizationsAccessReport: `${start}access-report/o-1/r-1`,
  AssumeRoot: 'arn:aws:iam::222222222222:root',
  GetFederationToken: 'arn:aws:sts::111111111111:federated-user/Name',
}

const account = new IamSnapshot('111111111111', '1')
const put = <K extends IamKind>(kind: K, name: string, record: object) =>
  account.set(kind, name.toLowerCase(), record as IamRecords[K])
put('user', 'Bob', { UserName: 'Bob', UserId: 'AIDABOB', Path: '/team/', accessKeys: [{ AccessKeyId: 'AKIABOB' }] })
put('user', 'Me', { UserName: 'Me', UserId: 'AIDAME', Path: '/own/', accessKeys: [] })
put('group', 'Devs', { GroupName: 'Devs', GroupId: 'AGPADEVS', Path: '/team/' })
put('role', 'Api', { RoleName: 'Api', RoleId: 'AROAAPI', Path: '/team/' })
put('policy', 'Read', { PolicyName: 'Read', PolicyId: 'ANPAREAD', Path: '/team/' })
put('instanceProfile', 'Web', { InstanceProfileName: 'Web', InstanceProfileId: 'AIPAWEB', Path: '/team/' })
put('serverCertificate', 'Tls', { ServerCertificateName: 'Tls', ServerCertificateId: 'ASCATLS', Path: '/team/' })
put('oidcProvider', 'Idp.example', { Url: 'Idp.example' })
put('samlProvider', 'Corp', { Name: 'Corp' })
put('mfaDevice', `${start}mfa/Phone`, { SerialNumber: `${start}mfa/Phone`, owner: 'AIDABOB' })

const caller = {
  kind: 'user',
  accountId: account.id,
  arn: `${start}user/own/Me`,
  userId: 'AIDAME',
  userName: 'Me',
} as Principal

/** Existing entities, in another spelling than their own: IAM finds them all the same. */
const samples: Readonly<Record<string, unknown>> = {
  UserName: 'BOB',
  GroupName: 'DEVS',
  RoleName: 'API',
  PolicyArn: `${start}policy/team/read`,
  InstanceProfileName: 'WEB',
  ServerCertificateName: 'TLS',
  OpenIDConnectProviderArn: `${start}oidc-provider/idp.example`,
  SAMLProviderArn: `${start}saml-provider/CORP`,
  SerialNumber: `${start}mfa/phone`,
  AccessKeyId: 'AKIABOB',
  DeletionTaskId: 'task/aws-service-role/x.amazonaws.com/Gone/00000000-0000-0000-0000-000000000000',
  RoleArn: `${start}role/team/Api`,
  Arn: `${start}user/team/Bob`,
  PolicySourceArn: `${start}user/team/Bob`,
  DelegationRequestId: 'dr-1',
  TemplateArn: 'arn:aws:iam::aws:role-template/TemplateArn',
  EntityArn: `${start}delegation-request/EntityArn`,
  EntityPath: 'o-1/r-1',
  TargetPrincipal: '222222222222',
  Name: 'Name',
  PathPrefix: '/some/',
}

/** What makes something new is about the ARN that it will have. */
const made: Readonly<Record<string, string>> = {
  CreateUser: 'user/new/BOB',
  CreateGroup: 'group/new/DEVS',
  CreateRole: 'role/new/API',
  CreatePolicy: 'policy/new/Fresh',
  CreateInstanceProfile: 'instance-profile/new/WEB',
  UploadServerCertificate: 'server-certificate/new/TLS',
  CreateOpenIDConnectProvider: 'oidc-provider/new.example',
  CreateSAMLProvider: 'saml-provider/Name',
  CreateVirtualMFADevice: 'mfa/new/Phone2',
  CreateServiceLinkedRole: 'role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS',
}
const fresh: Readonly<Record<string, unknown>> = {
  ...samples,
  Path: '/new/',
  PolicyName: 'Fresh',
  Url: 'https://new.example/',
  VirtualMFADeviceName: 'Phone2',
  AWSServiceName: 'ecs.amazonaws.com',
}

const existing: Readonly<Record<string, string>> = {
  user: `${start}user/team/Bob`,
  entity: `${start}user/team/Bob`,
  group: `${start}group/team/Devs`,
  role: `${start}role/team/Api`,
  policy: `${start}policy/team/Read`,
  'instance-profile': `${start}instance-profile/team/Web`,
  'server-certificate': `${start}server-certificate/team/Tls`,
  'oidc-provider': `${start}oidc-provider/Idp.example`,
  'saml-provider': `${start}saml-provider/Corp`,
  mfa: `${start}mfa/Phone`,
  'delegation-request': `${start}delegation-request/dr-1`,
  '*': '*',
}

const kindOf = new Map(
  Object.entries(reference).flatMap(([kind, operations]) =>
    operations
      .trim()
      .split(/\s+/)
      .map((operation) => [operation, kind] as const),
  ),
)

/** The members of an operation's input. */
function membersOf(table: ServiceTable, operation: string): string[] {
  const shape = table.operations.find(([name]) => name === operation)?.[4] ?? ''
  return shape === '' ? [] : (table.shapes[shape] as StructureRow)[1].map(([name]) => name)
}

function inputFor(table: ServiceTable, operation: string): Record<string, unknown> {
  const values = Object.hasOwn(made, operation) ? fresh : samples
  return Object.fromEntries(
    membersOf(table, operation).flatMap((name) => (name in values ? [[name, values[name]]] : [])),
  )
}

function expectedOf(operation: string): string | undefined {
  if (operation in others) return others[operation]
  if (operation in lists)
    return start + lists[operation]?.replace(/\/$/, operation.endsWith('Devices') ? '/' : '/some/')
  if (operation in made) return start + made[operation]
  // The caller's own: nobody else can be named.
  if (operation === 'ChangePassword') return caller.arn
  if (operation === 'GetServiceLinkedRoleDeletionStatus') return `${start}role/aws-service-role/x.amazonaws.com/Gone`
  return existing[kindOf.get(operation) ?? '']
}

describe('the resource of an operation', () => {
  for (const table of [iamTable, stsTable]) {
    for (const [operation] of table.operations) {
      it(operation, () => {
        const expected = expectedOf(operation)
        assert.ok(expected, `${operation} is not in the reference`)
        const input = inputFor(table, operation)
        assert.equal(queryResources(operation, { input, principal: caller, account })[0], expected)
      })
    }
  }

  it('is the caller, for every operation that may be called without UserName', () => {
    const about = iamTable.operations.filter(([operation]) => {
      const shape = iamTable.operations.find(([name]) => name === operation)?.[4] ?? ''
      if (shape === '' || kindOf.get(operation) !== 'user') return false
      return (iamTable.shapes[shape] as StructureRow)[1].some(
        ([name, , , , required]) => name === 'UserName' && !required,
      )
    })
    const names = about.map(([operation]) => operation)
    for (const known of ['GetUser', 'DeactivateMFADevice', 'DeleteSigningCertificate', 'GetLoginProfile']) {
      assert.ok(names.includes(known), known)
    }
    for (const operation of names) {
      const resources = queryResources(operation, { input: {}, principal: caller, account })
      assert.deepEqual(resources, [caller.arn], operation)
    }
  })

  it('is the user who has the device or key that is named', () => {
    const input = { SerialNumber: `${start}mfa/Phone` }
    assert.deepEqual(queryResources('GetMFADevice', { input, principal: caller, account }), [existing.user])
    const unknown = { AccessKeyId: 'AKIANOBODY' }
    assert.deepEqual(queryResources('GetAccessKeyLastUsed', { input: unknown, principal: caller, account }), ['*'])
  })

  it('is the old and the new name of what is renamed or moved', () => {
    const ask = (operation: string, input: object) =>
      queryResources(operation, { input: input as Record<string, unknown>, principal: caller, account })
    const renamed = ask('UpdateUser', { UserName: 'Bob', NewUserName: 'Bill' })
    assert.deepEqual(renamed, [`${start}user/team/Bob`, `${start}user/team/Bill`])
    const moved = ask('UpdateUser', { UserName: 'Bob', NewPath: '/' })
    assert.deepEqual(moved, [`${start}user/team/Bob`, `${start}user/Bob`])
    const both = ask('UpdateGroup', { GroupName: 'Devs', NewGroupName: 'Ops', NewPath: '/x/' })
    assert.deepEqual(both, [`${start}group/team/Devs`, `${start}group/x/Ops`])
    const certificate = ask('UpdateServerCertificate', {
      ServerCertificateName: 'Tls',
      NewServerCertificateName: 'Tls2',
    })
    assert.deepEqual(certificate, [`${start}server-certificate/team/Tls`, `${start}server-certificate/team/Tls2`])
    assert.deepEqual(ask('UpdateUser', { UserName: 'Bob' }), [`${start}user/team/Bob`])
  })
})
