/** The constraints of AWS's model hold both ways: inputs that break them are refused, and nothing made here breaks them. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import * as api from '@aws-sdk/client-iam'
import * as tokens from '@aws-sdk/client-sts'
import { iamTable } from '../../src/model/iam.gen.ts'
import type { MemberRow, ServiceTable, StructureRow } from '../../src/model/shape.ts'
import { stsTable } from '../../src/model/sts.gen.ts'
import { selfSigned } from '../../src/tls/certificate.ts'
import { allow, type Arena, failure, startArena, trust } from './support.ts'

/** What of a value breaks the model, as `path: why`. */
function breaches(table: ServiceTable, shape: string, value: unknown, path = shape): string[] {
  if (typeof value !== 'object' || value === null) return []
  return (table.shapes[shape] as StructureRow)[1].flatMap((row) => {
    const member = (value as Record<string, unknown>)[row[0]]
    return member === undefined ? [] : breachesOf(table, row, row[1], member, `${path}.${row[0]}`)
  })
}

function breachesOf(table: ServiceTable, row: MemberRow, type: string, value: unknown, path: string): string[] {
  const shape = table.shapes[type]
  const isList = Array.isArray(value)
  if (isList) {
    const item = shape?.[0] === 'l' ? shape[1] : type.slice(0, -2)
    return value.flatMap((one, i) => breachesOf(table, row, item, one, `${path}[${i}]`))
  }
  if (shape?.[0] === 's') return breaches(table, type, value, path)
  if (typeof value !== 'string') return []
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern } = (row[1] === type ? row[5] : row[5]?.item) ?? {}
  const found: string[] = []
  if (value.length < min || value.length > max) found.push(`${path}: ${value.length} characters`)
  const flags = pattern?.includes('\\p{') ? 'u' : ''
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, flags).test(value)) found.push(`${path}: ${value}`)
  return found
}

let arena: Arena
before(async () => {
  arena = await startArena()
})
after(() => arena[Symbol.asyncDispose]())

