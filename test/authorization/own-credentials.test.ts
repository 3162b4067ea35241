// Users who manage their own credentials, with the policy that AWS prints for it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import { totpCode } from '../../src/iam/lib/totp.ts'
import { accountA, allOfS3, type Asker, type Key, openScene, type Said, type Scene, said } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

async function ask(key: Key, operation: string, input: object = {}): Promise<Said> {
  const client = new iam.IAMClient({
    endpoint: scene.endpoint,
    region: 'us-east-1',
    credentials: { ...key },
    maxAttempts: 1,
  })
  const answer = await said(client, iam, operation, input)
  client.destroy()
  return answer
}

const own = `arn:aws:iam::*:user/\${aws:username}`
const statement = (Action: string[], Resource = own) => ({ Effect: 'Allow', Action, Resource })

const printed = {
  Version: '2012-10-17',
  Statement: [
    statement(['iam:GetAccountPasswordPolicy', 'iam:GetAccountSummary', 'iam:ListVirtualMFADevices'], '*'),
    statement(['iam:ChangePassword', 'iam:GetUser']),
    statement([
      'iam:CreateAccessKey',
      'iam:DeleteAccessKey',
      'iam:GetAccessKeyLastUsed',
      'iam:ListAccessKeys',
      'iam:UpdateAccessKey',
    ]),
    statement([
      'iam:DeleteSigningCertificate',
      'iam:ListSigningCertificates',
      'iam:UpdateSigningCertificate',
      'iam:UploadSigningCertificate',
    ]),
    statement([
      'iam:DeleteSSHPublicKey',
      'iam:GetSSHPublicKey',
      'iam:ListSSHPublicKeys',
      'iam:UpdateSSHPublicKey',
      'iam:UploadSSHPublicKey',
    ]),
    statement([
      'iam:CreateServiceSpecificCredential',
      'iam:DeleteServiceSpecificCredential',
      'iam:ListServiceSpecificCredentials',
      'iam:ResetServiceSpecificCredential',
      'iam:UpdateServiceSpecificCredential',
    ]),
    statement(['iam:CreateVirtualMFADevice'], 'arn:aws:iam::*:mfa/*'),
    statement(['iam:DeactivateMFADevice', 'iam:EnableMFADevice', 'iam:ListMFADevices', 'iam:ResyncMFADevice']),
    {
      Sid: 'DenyAllExceptListedIfNoMFA',
      Effect: 'Deny',
      NotAction: [
        'iam:CreateVirtualMFADevice',
        'iam:EnableMFADevice',
        'iam:GetUser',
        'iam:GetMFADevice',
        'iam:ListMFADevices',
        'iam:ListVirtualMFADevices',
        'iam:ResyncMFADevice',
        'sts:GetSessionToken',
      ],
      Resource: '*',
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    },
  ],
}

const withoutMfa = { ...printed, Statement: printed.Statement.slice(0, -1) }

describe('a user with the policy to manage their own credentials', () => {
  let user: Asker
  let other: Asker
  before(async () => {
    user = await scene.user({ policy: withoutMfa })
    other = await scene.user()
    await scene.iam('A', 'CreateLoginProfile', { UserName: user.name, Password: 'First-pass1' })
  })
  const must = async (operation: string, input: object = {}) => {
    const answer = await ask(user.key, operation, input)
    assert.equal(answer.outcome, '200', `${operation}: ${answer.outcome} ${answer.message}`)
    return answer.output
  }

  it('does so without a name, and with the own one', async () => {
    for (const names of [{}, { UserName: user.name }]) {
      await must('GetUser', names)
      await must('ListMFADevices', names)
      await must('ListSigningCertificates', names)
      await must('ListSSHPublicKeys', names)
      await must('ListServiceSpecificCredentials', names)
      await must('ListAccessKeys', names)
      const { AccessKey } = (await must('CreateAccessKey', names)) as { AccessKey: iam.AccessKey }
      const { AccessKeyId } = AccessKey
      await must('GetAccessKeyLastUsed', { AccessKeyId })
      await must('UpdateAccessKey', { ...names, AccessKeyId, Status: 'Inactive' })
      await must('DeleteAccessKey', { ...names, AccessKeyId })
    }
    await must('ChangePassword', { OldPassword: 'First-pass1', NewPassword: 'Second-pass2' })
    await must('GetAccountSummary')
    await must('ListVirtualMFADevices')
  })

  it('handles SSH keys and credentials of services', async () => {
    const UserName = user.name
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const SSHPublicKeyBody = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const { SSHPublicKey } = (await must('UploadSSHPublicKey', { UserName, SSHPublicKeyBody })) as {
      SSHPublicKey: iam.SSHPublicKey
    }
    const { SSHPublicKeyId } = SSHPublicKey
    await must('GetSSHPublicKey', { UserName, SSHPublicKeyId, Encoding: 'PEM' })
    await must('UpdateSSHPublicKey', { UserName, SSHPublicKeyId, Status: 'Inactive' })
    await must('DeleteSSHPublicKey', { UserName, SSHPublicKeyId })
    const ServiceName = 'codecommit.amazonaws.com'
    const { ServiceSpecificCredential } = (await must('CreateServiceSpecificCredential', {
      UserName,
      ServiceName,
    })) as {
      ServiceSpecificCredential: iam.ServiceSpecificCredential
    }
    const { ServiceSpecificCredentialId } = ServiceSpecificCredential
    await must('UpdateServiceSpecificCredential', { ServiceSpecificCredentialId, Status: 'Inactive' })
    await must('ResetServiceSpecificCredential', { ServiceSpecificCredentialId })
    await must('DeleteServiceSpecificCredential', { ServiceSpecificCredentialId })
  })

  it('may not do so for anybody else', async () => {
    const UserName = other.name
    for (const [operation, input] of [
      ['GetUser', { UserName }],
      ['ListAccessKeys', { UserName }],
      ['GetAccessKeyLastUsed', { AccessKeyId: other.key.accessKeyId }],
      ['ListGroupsForUser', { UserName: user.name }],
      ['ListMFADevices', { UserName }],
      ['DeactivateMFADevice', { UserName, SerialNumber: `arn:aws:iam::${accountA}:mfa/none` }],
      ['ListServiceSpecificCredentials', { AllUsers: true, ServiceName: 'codecommit.amazonaws.com' }],
    ] as const) {
      assert.equal((await ask(user.key, operation, input)).outcome, '403 AccessDenied', operation)
    }
  })

  it('gets nothing but a device before the second factor, and everything after it', async () => {
    const careful = await scene.user({ policy: printed })
    assert.equal((await ask(careful.key, 'ListAccessKeys')).outcome, '403 AccessDenied')
    const name = `phone-of-${careful.name}`
    const { VirtualMFADevice } = (await ask(careful.key, 'CreateVirtualMFADevice', { VirtualMFADeviceName: name }))
      .output as { VirtualMFADevice: iam.VirtualMFADevice }
    const seed = Buffer.from(VirtualMFADevice.Base32StringSeed ?? []).toString()
    const code = (step: number) => totpCode(seed, Date.now() + step * 30_000)
    const enabled = await ask(careful.key, 'EnableMFADevice', {
      UserName: careful.name,
      SerialNumber: VirtualMFADevice.SerialNumber,
      AuthenticationCode1: code(-1),
      AuthenticationCode2: code(0),
    })
    assert.equal(enabled.outcome, '200')
    const client = new sts.STSClient({
      endpoint: scene.endpoint,
      region: 'us-east-1',
      credentials: { ...careful.key },
      maxAttempts: 1,
    })
    const { SerialNumber } = VirtualMFADevice
    const { Credentials } = await client.send(new sts.GetSessionTokenCommand({ SerialNumber, TokenCode: code(0) }))
    client.destroy()
    const session = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    assert.equal((await ask(session, 'ListAccessKeys')).outcome, '200')
    assert.equal((await ask(session, 'DeactivateMFADevice', { SerialNumber })).outcome, '200')
  })
})

