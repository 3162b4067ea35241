/** ListPoliciesGrantingServiceAccess: which policies of a user, group or role allow anything of a service. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPoliciesGrantingServiceAccess.html */
import type { IamHandlers, PolicyGrantingServiceAccess } from '../model/iam.types.gen.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { PolicyHolder } from '../store/iam-records.ts'
import { groupArn, lastSegment, roleArn, userArn } from './lib/arns.ts'
import { findPolicy, noSuchEntity } from './lib/find.ts'
import { pageOf } from './lib/page.ts'
import { managedPolicy } from './managed.ts'

interface Holder {
  type: 'USER' | 'GROUP' | 'ROLE'
  name: string
  holder: PolicyHolder
}

export const serviceAccess = {
  async ListPoliciesGrantingServiceAccess({ Arn, ServiceNamespaces, Marker }, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const policies = holdersOf(account, Arn).flatMap((holder) => policiesOf(account, holder))
    const all = ServiceNamespaces.map((ServiceNamespace) => ({
      ServiceNamespace,
      Policies: policies.filter(({ text }) => grants(text, ServiceNamespace.toLowerCase())).map(({ view }) => view),
    }))
    const { items, more } = pageOf(all, { Marker }, ({ ServiceNamespace }) => ServiceNamespace)
    return { PoliciesGrantingServiceAccess: items, ...more }
  },
} satisfies Partial<IamHandlers>

/** The entity, and the groups of a user. @throws AwsError NoSuchEntity */
function holdersOf(account: IamAccount, arn: string): Holder[] {
  const name = lastSegment(arn)
  const user = account.get('user', name)
  if (user !== undefined && userArn(account.id, user) === arn) {
    const groups = user.groups.flatMap((id) => account.byId('group', id) ?? [])
    const ofGroups = groups.map((group): Holder => ({ type: 'GROUP', name: group.GroupName, holder: group }))
    return [{ type: 'USER', name: user.UserName, holder: user }, ...ofGroups]
  }
  const role = account.get('role', name)
  if (role !== undefined && roleArn(account.id, role) === arn)
    return [{ type: 'ROLE', name: role.RoleName, holder: role }]
  const group = account.get('group', name)
  if (group !== undefined && groupArn(account.id, group) === arn) {
    return [{ type: 'GROUP', name: group.GroupName, holder: group }]
  }
  // Assumed: the words, because AWS documents only the code.
  throw noSuchEntity(`ARN ${arn} does not exist.`)
}

function policiesOf(
  account: IamAccount,
  { type, name, holder }: Holder,
): { view: PolicyGrantingServiceAccess; text: string }[] {
  const inline = Object.entries(holder.inline).map(([PolicyName, text]) => ({
    view: { PolicyName, PolicyType: 'INLINE', EntityType: type, EntityName: name },
    text,
  }))
  const managed = holder.attached.map((PolicyArn) => ({
    view: { PolicyName: lastSegment(PolicyArn), PolicyType: 'MANAGED', PolicyArn },
    text: textOf(account, PolicyArn),
  }))
  return [...inline, ...managed]
}

function textOf(account: IamAccount, arn: string): string {
  const own = findPolicy(account, arn)
  const version = own?.versions.find(({ VersionId }) => VersionId === own.DefaultVersionId)
  return version?.Document ?? managedPolicy(arn)?.Document ?? '{}'
}

/** Whether a statement allows an action of the service. Denies and conditions are not weighed, as on AWS. */
function grants(text: string, service: string): boolean {
  return (parsePolicy(text)?.document.statements ?? []).some(({ effect, action }) => {
    if (effect !== 'Allow' || action === undefined) return false
    if (!action.isNot) return action.values.some((value) => isOf(value, service))
    return !action.values.some((value) => value === '*' || value.toLowerCase() === `${service}:*`)
  })
}

const isOf = (action: string, service: string): boolean =>
  action === '*' || action.toLowerCase().startsWith(`${service}:`)
