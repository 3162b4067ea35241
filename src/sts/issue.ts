/** Makes temporary credentials: a key pair and the token that says all about it. */
import type { Ctx, PrincipalSession } from '../context.ts'
import { type SessionClaims, sealSession } from '../iam/session-tokens.ts'
import { newAccessKeyId, newSecretKey } from '../lib/aws-ids.ts'
import type { Credentials } from '../model/sts.types.gen.ts'

/** Who the credentials are for. */
export type Subject = Pick<SessionClaims, 'accountId' | 'kind' | 'uniqueId' | 'name'>

/** What a session is, but for its times. */
export type SessionDraft = Omit<PrincipalSession, 'issuedMs' | 'expiresMs' | 'tags' | 'transitiveTagKeys'> &
  Partial<Pick<PrincipalSession, 'tags' | 'transitiveTagKeys'>>

/** @param minTokenChars what MinimumSessionTokenSize asks for */
export async function issueCredentials(
  ctx: Pick<Ctx, 'clock' | 'store'>,
  subject: Subject,
  draft: SessionDraft,
  durationSeconds: number,
  minTokenChars = 0,
): Promise<Credentials> {
  // AWS counts in whole seconds.
  const issuedMs = Math.floor(ctx.clock.now() / 1000) * 1000
  const expiresMs = issuedMs + durationSeconds * 1000
  const accessKeyId = newAccessKeyId('ASIA', subject.accountId)
  const secretAccessKey = newSecretKey()
  const session: PrincipalSession = { tags: {}, transitiveTagKeys: [], ...draft, issuedMs, expiresMs }
  const key = await ctx.store.iam.secret('session')
  const SessionToken = sealSession({ ...subject, accessKeyId, secretAccessKey, session }, key, minTokenChars)
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken, Expiration: expiresMs }
}

/** Assumed: the most that MinimumSessionTokenSize can ask for is the most there is, because AWS names no other bound. */
const maxTokenChars = 4096

/** Credentials, and how large their token is, as every operation that issues some answers. */
export async function issueSession(
  ctx: Pick<Ctx, 'clock' | 'store'>,
  subject: Subject,
  draft: SessionDraft,
  durationSeconds: number,
  { MinimumSessionTokenSize }: { MinimumSessionTokenSize?: number | undefined },
): Promise<{ Credentials: Credentials; SessionTokenSize: number; SessionTokenUtilization: number }> {
  const credentials = await issueCredentials(ctx, subject, draft, durationSeconds, MinimumSessionTokenSize)
  const length = credentials.SessionToken?.length ?? 0
  return {
    Credentials: credentials,
    SessionTokenSize: length,
    SessionTokenUtilization: Math.min(100, Math.ceil((length / maxTokenChars) * 100)),
  }
}
