/**
 * What was decided about the last requests, kept for explanations: bounded, in memory, cheap to write. Entries hold
 * what the trace needs, never the request itself; the trace is made when somebody asks.
 */
import type { Principal } from '../context.ts'
import type { AccessRequest, Verdict } from '../policy/decide.ts'
import { type Explanation, explain } from '../policy/explain.ts'
import { requiredActions } from '../policy/require.ts'
import { traceDecision } from '../policy/trace.ts'

/** A decision of the engine; its context holds only the keys that the policies mention. */
export interface Decided {
  readonly request: AccessRequest
  readonly verdict: Verdict
  /** Refused beyond the policies (Block Public Access, requester pays, anonymous callers): in these words. */
  readonly message?: string | undefined
}

/** The root of the owning account asked, and no policy was there to stop it: nothing had to be decided. */
export interface Unquestioned {
  readonly principal: Principal
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly versionId: string | undefined
}

/** What a failed signature was compared with. */
export interface SignatureFailure {
  readonly accessKeyId: string
  readonly fields: Readonly<Record<string, string | number | undefined>>
}

interface Entry {
  readonly requestId: string
  readonly atMs: number
  readonly operation: string
  readonly unquestioned?: Unquestioned
  readonly decisions: Decided[]
  /** Further decisions of the request that were not kept. */
  dropped: number
  readonly signature?: SignatureFailure
}

/** All that is known of a request. */
export interface RequestExplanation {
  requestId: string
  time: string
  operation: string
  outcome: 'allowed' | 'denied' | 'signature'
  decisions: Explanation[]
  /** Decisions of the same request that were not kept. */
  droppedDecisions?: number
  signature?: SignatureFailure
}

/** Requests remembered. Observed: about 1 KB each under ordinary policies. */
const capacity = 2048
/** Of one request: DeleteObjects decides once for each of its keys. */
const decisionsPerRequest = 16

export class Journal {
  readonly #entries: (Entry | undefined)[] = new Array(capacity)
  #next = 0

  unquestioned(requestId: string, atMs: number, operation: string, unquestioned: Unquestioned): void {
    this.#add({ requestId, atMs, operation, unquestioned, decisions: [], dropped: 0 })
  }

  decided(requestId: string, atMs: number, operation: string, decided: Decided): void {
    const last = this.#entries[(this.#next + capacity - 1) % capacity]
    if (last?.requestId !== requestId) {
      this.#add({ requestId, atMs, operation, decisions: [decided], dropped: 0 })
    } else if (last.decisions.length < decisionsPerRequest) last.decisions.push(decided)
    else last.dropped++
  }

  signatureFailed(requestId: string, atMs: number, operation: string, signature: SignatureFailure): void {
    this.#add({ requestId, atMs, operation, decisions: [], dropped: 0, signature })
  }

  /** What is still known of a request; undefined when it is forgotten, or never asked for permission. */
  explain(requestId: string): RequestExplanation | undefined {
    const entries = this.#entries.filter((entry): entry is Entry => entry?.requestId === requestId)
    const [first] = entries
    if (first === undefined) return undefined
    const decisions = entries.flatMap(explanationsOf)
    const dropped = entries.reduce((sum, entry) => sum + entry.dropped, 0)
    const signature = entries.find((entry) => entry.signature)?.signature
    const isDenied = decisions.some(({ decision }) => decision !== 'allowed')
    return {
      requestId,
      time: new Date(first.atMs).toISOString(),
      operation: first.operation,
      outcome: signature ? 'signature' : isDenied ? 'denied' : 'allowed',
      decisions,
      ...(dropped > 0 && { droppedDecisions: dropped }),
      ...(signature && { signature }),
    }
  }

  /** The decision that refused a request, for a response header. */
  denialOf(requestId: string): Decided | undefined {
    for (let back = 1; back <= 64; back++) {
      const entry = this.#entries[(this.#next + capacity - back) % capacity]
      if (entry?.requestId !== requestId) continue
      return entry.decisions.find(({ verdict, message }) => verdict.decision !== 'allowed' || message !== undefined)
    }
    return undefined
  }

  #add(entry: Entry): void {
    this.#entries[this.#next] = entry
    this.#next = (this.#next + 1) % capacity
  }
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
    remedies: [],
  }))
}

function explanationOf({ request, verdict, message }: Decided): Explanation {
  const explained = explain(request, traceDecision(request, verdict))
  return message === undefined ? explained : { ...explained, decision: 'implicitDeny', message }
}
