/**
 * What a call of IAM or STS needs: its own action, and those that AWS asks for beside it (tags of something new, handing
 * a role to a service), with the condition keys of the entities it is about.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
import type { Asked } from './asked.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { Question } from './decision.ts'
import { queryKeys } from './query-keys.ts'
import { queryResource } from './query-resources.ts'

/** Operations that make something with tags need the permission to tag it, too. */
const tagging: Readonly<Record<string, string>> = {
  CreateUser: 'iam:TagUser',
  CreateRole: 'iam:TagRole',
  CreatePolicy: 'iam:TagPolicy',
  CreateInstanceProfile: 'iam:TagInstanceProfile',
  CreateOpenIDConnectProvider: 'iam:TagOpenIDConnectProvider',
  CreateSAMLProvider: 'iam:TagSAMLProvider',
  CreateVirtualMFADevice: 'iam:TagMFADevice',
  UploadServerCertificate: 'iam:TagServerCertificate',
  GetFederationToken: 'sts:TagSession',
  GetWebIdentityToken: 'sts:TagGetWebIdentityToken',
}

/** The questions, the operation's own first. */
export function queryQuestions(asked: Asked, service: 'iam' | 'sts', account: IamAccount): Question[] {
  const { operation, input, principal } = asked
  const resource = queryResource(operation, input, principal, account)
  const adjust = queryKeys(asked, account)
  const common = { resource, bucket: undefined, resourceAccount: account.id, adjust }
  const questions: Question[] = [{ ...common, action: `${service}:${operation}` }]
  const tag = tagging[operation]
  if (tag !== undefined && Array.isArray(input.Tags) && input.Tags.length > 0)
    questions.push({ ...common, action: tag })
  if (operation === 'AddRoleToInstanceProfile') {
    const { InstanceProfileName: _, ...role } = input
    const passed = queryResource('GetRole', role, principal, account)
    const keys = queryKeys({ principal, operation: 'GetRole', input: role }, account, {
      'iam:passedtoservice': 'ec2.amazonaws.com',
    })
    questions.push({ ...common, action: 'iam:PassRole', resource: passed, adjust: keys })
  }
  return questions
}
