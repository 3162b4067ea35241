/** The role that a call names, and how long its sessions may be. */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import { lastSegment, roleArn } from '../iam/lib/arns.ts'
import { parseArn } from '../lib/arn.ts'
import { nameMap } from '../lib/name-map.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { RoleRecord } from '../store/iam-records.ts'

export interface FoundRole {
  role: RoleRecord
  account: IamAccount
  arn: string
}

/** Undefined when there is none. @throws AwsError ValidationError for a text that is no ARN */
export async function findRole(ctx: Ctx, text: string): Promise<FoundRole | undefined> {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition === '' || arn.service === '' || arn.resource === '') {
    // Observed: the words (recorded against AWS by LocalStack's suite).
    throw error('ValidationError', {}, { message: `${text} is invalid` })
  }
  if (ctx.account(arn.account)?.id !== arn.account) return undefined
  const account = await ctx.store.iam.account(arn.account)
  const role = account.get('role', lastSegment(text))
  return role !== undefined && roleArn(account.id, role) === text ? { role, account, arn: text } : undefined
}

const defaultSeconds = 3600

/** @throws AwsError ValidationError */
export function sessionSeconds(asked: number | undefined, role: RoleRecord): number {
  const seconds = asked ?? defaultSeconds
  if (seconds <= role.MaxSessionDuration) return seconds
  // Observed: the words (published error texts).
  const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
  throw error('ValidationError', {}, { message })
}

/** The tags of the role as condition keys. */
export function resourceTagKeys(role: RoleRecord): Record<string, string> {
  const keys: Record<string, string> = nameMap()
  for (const { Key, Value } of role.Tags ?? []) {
    keys[`aws:resourcetag/${Key.toLowerCase()}`] = Value
    keys[`iam:resourcetag/${Key.toLowerCase()}`] = Value
  }
  return keys
}
