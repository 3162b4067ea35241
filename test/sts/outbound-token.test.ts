/** GetWebIdentityToken, and the setting of the account that it needs. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  DisableOutboundWebIdentityFederationCommand,
  EnableOutboundWebIdentityFederationCommand,
  GetOutboundWebIdentityFederationInfoCommand,
  PutUserPolicyCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleWithWebIdentityCommand, GetWebIdentityTokenCommand } from '@aws-sdk/client-sts'
import { isSignedBy, type Jwk, readJwt } from '../../src/sts/jwt.ts'
import { type Arena, failure, startArena, trust } from '../iam/support.ts'

describe('tokens for services elsewhere', () => {
  let arena: Arena
  let user: Awaited<ReturnType<Arena['user']>>
  const ask = (more: object = {}) =>
    user.sts.send(
      new GetWebIdentityTokenCommand({ Audience: ['https://api.example'], SigningAlgorithm: 'RS256', ...more }),
    )
  const permit = (statement: object) =>
    arena.root.iam.send(
      new PutUserPolicyCommand({
        UserName: 'ann',
        PolicyName: 'p',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Resource: '*', ...statement }],
        }),
      }),
    )

  before(async () => {
    arena = await startArena()
    user = await arena.user('ann')
    await arena.root.iam.send(new TagUserCommand({ UserName: 'ann', Tags: [{ Key: 'team', Value: 'red' }] }))
    await permit({ Action: 'sts:*' })
  })
  after(() => arena[Symbol.asyncDispose]())

  it('are off until the account switches them on, and keep their issuer', async () => {
    const { iam } = arena.root
    assert.match(await failure(ask()), /^403 OutboundWebIdentityFederationDisabledException/)
    const info = () => iam.send(new GetOutboundWebIdentityFederationInfoCommand({}))
    assert.match(await failure(info()), /^404 FeatureDisabled/)
    assert.match(await failure(iam.send(new DisableOutboundWebIdentityFederationCommand({}))), /^404 FeatureDisabled/)
    const { IssuerIdentifier } = await iam.send(new EnableOutboundWebIdentityFederationCommand({}))
    assert.match(IssuerIdentifier ?? '', /^https:\/\/[0-9a-f-]{36}\.tokens\.sts\.global\.api\.aws$/)
    assert.match(await failure(iam.send(new EnableOutboundWebIdentityFederationCommand({}))), /^409 FeatureEnabled/)
    await iam.send(new DisableOutboundWebIdentityFederationCommand({}))
    await iam.send(new EnableOutboundWebIdentityFederationCommand({}))
    const { $metadata: _, ...settings } = await info()
    assert.deepEqual(settings, { IssuerIdentifier, JwtVendingEnabled: true })
  })

  it('say who the caller is, signed with a key that the issuer publishes', async () => {
    const { IssuerIdentifier = '' } = await arena.root.iam.send(new GetOutboundWebIdentityFederationInfoCommand({}))
    const at = `${arena.server.endpoint}/_sandbucket/issuers/${IssuerIdentifier.slice(8)}/.well-known`
    const about = (await (await fetch(`${at}/openid-configuration`)).json()) as { issuer: string; jwks_uri: string }
    assert.equal(about.issuer, IssuerIdentifier)
    const { keys } = (await (await fetch(about.jwks_uri)).json()) as { keys: Jwk[] }
    assert.ok(keys.every((key) => key.d === undefined && key.p === undefined))
    for (const SigningAlgorithm of ['RS256', 'ES384']) {
      const { WebIdentityToken = '', Expiration } = await ask({ SigningAlgorithm, Tags: [{ Key: 'job', Value: '7' }] })
      const jwt = readJwt(WebIdentityToken)
      assert.ok(jwt && isSignedBy(jwt, keys))
      assert.equal(jwt.algorithm, SigningAlgorithm)
      const { iat, exp, jti, ...claims } = jwt.claims as Record<string, unknown> & { iat: number; exp: number }
      assert.equal(exp - iat, 300)
      assert.equal(Expiration?.getTime(), exp * 1000)
      assert.equal(typeof jti, 'string')
      assert.deepEqual(claims, {
        iss: IssuerIdentifier,
        aud: 'https://api.example',
        sub: user.arn,
        'https://sts.amazonaws.com/': {
          aws_account: '111111111111',
          source_region: 'us-east-1',
          principal_tags: { team: 'red' },
          request_tags: { job: '7' },
        },
      })
    }
  })

  it('are tokens like others for AssumeRoleWithWebIdentity, where IAM has the issuer as a provider', async () => {
    const { iam, sts } = arena.root
    const { IssuerIdentifier = '' } = await iam.send(new GetOutboundWebIdentityFederationInfoCommand({}))
    await iam.send(
      new CreateOpenIDConnectProviderCommand({ Url: IssuerIdentifier, ClientIDList: ['https://api.example'] }),
    )
    const Federated = `arn:aws:iam::111111111111:oidc-provider/${IssuerIdentifier.slice(8)}`
    const AssumeRolePolicyDocument = trust({ Federated }, 'sts:AssumeRoleWithWebIdentity')
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'loop', AssumeRolePolicyDocument }))
    const { WebIdentityToken } = await ask()
    const made = await sts.send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn: Role?.Arn, RoleSessionName: 'loop', WebIdentityToken }),
    )
    assert.equal(made.SubjectFromWebIdentityToken, user.arn)
  })

  it('are refused for what AWS does not sign', async () => {
    assert.match(await failure(ask({ SigningAlgorithm: 'HS256' })), /^400 ValidationError: .*'signingAlgorithm'/)
    assert.match(await failure(ask({ DurationSeconds: 59 })), /^400 ValidationError/)
    assert.match(await failure(ask({ Audience: ['x'.repeat(1001)] })), /^400 ValidationError/)
    const Tags = Array.from({ length: 40 }, (_, i) => ({ Key: `k${i}`, Value: 'x'.repeat(250) }))
    assert.match(await failure(ask({ Tags })), /^400 JWTPayloadSizeExceededException/)
    assert.match(await failure(ask({ SubjectMode: 'OriginIdentity' })), /^400 ValidationError: The calling session/)
    assert.match(await failure(ask({ Scope: 'read' })), /^400 ValidationError: Scope can only be specified when/)
    assert.match(await failure(ask({ SubjectMode: 'Other' })), /^400 ValidationError: 1 validation error detected/)
  })

  it('are permitted by audience, algorithm and duration; tags by themselves', async () => {
    const Condition = {
      'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': ['https://api.example'] },
      StringEquals: { 'sts:SigningAlgorithm': 'RS256' },
      NumericLessThanEquals: { 'sts:DurationSeconds': '600' },
    }
    await permit({ Action: 'sts:GetWebIdentityToken', Condition })
    await ask({ DurationSeconds: 600 })
    const denied = /^403 AccessDenied/
    assert.match(await failure(ask({ DurationSeconds: 601 })), denied)
    assert.match(await failure(ask({ Audience: ['https://else.example'] })), denied)
    assert.match(await failure(ask({ SigningAlgorithm: 'ES384' })), denied)
    assert.match(await failure(ask({ Tags: [{ Key: 'a', Value: 'b' }] })), /sts:TagGetWebIdentityToken/)
  })
})
