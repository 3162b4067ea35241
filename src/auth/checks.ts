/** The checks that every mechanism makes: the clock, the key, the session token. */
import { header, type WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import { equalsInConstantTime } from './bytes.ts'
import type { AuthDeps } from './deps.ts'
import type { Faults } from './faults.ts'
import type { Credential, CredentialSource } from './keys.ts'

/** Finds the credential and goes on at once where it can, so that a request costs no promise. */
export function withCredential<T>(
  source: CredentialSource,
  accessKeyId: string,
  token: string | undefined,
  next: (credential: Credential | undefined) => MaybePromise<T>,
): MaybePromise<T> {
  return whenReady(source.find(accessKeyId, token), next)
}

/** The token a request carries in its headers. Directory buckets have a header of their own. */
export function tokenHeader(request: WireRequest): string | undefined {
  return header(request, 'x-amz-security-token') ?? header(request, 'x-amz-s3session-token')
}

/**
 * What is checked before the signature: the key exists, a session has not ended and its token is the right one.
 * Observed: an ended session is ExpiredToken whatever the signature; deleted and inactive keys are InvalidAccessKeyId.
 */
export function checkCredential(
  accessKeyId: string,
  credential: Credential | undefined,
  token: string | undefined,
  nowMs: number,
  faults: Faults,
): Credential {
  if (credential === undefined || !credential.isActive) throw faults.unknownKey(accessKeyId)
  const { session } = credential
  if (session === undefined) return credential
  // Assumed: temporary keys without their token are as unknown as any other text.
  if (token === undefined) throw faults.unknownKey(accessKeyId)
  if (nowMs >= session.expiresMs) throw faults.expiredToken(token)
  if (!equalsInConstantTime(token, session.token)) throw faults.wrongToken(token)
  return credential
}

/** What is checked after the signature. Observed: a token beside long-term keys is refused, but only once they signed well. */
export function checkStrayToken(credential: Credential, token: string | undefined, faults: Faults): void {
  if (token !== undefined && credential.session === undefined) throw faults.wrongToken(token)
}

/** @throws AwsError RequestTimeTooSkewed (IAM and STS: SignatureDoesNotMatch) */
export function checkSkew(sent: string, sentMs: number, deps: AuthDeps, faults: Faults): void {
  const nowMs = deps.clock.now()
  if (deps.maxClockSkewMs === undefined || Math.abs(nowMs - sentMs) <= deps.maxClockSkewMs) return
  throw faults.skewed(sent, sentMs, nowMs, deps.maxClockSkewMs)
}
