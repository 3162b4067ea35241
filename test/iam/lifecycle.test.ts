/** Each noun of IAM from its making to its end, through the official SDK; and how lists are paged. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import * as api from '@aws-sdk/client-iam'
import { handlers } from '../../src/iam/index.ts'
import { allow, type Arena, failure, startArena, trust } from './support.ts'

const own = 'arn:aws:iam::111111111111'
const certificate = `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUTG9jYWxUZXN0Q2VydGlmaWNhdGUwCgYIKoZIzj0EAwIw
-----END CERTIFICATE-----`

describe('IAM', () => {
  let arena: Arena
  let iam: api.IAMClient
  before(async () => {
    arena = await startArena()
    iam = arena.root.iam
    await iam.send(new api.CreateUserCommand({ UserName: 'ann' }))
    await iam.send(
      new api.CreateRoleCommand({ RoleName: 'job', AssumeRolePolicyDocument: trust({ Service: 'ec2.amazonaws.com' }) }),
    )
  })
  after(() => arena[Symbol.asyncDispose]())

  it('pages of a list neither skip nor repeat, and end', async () => {
    for (const name of ['u3', 'U1', 'u2', 'u5', 'u4']) {
      await iam.send(new api.CreateUserCommand({ UserName: name, Path: '/pages/' }))
    }
    const seen: (string | undefined)[] = []
    const pages = api.paginateListUsers({ client: iam, pageSize: 2 }, { PathPrefix: '/pages/' })
    for await (const { Users = [] } of pages) seen.push(...Users.map(({ UserName }) => UserName))
    assert.deepEqual(seen, ['U1', 'u2', 'u3', 'u4', 'u5'])
    const first = await iam.send(new api.ListUsersCommand({ PathPrefix: '/pages/', MaxItems: 2 }))
    assert.equal(first.IsTruncated, true)
    await iam.send(new api.DeleteUserCommand({ UserName: 'u2' }))
    const next = await iam.send(new api.ListUsersCommand({ PathPrefix: '/pages/', Marker: first.Marker }))
    assert.deepEqual(
      next.Users?.map(({ UserName }) => UserName),
      ['u3', 'u4', 'u5'],
    )
    assert.equal(next.IsTruncated, false)
  })

  it('a user may be renamed and moved; keys and policies stay', async () => {
    await iam.send(new api.CreateUserCommand({ UserName: 'old' }))
    await iam.send(
      new api.PutUserPolicyCommand({ UserName: 'old', PolicyName: 'p', PolicyDocument: allow('s3:*', '*') }),
    )
    await iam.send(new api.UpdateUserCommand({ UserName: 'old', NewUserName: 'New', NewPath: '/x/' }))
    assert.match(await failure(iam.send(new api.GetUserCommand({ UserName: 'old' }))), /^404/)
    const { User } = await iam.send(new api.GetUserCommand({ UserName: 'new' }))
    assert.equal(User?.Arn, `${own}:user/x/New`)
    const { PolicyNames } = await iam.send(new api.ListUserPoliciesCommand({ UserName: 'New' }))
    assert.deepEqual(PolicyNames, ['p'])
  })

  it('roles: as recorded when made and read, updated, deleted', async () => {
    const document = trust({ AWS: '111111111111' })
    const { Role } = await iam.send(
      new api.CreateRoleCommand({ RoleName: 'r', Path: '/a/', AssumeRolePolicyDocument: document }),
    )
    // Observed: which members each answer has (recorded against AWS by LocalStack's suite).
    assert.deepEqual(Object.keys(Role ?? {}).sort(), [
      'Arn',
      'AssumeRolePolicyDocument',
      'CreateDate',
      'Path',
      'RoleId',
      'RoleName',
    ])
    const got = await iam.send(new api.GetRoleCommand({ RoleName: 'R' }))
    assert.equal(got.Role?.MaxSessionDuration, 3600)
    assert.deepEqual(got.Role?.RoleLastUsed, {})
    assert.equal(decodeURIComponent(got.Role?.AssumeRolePolicyDocument ?? ''), document)
    await iam.send(new api.UpdateRoleCommand({ RoleName: 'r', Description: 'd', MaxSessionDuration: 7200 }))
    await iam.send(new api.UpdateAssumeRolePolicyCommand({ RoleName: 'r', PolicyDocument: trust({ AWS: '*' }) }))
    const { Roles } = await iam.send(new api.ListRolesCommand({ PathPrefix: '/a/' }))
    assert.equal(Roles?.[0]?.Description, 'd')
    await iam.send(new api.DeleteRoleCommand({ RoleName: 'r' }))
  })

  it('managed policies: uses, versions and entities', async () => {
    const { Policy } = await iam.send(
      new api.CreatePolicyCommand({
        PolicyName: 'p',
        Path: '/q/',
        PolicyDocument: allow('s3:*', '*'),
        Description: 'd',
      }),
    )
    const PolicyArn = Policy?.Arn ?? ''
    assert.equal(PolicyArn, `${own}:policy/q/p`)
    await iam.send(new api.AttachUserPolicyCommand({ UserName: 'ann', PolicyArn }))
    await iam.send(new api.AttachRolePolicyCommand({ RoleName: 'job', PolicyArn }))
    await iam.send(new api.PutUserPermissionsBoundaryCommand({ UserName: 'ann', PermissionsBoundary: PolicyArn }))
    const got = await iam.send(new api.GetPolicyCommand({ PolicyArn }))
    assert.equal(got.Policy?.AttachmentCount, 2)
    assert.equal(got.Policy?.PermissionsBoundaryUsageCount, 1)
    const entities = await iam.send(new api.ListEntitiesForPolicyCommand({ PolicyArn }))
    assert.equal(entities.PolicyUsers?.[0]?.UserName, 'ann')
    assert.equal(entities.PolicyRoles?.[0]?.RoleName, 'job')
    const { PolicyVersion } = await iam.send(
      new api.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow('s3:Get*', '*'), SetAsDefault: true }),
    )
    assert.equal(PolicyVersion?.VersionId, 'v2')
    const version = await iam.send(new api.GetPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }))
    assert.equal(decodeURIComponent(version.PolicyVersion?.Document ?? ''), allow('s3:Get*', '*'))
    const { Versions } = await iam.send(new api.ListPolicyVersionsCommand({ PolicyArn }))
    assert.deepEqual(
      Versions?.map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion]),
      [
        ['v2', true],
        ['v1', false],
      ],
    )
    await iam.send(new api.DeleteUserPermissionsBoundaryCommand({ UserName: 'ann' }))
    await iam.send(new api.DetachUserPolicyCommand({ UserName: 'ann', PolicyArn }))
    await iam.send(new api.DetachRolePolicyCommand({ RoleName: 'job', PolicyArn }))
    const attached = await iam.send(new api.ListPoliciesCommand({ OnlyAttached: true }))
    assert.deepEqual(attached.Policies, [])
  })

  it('policies of AWS are listed, read and attached', async () => {
    const names: (string | undefined)[] = []
    for await (const { Policies = [] } of api.paginateListPolicies({ client: iam }, { Scope: 'AWS' })) {
      names.push(...Policies.map(({ PolicyName }) => PolicyName))
    }
    for (const name of ['AdministratorAccess', 'AmazonS3FullAccess', 'PowerUserAccess', 'IAMFullAccess']) {
      assert.ok(names.includes(name), name)
    }
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess'
    const { Policy } = await iam.send(new api.GetPolicyCommand({ PolicyArn }))
    const VersionId = Policy?.DefaultVersionId ?? ''
    const { PolicyVersion } = await iam.send(new api.GetPolicyVersionCommand({ PolicyArn, VersionId }))
    assert.ok(decodeURIComponent(PolicyVersion?.Document ?? '').includes('s3-object-lambda:*'))
  })

  it('tags of every kind are added, replaced and removed', async () => {
    await iam.send(new api.TagUserCommand({ UserName: 'ann', Tags: [{ Key: 'Team', Value: 'a' }] }))
    await iam.send(
      new api.TagUserCommand({
        UserName: 'ann',
        Tags: [
          { Key: 'team', Value: 'b' },
          { Key: 'x', Value: '' },
        ],
      }),
    )
    const { Tags } = await iam.send(new api.ListUserTagsCommand({ UserName: 'ann' }))
    assert.deepEqual(Tags, [
      { Key: 'team', Value: 'b' },
      { Key: 'x', Value: '' },
    ])
    await iam.send(new api.UntagUserCommand({ UserName: 'ann', TagKeys: ['TEAM', 'x'] }))
    assert.deepEqual((await iam.send(new api.ListUserTagsCommand({ UserName: 'ann' }))).Tags, [])
    const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: '' }))
    await iam.send(new api.TagRoleCommand({ RoleName: 'job', Tags: many }))
    assert.match(
      await failure(iam.send(new api.TagRoleCommand({ RoleName: 'job', Tags: [{ Key: 'one more', Value: '' }] }))),
      /^409 LimitExceeded/,
    )
  })

  it('instance profiles hold one role', async () => {
    const InstanceProfileName = 'machine'
    await iam.send(new api.CreateInstanceProfileCommand({ InstanceProfileName }))
    await iam.send(new api.AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'job' }))
    assert.match(
      await failure(iam.send(new api.AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'job' }))),
      /^409 LimitExceeded/,
    )
    const { InstanceProfiles } = await iam.send(new api.ListInstanceProfilesForRoleCommand({ RoleName: 'job' }))
    assert.equal(InstanceProfiles?.[0]?.Roles?.[0]?.RoleName, 'job')
    assert.match(
      await failure(iam.send(new api.DeleteInstanceProfileCommand({ InstanceProfileName }))),
      /^409 DeleteConflict/,
    )
    await iam.send(new api.RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: 'job' }))
    await iam.send(new api.DeleteInstanceProfileCommand({ InstanceProfileName }))
  })

  it('roles of services are made and deleted by their own operations', async () => {
    const AWSServiceName = 'ecs.amazonaws.com'
    const { Role } = await iam.send(new api.CreateServiceLinkedRoleCommand({ AWSServiceName }))
    assert.equal(Role?.Arn, `${own}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`)
    assert.match(
      await failure(iam.send(new api.CreateServiceLinkedRoleCommand({ AWSServiceName }))),
      /has been taken in this account/,
    )
    const RoleName = Role?.RoleName ?? ''
    assert.match(await failure(iam.send(new api.DeleteRoleCommand({ RoleName }))), /^400 UnmodifiableEntity/)
    const { DeletionTaskId } = await iam.send(new api.DeleteServiceLinkedRoleCommand({ RoleName }))
    const { Status } = await iam.send(new api.GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }))
    assert.equal(Status, 'SUCCEEDED')
  })

  it('the policies that grant access to a service: of the entity itself, and of the groups of a user', async () => {
    const statement = (rest: object) =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Resource: '*', ...rest }] })
    await iam.send(new api.CreateUserCommand({ UserName: 'granted' }))
    await iam.send(new api.CreateGroupCommand({ GroupName: 'granting' }))
    await iam.send(new api.AddUserToGroupCommand({ UserName: 'granted', GroupName: 'granting' }))
    const inline = { UserName: 'granted', PolicyName: 'lists' }
    await iam.send(new api.PutUserPolicyCommand({ ...inline, PolicyDocument: statement({ Action: 'S3:List*' }) }))
    const other = { GroupName: 'granting', PolicyName: 'others' }
    await iam.send(new api.PutGroupPolicyCommand({ ...other, PolicyDocument: statement({ NotAction: 's3:*' }) }))
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    await iam.send(new api.AttachGroupPolicyCommand({ GroupName: 'granting', PolicyArn }))
    const { PoliciesGrantingServiceAccess } = await iam.send(
      new api.ListPoliciesGrantingServiceAccessCommand({
        Arn: `${own}:user/granted`,
        ServiceNamespaces: ['s3', 'iam'],
      }),
    )
    const managed = { PolicyName: 'AdministratorAccess', PolicyType: 'MANAGED', PolicyArn }
    assert.deepEqual(PoliciesGrantingServiceAccess, [
      {
        ServiceNamespace: 's3',
        Policies: [{ PolicyName: 'lists', PolicyType: 'INLINE', EntityType: 'USER', EntityName: 'granted' }, managed],
      },
      {
        ServiceNamespace: 'iam',
        Policies: [
          { PolicyName: 'others', PolicyType: 'INLINE', EntityType: 'GROUP', EntityName: 'granting' },
          managed,
        ],
      },
    ])
    const unknown = { Arn: `${own}:user/nobody`, ServiceNamespaces: ['s3'] }
    assert.match(
      await failure(iam.send(new api.ListPoliciesGrantingServiceAccessCommand(unknown))),
      /^404 NoSuchEntity/,
    )
  })

  it('identity providers', async () => {
    const { OpenIDConnectProviderArn } = await iam.send(
      new api.CreateOpenIDConnectProviderCommand({ Url: 'https://idp.example/realm', ClientIDList: ['a'] }),
    )
    assert.equal(OpenIDConnectProviderArn, `${own}:oidc-provider/idp.example/realm`)
    const oidc = { OpenIDConnectProviderArn }
    await iam.send(new api.AddClientIDToOpenIDConnectProviderCommand({ ...oidc, ClientID: 'b' }))
    await iam.send(new api.RemoveClientIDFromOpenIDConnectProviderCommand({ ...oidc, ClientID: 'a' }))
    await iam.send(new api.TagOpenIDConnectProviderCommand({ ...oidc, Tags: [{ Key: 'k', Value: 'v' }] }))
    const got = await iam.send(new api.GetOpenIDConnectProviderCommand(oidc))
    assert.deepEqual([got.Url, got.ClientIDList, got.Tags], ['idp.example/realm', ['b'], [{ Key: 'k', Value: 'v' }]])
    assert.equal((await iam.send(new api.ListOpenIDConnectProvidersCommand({}))).OpenIDConnectProviderList?.length, 1)
    await iam.send(new api.DeleteOpenIDConnectProviderCommand(oidc))
    const metadataAt = `${arena.server.endpoint}/_sandbucket/idp/saml/metadata`
    const SAMLMetadataDocument = await (await fetch(metadataAt)).text()
    const saml = await iam.send(new api.CreateSAMLProviderCommand({ Name: 'corp', SAMLMetadataDocument }))
    assert.equal(saml.SAMLProviderArn, `${own}:saml-provider/corp`)
    const { SAMLProviderArn } = saml
    assert.equal(
      (await iam.send(new api.GetSAMLProviderCommand({ SAMLProviderArn }))).SAMLMetadataDocument,
      SAMLMetadataDocument,
    )
    await iam.send(new api.UpdateSAMLProviderCommand({ SAMLProviderArn, SAMLMetadataDocument }))
    assert.equal((await iam.send(new api.ListSAMLProvidersCommand({}))).SAMLProviderList?.length, 1)
    await iam.send(new api.DeleteSAMLProviderCommand({ SAMLProviderArn }))
  })

  it('the account: alias, password policy, summary, details, report', async () => {
    await iam.send(new api.CreateAccountAliasCommand({ AccountAlias: 'our-company' }))
    assert.deepEqual((await iam.send(new api.ListAccountAliasesCommand({}))).AccountAliases, ['our-company'])
    await iam.send(new api.DeleteAccountAliasCommand({ AccountAlias: 'our-company' }))
    await iam.send(new api.UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 12, RequireSymbols: true }))
    const { PasswordPolicy } = await iam.send(new api.GetAccountPasswordPolicyCommand({}))
    assert.equal(PasswordPolicy?.MinimumPasswordLength, 12)
    assert.equal(PasswordPolicy?.ExpirePasswords, false)
    await iam.send(new api.DeleteAccountPasswordPolicyCommand({}))
    const { SummaryMap } = await iam.send(new api.GetAccountSummaryCommand({}))
    assert.equal(SummaryMap?.AccessKeysPerUserQuota, 2)
    assert.ok((SummaryMap?.Users ?? 0) >= 1)
    const details = await iam.send(new api.GetAccountAuthorizationDetailsCommand({ Filter: ['User', 'Role'] }))
    assert.ok(details.UserDetailList?.some(({ UserName }) => UserName === 'ann'))
    assert.ok(details.RoleDetailList?.some(({ RoleName }) => RoleName === 'job'))
    assert.deepEqual(details.Policies, [])
    assert.match(await failure(iam.send(new api.GetCredentialReportCommand({}))), /^410 /)
    assert.equal((await iam.send(new api.GenerateCredentialReportCommand({}))).State, 'STARTED')
    assert.equal((await iam.send(new api.GenerateCredentialReportCommand({}))).State, 'COMPLETE')
    const { Content } = await iam.send(new api.GetCredentialReportCommand({}))
    const lines = Buffer.from(Content ?? [])
      .toString()
      .split('\n')
    const columns = lines.map((line) => line.split(',').length)
    assert.deepEqual(new Set(columns), new Set([22]))
  })

  it('further credentials of a user', async () => {
    const UserName = 'ann'
    await iam.send(
      new api.CreateLoginProfileCommand({ UserName, Password: 'Correct-horse-1', PasswordResetRequired: true }),
    )
    await iam.send(new api.UpdateLoginProfileCommand({ UserName, PasswordResetRequired: false }))
    assert.equal(
      (await iam.send(new api.GetLoginProfileCommand({ UserName }))).LoginProfile?.PasswordResetRequired,
      false,
    )
    await iam.send(new api.DeleteLoginProfileCommand({ UserName }))

    const { publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const { SSHPublicKey } = await iam.send(
      new api.UploadSSHPublicKeyCommand({ UserName, SSHPublicKeyBody: publicKey }),
    )
    const SSHPublicKeyId = SSHPublicKey?.SSHPublicKeyId ?? ''
    assert.match(SSHPublicKey?.Fingerprint ?? '', /^(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/)
    await iam.send(new api.UpdateSSHPublicKeyCommand({ UserName, SSHPublicKeyId, Status: 'Inactive' }))
    const { SSHPublicKeys } = await iam.send(new api.ListSSHPublicKeysCommand({ UserName }))
    assert.equal(SSHPublicKeys?.[0]?.Status, 'Inactive')
    await iam.send(new api.DeleteSSHPublicKeyCommand({ UserName, SSHPublicKeyId }))

    const ServiceName = 'codecommit.amazonaws.com'
    const { ServiceSpecificCredential } = await iam.send(
      new api.CreateServiceSpecificCredentialCommand({ UserName, ServiceName }),
    )
    assert.equal(ServiceSpecificCredential?.ServiceUserName, 'ann-at-111111111111')
    const ServiceSpecificCredentialId = ServiceSpecificCredential?.ServiceSpecificCredentialId ?? ''
    // Observed: recorded against AWS by LocalStack's suite.
    assert.equal(
      await failure(
        iam.send(new api.CreateServiceSpecificCredentialCommand({ UserName, ServiceName: 'lambda.amazonaws.com' })),
      ),
      '404 NoSuchEntityException: No such service lambda.amazonaws.com is supported for Service Specific Credentials',
    )
    const reset = await iam.send(
      new api.ResetServiceSpecificCredentialCommand({ UserName, ServiceSpecificCredentialId }),
    )
    assert.notEqual(reset.ServiceSpecificCredential?.ServicePassword, ServiceSpecificCredential?.ServicePassword)
    assert.equal(
      await failure(iam.send(new api.DeleteUserCommand({ UserName }))),
      '409 DeleteConflictException: Cannot delete entity, must remove referenced objects first.',
    )
    await iam.send(new api.DeleteServiceSpecificCredentialCommand({ UserName, ServiceSpecificCredentialId }))
    assert.match(
      await failure(iam.send(new api.UploadSigningCertificateCommand({ UserName, CertificateBody: certificate }))),
      /^400 MalformedCertificate/,
    )
    assert.match(
      await failure(
        iam.send(
          new api.UploadServerCertificateCommand({
            ServerCertificateName: 'c',
            CertificateBody: certificate,
            PrivateKey: 'none',
          }),
        ),
      ),
      /^400 MalformedCertificate/,
    )
  })

  it('keys: made for the caller, listed without secret, last used', async () => {
    const bob = await arena.user('bob')
    await iam.send(
      new api.AttachUserPolicyCommand({ UserName: 'bob', PolicyArn: 'arn:aws:iam::aws:policy/IAMFullAccess' }),
    )
    const { AccessKey } = await bob.iam.send(new api.CreateAccessKeyCommand({}))
    assert.equal(AccessKey?.UserName, 'bob')
    const { AccessKeyMetadata = [] } = await bob.iam.send(new api.ListAccessKeysCommand({}))
    assert.equal(AccessKeyMetadata.length, 2)
    assert.ok(AccessKeyMetadata.every((key) => !('SecretAccessKey' in key)))
    const { User } = await bob.iam.send(new api.GetUserCommand({}))
    assert.equal(User?.UserName, 'bob')
    const unused = await iam.send(new api.GetAccessKeyLastUsedCommand({ AccessKeyId: AccessKey?.AccessKeyId ?? '' }))
    assert.equal(unused.AccessKeyLastUsed?.ServiceName, 'N/A')
    const used = await iam.send(new api.GetAccessKeyLastUsedCommand({ AccessKeyId: bob.keys.accessKeyId }))
    assert.equal(used.AccessKeyLastUsed?.ServiceName, 'iam')
    assert.equal(used.UserName, 'bob')
  })

  it('root makes a key of its own', async () => {
    const { AccessKey } = await iam.send(new api.CreateAccessKeyCommand({}))
    const keys = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
    const { User } = await arena.as(keys).iam.send(new api.GetUserCommand({}))
    assert.equal(User?.Arn, `${own}:root`)
    await iam.send(new api.DeleteAccessKeyCommand({ AccessKeyId: keys.accessKeyId }))
    assert.match(await failure(arena.as(keys).iam.send(new api.GetUserCommand({}))), /^403 InvalidClientTokenId/)
  })

  it('an operation belongs to one file', () => {
    assert.ok(Object.keys(handlers).length > 130)
  })
})
