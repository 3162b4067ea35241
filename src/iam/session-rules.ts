/**
 * What temporary credentials may not call, whatever policies say.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
 */
import type { Principal } from '../context.ts'
import { error } from '../errors.ts'

/** Which actions of STS each kind of session has; undefined: all that policies allow. */
const stsActions: Partial<Record<NonNullable<Principal['session']>['by'], readonly string[]>> = {
  GetSessionToken: ['AssumeRole', 'GetCallerIdentity'],
  GetFederationToken: ['GetCallerIdentity'],
}

/** @throws AwsError InvalidClientTokenId from IAM, AccessDenied from STS */
export function checkSession({ session }: Principal, service: 'iam' | 'sts', operation: string): void {
  if (session === undefined) return
  const { by } = session
  if (service === 'iam') {
    const isBarred = by === 'GetFederationToken' || (by === 'GetSessionToken' && session.mfaMs === undefined)
    // Observed: IAM does not say that it is the kind of credentials (published error texts).
    if (isBarred) {
      const kind = by === 'GetSessionToken' ? 'GetSessionToken without MFA' : by
      const reason = `session: temporary credentials of ${kind} may not call IAM, whatever policies say. Use the long-term key of the user, the session of a role (AssumeRole), or GetSessionToken with an MFA code.`
      throw error('InvalidClientTokenId', {}, { reason })
    }
    return
  }
  const isLongTermOnly = operation === 'GetSessionToken' || operation === 'GetFederationToken'
  if (!isLongTermOnly && stsActions[by]?.includes(operation) !== false) return
  const reason = `session: credentials of ${by} may not call ${operation}, whatever policies say. Use the long-term key of a user.`
  throw error('AccessDenied', {}, { message: `Cannot call ${operation} with session credentials`, reason })
}
