/**
 * AssumeRoleWithWebIdentity: a role for the bearer of an identity provider's token. Tokens are verified with the keys that
 * the configuration gives for the provider, or those of the built-in one; keys are never fetched.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
import type { Ctx } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import { oidcProviderArn } from '../iam/lib/arns.ts'
import { isAccountIssuer } from '../iam/lib/issuer.ts'
import type { StsHandlers, Tag } from '../model/sts.types.gen.ts'
import type { OidcProviderRecord } from '../store/iam-records.ts'
import { authorizeFederated, federatedSession, type FederatedUser, notAuthorized } from './federated.ts'
import { isSignedBy, type Jwk, type Jwt, readJwt } from './jwt.ts'
import { outboundKeys } from './outbound-keys.ts'
import { findRole, type FoundRole, sessionSeconds } from './role.ts'
import { readSessionTags } from './session-input.ts'
import { testIssuer, testKeys } from './test-idp.ts'

const fault = (code: Parameters<typeof error>[0], message: string): AwsError => error(code, {}, { message })
const invalidToken = (message: string): AwsError => fault('InvalidIdentityToken', message)

const action = 'sts:AssumeRoleWithWebIdentity'

export const webIdentity = {
  async AssumeRoleWithWebIdentity(input, ctx) {
    const found = await findRole(ctx, input.RoleArn)
    const jwt = readJwt(input.WebIdentityToken)
    if (jwt === undefined) {
      throw invalidToken(
        'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
      )
    }
    if (found === undefined) throw notAuthorized(action)
    const { account, role } = found
    const provider = providerOf(found, jwt)
    await verifyToken(ctx, provider, jwt)
    const { tags, transitive, sourceIdentity } = sessionClaims(jwt)
    const user: FederatedUser = {
      action,
      providerArn: oidcProviderArn(account.id, provider.Url),
      sessionName: input.RoleSessionName,
      keys: conditionKeys(provider, jwt),
      tags: readSessionTags(tags, transitive, undefined),
      sourceIdentity,
    }
    await authorizeFederated(ctx, found, user)
    const session = await federatedSession(ctx, found, user, {
      seconds: sessionSeconds(input.DurationSeconds, role),
      input,
      federation: keptKeys(provider, jwt),
    })
    return {
      ...session,
      SubjectFromWebIdentityToken: text(jwt.claims.sub),
      Provider: user.providerArn,
      Audience: audiences(jwt)[0] ?? '',
    }
  },
} satisfies Partial<StsHandlers>

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string')

const audiences = ({ claims }: Jwt): string[] => texts(claims.aud)

/** The account's provider for the token's issuer. Observed: the words (published error texts). */
function providerOf({ account }: FoundRole, { claims }: Jwt): OidcProviderRecord {
  const issuer = text(claims.iss)
  const provider = account.get('oidcProvider', issuer.replace(/^https:\/\//, ''))
  if (provider === undefined) throw invalidToken(`No OpenIDConnect provider found in your account for ${issuer}`)
  return provider
}

/** Signature, times and audience. Observed: the words but for the signature's (published error texts). */
async function verifyToken(ctx: Ctx, provider: OidcProviderRecord, jwt: Jwt): Promise<void> {
  const keys = provider.jwks ?? (await ownKeys(ctx, provider))
  if (keys === undefined) {
    throw invalidToken(
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    )
  }
  if (!isSignedBy(jwt, keys.keys)) throw invalidToken('Token signature invalid')
  const { exp } = jwt.claims
  const nowSeconds = Math.floor(ctx.clock.now() / 1000)
  if (typeof exp !== 'number') throw invalidToken('Missing a required claim: exp')
  if (text(jwt.claims.sub) === '') throw invalidToken('Missing a required claim: sub')
  if (nowSeconds >= exp) {
    throw fault(
      'ExpiredTokenException',
      `Token expired: current date/time ${nowSeconds} must be before the expiration date/time ${exp}`,
    )
  }
  const clients = [...audiences(jwt), text(jwt.claims.azp)]
  if (!clients.some((client) => provider.ClientIDList.includes(client))) throw invalidToken('Incorrect token audience')
}

/** Keys of the providers that are in this server: the one for tests, and accounts that issue tokens themselves. */
async function ownKeys({ store }: Ctx, { Url }: OidcProviderRecord): Promise<{ keys: Jwk[] } | undefined> {
  if (`https://${Url}` === testIssuer) return testKeys(store.iam)
  return isAccountIssuer(Url) ? outboundKeys(store.iam) : undefined
}

interface SessionClaimsOfToken {
  tags: Tag[]
  transitive: string[]
  sourceIdentity: string | undefined
}

/** Session tags and source identity that the provider put into the token. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp */
function sessionClaims({ claims }: Jwt): SessionClaimsOfToken {
  const given = claims['https://aws.amazon.com/tags']
  const holder = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {}
  const principal = holder.principal_tags
  const entries = typeof principal === 'object' && principal !== null ? Object.entries(principal) : []
  const sourceIdentity = text(claims['https://aws.amazon.com/source_identity'])
  return {
    tags: entries.map(([Key, value]) => ({ Key, Value: texts(value)[0] ?? '' })),
    transitive: texts(holder.transitive_tag_keys ?? []),
    sourceIdentity: sourceIdentity === '' ? undefined : sourceIdentity,
  }
}

/** What trust policies can ask of a token. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif */
function conditionKeys({ Url }: OidcProviderRecord, jwt: Jwt): FederatedUser['keys'] {
  const prefix = Url.toLowerCase()
  return {
    [`${prefix}:aud`]: text(jwt.claims.azp) || audiences(jwt)[0],
    [`${prefix}:oaud`]: audiences(jwt)[0],
    [`${prefix}:sub`]: text(jwt.claims.sub),
    [`${prefix}:amr`]: jwt.claims.amr === undefined ? undefined : texts(jwt.claims.amr),
  }
}

/** Of these, what the policies of the session can ask as well. */
function keptKeys(provider: OidcProviderRecord, jwt: Jwt): Record<string, string> {
  const kept = Object.entries(conditionKeys(provider, jwt)).filter(([key]) => /:(?:aud|sub)$/.test(key))
  return Object.fromEntries(kept.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])))
}
