/** Limits that AWS documents: how many entities, how long texts, how large numbers. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { AwsError } from '../../src/errors.ts'
import { checkQuota } from '../../src/iam/lib/quotas.ts'
import { allow, type Arena, failure, startArena, trust } from './support.ts'

describe('limits of IAM and STS', () => {
  let arena: Arena
  before(async () => {
    arena = await startArena()
  })
  after(() => arena[Symbol.asyncDispose]())

  it('an account has so many entities of a kind and no more', () => {
    const holding = (count: number) => ({ list: () => new Array(count) }) as never
    checkQuota(holding(299), 'group')
    const refused = (kind: Parameters<typeof checkQuota>[1], count: number, words: string) =>
      assert.throws(
        () => checkQuota(holding(count), kind),
        (thrown) => thrown instanceof AwsError && thrown.code === 'LimitExceeded' && thrown.message === words,
      )
    refused('group', 300, 'Cannot exceed quota for GroupsPerAccount: 300')
    refused('role', 1000, 'Cannot exceed quota for RolesPerAccount: 1000')
    refused('user', 5000, 'Cannot exceed quota for UsersPerAccount: 5000')
  })

  it('a role has sessions of an hour to twelve', async () => {
    const role = (MaxSessionDuration: number) =>
      arena.root.iam.send(
        new iam.CreateRoleCommand({
          RoleName: `r${MaxSessionDuration}`,
          AssumeRolePolicyDocument: trust({ AWS: '*' }),
          MaxSessionDuration,
        }),
      )
    assert.match(await failure(role(3599)), /'maxSessionDuration' .* greater than or equal to 3600$/)
    assert.match(await failure(role(43_201)), /'maxSessionDuration' .* less than or equal to 43200$/)
    await role(43_200)
  })

  it('numbers and texts have bounds, told in the words of the common validation', async () => {
    const send = (command: object) => failure(arena.root.iam.send(command as never))
    const password = (more: object) => send(new iam.UpdateAccountPasswordPolicyCommand(more))
    assert.match(await password({ MinimumPasswordLength: 5 }), /'minimumPasswordLength' .* greater than or equal to 6$/)
    assert.match(await password({ MaxPasswordAge: 1096 }), /'maxPasswordAge' .* less than or equal to 1095$/)
    const saml = { Name: 'short', SAMLMetadataDocument: '<a/>' }
    assert.match(await send(new iam.CreateSAMLProviderCommand(saml)), /'sAMLMetadataDocument' .* equal to 1000$/)
    const version = { PolicyArn: 'arn:aws:iam::aws:policy/AWSDenyAll', VersionId: '1' }
    assert.match(
      await send(new iam.GetPolicyVersionCommand(version)),
      /'versionId' .* regular expression pattern: v\[1-9\]/,
    )
  })

  it('what a session is given has bounds', async () => {
    const user = await arena.user('bounded')
    await arena.root.iam.send(
      new iam.CreateRoleCommand({
        RoleName: 'open',
        AssumeRolePolicyDocument: trust({ AWS: user.arn }, [
          'sts:AssumeRole',
          'sts:TagSession',
          'sts:SetSourceIdentity',
        ]),
      }),
    )
    const assume = (more: object) =>
      user.sts.send(
        new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::111111111111:role/open', RoleSessionName: 'x1', ...more }),
      )
    const tags = (count: number) => Array.from({ length: count }, (_, i) => ({ Key: `k${i}`, Value: '' }))
    await assume({ Tags: tags(50) })
    assert.match(
      await failure(assume({ Tags: tags(51) })),
      /^400 ValidationError: .*'tags' .* less than or equal to 50$/,
    )
    const tag = (Key: string, Value = 'v') => failure(assume({ Tags: [{ Key, Value }] }))
    assert.match(await tag('k'.repeat(129)), /^400 ValidationError: .*'tags\.1\.member\.key' .* equal to 128$/)
    assert.match(await tag('k', 'v'.repeat(257)), /^400 ValidationError: .*'tags\.1\.member\.value' .* equal to 256$/)
    assert.match(await tag('a*b'), /^400 ValidationError: .*'tags\.1\.member\.key' .* pattern/)
    assert.match(await tag('aws:team'), /^400 InvalidParameterValue/)
    assert.match(await failure(assume({ SourceIdentity: 'a' })), /^400 ValidationError: .*'sourceIdentity'/)
    const Policy = `${allow('s3:*', '*')}${' '.repeat(2048)}`
    assert.match(await failure(assume({ Policy })), /^400 ValidationError: .*'policy' .* less than or equal to 2048$/)
    const ProvidedContexts = [
      { ProviderArn: 'arn:aws:iam::aws:contextProvider/IdentityCenter', ContextAssertion: 'some assertion' },
    ]
    assert.match(await failure(assume({ ProvidedContexts })), /^501 NotImplemented/)
  })
})
