/** Who signed, whose a key is, and what a refusal meant. */
import { error } from '../errors.ts'
import { accountOfKeyId } from '../lib/aws-ids.ts'
import type { StsHandlers } from '../model/sts.types.gen.ts'

export const caller = {
  /** Needs no permission and cannot be denied. @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
  GetCallerIdentity(_input, ctx) {
    if (ctx.principal.kind === 'anonymous') throw error('MissingAuthenticationToken')
    return { UserId: ctx.principal.userId, Account: ctx.principal.accountId, Arn: ctx.principal.arn }
  },

  /** Deleted keys count as well: the account is in the key itself. @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html */
  async GetAccessKeyInfo({ AccessKeyId }, ctx) {
    const configured = ctx.config.accounts.find(({ keys }) =>
      keys.some(({ accessKeyId }) => accessKeyId === AccessKeyId),
    )
    const Account =
      configured?.id ?? (await ctx.store.iam.keyOwner(AccessKeyId))?.accountId ?? accountOfKeyId(AccessKeyId)
    // Assumed: the code and words, because AWS documents none.
    if (Account === undefined) throw error('ValidationError', {}, { message: `Invalid access key id: ${AccessKeyId}` })
    return { Account }
  },

  /**
   * Only services such as EC2 encode messages; S3, IAM and STS answer in plain text, so that none is genuine here.
   * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
   */
  DecodeAuthorizationMessage() {
    throw error('InvalidAuthorizationMessageException', {}, { message: 'Message is not valid' })
  },
} satisfies Partial<StsHandlers>
