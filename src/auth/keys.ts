/** Where secrets come from: access key id -> credential. The configured root keys are one source; IAM and STS join later. */
import type { AccountConfig } from '../config/config.ts'
import type { Principal } from '../context.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'

/** A key pair that can sign. */
export interface Credential {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly principal: Principal
  /** An inactive key is answered like an unknown one. */
  readonly isActive: boolean
  /** Temporary credentials only: requests must carry this token, until then. */
  readonly session?: { readonly token: string; readonly expiresMs: number } | undefined
}

/** Finds credentials. The configured keys answer at once; a store may need a moment. */
export interface CredentialSource {
  /**
   * Undefined when the key id is unknown, or its user or role is gone.
   * @param token what the request carries: all that is known of temporary credentials may be in it
   */
  find(accessKeyId: string, token?: string): MaybePromise<Credential | undefined>
}

/** The root keys of all configured accounts. A key id listed twice belongs to the first account that lists it. */
export type KeyRing = CredentialSource

/** Indexes the configured root keys. */
export function createKeyRing(accounts: readonly AccountConfig[]): KeyRing {
  const byId = new Map<string, Credential>()
  for (const account of accounts) {
    for (const { accessKeyId, secretAccessKey } of account.keys) {
      if (byId.has(accessKeyId)) continue
      const principal: Principal = {
        kind: 'root',
        accountId: account.id,
        arn: `arn:aws:iam::${account.id}:root`,
        userId: account.id,
        canonicalId: account.canonicalId,
        displayName: account.displayName,
        accessKeyId,
      }
      byId.set(accessKeyId, { accessKeyId, secretAccessKey, principal, isActive: true })
    }
  }
  return { find: (accessKeyId) => byId.get(accessKeyId) }
}

/** Asks several sources in turn. */
export function chainSources(...sources: CredentialSource[]): CredentialSource {
  const ask = (accessKeyId: string, token: string | undefined, at: number): MaybePromise<Credential | undefined> => {
    const source = sources[at]
    if (source === undefined) return undefined
    const found = source.find(accessKeyId, token)
    if (!(found instanceof Promise)) return found ?? ask(accessKeyId, token, at + 1)
    return found.then((credential) => credential ?? ask(accessKeyId, token, at + 1))
  }
  return { find: (accessKeyId, token) => ask(accessKeyId, token, 0) }
}

/** Whoever signs nothing. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html for the canonical id */
export const anonymousPrincipal: Principal = Object.freeze({
  kind: 'anonymous',
  accountId: '',
  arn: '',
  userId: 'anonymous',
  canonicalId: '65a011a29cdf8ec533ec3d1ccaae921c',
  displayName: '',
  accessKeyId: undefined,
})
