/** What IAM answers to mistakes: code, status and words. Case 84 is that of the project's list. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreateLoginProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteGroupCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  DetachUserPolicyCommand,
  AddRoleToInstanceProfileCommand,
  GetAccountPasswordPolicyCommand,
  GetGroupCommand,
  GetInstanceProfileCommand,
  GetLoginProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetServerCertificateCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  type IAMClient,
  ListUsersCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  SetDefaultPolicyVersionCommand,
  TagUserCommand,
  UpdateUserCommand,
  UploadServerCertificateCommand,
} from '@aws-sdk/client-iam'
import { allow, type Arena, failure, startArena, trust } from './support.ts'

const own = 'arn:aws:iam::111111111111:policy'
const big = (size: number) => allow('s3:*', `arn:aws:s3:::${'x'.repeat(size)}`)

describe('errors of IAM', () => {
  let arena: Arena
  let iam: IAMClient
  before(async () => {
    arena = await startArena()
    iam = arena.root.iam
    await iam.send(new CreateUserCommand({ UserName: 'Ann' }))
    await iam.send(new CreateGroupCommand({ GroupName: 'crew' }))
    await iam.send(new CreateRoleCommand({ RoleName: 'job', AssumeRolePolicyDocument: trust({ AWS: '111111111111' }) }))
    await iam.send(new CreatePolicyCommand({ PolicyName: 'rules', PolicyDocument: allow('s3:*', '*') }))
  })
  after(() => arena[Symbol.asyncDispose]())

  const cases: [title: string, call: () => Promise<unknown>, expected: string][] = [
    [
      'GetUser of nobody',
      () => iam.send(new GetUserCommand({ UserName: 'nobody' })),
      '404 NoSuchEntityException: The user with name nobody cannot be found.',
    ],
    [
      'GetGroup of none',
      () => iam.send(new GetGroupCommand({ GroupName: 'none' })),
      '404 NoSuchEntityException: The group with name none cannot be found.',
    ],
    [
      'GetRole of none',
      () => iam.send(new GetRoleCommand({ RoleName: 'none' })),
      '404 NoSuchEntityException: The role with name none cannot be found.',
    ],
    [
      'GetInstanceProfile of none',
      () => iam.send(new GetInstanceProfileCommand({ InstanceProfileName: 'none' })),
      '404 NoSuchEntityException: Instance Profile none cannot be found.',
    ],
    [
      'GetUserPolicy of none',
      () => iam.send(new GetUserPolicyCommand({ UserName: 'ann', PolicyName: 'none' })),
      '404 NoSuchEntityException: The user policy with name none cannot be found.',
    ],
    [
      'GetRolePolicy of none',
      () => iam.send(new GetRolePolicyCommand({ RoleName: 'job', PolicyName: 'none' })),
      '404 NoSuchEntityException: The role policy with name none cannot be found.',
    ],
    [
      'GetLoginProfile of none',
      () => iam.send(new GetLoginProfileCommand({ UserName: 'ann' })),
      '404 NoSuchEntityException: Login Profile for User Ann cannot be found.',
    ],
    [
      'GetAccountPasswordPolicy of none',
      () => iam.send(new GetAccountPasswordPolicyCommand({})),
      '404 NoSuchEntityException: The Password Policy with domain name 111111111111 cannot be found.',
    ],
    [
      'GetServerCertificate of none (recorded)',
      () => iam.send(new GetServerCertificateCommand({ ServerCertificateName: 'none' })),
      '404 NoSuchEntityException: The Server Certificate with name none cannot be found.',
    ],
    [
      'GetPolicy of none',
      () => iam.send(new GetPolicyCommand({ PolicyArn: `${own}/none` })),
      `404 NoSuchEntityException: Policy ${own}/none was not found.`,
    ],
    [
      'DeletePolicy of none (recorded)',
      () => iam.send(new DeletePolicyCommand({ PolicyArn: `${own}/non-existent-policy` })),
      `404 NoSuchEntityException: Policy ${own}/non-existent-policy was not found.`,
    ],
    [
      'GetPolicyVersion of none',
      () => iam.send(new GetPolicyVersionCommand({ PolicyArn: `${own}/rules`, VersionId: 'v9' })),
      `404 NoSuchEntityException: Policy ${own}/rules version v9 does not exist or is not attachable.`,
    ],
    [
      'AttachUserPolicy of none (recorded)',
      () => iam.send(new AttachUserPolicyCommand({ UserName: 'ann', PolicyArn: `${own}/rules123` })),
      `404 NoSuchEntityException: Policy ${own}/rules123 does not exist or is not attachable.`,
    ],
    [
      'AttachUserPolicy of no ARN (recorded)',
      () => iam.send(new AttachUserPolicyCommand({ UserName: 'ann', PolicyArn: 'longpolicynamebutnoarn' })),
      '400 ValidationError: Invalid ARN:  Could not be parsed!',
    ],
    [
      'DetachUserPolicy of what is not attached',
      () => iam.send(new DetachUserPolicyCommand({ UserName: 'ann', PolicyArn: `${own}/rules` })),
      `404 NoSuchEntityException: Policy ${own}/rules was not found.`,
    ],
    [
      'PutRolePermissionsBoundary of none',
      () => iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'job', PermissionsBoundary: `${own}/none` })),
      `404 NoSuchEntityException: Scope ARN: ${own}/none does not exist or is not attachable.`,
    ],
    [
      'DeleteAccessKey of none',
      () => iam.send(new DeleteAccessKeyCommand({ UserName: 'ann', AccessKeyId: 'AKIAAAAAAAAAAAAAAAAA' })),
      '404 NoSuchEntityException: The Access Key with id AKIAAAAAAAAAAAAAAAAA cannot be found.',
    ],
    [
      'CreateUser of a name in another case',
      () => iam.send(new CreateUserCommand({ UserName: 'ANN' })),
      '409 EntityAlreadyExistsException: User with name ANN already exists.',
    ],
    [
      'CreateGroup of a taken name',
      () => iam.send(new CreateGroupCommand({ GroupName: 'Crew' })),
      '409 EntityAlreadyExistsException: Group with name Crew already exists.',
    ],
    [
      'CreateRole of a taken name',
      () => iam.send(new CreateRoleCommand({ RoleName: 'JOB', AssumeRolePolicyDocument: trust({ AWS: '*' }) })),
      '409 EntityAlreadyExistsException: Role with name JOB already exists.',
    ],
    [
      'CreatePolicy of a taken name',
      () => iam.send(new CreatePolicyCommand({ PolicyName: 'Rules', PolicyDocument: allow('s3:*', '*') })),
      '409 EntityAlreadyExistsException: A policy called Rules already exists. Duplicate names are not allowed.',
    ],
    [
      'CreateRole with what is no JSON (recorded)',
      () => iam.send(new CreateRoleCommand({ RoleName: 'x', AssumeRolePolicyDocument: '{"a": }' })),
      '400 MalformedPolicyDocumentException: This policy contains invalid Json',
    ],
    [
      'CreateRole that trusts nobody',
      () =>
        iam.send(
          new CreateRoleCommand({
            RoleName: 'x',
            AssumeRolePolicyDocument: trust({ AWS: 'arn:aws:iam::111111111111:user/nobody' }),
          }),
        ),
      '400 MalformedPolicyDocumentException: Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:user/nobody"',
    ],
    [
      'PutUserPolicy of what is no policy',
      () => iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'p', PolicyDocument: '{}' })),
      '400 MalformedPolicyDocumentException: Syntax errors in policy.',
    ],
    [
      'CreatePolicy without a version',
      () =>
        iam.send(
          new CreatePolicyCommand({
            PolicyName: 'p',
            PolicyDocument: '{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}',
          }),
        ),
      '400 MalformedPolicyDocumentException: Policy document must be version 2012-10-17 or greater.',
    ],
    [
      'PutUserPolicy beyond 2,048',
      () => iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'p', PolicyDocument: big(2100) })),
      '409 LimitExceededException: Maximum policy size of 2048 bytes exceeded for user ann',
    ],
    [
      'PutRolePolicy beyond 10,240 (recorded)',
      () => iam.send(new PutRolePolicyCommand({ RoleName: 'job', PolicyName: 'p', PolicyDocument: big(10_300) })),
      '409 LimitExceededException: Maximum policy size of 10240 bytes exceeded for role job',
    ],
    [
      'CreatePolicy beyond 6,144',
      () => iam.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: big(6200) })),
      '409 LimitExceededException: Cannot exceed quota for PolicySize: 6144',
    ],
    [
      'CreateUser with a bad path',
      () => iam.send(new CreateUserCommand({ UserName: 'x', Path: 'dev' })),
      '400 ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    ],
    [
      'CreateUser with a bad name',
      () => iam.send(new CreateUserCommand({ UserName: 'a b' })),
      '400 ValidationError: The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
    ],
    [
      'TagUser with one key twice',
      () =>
        iam.send(
          new TagUserCommand({
            UserName: 'ann',
            Tags: [
              { Key: 'a', Value: '' },
              { Key: 'A', Value: '' },
            ],
          }),
        ),
      '400 InvalidInputException: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    ],
    [
      'ListUsers with another marker',
      () => iam.send(new ListUsersCommand({ Marker: 'nonsense' })),
      '400 ValidationError: Invalid Marker.',
    ],
    [
      'CreateLoginProfile with a short password (published)',
      () => iam.send(new CreateLoginProfileCommand({ UserName: 'ann', Password: 'secret' })),
      '400 PasswordPolicyViolationException: Password should have a minimum length of 8',
    ],
    [
      'CreateLoginProfile with a password of two kinds of characters (published)',
      () => iam.send(new CreateLoginProfileCommand({ UserName: 'ann', Password: 'secret123' })),
      '400 PasswordPolicyViolationException: Password should meet 1 more of the following requirements: Password should have at least one uppercase letter, Password should have at least one symbol',
    ],
    [
      'UploadServerCertificate of what is no certificate (published)',
      () =>
        iam.send(
          new UploadServerCertificateCommand({ ServerCertificateName: 'x', CertificateBody: 'x', PrivateKey: 'x' }),
        ),
      '400 MalformedCertificateException: Unable to parse certificate. Please ensure the certificate is in PEM format.',
    ],
    [
      'CreateServiceLinkedRole with a suffix (recorded)',
      () => iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'batch.amazonaws.com', CustomSuffix: 'x' })),
      '400 InvalidInputException: Custom suffix is not allowed for batch.amazonaws.com',
    ],
    [
      'CreatePolicyVersion of a policy of AWS',
      () =>
        iam.send(
          new CreatePolicyVersionCommand({
            PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
            PolicyDocument: allow('s3:*', '*'),
          }),
        ),
      '403 AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform: iam:CreatePolicyVersion on resource: policy arn:aws:iam::aws:policy/AdministratorAccess',
    ],
    [
      'UpdateUser to a taken name',
      async () => {
        await iam.send(new CreateUserCommand({ UserName: 'other' }))
        await iam.send(new UpdateUserCommand({ UserName: 'other', NewUserName: 'ANN' }))
      },
      '409 EntityAlreadyExistsException: User with name ANN already exists.',
    ],
  ]
  for (const [title, call, expected] of cases) {
    it(title, async () => assert.equal(await failure(call()), expected))
  }

  it('case 84: deletions wait for what hangs on an entity, and quotas hold', async () => {
    const conflict = (what: string) => `409 DeleteConflictException: Cannot delete entity, must ${what} first.`
    await iam.send(new CreateUserCommand({ UserName: 'busy' }))
    const key = await iam.send(new CreateAccessKeyCommand({ UserName: 'busy' }))
    await iam.send(new CreateAccessKeyCommand({ UserName: 'busy' }))
    assert.equal(
      await failure(iam.send(new CreateAccessKeyCommand({ UserName: 'busy' }))),
      '409 LimitExceededException: Cannot exceed quota for AccessKeysPerUser: 2',
    )
    const remove = () => failure(iam.send(new DeleteUserCommand({ UserName: 'busy' })))
    assert.equal(await remove(), conflict('delete access keys'))
    assert.ok(key.AccessKey)

    const PolicyArn = `${own}/versions`
    await iam.send(new CreatePolicyCommand({ PolicyName: 'versions', PolicyDocument: allow('s3:*', '*') }))
    for (let i = 2; i <= 5; i++) {
      await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow('s3:*', '*') }))
    }
    assert.equal(
      await failure(iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow('s3:*', '*') }))),
      '409 LimitExceededException: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    )
    assert.equal(
      await failure(iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))),
      '409 DeleteConflictException: Cannot delete the default version of a policy.',
    )
    assert.match(
      await failure(iam.send(new DeletePolicyCommand({ PolicyArn }))),
      /^409 .*This policy has more than one version/,
    )
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v5' }))
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))
    const sixth = await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow('s3:*', '*') }))
    assert.equal(sixth.PolicyVersion?.VersionId, 'v6')
    await iam.send(new AttachUserPolicyCommand({ UserName: 'busy', PolicyArn }))
    assert.equal(
      await failure(iam.send(new DeletePolicyCommand({ PolicyArn }))),
      '409 DeleteConflictException: Cannot delete a policy attached to entities.',
    )
  })

  it('groups and roles wait too', async () => {
    const conflict = (what: string) => `409 DeleteConflictException: Cannot delete entity, must ${what} first.`
    await iam.send(new CreateGroupCommand({ GroupName: 'full' }))
    await iam.send(new AddUserToGroupCommand({ GroupName: 'full', UserName: 'ann' }))
    const removeGroup = () => failure(iam.send(new DeleteGroupCommand({ GroupName: 'full' })))
    assert.equal(await removeGroup(), conflict('remove users from group'))
    await iam.send(new AttachGroupPolicyCommand({ GroupName: 'crew', PolicyArn: `${own}/rules` }))
    assert.equal(
      await failure(iam.send(new DeleteGroupCommand({ GroupName: 'crew' }))),
      conflict('detach all policies'),
    )
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'machine' }))
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'machine', RoleName: 'job' }))
    const removeRole = () => failure(iam.send(new DeleteRoleCommand({ RoleName: 'job' })))
    assert.equal(await removeRole(), conflict('remove roles from instance profile'))
  })

  it('an eleventh policy or group is one too many', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'joiner' }))
    for (let i = 0; i < 11; i++) {
      await iam.send(new CreateGroupCommand({ GroupName: `g${i}` }))
      await iam.send(new CreatePolicyCommand({ PolicyName: `p${i}`, PolicyDocument: allow('s3:*', '*') }))
      const join = iam.send(new AddUserToGroupCommand({ GroupName: `g${i}`, UserName: 'joiner' }))
      const attach = iam.send(new AttachUserPolicyCommand({ UserName: 'joiner', PolicyArn: `${own}/p${i}` }))
      if (i < 10) await Promise.all([join, attach])
      else {
        assert.equal(await failure(join), '409 LimitExceededException: Cannot exceed quota for GroupsPerUser: 10')
        assert.equal(await failure(attach), '409 LimitExceededException: Cannot exceed quota for PoliciesPerUser: 10')
      }
    }
  })
})
