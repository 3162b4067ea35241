/** GetCallerIdentity: who signed. It needs no permission and cannot be denied. */
import { error } from '../errors.ts'
import type { StsHandlers } from '../model/sts.types.gen.ts'

export const caller = {
  /** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
  GetCallerIdentity(_input, ctx) {
    if (ctx.principal.kind === 'anonymous') throw error('MissingAuthenticationToken')
    return { UserId: ctx.principal.userId, Account: ctx.principal.accountId, Arn: ctx.principal.arn }
  },
} satisfies Partial<StsHandlers>
