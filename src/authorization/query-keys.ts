/**
 * Condition keys of calls of IAM and STS. Each is computed when a statement asks for it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
import { lastSegment } from '../iam/lib/arns.ts'
import { findPolicy } from '../iam/lib/find.ts'
import type { ContextSource } from '../policy/context-source.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { IamTag, UserRecord } from '../store/iam-records.ts'
import type { Asked } from './asked.ts'
import { memberOf, tagValue } from './tags.ts'

/** What an entity has that conditions can ask for. */
interface Entity {
  readonly Tags?: readonly IamTag[]
  readonly PermissionsBoundary?: string
  readonly linkedService?: string
  readonly serviceCredentials?: UserRecord['serviceCredentials']
}

type Call = Pick<Asked, 'operation' | 'input'>
type Key = (call: Call, entity: () => Entity | undefined) => string | readonly string[] | undefined

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const decimal = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : undefined)

const keys: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['iam:policyarn', ({ operation, input }) => (/^(?:At|De)tach/.test(operation) ? text(input.PolicyArn) : undefined)],
  // The boundary that is set; of changes to a user's or role's permissions the one it has.
  [
    'iam:permissionsboundary',
    ({ operation, input }, entity) =>
      aboutBoundary.has(operation) ? (text(input.PermissionsBoundary) ?? entity()?.PermissionsBoundary) : undefined,
  ],
  ['iam:awsservicename', ({ input }, entity) => text(input.AWSServiceName) ?? entity()?.linkedService],
  // That of the credential that is changed, where the input names one.
  [
    'iam:servicespecificcredentialservicename',
    ({ input }, entity) =>
      text(input.ServiceName) ??
      entity()?.serviceCredentials?.find((one) => one.ServiceSpecificCredentialId === input.ServiceSpecificCredentialId)
        ?.ServiceName,
  ],
  ['iam:servicespecificcredentialagedays', ({ input }) => decimal(input.CredentialAgeDays)],
  // Assumed: the mode that is taken when none is named counts, as it does for durations.
  [
    'sts:subjectmode',
    ({ operation, input }) =>
      operation === 'GetWebIdentityToken' ? (text(input.SubjectMode) ?? 'AWSIdentity') : undefined,
  ],
  ['sts:taskpolicyarn', ({ input }) => text(memberOf(input.TaskPolicyArn, 'arn'))],
  [
    'sts:identitytokenaudience',
    ({ input }) => (Array.isArray(input.Audience) ? input.Audience.map(String) : undefined),
  ],
  ['sts:signingalgorithm', ({ input }) => text(input.SigningAlgorithm)],
  ['sts:durationseconds', ({ operation, input }) => durationOf(operation, input.DurationSeconds)],
])

/** Operations that know the boundary of a user or role (Service Authorization Reference). */
const aboutBoundary: ReadonlySet<string> = new Set([
  'AttachRolePolicy',
  'AttachUserPolicy',
  'CreateRole',
  'CreateUser',
  'DeleteRole',
  'DeleteRolePermissionsBoundary',
  'DeleteRolePolicy',
  'DeleteUserPermissionsBoundary',
  'DeleteUserPolicy',
  'DetachRolePolicy',
  'DetachUserPolicy',
  'GetRole',
  'PutRolePermissionsBoundary',
  'PutRolePolicy',
  'PutUserPermissionsBoundary',
  'PutUserPolicy',
  'UpdateAssumeRolePolicy',
  'UpdateRole',
  'UpdateRoleDescription',
])

/** Only tokens for services elsewhere have one; 300 seconds unless asked for. */
const durationOf = (operation: string, seconds: unknown): string | undefined =>
  operation === 'GetWebIdentityToken' ? String(seconds ?? 300) : undefined

const resourceTag = /^(?:aws|iam):resourcetag\/(.*)$/s

/**
 * Adds the keys to those of every request.
 * @param resource the ARN that is asked about @param more keys by name in lower case
 */
export function queryKeys(
  call: Call,
  resource: string,
  account: IamAccount,
  more: Readonly<Record<string, string>> = {},
): (base: ContextSource) => ContextSource {
  let found: { entity: Entity | undefined } | undefined
  const entity = () => {
    found ??= { entity: makesNew(call.operation) ? undefined : entityAt(account, resource) }
    return found.entity
  }
  const own = (key: string) => {
    if (Object.hasOwn(more, key)) return more[key]
    const tag = resourceTag.exec(key)?.[1]
    return tag === undefined ? keys.get(key)?.(call, entity) : tagValue(entity()?.Tags ?? [], tag)
  }
  const isOwn = (key: string) => Object.hasOwn(more, key) || keys.has(key) || resourceTag.test(key)
  return (base) => ({ get: (key) => (isOwn(key) ? own(key) : base.get(key)) })
}

/** Operations about something that is not there yet. */
const makesNew = (operation: string): boolean =>
  operation === 'UploadServerCertificate' ||
  /^Create(?!AccessKey$|LoginProfile$|PolicyVersion$|ServiceSpecificCredential$)/.test(operation)

/** The entity of an ARN, where there is one with tags or a boundary. */
function entityAt(account: IamAccount, arn: string): Entity | undefined {
  const [, place, name = ''] = /^arn:aws:iam::\d+:([a-z-]+)\/(.*)$/s.exec(arn) ?? []
  switch (place) {
    case 'user':
    case 'role':
      return account.get(place, lastSegment(name))
    case 'instance-profile':
      return account.get('instanceProfile', lastSegment(name))
    case 'server-certificate':
      return account.get('serverCertificate', lastSegment(name))
    case 'policy':
      return findPolicy(account, arn)
    case 'mfa':
      return account.get('mfaDevice', arn)
    case 'oidc-provider':
      return account.get('oidcProvider', name)
    case 'saml-provider':
      return account.get('samlProvider', name)
    default:
      return undefined
  }
}
