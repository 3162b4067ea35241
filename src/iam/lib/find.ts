/** Finds entities by name or ARN, or answers as AWS does where there is none. */
import { type AwsError, error } from '../../errors.ts'
import { parseArn } from '../../lib/arn.ts'
import type { IamAccount } from '../../store/iam-account.ts'
import type { GroupRecord, IamRecords, PolicyRecord, RoleRecord, UserRecord } from '../../store/iam-records.ts'
import { lastSegment, policyArn } from './arns.ts'

/** Observed: IAM's NoSuchEntity has a sentence of its own for each kind of entity. */
export const noSuchEntity = (message: string): AwsError => error('NoSuchEntity', {}, { message })

export const alreadyExists = (message: string): AwsError => error('EntityAlreadyExists', {}, { message })

/** @param what `detach all policies`: what has to be done first */
export const deleteConflict = (what: string): AwsError =>
  error('DeleteConflict', {}, { message: `Cannot delete entity, must ${what} first.` })

/** @param quota `AccessKeysPerUser` */
export const limitExceeded = (quota: string, limit: number): AwsError =>
  error('LimitExceeded', {}, { message: `Cannot exceed quota for ${quota}: ${limit}` })

export const invalid = (message: string): AwsError => error('ValidationError', {}, { message })

export function requireUser(account: IamAccount, name: string): UserRecord {
  const user = account.get('user', name)
  if (user === undefined) throw noSuchEntity(`The user with name ${name} cannot be found.`)
  return user
}

export function requireGroup(account: IamAccount, name: string): GroupRecord {
  const group = account.get('group', name)
  if (group === undefined) throw noSuchEntity(`The group with name ${name} cannot be found.`)
  return group
}

export function requireRole(account: IamAccount, name: string): RoleRecord {
  const role = account.get('role', name)
  if (role === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`)
  return role
}

/** Kinds that hold policies. */
export type HolderKind = 'user' | 'group' | 'role'

/** A user, group or role by name. */
export function requireHolder<K extends HolderKind>(account: IamAccount, kind: K, name: string): IamRecords[K] {
  const holder = account.get(kind, name)
  if (holder === undefined) throw noSuchEntity(`The ${kind} with name ${name} cannot be found.`)
  return holder
}

/** A policy of the account by its ARN, path included. */
export function findPolicy(account: IamAccount, arn: string): PolicyRecord | undefined {
  const policy = account.get('policy', lastSegment(arn))
  return policy !== undefined && policyArn(account.id, policy).toLowerCase() === arn.toLowerCase() ? policy : undefined
}

/** @throws AwsError ValidationError. Observed: AWS's two spaces (recorded against AWS by LocalStack's suite). */
export function checkPolicyArn(arn: string): void {
  const parts = parseArn(arn)
  if (parts?.service !== 'iam' || !parts.resource.startsWith('policy/')) {
    throw invalid('Invalid ARN:  Could not be parsed!')
  }
}
