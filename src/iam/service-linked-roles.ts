/** Roles that belong to a service. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html */
import { randomUUID } from 'node:crypto'
import { error } from '../errors.ts'
import { newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import { isServicePrincipal } from '../policy/service-principals.ts'
import type { RoleRecord } from '../store/iam-records.ts'
import { noSuchEntity, requireRole } from './lib/find.ts'
import { serviceRoleDescription, serviceRoleName, serviceRolePath, serviceRolePolicies } from './lib/service-roles.ts'
import { roleView } from './lib/views.ts'

/** Observed: only these take a suffix (as above); Lex documents it for its channels, too. */
const suffixed = new Set([
  'autoscaling.amazonaws.com',
  'channels.lexv2.amazonaws.com',
  'connect.amazonaws.com',
  'lexv2.amazonaws.com',
])

const invalidInput = (message: string) => error('InvalidInput', {}, { message })

export const serviceLinkedRoles = {
  async CreateServiceLinkedRole(input, ctx) {
    const { AWSServiceName, CustomSuffix, Description = serviceRoleDescription(AWSServiceName) } = input
    if (!isServicePrincipal(AWSServiceName)) {
      throw invalidInput(`${AWSServiceName} is not a valid AWS service name.`)
    }
    if (CustomSuffix !== undefined && !suffixed.has(AWSServiceName)) {
      throw invalidInput(`Custom suffix is not allowed for ${AWSServiceName}`)
    }
    const RoleName = serviceRoleName(AWSServiceName, CustomSuffix)
    const { accountId } = ctx.principal
    const role = await ctx.store.iam.change(accountId, (draft) => {
      if (draft.get('role', RoleName) !== undefined) {
        throw invalidInput(
          `Service role name ${RoleName} has been taken in this account, please try a different suffix.`,
        )
      }
      const record: RoleRecord = {
        RoleName,
        RoleId: newUniqueId('AROA'),
        Path: serviceRolePath(AWSServiceName),
        createdMs: ctx.clock.now(),
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: AWSServiceName } }],
        }),
        trusted: {},
        ...(Description !== undefined && { Description }),
        MaxSessionDuration: 3600,
        inline: {},
        attached: serviceRolePolicies(AWSServiceName),
        linkedService: AWSServiceName,
      }
      draft.put('role', record)
      return record
    })
    const { RoleLastUsed: _, MaxSessionDuration: __, ...view } = roleView(await ctx.store.iam.account(accountId), role)
    return { Role: view }
  },

  /** Done at once: there are no resources that could still need it. */
  async DeleteServiceLinkedRole(input, ctx) {
    const service = await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const { RoleName, linkedService } = requireRole(draft, input.RoleName)
      if (linkedService === undefined) throw noSuchEntity(`The role with name ${input.RoleName} cannot be found.`)
      draft.delete('role', RoleName)
      return linkedService
    })
    return { DeletionTaskId: `task/aws-service-role/${service}/${input.RoleName}/${randomUUID()}` }
  },

  async GetServiceLinkedRoleDeletionStatus({ DeletionTaskId }, ctx) {
    const [, service = '', name] =
      /^task\/aws-service-role\/([^/]+)\/([^/]+)\/[0-9a-f-]{36}$/.exec(DeletionTaskId) ?? []
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    if (name === undefined) throw noSuchEntity(`The deletion task with id ${DeletionTaskId} cannot be found.`)
    return { Status: account.get('role', name)?.linkedService === service ? 'NOT_STARTED' : 'SUCCEEDED' }
  },
} satisfies Partial<IamHandlers>