describe('what is made here', () => {
  it('has ids, names and texts as the model wants them', async () => {
    const { iam, sts } = arena.root
    const found: string[] = []
    let checked = 0
    const look = (table: ServiceTable, name: string, output: object) => {
      const shape = table.operations.find(([operation]) => operation === name)?.[5] ?? ''
      if (shape !== '') found.push(...breaches(table, shape, output))
      checked++
    }
    const ask = async (operation: string, input: object = {}): Promise<Record<string, unknown>> => {
      const Command = (api as never as Record<string, new (input: object) => never>)[`${operation}Command`]
      assert.ok(Command)
      const output = await iam.send(new Command(input))
      look(iamTable, operation, output)
      return output as unknown as Record<string, unknown>
    }
    const UserName = 'made'
    const Tags = [{ Key: 'k', Value: 'v' }]
    await ask('CreateUser', { UserName, Tags })
    await ask('CreateGroup', { GroupName: 'made' })
    await ask('AddUserToGroup', { GroupName: 'made', UserName })
    await ask('GetGroup', { GroupName: 'made' })
    const AssumeRolePolicyDocument = trust({ AWS: '111111111111' })
    await ask('CreateRole', { RoleName: 'made', AssumeRolePolicyDocument, Description: 'why' })
    await ask('CreatePolicy', { PolicyName: 'made', PolicyDocument: allow('s3:*', '*') })
    await ask('CreateInstanceProfile', { InstanceProfileName: 'made' })
    await ask('AddRoleToInstanceProfile', { InstanceProfileName: 'made', RoleName: 'made' })
    await ask('CreateLoginProfile', { UserName, Password: 'First-pass1' })
    const { AccessKey } = (await ask('CreateAccessKey', { UserName })) as { AccessKey: api.AccessKey }
    await ask('GetAccessKeyLastUsed', { AccessKeyId: AccessKey.AccessKeyId })
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const CertificateBody = selfSigned(keys, 'made', Date.now())
    const { Certificate } = (await ask('UploadSigningCertificate', { UserName, CertificateBody })) as {
      Certificate: api.SigningCertificate
    }
    const { CertificateId } = Certificate
    await ask('UpdateSigningCertificate', { UserName, CertificateId, Status: 'Inactive' })
    await ask('ListSigningCertificates', { UserName })
    await ask('GenerateCredentialReport')
    const { Content } = (await ask('GetCredentialReport')) as { Content: Uint8Array }
    const [columns = '', root = '', made = ''] = Buffer.from(Content).toString().split('\n')
    const column = (line: string, name: string) => line.split(',')[columns.split(',').indexOf(name)]
    assert.equal(column(root, 'access_key_1_active'), 'true')
    assert.equal(column(root, 'cert_1_active'), 'false')
    assert.equal(column(made, 'cert_1_active'), 'false')
    assert.match(column(made, 'cert_1_last_rotated') ?? '', /^20\d\d-/)
    assert.equal(column(made, 'cert_2_last_rotated'), 'N/A')
    await ask('DeleteSigningCertificate', { UserName, CertificateId })
    const PrivateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    await ask('UploadServerCertificate', { ServerCertificateName: 'made', CertificateBody, PrivateKey })
    await ask('GetServerCertificate', { ServerCertificateName: 'made' })
    const SSHPublicKeyBody = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const { SSHPublicKey } = (await ask('UploadSSHPublicKey', { UserName, SSHPublicKeyBody })) as {
      SSHPublicKey: api.SSHPublicKey
    }
    const { SSHPublicKeyId } = SSHPublicKey
    await ask('GetSSHPublicKey', { UserName, SSHPublicKeyId, Encoding: 'PEM' })
    const { ServiceSpecificCredential } = (await ask('CreateServiceSpecificCredential', {
      UserName,
      ServiceName: 'codecommit.amazonaws.com',
    })) as { ServiceSpecificCredential: api.ServiceSpecificCredential }
    const { ServiceSpecificCredentialId } = ServiceSpecificCredential
    await ask('ResetServiceSpecificCredential', { UserName, ServiceSpecificCredentialId })
    const { VirtualMFADevice } = (await ask('CreateVirtualMFADevice', { VirtualMFADeviceName: 'made' })) as {
      VirtualMFADevice: api.VirtualMFADevice
    }
    const image = Buffer.from(VirtualMFADevice.QRCodePNG ?? [])
    assert.equal(image.toString('latin1', 1, 4), 'PNG')
    await ask('GetMFADevice', { SerialNumber: VirtualMFADevice.SerialNumber })
    await ask('ListVirtualMFADevices')
    await ask('CreateOpenIDConnectProvider', { Url: 'https://made.example', ClientIDList: ['a'] })
    const certificate = CertificateBody.replace(/-----[^-]+-----|\s+/g, '')
    const SAMLMetadataDocument = `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="http://made.example/idp"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>`
    const { SAMLProviderArn } = await ask('CreateSAMLProvider', { Name: 'made', SAMLMetadataDocument })
    await ask('GetSAMLProvider', { SAMLProviderArn })
    await ask('CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com' })
    await ask('DeleteServiceLinkedRole', { RoleName: 'AWSServiceRoleForECS' })
    await ask('CreateAccountAlias', { AccountAlias: 'made-alias' })
    await ask('ListAccountAliases')
    await ask('GetAccountAuthorizationDetails')
    await ask('EnableOutboundWebIdentityFederation')
    await ask('ListPolicies', { MaxItems: 1000 })
    const role = { RoleArn: 'arn:aws:iam::111111111111:role/made', RoleSessionName: 'made' }
    const user = arena.as({
      accessKeyId: AccessKey.AccessKeyId ?? '',
      secretAccessKey: AccessKey.SecretAccessKey ?? '',
    })
    await ask('PutUserPolicy', { UserName, PolicyName: 'p', PolicyDocument: allow('sts:*', '*') })
    look(stsTable, 'AssumeRole', await user.sts.send(new tokens.AssumeRoleCommand(role)))
    look(stsTable, 'GetFederationToken', await user.sts.send(new tokens.GetFederationTokenCommand({ Name: 'made' })))
    look(stsTable, 'GetSessionToken', await user.sts.send(new tokens.GetSessionTokenCommand({})))
    look(stsTable, 'GetCallerIdentity', await sts.send(new tokens.GetCallerIdentityCommand({})))
    assert.ok(checked > 30, `${checked} answers`)
    // Sixteen bytes in hex with colons between them are 47 characters, whatever the model says.
    const wrong = found.filter((breach) => !breach.includes('SSHPublicKey.Fingerprint: 47'))
    assert.deepEqual(wrong, [])
  })
})

