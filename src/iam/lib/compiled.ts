/** Policies of IAM's records ready for decisions, compiled on first use and kept as long as their record. */
import type { PrincipalSession } from '../../context.ts'
import { type CompiledPolicy, compilePolicy } from '../../policy/compile.ts'
import { parsePolicy } from '../../policy/parse.ts'
import type { IamAccount } from '../../store/iam-account.ts'
import type { PolicyHolder, PolicyRecord, RoleRecord } from '../../store/iam-records.ts'
import { managedPolicy } from '../managed.ts'
import { findPolicy } from './find.ts'

const inline = new WeakMap<PolicyHolder, readonly CompiledPolicy[]>()
const managed = new WeakMap<PolicyRecord, CompiledPolicy>()
const byAws = new Map<string, CompiledPolicy>()
const trust = new WeakMap<RoleRecord, CompiledPolicy>()
const sessions = new WeakMap<PrincipalSession, readonly CompiledPolicy[]>()

/** A stored policy, which was valid when it was put. */
function compile(text: string, source: string, uniqueIds?: Readonly<Record<string, string>>): CompiledPolicy {
  const parsed = parsePolicy(text)
  if (parsed === undefined) throw new Error(`the stored policy ${source} is not JSON`)
  return compilePolicy(parsed.document, uniqueIds === undefined ? { source } : { source, uniqueIds })
}

/** The inline policies of a user, group or role. */
export function compiledInline(holder: PolicyHolder): readonly CompiledPolicy[] {
  let policies = inline.get(holder)
  if (policies === undefined) {
    policies = Object.entries(holder.inline).map(([name, text]) => compile(text, name))
    inline.set(holder, policies)
  }
  return policies
}

/** The default version of a managed policy; undefined when there is none. */
export function compiledManaged(account: IamAccount, arn: string): CompiledPolicy | undefined {
  const ofAws = byAws.get(arn)
  if (ofAws !== undefined) return ofAws
  const record = findPolicy(account, arn)
  if (record === undefined) return compiledOfAws(arn)
  let policy = managed.get(record)
  if (policy === undefined) {
    const version = record.versions.find(({ VersionId }) => VersionId === record.DefaultVersionId)
    policy = compile(version?.Document ?? '{}', arn)
    managed.set(record, policy)
  }
  return policy
}

function compiledOfAws(arn: string): CompiledPolicy | undefined {
  const found = managedPolicy(arn)
  if (found === undefined) return undefined
  const policy = compile(found.Document, arn)
  byAws.set(arn, policy)
  return policy
}

/** The trust policy of a role. @param arn the role's, as traces name it */
export function compiledTrust(role: RoleRecord, arn: string): CompiledPolicy {
  let policy = trust.get(role)
  if (policy === undefined) {
    policy = compile(role.AssumeRolePolicyDocument, arn, role.trusted)
    trust.set(role, policy)
  }
  return policy
}

/** The inline policies of a session. */
export function compiledSession(session: PrincipalSession): readonly CompiledPolicy[] {
  let policies = sessions.get(session)
  if (policies === undefined) {
    policies = session.policies.map((text) => compile(text, 'the session policy'))
    sessions.set(session, policies)
  }
  return policies
}
