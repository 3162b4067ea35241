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

export async function issueCredentials(
  ctx: Pick<Ctx, 'clock' | 'store'>,
  subject: Subject,
  draft: SessionDraft,
  durationSeconds: number,
): Promise<Credentials> {
  // AWS counts in whole seconds.
  const issuedMs = Math.floor(ctx.clock.now() / 1000) * 1000
  const expiresMs = issuedMs + durationSeconds * 1000
  const accessKeyId = newAccessKeyId('ASIA', subject.accountId)
  const secretAccessKey = newSecretKey()
  const session: PrincipalSession = { tags: {}, transitiveTagKeys: [], ...draft, issuedMs, expiresMs }
  const key = await ctx.store.iam.secret('session')
  const SessionToken = sealSession({ ...subject, accessKeyId, secretAccessKey, session }, key)
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken, Expiration: expiresMs }
}
