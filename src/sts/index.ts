/** All STS handlers. Operations without one are in not-implemented.ts. */
import type { StsHandlers } from '../model/sts.types.gen.ts'
import { assumeRole } from './assume-role.ts'
import { caller } from './caller.ts'
import { outboundToken } from './outbound-token.ts'
import { saml } from './saml.ts'
import { tokens } from './tokens.ts'
import { webIdentity } from './web-identity.ts'

export const handlers = {
  ...caller,
  ...assumeRole,
  ...tokens,
  ...webIdentity,
  ...saml,
  ...outboundToken,
} satisfies Partial<StsHandlers>
