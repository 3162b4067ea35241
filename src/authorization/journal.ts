/**
 * What was decided about the last requests, kept for explanations: bounded, in memory, cheap to write. Entries hold
 * what the trace needs, never the request itself; the trace is made when somebody asks.
 */
import type { AuthenticationFault } from '../auth/advice.ts'
import type { Principal } from '../context.ts'
import type { AccessRequest, Verdict } from '../policy/decide.ts'
import { type Explanation, explain } from '../policy/explain.ts'
import { requiredActions } from '../policy/require.ts'
import { traceDecision } from '../policy/trace.ts'
import { Failures, type SignatureFailure } from './failures.ts'

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

/** The root of the owning account asked, and no policy was there to stop it: nothing had to be decided. */
export interface Unquestioned {
  readonly principal: Principal
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly versionId: string | undefined
}

interface Entry {
  readonly requestId: string
  readonly atMs: number
  readonly operation: string
  readonly unquestioned?: Unquestioned
  readonly decisions: Decided[]
  /** Further decisions of the request that were not kept. */
  dropped: number
  /** Refused for another reason than policies: Block Public Access, requester pays, no anonymous callers. */
  readonly refusal?: string
  /** Soft mode let it pass all the same. */
  readonly isTolerated?: boolean
}

/** All that is known of a request. */
export interface RequestExplanation {
  requestId: string
  time: string
  operation: string
  /** `tolerated`: AWS would deny it, soft mode did not. `authentication`: nobody knows who asked. */
  outcome: 'allowed' | 'denied' | 'tolerated' | 'signature' | 'authentication'
  decisions: Explanation[]
  /** Why it was refused all the same. */
  refusal?: string
  /** Decisions of the same request that were not kept. */
  droppedDecisions?: number
  /** What was answered to who could not be authenticated. */
  authentication?: AuthenticationFault
  signature?: SignatureFailure
}

/** Requests remembered. Observed: about 1 KB each under ordinary policies. */
const capacity = 2048
/** Of one request: DeleteObjects decides once for each of its keys. */
const decisionsPerRequest = 16

export class Journal {
  readonly #entries: (Entry | undefined)[] = new Array(capacity)
  #next = 0
  readonly failures = new Failures()

  unquestioned(requestId: string, atMs: number, operation: string, unquestioned: Unquestioned): void {
    this.#add({ requestId, atMs, operation, unquestioned, decisions: [], dropped: 0 })
  }

  decided(requestId: string, atMs: number, operation: string, decided: Decided): void {
    const last = this.#entries[(this.#next + capacity - 1) % capacity]
    if (last?.requestId !== requestId) {
      this.#add({ requestId, atMs, operation, decisions: [decided], dropped: 0 })
    } else if (last.decisions.length < decisionsPerRequest) last.decisions.push(decided)
    else {
      last.dropped++
      // People ask why something was refused.
      const at = decided.verdict.decision === 'allowed' ? -1 : last.decisions.findIndex(isAllowed)
      if (at !== -1) last.decisions[at] = decided
    }
  }

  refused(requestId: string, atMs: number, operation: string, refusal: string, isTolerated = false): void {
    this.#add({ requestId, atMs, operation, decisions: [], dropped: 0, refusal, isTolerated })
  }

  /** What is still known of a request; undefined when it is forgotten, or never asked for permission. */
  explain(requestId: string): RequestExplanation | undefined {
    const entries = this.#entries.filter((entry): entry is Entry => entry?.requestId === requestId)
    const failure = this.failures.find(requestId)
    const first = failure ?? entries[0]
    if (first === undefined) return undefined
    const decisions = entries.flatMap(explanationsOf)
    const dropped = entries.reduce((sum, entry) => sum + entry.dropped, 0)
    const refusal = entries.find((entry) => entry.refusal !== undefined)?.refusal
    return {
      requestId,
      time: new Date(first.atMs).toISOString(),
      operation: first.operation,
      outcome: failure === undefined ? outcomeOf(entries) : failure.signature ? 'signature' : 'authentication',
      decisions,
      ...(refusal !== undefined && { refusal }),
      ...(dropped > 0 && { droppedDecisions: dropped }),
      ...(failure && { authentication: failure.fault }),
      ...(failure?.signature && { signature: failure.signature }),
    }
  }

  #add(entry: Entry): void {
    this.#entries[this.#next] = entry
    this.#next = (this.#next + 1) % capacity
  }
}

const isAllowed = ({ verdict }: Decided): boolean => verdict.decision === 'allowed'

function outcomeOf(entries: readonly Entry[]): 'allowed' | 'denied' | 'tolerated' {
  const effects = entries.flatMap(({ decisions, refusal, isTolerated }) => [
    ...decisions.map(({ effect }) => effect),
    ...(refusal === undefined ? [] : [isTolerated ? ('tolerated' as const) : ('denied' as const)]),
  ])
  if (effects.includes('denied')) return 'denied'
  return effects.includes('tolerated') ? 'tolerated' : 'allowed'
}

function explanationsOf({ unquestioned, decisions, operation }: Entry): Explanation[] {
  if (unquestioned === undefined) return decisions.map(explanationOf)
  const { principal, bucket, key, versionId } = unquestioned
  const pairs = requiredActions(operation, { Bucket: bucket, Key: key, VersionId: versionId })
  return pairs.map(({ action, resource }) => ({
    principal: principal.arn,
    action,
    resource,
    decision: 'allowed',
    decidedBy: 'root',
    policies: [],
    notes: [],
    remedies: [],
  }))
}

function explanationOf({ request, verdict, isSameOrganization, effect, note }: Decided): Explanation {
  const explanation = explain(request, traceDecision(request, verdict), { isSameOrganization })
  if (effect === 'tolerated') explanation.isTolerated = true
  if (note !== undefined) explanation.notes.unshift(note)
  return explanation
}
