/**
 * May this caller become this role? The role's trust policy must allow it, and where it names only the caller's account,
 * the caller's own policies too.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
 */
import type { RoleQuestion } from '../context.ts'
import { overlay } from '../policy/context-source.ts'
import { type AccessRequest, decide } from '../policy/decide.ts'
import type { Asked } from './asked.ts'
import { RequestContext } from './context.ts'
import type { AuthorizationDeps } from './decision.ts'
import { noPolicies } from './identities.ts'
import type { Decided } from './journal.ts'
import { noteUse, tolerates } from './settle.ts'
import { snapshot } from './snapshot.ts'

/** Decides and writes it down. A caller with a token of an identity provider has no policies of its own. */
export async function mayBecome(asked: Asked, question: RoleQuestion, deps: AuthorizationDeps): Promise<boolean> {
  const { action, roleArn, accountId, trust, keys, provider } = question
  const caller = provider === undefined ? await deps.identities.policiesOf(asked.principal) : noPolicies
  const nowMs = asked.clock.now()
  const base = new RequestContext({
    asked,
    caller,
    action,
    nowMs,
    bucket: undefined,
    versionId: undefined,
    record: undefined,
    upload: undefined,
  })
  const { identity, boundary, session } = caller
  const request: AccessRequest = {
    principal:
      provider === undefined
        ? asked.principal
        : { kind: 'external', accountId: '', arn: '', canonicalId: '', federatedProvider: provider },
    action,
    resource: roleArn,
    resourceAccount: accountId,
    context: overlay(base, { 'aws:resourceaccount': accountId, ...keys }),
    policies: { identity, boundary, session, resource: trust, isResourceRequired: true },
  }
  const verdict = decide(request)
  const context = snapshot(request.context, request.policies)
  const decided: Decided = { request: { ...request, context }, verdict }
  asked.entry.add(decided)
  const isAllowed = verdict.decision === 'allowed'
  if (!isAllowed && !tolerates(asked, decided, deps)) {
    decided.effect = 'denied'
    return false
  }
  const isNoted = provider === undefined && deps.recorder?.isOn === true
  if (isNoted) noteUse(asked, { action, resource: roleArn }, !isAllowed, deps)
  return true
}
