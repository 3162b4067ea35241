/**
 * What follows from a decision: a denial is thrown, or in soft mode only told; what passes is noted while the recorder is
 * on.
 */
import { type AwsError, error } from '../errors.ts'
import { denialMessage } from '../policy/message.ts'
import type { Asked } from './asked.ts'
import type { AuthorizationDeps, Question } from './decision.ts'
import type { RequiredAction } from '../policy/require.ts'
import type { Decided } from './journal.ts'
import { isCopy } from './operations.ts'

type Settling = Pick<AuthorizationDeps, 'recorder' | 'soft'>

/** The error of a denial. */
export function denialOf(decided: Decided, question: Question): AwsError {
  const { request, verdict, isSameOrganization } = decided
  decided.effect = 'denied'
  // Observed: HeadBucket tells the region even to those who may not know more (recorded against AWS).
  const headers = question.bucket && { 'x-amz-bucket-region': question.bucket.region }
  const message = denialMessage(request, verdict, { isSameOrganization, shown: question.shown })
  return error('AccessDenied', {}, { message, ...(headers && { headers }) })
}

/** Lets a denial pass in soft mode, and says so. False where it has to be refused. */
export function tolerates(asked: Asked, decided: Decided, { soft }: Settling): boolean {
  if (soft === undefined) return false
  decided.effect = 'tolerated'
  const { action, resource } = decided.request
  tellTolerated(asked, { action, resource, reason: reasonOf(decided) }, soft)
  return true
}

/** The line of the log about something that was not refused. */
export function tellTolerated(
  { principal, requestId }: Asked,
  { action, resource, reason }: { action: string; resource: string; reason: string },
  soft: NonNullable<Settling['soft']>,
): void {
  const by = principal.arn || principal.kind
  soft.warn({ by, action, resource, reason, id: requestId }, 'soft mode: would be denied')
}

/** Refuses what is denied; the rest is used, and noted if somebody wants to know. @throws AwsError AccessDenied */
export function settle(asked: Asked, decided: Decided, question: Question, deps: Settling): void {
  const isDenied = decided.verdict.decision !== 'allowed'
  if (isDenied && !tolerates(asked, decided, deps)) throw denialOf(decided, question)
  if (deps.recorder?.isOn === true) noteUse(asked, question, isDenied, deps)
}

/** Tells the recorder, which is on. @param isSoft only soft mode let it pass */
export function noteUse(
  { principal, input }: Asked,
  { action, resource, prefix }: Pick<Question, 'action' | 'resource' | 'prefix'>,
  isSoft: boolean,
  { recorder }: Settling,
): void {
  const sent = typeof input.Prefix === 'string' && input.Prefix !== '' ? input.Prefix : undefined
  recorder?.used(principal, { action, resource, prefix: prefix ?? sent }, isSoft)
}

/** Tells whoever mends the first denial of a request what would be the next. */
export function noteFurther({ operation }: Asked, decided: Decided, further: readonly RequiredAction[]): void {
  const needs = further.map(({ action, resource }) => `${action} on ${resource}`)
  if (isCopy.has(operation)) needs.push('s3:GetObject on its source, and s3:GetObjectTagging where that has tags')
  if (needs.length > 0) decided.note = `${operation} needs as well: ${needs.join(', ')}.`
}

/** What decided a denial, also where AWS does not tell. */
function reasonOf({ verdict: { decision, by, policy, statement } }: Decided): string {
  if (by === 'publicAccessBlock') return 'RestrictPublicBuckets'
  if (decision === 'implicitDeny') return `no ${by} policy allows it`
  return `explicitly denied by ${policy?.source}#${statement?.index} (${by} policy)`
}
