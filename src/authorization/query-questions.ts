/**
 * What a call of IAM or STS needs: its own action, and those that AWS asks for beside it (tags of something new, handing
 * a role to a service), with the condition keys of the entities it is about.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
import { nameMap } from '../lib/name-map.ts'
import type { Asked } from './asked.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { Question } from './decision.ts'
import { queryKeys } from './query-keys.ts'
import { queryResources, shownResource } from './query-resources.ts'

/** Operations that make something with tags need the permission to tag it, too. */
const tagging: Readonly<Record<string, string>> = nameMap({
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
})

/** The questions, the operation's own first. */
export function queryQuestions(asked: Asked, service: 'iam' | 'sts', account: IamAccount): Question[] {
  const { operation, input, principal } = asked
  const resources = queryResources(operation, { input, principal, account })
  const ask = (action: string, resource: string, more?: Readonly<Record<string, string>>): Question => ({
    action,
    resource,
    bucket: undefined,
    resourceAccount: account.id,
    adjust: queryKeys(asked, resource, account, more),
  })
  const questions: Question[] = resources.map((resource, index) => ({
    ...ask(`${service}:${operation}`, resource),
    // What something will be called is told by its ARN.
    ...(index === 0 && { shown: shownResource(operation, asked, resource) }),
  }))
  const tag = tagging[operation]
  const isTagged = Array.isArray(input.Tags) && input.Tags.length > 0
  if (tag !== undefined && isTagged) questions.push(ask(tag, resources[0] ?? '*'))
  if (operation === 'AddRoleToInstanceProfile') {
    const [role = '*'] = queryResources('GetRole', { input, principal, account })
    questions.push(ask('iam:PassRole', role, { 'iam:passedtoservice': 'ec2.amazonaws.com' }))
  }
  return questions
}
