/** What the journal knows of a request, told: the decisions with their policies, and how it ended. */
import { type Explanation, explain } from '../policy/explain.ts'
import { sessionModeOf } from '../policy/directory-actions.ts'
import { requiredActions } from '../policy/require.ts'
import { traceDecision } from '../policy/trace.ts'
import { directoryPairs } from './directory.ts'
import type { Decided } from './journal.ts'
import type { AnsweredError, Entry, SignatureFailure } from './journal-entry.ts'

/**
 * `allowed`: it was answered as asked. `denied`: the caller may not. `tolerated`: AWS would deny it, soft mode did not.
 * `signature`, `authentication`: nobody knows who asked. `redirected`: to be asked elsewhere. `failed`: any other error.
 */
export type Outcome = 'allowed' | 'denied' | 'tolerated' | 'signature' | 'authentication' | 'redirected' | 'failed'

/** A line of the log of requests. */
export interface RequestSummary {
  requestId: string
  time: string
  operation: string
  method: string
  /** Raw, without the query. */
  path: string
  /** The bucket that the Host names. */
  hostBucket?: string
  status: number
  code?: string
  /** Who asked: an ARN, `anonymous`, or `unverified` and the key that a request claims. */
  by: string
  /** Microseconds from the head of the request to its answer. */
  us: number
  outcome: Outcome
}

/** All that is known of a request. */
export interface RequestExplanation extends RequestSummary {
  decisions: Explanation[]
  /** The error that it ended with. */
  answer?: AnsweredError
  /** Why it was refused beside policies. */
  refusal?: string
  /** Decisions of the same request that were not kept. */
  droppedDecisions?: number
  signature?: SignatureFailure
}

export function summarize(entry: Entry): RequestSummary {
  const { requestId, atMs, operation, method, path, hostBucket, status, error, by, us } = entry
  return {
    requestId,
    time: new Date(atMs).toISOString(),
    operation,
    method,
    path,
    ...(hostBucket !== undefined && { hostBucket }),
    status,
    ...(error && { code: error.code }),
    by,
    us,
    outcome: outcomeOf(entry),
  }
}

export function explainEntry(entry: Entry): RequestExplanation {
  const { error, refusal, dropped, signature } = entry
  return {
    ...summarize(entry),
    decisions: explanationsOf(entry),
    ...(error && { answer: error }),
    ...(refusal !== undefined && { refusal }),
    ...(dropped > 0 && { droppedDecisions: dropped }),
    ...(signature && { signature }),
  }
}

export function outcomeOf({ decisions, error, refusal, isTolerated, signature, status }: Entry): Outcome {
  if (error?.isAuthentication) return signature === undefined ? 'authentication' : 'signature'
  const isRefusal = status === 403 || status === 405
  if (isRefusal && (error?.code === 'AccessDenied' || error?.reason !== undefined)) return 'denied'
  if (decisions.some(({ effect }) => effect === 'denied')) return 'denied'
  if (status >= 400) return 'failed'
  if (status >= 300 && status !== 304) return 'redirected'
  // The answer had begun well.
  if (error !== undefined && status < 300) return 'failed'
  const isSoft = decisions.some(({ effect }) => effect === 'tolerated') || (refusal !== undefined && isTolerated)
  return isSoft ? 'tolerated' : 'allowed'
}

function explanationsOf(entry: Entry): Explanation[] {
  const { root, bucket, key, versionId, directory, decisions, operation } = entry
  if (root === undefined) return decisions.map(explanationOf)
  const isSession = root.zonal !== undefined && sessionModeOf(operation) !== undefined
  const pairs =
    directory === undefined
      ? requiredActions(operation, { Bucket: bucket, Key: key, VersionId: versionId })
      : directoryPairs(operation, directory)
  const passed = pairs.map(
    ({ action, resource }): Explanation => ({
      principal: root.arn,
      action,
      resource,
      decision: 'allowed',
      decidedBy: isSession ? 'session' : 'root',
      policies: [],
      notes: isSession ? ['The session of the directory bucket was allowed this when it was made.'] : [],
      remedies: [],
    }),
  )
  return [...passed, ...decisions.map(explanationOf)]
}

function explanationOf({ request, verdict, isSameOrganization, effect, note }: Decided): Explanation {
  const explanation = explain(request, traceDecision(request, verdict), { isSameOrganization })
  if (effect === 'tolerated') explanation.isTolerated = true
  if (note !== undefined) explanation.notes.unshift(note)
  return explanation
}
