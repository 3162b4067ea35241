/**
 * AssumeRoleWithSAML: a role for whom an identity provider has authenticated. Its response is verified with the
 * certificates of the provider's metadata in IAM. One response serves several calls until it expires, as on AWS.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
 */
import { createHash } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { type AwsError, error } from '../errors.ts'
import { samlProviderArn } from '../iam/lib/arns.ts'
import { metadataOf } from '../iam/lib/saml-metadata.ts'
import { parseArn } from '../lib/arn.ts'
import type { AssumeRoleWithSAMLRequest, StsHandlers } from '../model/sts.types.gen.ts'
import type { SamlProviderRecord } from '../store/iam-records.ts'
import { authorizeFederated, federatedSession, type FederatedUser, notAuthorized } from './federated.ts'
import { findRole, sessionSeconds } from './role.ts'
import { readAssertion, type SamlAssertion } from './saml-assertion.ts'
import { attributeKeys, readClaims, type SamlClaims } from './saml-claims.ts'
import { isFailure, signedAssertion } from './saml-signature.ts'

const action = 'sts:AssumeRoleWithSAML'
/** Observed: AWS's five minutes (published error texts). */
const redeemMs = 300_000
/** Assumed: how far a provider's clock may be ahead, because AWS takes responses of such clocks and publishes no number. */
const aheadMs = 300_000
const formatPrefix = 'urn:oasis:names:tc:SAML:2.0:nameid-format:'
/**
 * AWS's sign-in endpoints, of all regions, also with the provider's id. Assumed: an address of this server is none,
 * because a response for it would be refused by AWS.
 */
