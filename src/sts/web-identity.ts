/**
 * AssumeRoleWithWebIdentity: a role for the bearer of an identity provider's token. Tokens are verified with the keys that
 * the configuration gives for the provider, or those of the built-in one; keys are never fetched.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
import type { Ctx } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import { oidcProviderArn } from '../iam/lib/arns.ts'
import { compiledTrust } from '../iam/lib/compiled.ts'
import type { StsHandlers, Tag } from '../model/sts.types.gen.ts'
import type { OidcProviderRecord } from '../store/iam-records.ts'
import { noteUse } from './assume-role.ts'
import { issueCredentials } from './issue.ts'
import { isSignedBy, type Jwt, readJwt } from './jwt.ts'
import { findRole, type FoundRole, resourceTagKeys, sessionSeconds } from './role.ts'
import { packedPercent, readSessionPolicies, readSessionTags } from './session-input.ts'
import { testIssuer, testKeys } from './test-idp.ts'

const fault = (code: Parameters<typeof error>[0], message: string): AwsError => error(code, {}, { message })
const invalidToken = (message: string): AwsError => fault('InvalidIdentityToken', message)

/** Observed: one answer for a role that is missing and one that does not trust the caller. */
const denied = (): AwsError => fault('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')

export const webIdentity = {
  async AssumeRoleWithWebIdentity(input, ctx) {
    const found = await findRole(ctx, input.RoleArn)
    const jwt = readJwt(input.WebIdentityToken)
    if (jwt === undefined) {
      throw invalidToken(
        'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
      )
    }
    if (found === undefined) throw denied()
    const { account, role } = found
    const provider = providerOf(found, jwt)
    await verifyToken(ctx, provider, jwt)
    const { tags, transitive, sourceIdentity } = sessionClaims(jwt)
    const session = readSessionTags(tags, transitive, undefined)
    await authorize(ctx, input.RoleSessionName, found, provider, jwt, session.tags)
    const seconds = sessionSeconds(input.DurationSeconds, role)
    const policies = readSessionPolicies(account, input)
    const percent = packedPercent(policies, session.tags)
    const credentials = await issueCredentials(
      ctx,
      { accountId: account.id, kind: 'role', uniqueId: role.RoleId, name: input.RoleSessionName },
      {
        by: 'AssumeRoleWithWebIdentity',
        ...policies,
        ...session,
        federatedProvider: oidcProviderArn(account.id, provider.Url),
        ...(sourceIdentity !== undefined && { sourceIdentity }),
      },
      seconds,
    )
    noteUse(ctx, role)
    return {
      Credentials: credentials,
      SubjectFromWebIdentityToken: text(jwt.claims.sub),
      AssumedRoleUser: {
        AssumedRoleId: `${role.RoleId}:${input.RoleSessionName}`,
        Arn: `arn:aws:sts::${account.id}:assumed-role/${role.RoleName}/${input.RoleSessionName}`,
      },
      ...((input.Policy !== undefined || input.PolicyArns !== undefined) && { PackedPolicySize: percent }),
      Provider: oidcProviderArn(account.id, provider.Url),
      Audience: audiences(jwt)[0] ?? '',
      ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
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
  const isBuiltIn = `https://${provider.Url}` === testIssuer
  const keys = provider.jwks ?? (isBuiltIn ? await testKeys(ctx.store.iam) : undefined)
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

/** The trust policy decides, with the token's claims as condition keys. @throws AwsError AccessDenied */
async function authorize(
  ctx: Ctx,
  sessionName: string,
  { role, account, arn }: FoundRole,
  provider: OidcProviderRecord,
  jwt: Jwt,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const prefix = provider.Url.toLowerCase()
  const keys = {
    ...resourceTagKeys(role),
    [`${prefix}:aud`]: text(jwt.claims.azp) || audiences(jwt)[0],
    [`${prefix}:oaud`]: audiences(jwt)[0],
    [`${prefix}:sub`]: text(jwt.claims.sub),
    [`${prefix}:amr`]: jwt.claims.amr === undefined ? undefined : texts(jwt.claims.amr),
    'aws:federatedprovider': oidcProviderArn(account.id, provider.Url),
    'sts:rolesessionname': sessionName,
    'aws:tagkeys': Object.keys(tags).length > 0 ? Object.keys(tags) : undefined,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, value])),
  }
  const actions = ['sts:AssumeRoleWithWebIdentity']
  if (Object.keys(tags).length > 0) actions.push('sts:TagSession')
  for (const action of actions) {
    const isAllowed = await ctx.mayBecome({
      action,
      roleArn: arn,
      accountId: account.id,
      trust: compiledTrust(role, arn),
      keys,
      provider: oidcProviderArn(account.id, provider.Url),
    })
    if (!isAllowed) throw denied()
  }
}
