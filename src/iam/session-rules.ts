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
    if (isBarred) throw error('InvalidClientTokenId')
    return
  }
  const isLongTermOnly = operation === 'GetSessionToken' || operation === 'GetFederationToken'
  if (!isLongTermOnly && stsActions[by]?.includes(operation) !== false) return
  throw error('AccessDenied', {}, { message: `Cannot call ${operation} with session credentials` })
}
