/** Credentials of CreateSession, read out of the token that comes with them. */
import type { Principal } from '../context.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { openSession, sessionKeyPrefix, sessionSecret, sessionSecretKey } from '../lib/zonal-session.ts'
import type { IamStore } from '../store/iam.ts'
import { whenReady } from '../lib/when-ready.ts'
import type { Credential, CredentialSource } from './keys.ts'
import { Lru } from './lru.ts'

/** How many opened sessions are remembered: a client uses one for five minutes. */
const capacity = 1024

/** Finds the credentials of sessions. Keys of other kinds are left to other sources. */
export function zonalSessions(iam: Pick<IamStore, 'secret'>): CredentialSource {
  const known = new Lru<Credential>(capacity)
  return {
    find(accessKeyId, token): MaybePromise<Credential | undefined> {
      if (!accessKeyId.startsWith(sessionKeyPrefix) || token === undefined) return undefined
      const credential = known.get(token)
      if (credential?.accessKeyId === accessKeyId) return credential
      return whenReady(iam.secret(sessionSecret), (key) => {
        const session = openSession<Principal>(token, key)
        if (session?.accessKeyId !== accessKeyId) return undefined
        const { bucketId, mode, expiresMs, encryption, principal } = session
        const opened: Credential = {
          accessKeyId,
          secretAccessKey: sessionSecretKey(accessKeyId, key),
          principal: { ...principal, accessKeyId, zonal: { bucketId, mode, encryption } },
          isActive: true,
          session: { token, expiresMs },
        }
        known.set(token, opened)
        return opened
      })
    },
  }
}
