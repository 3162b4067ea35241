/** Sessions of users and root themselves: GetSessionToken, GetFederationToken, AssumeRoot. */
import { error } from '../errors.ts'
import { verifyMfa } from '../iam/lib/mfa.ts'
import { parseArn } from '../lib/arn.ts'
import type { StsHandlers } from '../model/sts.types.gen.ts'
import { issueSession } from './issue.ts'
import { packedPercent, readSessionPolicies, readSessionTags } from './session-input.ts'

const defaultSeconds = 43_200
/** Of root's sessions. */
const maxRootSeconds = 3600
const maxTaskSeconds = 900
const taskPrefix = 'arn:aws:iam::aws:policy/root-task/'
const tasks = new Set([
  'IAMAuditRootUserCredentials',
  'IAMCreateRootUserPassword',
  'IAMDeleteRootUserCredentials',
  'S3UnlockBucketPolicy',
  'SQSUnlockQueuePolicy',
])

/** Root gets an hour at most, whatever it asks for. */
const secondsFor = (kind: string, asked: number | undefined) =>
  kind === 'root' ? Math.min(asked ?? maxRootSeconds, maxRootSeconds) : (asked ?? defaultSeconds)

export const tokens = {
  /** Needs no permission; sessions cannot call it. @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
  async GetSessionToken(input, ctx) {
    const { principal } = ctx
    const hasMfa = await verifyMfa(ctx, input.SerialNumber, input.TokenCode)
    const kind = principal.kind === 'root' ? ('root' as const) : ('user' as const)
    const { accountId, uniqueId } = principal
    return issueSession(
      ctx,
      { accountId, kind, ...(uniqueId !== undefined && { uniqueId }) },
      { by: 'GetSessionToken', policies: [], policyArns: [], ...(hasMfa && { mfaMs: ctx.clock.now() }) },
      secondsFor(kind, input.DurationSeconds),
      input,
    )
  },

  /** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
  async GetFederationToken(input, ctx) {
    const { accountId, uniqueId, kind } = ctx.principal
    const account = await ctx.store.iam.account(accountId)
    const tags = readSessionTags(input.Tags, [], undefined)
    const policies = readSessionPolicies(account, input)
    const percent = packedPercent(policies, tags.tags)
    const issued = await issueSession(
      ctx,
      { accountId, kind: 'federated', name: input.Name, ...(uniqueId !== undefined && { uniqueId }) },
      { by: 'GetFederationToken', ...policies, ...tags },
      secondsFor(kind, input.DurationSeconds),
      input,
    )
    return {
      ...issued,
      FederatedUser: {
        FederatedUserId: `${accountId}:${input.Name}`,
        Arn: `arn:aws:sts::${accountId}:federated-user/${input.Name}`,
      },
      PackedPolicySize: percent,
    }
  },

  /**
   * Root of another account, for one task. Assumed: the first account of the configuration manages the others, because
   * there is no organization here.
   * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
   */
  async AssumeRoot(input, ctx) {
    const { principal } = ctx
    const target = parseArn(input.TargetPrincipal)?.account ?? input.TargetPrincipal
    const task = input.TaskPolicyArn.arn ?? ''
    if (!task.startsWith(taskPrefix) || !tasks.has(task.slice(taskPrefix.length))) {
      throw error('ValidationError', {}, { message: `${task} is not a task policy.` })
    }
    const seconds = input.DurationSeconds ?? maxTaskSeconds
    const isManager = principal.accountId === ctx.config.accounts[0]?.id && principal.kind !== 'root'
    const isMember = ctx.account(target)?.id === target && target !== principal.accountId
    if (!isManager || !isMember) {
      const resource = `arn:aws:iam::${target}:root`
      const message = `User: ${principal.arn} is not authorized to perform: sts:AssumeRoot on resource: ${resource}`
      throw error('AccessDenied', {}, { message })
    }
    return issueSession(
      ctx,
      { accountId: target, kind: 'root' },
      { by: 'AssumeRoot', policies: [], policyArns: [task] },
      Math.min(seconds, maxTaskSeconds),
      input,
    )
  },
} satisfies Partial<StsHandlers>
