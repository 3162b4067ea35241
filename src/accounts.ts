/** The accounts this server knows, found by any of their names. */
import type { AccountConfig } from './config/config.ts'
import type { Account } from './context.ts'

export interface Accounts {
  /** By account id or canonical user id. */
  find(id: string): Account | undefined
  findByEmail(email: string): Account | undefined
}

/** Indexes the configured accounts. */
export function createAccounts(configured: readonly AccountConfig[]): Accounts {
  const byId = new Map<string, Account>()
  const byEmail = new Map<string, Account>()
  for (const { id, canonicalId, displayName, email } of configured) {
    const account = { id, canonicalId, displayName, email }
    byId.set(id, account)
    byId.set(canonicalId, account)
    if (email !== '') byEmail.set(email.toLowerCase(), account)
  }
  return { find: (id) => byId.get(id), findByEmail: (email) => byEmail.get(email.toLowerCase()) }
}
