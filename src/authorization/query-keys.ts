/**
 * Condition keys of calls of IAM and STS. Each is computed when a statement asks for it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
import { findPolicy } from '../iam/lib/find.ts'
import type { ContextSource } from '../policy/context-source.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { IamTag } from '../store/iam-records.ts'
import type { Asked } from './asked.ts'
import { tagValue } from './tags.ts'

/** What an entity has that conditions can ask for. */
interface Entity {
  readonly Tags?: readonly IamTag[]
  readonly PermissionsBoundary?: string
  readonly linkedService?: string
}

type Call = Pick<Asked, 'operation' | 'input' | 'principal'>
type Key = (call: Call, entity: () => Entity | undefined) => string | readonly string[] | undefined

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const keys: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['iam:policyarn', ({ operation, input }) => (/^(?:At|De)tach/.test(operation) ? text(input.PolicyArn) : undefined)],
  // The boundary that is set; of changes to a user's or role's permissions the one it has.
  ['iam:permissionsboundary', ({ input }, entity) => text(input.PermissionsBoundary) ?? entity()?.PermissionsBoundary],
  ['iam:awsservicename', ({ input }, entity) => text(input.AWSServiceName) ?? entity()?.linkedService],
  ['iam:servicespecificcredentialservicename', ({ input }) => text(input.ServiceName)],
  [
    'sts:identitytokenaudience',
    ({ input }) => (Array.isArray(input.Audience) ? input.Audience.map(String) : undefined),
  ],
  ['sts:signingalgorithm', ({ input }) => text(input.SigningAlgorithm)],
  ['sts:durationseconds', ({ operation, input }) => durationOf(operation, input.DurationSeconds)],
])

/** Only tokens for services elsewhere have one; 300 seconds unless asked for. */
const durationOf = (operation: string, seconds: unknown): string | undefined =>
  operation === 'GetWebIdentityToken' ? String(seconds ?? 300) : undefined

const resourceTag = /^(?:aws|iam):resourcetag\/(.*)$/s

/** Adds the keys to those of every request. @param more keys by name in lower case */
export function queryKeys(
  call: Call,
  account: IamAccount,
  more: Readonly<Record<string, string>> = {},
): (base: ContextSource) => ContextSource {
  let found: { entity: Entity | undefined } | undefined
  const entity = () => {
    found ??= { entity: entityOf(call, account) }
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

/** Members that name an entity with tags, the more telling first, as for the resource. */
const members = [
  ['UserName', 'user'],
  ['InstanceProfileName', 'instanceProfile'],
  ['RoleName', 'role'],
  ['ServerCertificateName', 'serverCertificate'],
  ['SerialNumber', 'mfaDevice'],
] as const

/** The entity that is there already; undefined for one that is to be made. */
function entityOf({ operation, input, principal }: Call, account: IamAccount): Entity | undefined {
  if (operation.startsWith('Create') && operation !== 'CreateAccessKey' && operation !== 'CreateLoginProfile') {
    return undefined
  }
  for (const [member, kind] of members) {
    const name = input[member]
    if (typeof name === 'string') return account.get(kind, name)
  }
  const { PolicyArn, OpenIDConnectProviderArn: oidc, SAMLProviderArn: saml } = input
  if (typeof input.GroupName === 'string') return undefined
  if (typeof PolicyArn === 'string') return findPolicy(account, PolicyArn)
  if (typeof oidc === 'string') return account.get('oidcProvider', oidc.slice(oidc.indexOf('/') + 1))
  if (typeof saml === 'string') return account.get('samlProvider', saml.slice(saml.indexOf('/') + 1))
  return principal.kind === 'user' ? account.get('user', principal.userName ?? '') : undefined
}
