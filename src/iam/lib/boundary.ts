/** Permissions boundaries. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html */
import type { IamAccount } from '../../store/iam-account.ts'
import { managedPolicy } from '../managed.ts'
import { checkPolicyArn, findPolicy, noSuchEntity } from './find.ts'

/** A boundary must be a managed policy that is there. @throws AwsError ValidationError, NoSuchEntity */
export function checkBoundary(account: IamAccount, arn: string): void {
  checkPolicyArn(arn)
  if (findPolicy(account, arn) !== undefined || managedPolicy(arn) !== undefined) return
  throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`)
}
