/**
 * GetWebIdentityToken: a token that says to services elsewhere who the caller is.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 */
import { randomUUID } from 'node:crypto'
import type { Ctx, Principal } from '../context.ts'
import { error } from '../errors.ts'
import { issuerOf } from '../iam/lib/issuer.ts'
import type { GetWebIdentityTokenRequest, StsHandlers } from '../model/sts.types.gen.ts'
import { type OutboundAlgorithm, outboundAlgorithms, signOutbound } from './outbound-keys.ts'
import { readSessionTags } from './session-input.ts'

const defaultSeconds = 300
const maxAudienceChars = 1000
/** Assumed: the number, because AWS publishes none; more would not fit into a header of HTTP. */
const maxPayloadBytes = 8192

export const outboundToken = {
  async GetWebIdentityToken(input, ctx) {
    const algorithm = readAlgorithm(input)
    refuseOriginIdentity(input)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const settings = account.get('account', '')?.outboundFederation
    if (settings?.isEnabled !== true) throw error('OutboundWebIdentityFederationDisabledException')
    const issuedSeconds = Math.floor(ctx.clock.now() / 1000)
    const expiresSeconds = issuedSeconds + (input.DurationSeconds ?? defaultSeconds)
    const { session } = ctx.principal
    if (session !== undefined && expiresSeconds * 1000 > session.expiresMs) {
      throw error('SessionDurationEscalationException')
    }
    const claims = {
      iss: issuerOf(settings.issuerId),
      aud: input.Audience.length === 1 ? input.Audience[0] : input.Audience,
      sub: subjectOf(ctx.principal),
      iat: issuedSeconds,
      exp: expiresSeconds,
      jti: randomUUID(),
      'https://sts.amazonaws.com/': await awsClaims(ctx, input),
    }
    if (Buffer.byteLength(JSON.stringify(claims)) > maxPayloadBytes) throw error('JWTPayloadSizeExceededException')
    return {
      WebIdentityToken: await signOutbound(ctx.store.iam, algorithm, claims),
      Expiration: expiresSeconds * 1000,
    }
  },
} satisfies Partial<StsHandlers>

/**
 * Sessions here carry no context of trusted identity propagation, without which AWS refuses the mode, too.
 * Assumed: the words, because AWS documents only that it is a validation error. @throws AwsError ValidationError
 */
function refuseOriginIdentity({ SubjectMode, Scope }: GetWebIdentityTokenRequest): void {
  const refuse = (message: string) => error('ValidationError', {}, { message })
  if (SubjectMode === 'OriginIdentity') {
    throw refuse('The calling session has no trusted identity propagation context with aws:OriginIdentity/Subject.')
  }
  if (Scope !== undefined) throw refuse('Scope can only be specified when SubjectMode is OriginIdentity.')
}

/** Assumed: the words, which are those of other members with a fixed set of values. @throws AwsError ValidationError */
function readAlgorithm({ SigningAlgorithm, Audience }: GetWebIdentityTokenRequest): OutboundAlgorithm {
  const refuse = (value: string, member: string, constraint: string) => {
    const message = `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`
    return error('ValidationError', {}, { message })
  }
  const algorithm = outboundAlgorithms.find((each) => each === SigningAlgorithm)
  if (algorithm === undefined) {
    const constraint = `Member must satisfy enum value set: [${outboundAlgorithms.join(', ')}]`
    throw refuse(SigningAlgorithm, 'signingAlgorithm', constraint)
  }
  if (!Audience.every(({ length }) => length >= 1 && length <= maxAudienceChars)) {
    const constraint = `Member must satisfy constraint: [Member must have length less than or equal to ${maxAudienceChars}, Member must have length greater than or equal to 1]`
    throw refuse(`[${Audience.join(', ')}]`, 'audience', constraint)
  }
  return algorithm
}

/** Of a role's session the role, as AWS documents. */
const subjectOf = ({ kind, arn, issuerArn }: Principal): string => (kind === 'role' ? (issuerArn ?? arn) : arn)

/** What AWS says beside the standard's claims; empty ones are left out. */
async function awsClaims(ctx: Ctx, input: GetWebIdentityTokenRequest): Promise<object> {
  const { principal, auth, config } = ctx
  const { tags: requestTags } = readSessionTags(input.Tags, [], undefined)
  const account = await ctx.store.iam.account(principal.accountId)
  const entity =
    principal.uniqueId && (account.byId('role', principal.uniqueId) ?? account.byId('user', principal.uniqueId))
  const own = entity ? (entity.Tags ?? []).map(({ Key, Value }) => [Key, Value]) : []
  const principalTags = { ...Object.fromEntries(own), ...principal.session?.tags }
  return {
    aws_account: principal.accountId,
    source_region: auth.region ?? config.region,
    ...(Object.keys(principalTags).length > 0 && { principal_tags: principalTags }),
    ...(Object.keys(requestTags).length > 0 && { request_tags: requestTags }),
  }
}