const endpoint = /^https:\/\/(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com\/saml(?:\/acs\/[\w-]+)?$/

const fault = (code: Parameters<typeof error>[0], message: string): AwsError => error(code, {}, { message })
const invalidToken = (message: string): AwsError => fault('InvalidIdentityToken', message)

export const saml = {
  async AssumeRoleWithSAML(input, ctx) {
    const found = await findRole(ctx, input.RoleArn)
    const { provider, accountId } = await findProvider(ctx, input.PrincipalArn)
    const assertion = verifiedAssertion(input.SAMLAssertion, provider)
    const recipient = checkAssertion(assertion, ctx.clock.now())
    const claims = readClaims(assertion)
    const { subject } = assertion
    const isOffered = claims.roles.some(([role, by]) => role === input.RoleArn && by === input.PrincipalArn)
    if (found?.account.id !== accountId || !isOffered || subject === undefined || subject.value === '') {
      throw notAuthorized(action)
    }
    const type = subject.format.startsWith(formatPrefix) ? subject.format.slice(formatPrefix.length) : subject.format
    const NameQualifier = createHash('sha1').update(`${assertion.issuer}${accountId}/${provider.Name}`).digest('base64')
    // AWS documents that sessions keep these.
    const kept = { 'saml:sub': subject.value, 'saml:sub_type': type, 'saml:namequalifier': NameQualifier }
    const user: FederatedUser = {
      action,
      providerArn: input.PrincipalArn,
      sessionName: claims.sessionName,
      keys: {
        ...attributeKeys(assertion),
        ...kept,
        'saml:aud': recipient,
        'saml:iss': assertion.issuer,
        'saml:doc': `${accountId}/${provider.Name}`,
      },
      tags: claims.tags,
      sourceIdentity: claims.sourceIdentity,
    }
    await authorizeFederated(ctx, found, user)
    const seconds = shortest(sessionSeconds(input.DurationSeconds, found.role), claims, assertion, ctx.clock.now())
    const session = await federatedSession(ctx, found, user, { seconds, input, federation: kept })
    return {
      ...session,
      Subject: subject.value,
      SubjectType: type,
      Issuer: assertion.issuer,
      Audience: recipient,
      NameQualifier,
    }
  },
} satisfies Partial<StsHandlers>

/** Observed: the words (AWS documents them as a fault to look for). @throws AwsError ValidationError, InvalidIdentityToken */
async function findProvider(
  ctx: Ctx,
  text: AssumeRoleWithSAMLRequest['PrincipalArn'],
): Promise<{ provider: SamlProviderRecord; accountId: string }> {
  const arn = parseArn(text)
  if (arn === undefined || arn.service !== 'iam') throw fault('ValidationError', `${text} is invalid`)
  const accountId = ctx.account(arn.account)?.id
  const name = accountId === arn.account ? text.slice(samlProviderArn(accountId, '').length) : ''
  const provider = (await ctx.store.iam.account(arn.account)).get('samlProvider', name)
  if (provider === undefined || samlProviderArn(arn.account, provider.Name) !== text) {
    throw invalidToken("Specified provider doesn't exist.")
  }
  return { provider, accountId: arn.account }
}

/** @throws AwsError InvalidIdentityToken, IDPRejectedClaim */
function verifiedAssertion(encoded: string, provider: SamlProviderRecord): SamlAssertion {
  const xml = decode(encoded)
  // Observed: the words (published error texts).
  if (xml === undefined) throw invalidToken('Invalid base64 SAMLResponse')
  const metadata = metadataOf(provider)
  const element = signedAssertion(xml, metadata?.certificates ?? [])
  if (element === undefined) {
    if (isFailure(xml)) throw error('IDPRejectedClaim')
    throw invalidToken('Response signature invalid')
  }
  const assertion = readAssertion(element)
  if (assertion.issuer !== metadata?.entityId) throw invalidToken('Issuer not present in specified provider')
  return assertion
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Base64 with line breaks is taken, too. */
function decode(encoded: string): string | undefined {
  const compact = encoded.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined
  try {
    return utf8.decode(Buffer.from(compact, 'base64'))
  } catch {
    return undefined
  }
}

/**
 * Whether it is for AWS, and for now. Returns the Recipient. Observed: the words on age and audience (published error texts).
 * @throws AwsError ExpiredTokenException, InvalidIdentityToken
 */
function checkAssertion(assertion: SamlAssertion, nowMs: number): string {
  const expired = (atMs: number | undefined) => atMs !== undefined && !(nowMs < atMs)
  const early = (atMs: number | undefined) => atMs !== undefined && !(atMs <= nowMs + aheadMs)
  const [confirmation, ...others] = assertion.confirmations
  if (expired(assertion.notOnOrAfterMs) || expired(confirmation?.notOnOrAfterMs)) {
    throw fault('ExpiredTokenException', 'Response has expired')
  }
  if (early(assertion.notBeforeMs) || early(confirmation?.notBeforeMs) || early(assertion.issuedMs ?? Number.NaN)) {
    // Assumed: the words, because AWS documents none.
    throw invalidToken('Response is not yet valid')
  }
  if (expired((assertion.issuedMs ?? 0) + redeemMs)) {
    throw fault('ExpiredTokenException', 'Token must be redeemed within 5 minutes of issuance')
  }
  const isForAws = (audience: string) => audience === 'urn:amazon:webservices' || endpoint.test(audience)
  if (!assertion.audiences.every((list) => list.some(isForAws))) {
    throw invalidToken('Response does not contain the required audience.')
  }
  const isConfirmed = confirmation?.notOnOrAfterMs !== undefined && endpoint.test(confirmation.recipient)
  // Assumed: the words, because AWS documents only that there must be one, with these two attributes.
  if (!isConfirmed || others.length > 0) throw invalidToken('Response does not contain the required recipient.')
  return confirmation.recipient
}

/** The attribute SessionDuration and the end of the user's session at the provider can only shorten. */
function shortest(
  seconds: number,
  claims: SamlClaims,
  { sessionNotOnOrAfterMs }: SamlAssertion,
  nowMs: number,
): number {
  const left = sessionNotOnOrAfterMs === undefined ? seconds : Math.floor((sessionNotOnOrAfterMs - nowMs) / 1000)
  if (!(left > 0)) throw fault('ExpiredTokenException', 'Response has expired')
  return Math.min(seconds, claims.sessionDuration ?? seconds, left)
}
