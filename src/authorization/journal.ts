/**
 * What was decided about the last requests, kept for explanations: bounded, in memory, cheap to write. Entries hold
 * what the trace needs, never the request itself; the trace is made when somebody asks.
 */
import type { AuthenticationFault } from '../auth/advice.ts'
import type { Principal } from '../context.ts'
import type { AccessRequest, Verdict } from '../policy/decide.ts'
import { type Explanation, explain } from '../policy/explain.ts'
import { sessionModeOf } from '../policy/directory-actions.ts'
import { requiredActions } from '../policy/require.ts'
import { traceDecision } from '../policy/trace.ts'
import { directoryPairs } from './directory.ts'
import { Failures, type SignatureFailure } from './failures.ts'
import { Entry } from './journal-entry.ts'

/** A decision of the engine; its context holds only the keys that the policies mention. */
export interface Decided {
  readonly request: AccessRequest
  readonly verdict: Verdict
  /** Of a denial across accounts: both are in one organization, so the caller was told why. */
  readonly isSameOrganization?: boolean | undefined
  /** What followed from a denial: the request was refused, or soft mode let it pass. Some are asked for another's sake. */
  effect?: 'denied' | 'tolerated'
  /** What the policies do not tell. */
  note?: string
}

/**
 * The root of the owning account asked, and no policy was there to stop it, or the session of a directory bucket, which
 * was decided about when it was made: nothing had to be decided.
 */
export interface Unquestioned {
  readonly principal: Principal
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly versionId: string | undefined
  /** ARN of a directory bucket. */
  readonly directory: string | undefined
}

/** An error as the caller saw it; it may have other reasons than permissions. */
export interface AnsweredError {
  readonly code: string
  readonly message: string
}

/** All that is known of a request. */
export interface RequestExplanation {
  requestId: string
  time: string
  operation: string
  /** `tolerated`: AWS would deny it, soft mode did not. `authentication`: nobody knows who asked. */
  outcome: 'allowed' | 'denied' | 'tolerated' | 'signature' | 'authentication'
  decisions: Explanation[]
  /** The error that it ended with. */
  answer?: AnsweredError
  /** Why it was refused all the same. */
  refusal?: string
  /** Decisions of the same request that were not kept. */
  droppedDecisions?: number
  /** What was answered to who could not be authenticated. */
  authentication?: AuthenticationFault
  signature?: SignatureFailure
}

/** Requests remembered. */
const capacity = 2048
/** How many may come between a decision and the error that its request ended with, for that to be noted. */
const answerReach = 32

export class Journal {
  readonly #entries: Entry[] = []
  #next = 0
  #last: Entry | undefined
  readonly failures = new Failures()

  unquestioned(requestId: string, atMs: number, operation: string, unquestioned: Unquestioned): void {
    const entry = this.#begin(requestId, atMs, operation)
    entry.root = unquestioned.principal
    entry.bucket = unquestioned.bucket
    entry.key = unquestioned.key
    entry.versionId = unquestioned.versionId
    entry.directory = unquestioned.directory
  }

  decided(requestId: string, atMs: number, operation: string, decided: Decided): void {
    const last = this.#last
    const entry = last?.requestId === requestId ? last : this.#begin(requestId, atMs, operation)
    entry.add(decided)
  }

  refused(requestId: string, atMs: number, operation: string, refusal: string, isTolerated = false): void {
    const entry = this.#begin(requestId, atMs, operation)
    entry.refusal = refusal
    entry.isTolerated = isTolerated
  }

  /** Notes the error that a request ended with, if it has asked for permission lately. */
  answered(requestId: string, { code, message }: AnsweredError): void {
    for (let back = 1; back <= answerReach; back++) {
      const entry = this.#entries[(this.#next + capacity - back) % capacity]
      if (entry?.requestId !== requestId) continue
      entry.answer = { code, message }
      return
    }
  }

  /** What is still known of a request; undefined when it is forgotten, or never asked for permission. */
  explain(requestId: string): RequestExplanation | undefined {
    const entries = this.#entries.filter((entry) => entry.requestId === requestId)
    const failure = this.failures.find(requestId)
    const first = failure ?? entries[0]
    if (first === undefined) return undefined
    const decisions = entries.flatMap(explanationsOf)
    const dropped = entries.reduce((sum, entry) => sum + entry.dropped, 0)
    const answer = entries.find((entry) => entry.answer !== undefined)?.answer
    const refusal = entries.find((entry) => entry.refusal !== undefined)?.refusal
    return {
      requestId,
      time: new Date(first.atMs).toISOString(),
      operation: first.operation,
      outcome: failure === undefined ? outcomeOf(entries) : failure.signature ? 'signature' : 'authentication',
      decisions,
      ...(answer && { answer }),
      ...(refusal !== undefined && { refusal }),
      ...(dropped > 0 && { droppedDecisions: dropped }),
      ...(failure && { authentication: failure.fault }),
      ...(failure?.signature && { signature: failure.signature }),
    }
  }

  #begin(requestId: string, atMs: number, operation: string): Entry {
    let entry = this.#entries[this.#next]
    if (entry === undefined) {
      entry = new Entry()
      this.#entries.push(entry)
    }
    this.#next = (this.#next + 1) % capacity
    this.#last = entry
    entry.begin(requestId, atMs, operation)
    return entry
  }
}

function outcomeOf(entries: readonly Entry[]): 'allowed' | 'denied' | 'tolerated' {
  const effects = entries.flatMap(({ decisions, refusal, isTolerated }) => [
    ...decisions.map(({ effect }) => effect),
    ...(refusal === undefined ? [] : [isTolerated ? ('tolerated' as const) : ('denied' as const)]),
  ])
  if (effects.includes('denied')) return 'denied'
  return effects.includes('tolerated') ? 'tolerated' : 'allowed'
}

function explanationsOf(entry: Entry): Explanation[] {
  const { root, bucket, key, versionId, directory, decisions, operation } = entry
  if (root === undefined) return decisions.map(explanationOf)
  const isSession = root.zonal !== undefined && sessionModeOf(operation) !== undefined
  const pairs =
    directory === undefined
      ? requiredActions(operation, { Bucket: bucket, Key: key, VersionId: versionId })
      : directoryPairs(operation, directory)
  return pairs.map(({ action, resource }) => ({
    principal: root.arn,
    action,
    resource,
    decision: 'allowed',
    decidedBy: isSession ? 'session' : 'root',
    policies: [],
    notes: isSession ? ['The session of the directory bucket was allowed this when it was made.'] : [],
    remedies: [],
  }))
}

function explanationOf({ request, verdict, isSameOrganization, effect, note }: Decided): Explanation {
  const explanation = explain(request, traceDecision(request, verdict), { isSameOrganization })
  if (effect === 'tolerated') explanation.isTolerated = true
  if (note !== undefined) explanation.notes.unshift(note)
  return explanation
}
