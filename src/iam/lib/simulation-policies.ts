/** The policies of a simulation: those of an entity and those given as text, each with what MatchedStatements call it. */
import { type AwsError, error } from '../../errors.ts'
import { parseArn } from '../../lib/arn.ts'
import type { InlinePolicyIdentifierType, PolicyIdentifier } from '../../model/iam.types.gen.ts'
import { type CompiledPolicy, compilePolicy } from '../../policy/compile.ts'
import { parsePolicy } from '../../policy/parse.ts'
import { validateIdentityPolicy } from '../../policy/validate-identity.ts'
import type { IamAccount } from '../../store/iam-account.ts'
import type { GroupRecord, PolicyHolder, RoleRecord, UserRecord } from '../../store/iam-records.ts'
import { managedPolicy } from '../managed.ts'
import { lastSegment } from './arns.ts'
import { compiledInline, compiledManaged } from './compiled.ts'
import { findPolicy, type HolderKind, requireHolder } from './find.ts'

/** What AWS writes in SourcePolicyType and as names of EvalDecisionDetails; the enumeration of its model is not used. */
export type SourcePolicyType = 'IAM Policy' | 'Resource Policy'

export interface SimulatedPolicy {
  /** SourcePolicyId. */
  id: string
  type: SourcePolicyType
  /** The text that positions count in. */
  text: string
  compiled: CompiledPolicy
  /** Of managed policies. */
  arn?: string
  /** Of inline policies: whose. */
  inline?: InlinePolicyIdentifierType
}

/** A user, group or role as the source of policies. */
export interface PolicySource {
  kind: HolderKind
  arn: string
  holder: UserRecord | GroupRecord | RoleRecord
}

export const invalidInput = (message: string): AwsError => error('InvalidInput', {}, { message })

/** Observed: the words (published errors of SimulatePrincipalPolicy, here of an assumed-role ARN). */
export const unclearEntity = (arn: string): AwsError =>
  invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)

/** The kind and name in the ARN of a user, group or role; undefined for other texts. */
export function entityIn(arn: string): { account: string; kind: HolderKind; name: string } | undefined {
  const parts = parseArn(arn)
  const match = /^(user|group|role)\/(?:.+\/)?([^/]+)$/.exec(parts?.resource ?? '')
  if (parts?.service !== 'iam' || match === null) return undefined
  return { account: parts.account, kind: match[1] as HolderKind, name: match[2] as string }
}

/** The entity that PolicySourceArn names. @throws AwsError InvalidInput, NoSuchEntity */
export function requireSource(account: IamAccount, arn: string): PolicySource {
  const entity = entityIn(arn)
  if (entity === undefined) throw unclearEntity(arn)
  if (entity.account !== account.id) {
    // Observed: the words (published errors of cross-account calls).
    throw invalidInput(
      `Invalid Policy Source Arn: caller's account ${account.id} does not have access to policies in account ${entity.account}`,
    )
  }
  return { kind: entity.kind, arn, holder: requireHolder(account, entity.kind, entity.name) }
}

/** All identity policies of an entity; a user's with those of its groups. */
export function policiesOfSource(account: IamAccount, { kind, holder }: PolicySource): SimulatedPolicy[] {
  const own = policiesOfHolder(account, kind, nameOf(holder), holder)
  const groups = 'groups' in holder ? holder.groups.flatMap((id) => account.byId('group', id) ?? []) : []
  return [...own, ...groups.flatMap((group) => policiesOfHolder(account, 'group', group.GroupName, group))]
}

/** The attached permissions boundary. */
export function boundaryOfSource(account: IamAccount, { holder }: PolicySource): SimulatedPolicy | undefined {
  const arn = 'PermissionsBoundary' in holder ? holder.PermissionsBoundary : undefined
  return arn === undefined ? undefined : managed(account, arn)
}

function nameOf(holder: PolicySource['holder']): string {
  if ('UserName' in holder) return holder.UserName
  return 'GroupName' in holder ? holder.GroupName : holder.RoleName
}

function policiesOfHolder(
  account: IamAccount,
  kind: HolderKind,
  owner: string,
  holder: PolicyHolder,
): SimulatedPolicy[] {
  const texts = Object.values(holder.inline)
  const inline = compiledInline(holder).map((compiled, index): SimulatedPolicy => {
    const { source } = compiled
    return {
      // Observed: the id of an inline policy is made of kind, owner and name (recorded by Terraform's provider tests).
      id: `${kind}_${owner}_${source}`,
      type: 'IAM Policy',
      text: texts[index] ?? '',
      compiled,
      inline: { PolicyName: source, AttachmentType: kind, AttachmentName: owner },
    }
  })
  return [...inline, ...holder.attached.flatMap((arn) => managed(account, arn) ?? [])]
}

function managed(account: IamAccount, arn: string): SimulatedPolicy | undefined {
  const compiled = compiledManaged(account, arn)
  if (compiled === undefined) return undefined
  const record = findPolicy(account, arn)
  const version = record?.versions.find(({ VersionId }) => VersionId === record.DefaultVersionId)
  const text = version?.Document ?? managedPolicy(arn)?.Document ?? ''
  return { id: lastSegment(arn), type: 'IAM Policy', text, compiled, arn }
}

/** Identity policies given as text. @param list the parameter they came in. @throws AwsError InvalidInput */
export function policiesOfInput(texts: readonly string[] = [], list = 'PolicyInputList'): SimulatedPolicy[] {
  return texts.map((text, index) => {
    const id = `${list}.${index + 1}`
    const result = validateIdentityPolicy(text)
    // Assumed: the message of PutUserPolicy behind the code that the reference names, because none is published.
    if (!result.ok) throw invalidInput(result.message)
    return { id, type: 'IAM Policy', text, compiled: compilePolicy(result.document, { source: id }) }
  })
}

/** The ResourcePolicy parameter. @throws AwsError InvalidInput */
export function resourcePolicyOfInput(text: string): SimulatedPolicy {
  const parsed = parsePolicy(text)
  const statements = parsed?.document.statements ?? []
  const isSound = parsed !== undefined && !parsed.hasSyntaxFault && !parsed.hasDuplicates && statements.length > 0
  if (!isSound) throw invalidInput('Syntax errors in policy.')
  const id = 'ResourcePolicy'
  return { id, type: 'Resource Policy', text, compiled: compilePolicy(parsed.document, { source: id }) }
}

/** Without those of PolicyExclusionList. Assumed: PolicyType alone excludes nothing here, because only other sources have one. */
export function withoutExcluded(
  policies: readonly SimulatedPolicy[],
  exclusions: readonly PolicyIdentifier[] = [],
): SimulatedPolicy[] {
  return policies.filter((policy) => !exclusions.some((exclusion) => isNamed(policy, exclusion)))
}

function isNamed(
  { arn, inline }: SimulatedPolicy,
  { PolicyArn, InlinePolicyIdentifier: named }: PolicyIdentifier,
): boolean {
  if (PolicyArn !== undefined) return PolicyArn === arn
  if (named === undefined || inline === undefined) return false
  const sameOwner = named.AttachmentName.toLowerCase() === inline.AttachmentName.toLowerCase()
  return (
    sameOwner &&
    named.PolicyName === inline.PolicyName &&
    named.AttachmentType.toLowerCase() === inline.AttachmentType.toLowerCase()
  )
}
