/** A SigV4 or SigV4A claim meets the credential it names: what header and presigned requests have in common. */
import { type AwsError, error } from '../errors.ts'
import type { WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import { checkStrayToken } from './checks.ts'
import { type AuthDeps, type AuthTarget, isQueryProtocol } from './deps.ts'
import type { Faults } from './faults.ts'
import type { Credential } from './keys.ts'
import type { ChunkSeed } from './payload.ts'
import { unsignedHeaders } from './signed-headers.ts'
import { type CheckSignature, hmacCheck, scopeText, type V4Claim, verifyV4 } from './sigv4.ts'
import { ecdsaCheck } from './sigv4a.ts'

/** The check that a credential's signatures must pass. */
function checkOf(claim: V4Claim, credential: Credential, deps: AuthDeps): CheckSignature {
  const secret = credential.secretAccessKey
  return claim.algorithm === 'AWS4-HMAC-SHA256'
    ? hmacCheck(deps.signingKeys.get(claim.scope, secret))
    : ecdsaCheck(deps.publicKeys.get(credential.accessKeyId, secret))
}

/** The refusal of headers that had to be signed: their names, joined by `, `. */
export function headersNotSigned(names: string): AwsError {
  return error(
    'AccessDenied',
    { HeadersNotSigned: names },
    { message: 'There were headers present in the request which were not signed' },
  )
}

/**
 * Unsigned headers, signature, stray token, in this order.
 * @param isHashMissing the request lacks the x-amz-content-sha256 it must have
 * @throws AwsError AccessDenied, InvalidRequest, SignatureDoesNotMatch, InvalidToken
 */
export function verifyClaim(
  request: WireRequest,
  claim: V4Claim,
  credential: Credential,
  token: string | undefined,
  target: AuthTarget,
  deps: AuthDeps,
  faults: Faults,
  isHashMissing = false,
): MaybePromise<{ seed: ChunkSeed; hostAlias: string | undefined }> {
  // IAM and STS do not insist on signed x-amz-* headers.
  const unsigned = isQueryProtocol(target) ? undefined : unsignedHeaders(request, claim.signed)
  if (unsigned !== undefined) throw headersNotSigned(unsigned)
  if (isHashMissing) {
    throw error('InvalidRequest', {}, { message: 'Missing required header for this request: x-amz-content-sha256' })
  }
  const check = checkOf(claim, credential, deps)
  const { algorithm, scope, signature, dateText, otherDateText } = claim
  const { accessKeyId } = scope
  const seed = { algorithm, accessKeyId, dateText, scope: scopeText(scope), signature, check }
  return whenReady(verifyV4(request, claim, target, check, deps.hosts), (verified) => {
    if (verified.isValid) {
      checkStrayToken(credential, token, faults)
      return { seed, hostAlias: verified.hostAlias }
    }
    if (otherDateText === undefined) throw faults.signature(verified.mismatch)
    const other = { ...claim, dateText: otherDateText }
    return whenReady(verifyV4(request, other, target, check, deps.hosts), (again) => {
      if (!again.isValid) throw faults.signature(verified.mismatch)
      checkStrayToken(credential, token, faults)
      return { seed: { ...seed, dateText: otherDateText }, hostAlias: again.hostAlias }
    })
  })
}