describe('a Deny on a user or role', () => {
  it('holds for every operation about it', async () => {
    const target = await scene.user()
    const role = await scene.role([allOfS3])
    const deny = { Effect: 'Deny', Action: 'iam:*', Resource: [target.arn, role.arn] }
    const u = await scene.user({ allow: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }, deny] })
    const UserName = target.name
    for (const [operation, input] of [
      ['ListGroupsForUser', { UserName }],
      ['ListGroupsForUser', { UserName: UserName.toUpperCase() }],
      ['GetAccessKeyLastUsed', { AccessKeyId: target.key.accessKeyId }],
      ['ListPoliciesGrantingServiceAccess', { Arn: target.arn, ServiceNamespaces: ['s3'] }],
      ['ListInstanceProfilesForRole', { RoleName: role.name }],
      ['GetRole', { RoleName: role.name.toUpperCase() }],
      ['SimulatePrincipalPolicy', { PolicySourceArn: role.arn.replace('/team/', '/'), ActionNames: ['s3:GetObject'] }],
    ] as const) {
      assert.equal((await ask(u.key, operation, input)).outcome, '403 AccessDenied', operation)
    }
  })

  it('holds for the caller, who need not be named', async () => {
    const u = await scene.user({
      allow: [
        { Effect: 'Allow', Action: 'iam:*', Resource: '*' },
        { Effect: 'Deny', Action: 'iam:*', Resource: own },
      ],
    })
    for (const [operation, input] of [
      ['GetUser', {}],
      ['CreateAccessKey', {}],
      ['ListMFADevices', {}],
      ['GetLoginProfile', {}],
      ['DeleteLoginProfile', {}],
      ['DeactivateMFADevice', { SerialNumber: `arn:aws:iam::${accountA}:mfa/none` }],
      ['DeleteSigningCertificate', { CertificateId: 'A'.repeat(24) }],
      ['UpdateSigningCertificate', { CertificateId: 'A'.repeat(24), Status: 'Active' }],
      ['UploadSigningCertificate', { CertificateBody: 'refused before it is read' }],
      ['DeleteServiceSpecificCredential', { ServiceSpecificCredentialId: 'ACCA1234567890123456' }],
      ['ResetServiceSpecificCredential', { ServiceSpecificCredentialId: 'ACCA1234567890123456' }],
      ['ChangePassword', { OldPassword: 'a', NewPassword: 'b' }],
    ] as const) {
      assert.equal((await ask(u.key, operation, input)).outcome, '403 AccessDenied', operation)
    }
  })
})

describe('renaming', () => {
  it('needs the permission for the new name, too', async () => {
    const source = `arn:aws:iam::${accountA}:user/old-name`
    await scene.iam('A', 'CreateUser', { UserName: 'old-name' })
    const onSource = { Effect: 'Allow', Action: 'iam:UpdateUser', Resource: source }
    const half = await scene.user({ allow: [onSource] })
    const input = { UserName: 'old-name', NewUserName: 'new-name' }
    assert.equal((await ask(half.key, 'UpdateUser', input)).outcome, '403 AccessDenied')
    const target = { ...onSource, Resource: source.replace('old', 'new') }
    const whole = await scene.user({ allow: [onSource, target] })
    assert.equal((await ask(whole.key, 'UpdateUser', input)).outcome, '200')
  })
})
