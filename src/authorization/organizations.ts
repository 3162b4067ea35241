/**
 * The organizations that accounts belong to, as condition keys and messages see them. There is no AWS Organizations here:
 * the configuration says which account is where.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths
 */
import type { Config } from '../config/config.ts'
import type { KeyValue, Subject } from './context.ts'

type Accounts = Pick<Config, 'accounts'>

/** Where an account is: `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`, or the organization's id with a slash. */
const pathOf = ({ accounts }: Accounts, accountId: string): string | undefined =>
  accounts.find(({ id }) => id === accountId)?.organization

const idOf = (config: Accounts, accountId: string): string | undefined => pathOf(config, accountId)?.split('/', 1)[0]

/** Paths go through a root; of an account that is configured with the organization's id alone none is known. */
function pathsOf(config: Accounts, accountId: string): string[] | undefined {
  const path = pathOf(config, accountId)
  return path === undefined || path.indexOf('/') === path.length - 1 ? undefined : [path]
}

/** Whether two accounts belong to one organization. */
export function isSameOrganization(config: Accounts, one: string, other: string): boolean {
  const id = idOf(config, one)
  return id !== undefined && id === idOf(config, other)
}

const ofCaller =
  (read: (config: Accounts, accountId: string) => KeyValue) =>
  ({ asked: { config, principal } }: Subject): KeyValue =>
    read(config, principal.accountId)
const ofOwner =
  (read: (config: Accounts, accountId: string) => KeyValue) =>
  ({ asked: { config, principal }, bucket }: Subject): KeyValue =>
    read(config, bucket?.ownerId ?? principal.accountId)

/** Absent for accounts without organization, and for anonymous callers, who have no account. */
export const organizationKeys: readonly [key: string, read: (subject: Subject) => KeyValue][] = [
  ['aws:principalorgid', ofCaller(idOf)],
  ['aws:principalorgpaths', ofCaller(pathsOf)],
  ['aws:resourceorgid', ofOwner(idOf)],
  ['aws:resourceorgpaths', ofOwner(pathsOf)],
]
