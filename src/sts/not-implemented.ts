/** Operations of STS that answer 501 NotImplemented, each with the reason. The compiler holds it against the model. */
import type { StsHandlers } from '../model/sts.types.gen.ts'
import type { handlers } from './index.ts'

export const notImplemented: Readonly<Record<Exclude<keyof StsHandlers, keyof typeof handlers>, string>> = {
  GetDelegatedAccessToken: 'the tokens that it takes in exchange come from requests for delegation by partners of AWS',
  GetScopedCredentials: 'sessions that are scoped down from other sessions are not built yet',
}
