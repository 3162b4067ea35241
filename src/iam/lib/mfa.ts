/** The second factor in calls of STS. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import { isTotpCode } from './totp.ts'

const failed = (why: string) => error('AccessDenied', {}, { message: `MultiFactorAuthentication failed${why}` })

/**
 * Whether the caller showed a second factor: false when none was offered.
 * Observed: the words (published error texts). @throws AwsError AccessDenied
 */
export async function verifyMfa(ctx: Ctx, serial: string | undefined, code: string | undefined): Promise<boolean> {
  if (serial === undefined && code === undefined) return false
  const { principal } = ctx
  if (code === undefined) throw failed(', must provide both MFA serial number and one time pass code.')
  const account = await ctx.store.iam.account(principal.accountId)
  const device = serial === undefined ? undefined : account.get('mfaDevice', serial)
  if (device === undefined || device.owner !== (principal.uniqueId ?? principal.accountId)) {
    throw failed(
      ', unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    )
  }
  if (!isTotpCode(device.seed, code, ctx.clock.now())) throw failed(' with invalid MFA one time pass code. ')
  return true
}
