/** Versions of managed policies: up to five, one of which is in force. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html */
import { error } from '../errors.ts'
import type { IamHandlers, PolicyVersion } from '../model/iam.types.gen.ts'
import { policyLimits } from '../policy/limits.ts'
import type { PolicyRecord, PolicyVersionRecord } from '../store/iam-records.ts'
import { noSuchEntity } from './lib/find.ts'
import { pageOf } from './lib/page.ts'
import { encodedDocument, versionSummary } from './lib/views.ts'
import { managedPolicy } from './managed.ts'
import { changePolicy, checkManaged, requirePolicy } from './managed-policies.ts'

export const policyVersions = {
  async CreatePolicyVersion(input, ctx) {
    checkManaged(input.PolicyDocument)
    let made: PolicyVersion = {}
    await changePolicy(ctx, 'CreatePolicyVersion', input.PolicyArn, (policy) => {
      if (policy.versions.length >= policyLimits.versions) {
        const message = `A managed policy can have up to ${policyLimits.versions} versions. Before you create a new version, you must delete an existing version.`
        throw error('LimitExceeded', {}, { message })
      }
      const lastVersion = policy.lastVersion + 1
      const version = { VersionId: `v${lastVersion}`, Document: input.PolicyDocument, createdMs: ctx.clock.now() }
      const DefaultVersionId = input.SetAsDefault === true ? version.VersionId : policy.DefaultVersionId
      made = versionSummary(version, DefaultVersionId)
      const versions = [version, ...policy.versions]
      return { ...policy, lastVersion, versions, DefaultVersionId, updatedMs: version.createdMs }
    })
    return { PolicyVersion: made }
  },

  async GetPolicyVersion(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const { version, defaultId } = find(
      managedPolicy(input.PolicyArn) === undefined ? requirePolicy(account, input.PolicyArn) : ofAws(input.PolicyArn),
      input.PolicyArn,
      input.VersionId,
    )
    const Document = encodedDocument(version.Document)
    return { PolicyVersion: { Document, ...versionSummary(version, defaultId) } }
  },

  async ListPolicyVersions(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const policy =
      managedPolicy(input.PolicyArn) === undefined ? requirePolicy(account, input.PolicyArn) : ofAws(input.PolicyArn)
    const { items, more } = pageOf(policy.versions, input, ({ VersionId }) => VersionId)
    return { Versions: items.map((version) => versionSummary(version, policy.DefaultVersionId)), ...more }
  },

  async SetDefaultPolicyVersion(input, ctx) {
    await changePolicy(ctx, 'SetDefaultPolicyVersion', input.PolicyArn, (policy) => {
      const { version } = find(policy, input.PolicyArn, input.VersionId)
      return { ...policy, DefaultVersionId: version.VersionId, updatedMs: ctx.clock.now() }
    })
  },

  async DeletePolicyVersion(input, ctx) {
    await changePolicy(ctx, 'DeletePolicyVersion', input.PolicyArn, (policy) => {
      const { version, defaultId } = find(policy, input.PolicyArn, input.VersionId)
      if (version.VersionId === defaultId) {
        throw error('DeleteConflict', {}, { message: 'Cannot delete the default version of a policy.' })
      }
      return { ...policy, versions: policy.versions.filter((one) => one !== version) }
    })
  },
} satisfies Partial<IamHandlers>

type Versioned = Pick<PolicyRecord, 'DefaultVersionId' | 'versions'>

/** Of AWS's policies only the newest version is known here. */
function ofAws(arn: string): Versioned {
  const policy = managedPolicy(arn)
  if (policy === undefined) return { DefaultVersionId: '', versions: [] }
  const { DefaultVersionId, Document, updatedMs } = policy
  return { DefaultVersionId, versions: [{ VersionId: DefaultVersionId, Document, createdMs: updatedMs }] }
}

function find(policy: Versioned, arn: string, id: string): { version: PolicyVersionRecord; defaultId: string } {
  const version = policy.versions.find(({ VersionId }) => VersionId === id)
  if (version === undefined) {
    throw noSuchEntity(`Policy ${arn} version ${id} does not exist or is not attachable.`)
  }
  return { version, defaultId: policy.DefaultVersionId }
}
