/** GetSessionToken, GetFederationToken, AssumeRoot, GetAccessKeyInfo and GetCallerIdentity of every kind of caller. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CreateRoleCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  ListAccessKeysCommand,
  ListUsersCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import {
  AssumeRoleCommand,
  AssumeRootCommand,
  type Credentials,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { totpCode } from '../../src/iam/lib/totp.ts'
import { allow, type Arena, failure, type Keys, startArena, trust } from '../iam/support.ts'

const keysOf = (given: Credentials | undefined): Keys => ({
  accessKeyId: given?.AccessKeyId ?? '',
  secretAccessKey: given?.SecretAccessKey ?? '',
  sessionToken: given?.SessionToken,
})
const task = (name: string) => ({ arn: `arn:aws:iam::aws:policy/root-task/${name}` })

describe('sessions', () => {
  let arena: Arena
  const put = (UserName: string, PolicyDocument: string) =>
    arena.root.iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }))
  before(async () => {
    arena = await startArena({
      accountId: undefined,
      accounts: [
        { id: '111111111111', keys: [{ accessKeyId: 'root1', secretAccessKey: 'secret-one' }] },
        { id: '222222222222', keys: [{ accessKeyId: 'root2', secretAccessKey: 'secret-two' }] },
      ],
    })
  })
  after(() => arena[Symbol.asyncDispose]())

  it('who is who', async () => {
    const who = async (keys?: Keys) => {
      const { Account, Arn, UserId } = await arena
        .as(keys ?? { accessKeyId: 'root1', secretAccessKey: 'secret-one' })
        .sts.send(new GetCallerIdentityCommand({}))
      return { Account, Arn, UserId }
    }
    assert.deepEqual(await who(), {
      Account: '111111111111',
      Arn: 'arn:aws:iam::111111111111:root',
      UserId: '111111111111',
    })
    const ann = await arena.user('ann', '/dev/')
    const annIs = { Account: '111111111111', Arn: 'arn:aws:iam::111111111111:user/dev/ann', UserId: ann.id }
    assert.deepEqual(await who(ann.keys), annIs)
    const session = await ann.sts.send(new GetSessionTokenCommand({}))
    assert.deepEqual(await who(keysOf(session.Credentials)), annIs)
    await put('ann', allow('sts:GetFederationToken', '*'))
    const federated = await ann.sts.send(new GetFederationTokenCommand({ Name: 'guest' }))
    assert.equal(federated.PackedPolicySize, 0)
    assert.deepEqual(await who(keysOf(federated.Credentials)), {
      Account: '111111111111',
      Arn: 'arn:aws:sts::111111111111:federated-user/guest',
      UserId: '111111111111:guest',
    })
  })

  it('the size of a token is told, and can be asked to be larger', async () => {
    const { sts } = await arena.user('sized')
    const sizes = async (MinimumSessionTokenSize?: number) => {
      const answer = await sts.send(
        new GetSessionTokenCommand({ ...(MinimumSessionTokenSize && { MinimumSessionTokenSize }) }),
      )
      assert.equal(answer.SessionTokenSize, answer.Credentials?.SessionToken?.length)
      await arena.as(keysOf(answer.Credentials)).sts.send(new GetCallerIdentityCommand({}))
      return { size: answer.SessionTokenSize ?? 0, percent: answer.SessionTokenUtilization ?? 0 }
    }
    const small = await sizes()
    assert.ok(small.size > 200 && small.size < 1024 && small.percent === Math.ceil((small.size / 4096) * 100))
    const large = await sizes(4000)
    assert.ok(large.size >= 4000 && large.size <= 4500 && large.percent >= 98)
    assert.match(await failure(sizes(5000)), /^400 ValidationError: .*'minimumSessionTokenSize'/)
  })

  it('a session of GetSessionToken has the permissions of its user, but for IAM, and makes no further one', async () => {
    const bob = await arena.user('bob')
    await put('bob', allow(['s3:*', 'iam:*', 'sts:*'], '*'))
    await bob.iam.send(new ListUsersCommand({}))
    const { Credentials } = await bob.sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
    const session = arena.as(keysOf(Credentials))
    await session.s3.send(new ListBucketsCommand({}))
    assert.match(await failure(session.iam.send(new ListUsersCommand({}))), /^403 InvalidClientTokenId/)
    assert.equal(
      await failure(session.sts.send(new GetSessionTokenCommand({}))),
      '403 AccessDenied: Cannot call GetSessionToken with session credentials',
    )
    assert.equal(
      await failure(session.sts.send(new GetFederationTokenCommand({ Name: 'guest' }))),
      '403 AccessDenied: Cannot call GetFederationToken with session credentials',
    )
  })

  it('a second factor opens IAM to a session and satisfies MFA conditions', async () => {
    const cyd = await arena.user('cyd')
    const condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
    const statement = { Effect: 'Allow', Action: ['s3:*', 'iam:*'], Resource: '*', Condition: condition }
    await put('cyd', JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
    const { VirtualMFADevice } = await arena.root.iam.send(
      new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'phone' }),
    )
    const SerialNumber = VirtualMFADevice?.SerialNumber ?? ''
    const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()
    const code = (step: number) => totpCode(seed, Date.now() + step * 30_000)
    const enable = { UserName: 'cyd', SerialNumber, AuthenticationCode1: code(-1), AuthenticationCode2: code(0) }
    await arena.root.iam.send(new EnableMFADeviceCommand(enable))
    assert.match(await failure(cyd.s3.send(new ListBucketsCommand({}))), /^403 AccessDenied/)
    const { Credentials } = await cyd.sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode: code(0) }))
    const session = arena.as(keysOf(Credentials))
    await session.s3.send(new ListBucketsCommand({}))
    await session.iam.send(new ListUsersCommand({}))
    const wrong = code(0) === '000000' ? '000001' : '000000'
    assert.match(
      await failure(cyd.sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode: wrong }))),
      /^403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code/,
    )
    const document = trust({ AWS: cyd.arn }, 'sts:AssumeRole', condition)
    await arena.root.iam.send(new CreateRoleCommand({ RoleName: 'careful', AssumeRolePolicyDocument: document }))
    const role = { RoleArn: 'arn:aws:iam::111111111111:role/careful', RoleSessionName: 'test' }
    assert.match(await failure(cyd.sts.send(new AssumeRoleCommand(role))), /^403 AccessDenied/)
    await cyd.sts.send(new AssumeRoleCommand({ ...role, SerialNumber, TokenCode: code(0) }))
  })

  it('case 14: a federated user has nothing without a session policy, and with one what the user has too', async () => {
    const dan = await arena.user('dan')
    await put('dan', allow(['s3:*', 'sts:GetFederationToken'], '*'))
    const bare = await dan.sts.send(new GetFederationTokenCommand({ Name: 'bare' }))
    const list = (given: Credentials | undefined) => arena.as(keysOf(given)).s3.send(new ListBucketsCommand({}))
    assert.match(await failure(list(bare.Credentials)), /^403 AccessDenied/)
    const limited = await dan.sts.send(
      new GetFederationTokenCommand({ Name: 'limited', Policy: allow('s3:ListAllMyBuckets', '*') }),
    )
    await list(limited.Credentials)
    const session = arena.as(keysOf(limited.Credentials))
    assert.match(await failure(session.iam.send(new ListUsersCommand({}))), /^403 InvalidClientTokenId/)
    const denied = await arena.user('nobody')
    assert.match(
      await failure(denied.sts.send(new GetFederationTokenCommand({ Name: 'guest' }))),
      /is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::111111111111:federated-user\/guest/,
    )
  })

  it('AssumeRoot unlocks the bucket of a member, and does nothing else', async () => {
    const admin = await arena.user('admin')
    await put('admin', allow('sts:AssumeRoot', '*'))
    const member = arena.as({ accessKeyId: 'root2', secretAccessKey: 'secret-two' })
    await member.s3.send(new CreateBucketCommand({ Bucket: 'locked' }))
    const statement = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::locked/*' }
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await member.s3.send(new PutBucketPolicyCommand({ Bucket: 'locked', Policy }))
    const TargetPrincipal = '222222222222'
    const { Credentials } = await admin.sts.send(
      new AssumeRootCommand({ TargetPrincipal, TaskPolicyArn: task('S3UnlockBucketPolicy') }),
    )
    const root = arena.as(keysOf(Credentials))
    assert.equal((await root.sts.send(new GetCallerIdentityCommand({}))).Arn, 'arn:aws:iam::222222222222:root')
    assert.match(
      await failure(root.s3.send(new PutObjectCommand({ Bucket: 'locked', Key: 'k', Body: '' }))),
      /^403 AccessDenied/,
    )
    await root.s3.send(new DeleteBucketPolicyCommand({ Bucket: 'locked' }))
    const cleaner = { TargetPrincipal, TaskPolicyArn: task('IAMDeleteRootUserCredentials') }
    const cleaning = arena.as(keysOf((await admin.sts.send(new AssumeRootCommand(cleaner))).Credentials))
    await cleaning.iam.send(new ListAccessKeysCommand({}))
    const refused = /^403 AccessDenied: .* with an explicit deny in a session policy$/
    assert.match(await failure(cleaning.iam.send(new ListUsersCommand({}))), refused)
    const other = { TargetPrincipal, TaskPolicyArn: { arn: 'arn:aws:iam::aws:policy/AdministratorAccess' } }
    assert.match(await failure(admin.sts.send(new AssumeRootCommand(other))), /^400 ValidationError/)
    const self = { TargetPrincipal: '111111111111', TaskPolicyArn: task('S3UnlockBucketPolicy') }
    assert.match(await failure(admin.sts.send(new AssumeRootCommand(self))), /^403 AccessDenied/)
  })

  it('a key tells its account, even of a stranger', async () => {
    const { sts } = arena.root
    const eve = await arena.user('eve')
    const account = async (AccessKeyId: string) =>
      (await sts.send(new GetAccessKeyInfoCommand({ AccessKeyId }))).Account
    assert.equal(await account(eve.keys.accessKeyId), '111111111111')
    // Observed: the pair that AWS's documentation of the encoding is checked against.
    assert.equal(await account('ASIAQNZGKIQY56JQ7WML'), '029608264753')
    assert.match(
      await failure(sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: 'abc' }))),
      /^400 InvalidAuthorizationMessage/,
    )
  })
})