describe('inputs', () => {
  const refused = (command: object) => failure(arena.root.iam.send(command as never))

  it('are refused for items of lists', async () => {
    assert.equal(
      await refused(
        new api.CreateOpenIDConnectProviderCommand({ Url: 'https://idp.example', ThumbprintList: ['a'.repeat(39)] }),
      ),
      `400 ValidationError: 1 validation error detected: Value '[${'a'.repeat(39)}]' at 'thumbprintList' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 40, Member must have length greater than or equal to 40]`,
    )
    assert.match(
      await refused(
        new api.CreateOpenIDConnectProviderCommand({ Url: 'https://idp.example', ClientIDList: ['c'.repeat(256)] }),
      ),
      /^400 ValidationError: .* at 'clientIDList' .* length less than or equal to 255, /,
    )
    assert.match(
      await refused(new api.UntagUserCommand({ UserName: 'made', TagKeys: ['fine', 'a*b'] })),
      /^400 ValidationError: .*Value '\[fine, a\*b\]' at 'tagKeys' .*pattern: \[\\p\{L\}/,
    )
    assert.match(
      await refused(new api.UntagRoleCommand({ RoleName: 'made', TagKeys: ['k'.repeat(129)] })),
      /^400 ValidationError: .* at 'tagKeys' /,
    )
  })

  it('are refused for texts that are too short, too long or of other characters', async () => {
    const long = 'n'.repeat(65)
    for (const command of [
      new api.AttachUserPolicyCommand({ UserName: long, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
      new api.CreateLoginProfileCommand({ UserName: long, Password: 'First-pass1' }),
      new api.GetSSHPublicKeyCommand({ UserName: long, SSHPublicKeyId: 'A'.repeat(20), Encoding: 'PEM' }),
      new api.ListSSHPublicKeysCommand({ UserName: long }),
    ]) {
      assert.match(await refused(command), /^400 ValidationError: .*'userName' .*less than or equal to 64$/)
    }
    assert.match(await refused(new api.GetUserCommand({ UserName: long })), /^404 NoSuchEntity/)
    for (const AccessKeyId of ['A'.repeat(15), 'A'.repeat(129), 'AKIA-0123456789-0123']) {
      assert.match(
        await refused(new api.DeleteAccessKeyCommand({ AccessKeyId })),
        /^400 ValidationError: .*'accessKeyId' /,
      )
    }
    assert.match(
      await failure(arena.root.sts.send(new tokens.GetAccessKeyInfoCommand({ AccessKeyId: 'short' }))),
      /^400 ValidationError: .*'accessKeyId' .*greater than or equal to 16$/,
    )
    const role = { RoleName: 'r', AssumeRolePolicyDocument: trust({ AWS: '111111111111' }) }
    assert.match(
      await refused(new api.CreateRoleCommand({ ...role, Description: 'a \u2013 b' })),
      /^400 ValidationError: .*'description' .*regular expression pattern/,
    )
    assert.match(
      await refused(new api.CreateRoleCommand({ ...role, MaxSessionDuration: 100 })),
      /'maxSessionDuration' .*greater than or equal to 3600$/,
    )
    assert.equal(
      await refused(new api.CreateRoleCommand({ ...role, Path: 'no-slash' })),
      '400 ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    )
  })

  it('are refused for trust in a service that there is not', async () => {
    const AssumeRolePolicyDocument = trust({ Service: 'ec3.amazonaws.com' })
    assert.equal(
      await refused(new api.CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument })),
      '400 MalformedPolicyDocumentException: Invalid principal in policy: "SERVICE":"ec3.amazonaws.com"',
    )
  })

  it('are refused for tags of what is made, wherever they stand', async () => {
    const Tags = [
      { Key: 'fine', Value: 'v' },
      { Key: 'k', Value: '(v)' },
    ]
    assert.match(
      await refused(new api.CreateUserCommand({ UserName: 'tagged', Tags })),
      /^400 ValidationError: .*Value '\(v\)' at 'tags\.2\.member\.value' .*pattern/,
    )
  })
})
