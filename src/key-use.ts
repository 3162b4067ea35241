/** Keeps when users' keys and roles were last used, for GetAccessKeyLastUsed and RoleLastUsed. */
import type { AuthInfo, Principal } from './context.ts'
import type { IamStore } from './store/iam.ts'

/** Notes an authenticated request. Root's keys are those of the configuration: nothing is told about them. */
export function noteKeyUse(iam: IamStore, principal: Principal, auth: AuthInfo, service: string, usedMs: number): void {
  const { kind, accessKeyId, uniqueId, session } = principal
  const id = kind === 'role' ? uniqueId : kind === 'user' && session === undefined ? accessKeyId : undefined
  if (id !== undefined) iam.noteUse(id, { usedMs, service, region: auth.region ?? 'us-east-1' })
}
