/** From the ARN of a user or role to what it stands for now. */
import type { IamAccount } from '../../store/iam-account.ts'
import { lastSegment, roleArn, userArn } from './arns.ts'

/** The unique id of the user or role with exactly this ARN, its path included; undefined when there is none. */
export function uniqueIdIn(account: IamAccount, arn: string): string | undefined {
  const name = lastSegment(arn)
  if (arn.includes(':role/')) {
    const role = account.get('role', name)
    return role !== undefined && roleArn(account.id, role) === arn ? role.RoleId : undefined
  }
  const user = account.get('user', name)
  return user !== undefined && userArn(account.id, user) === arn ? user.UserId : undefined
}
