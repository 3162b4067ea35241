/**
 * The last requests, what was decided about each and how it was answered: for explanations, and as a log. Bounded in
 * number and in bytes, in memory, cheap to write. Entries hold what an explanation needs, never the request itself; the
 * explanation is made when somebody asks. Answers that are errors stay longest, because those are asked about.
 */
import type { Principal } from '../context.ts'
import type { AccessRequest, Verdict } from '../policy/decide.ts'
import { Entry, type Ended } from './journal-entry.ts'

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

export interface JournalLimits {
  /** Requests remembered. */
  readonly entries: number
  /** What they may take together, in bytes. */
  readonly bytes: number
  /** So many of the last successes stay, however many errors there are. */
  readonly successes: number
}

const defaultLimits: JournalLimits = { entries: 10_000, bytes: 16 * 1024 * 1024, successes: 1000 }
/** Entries without a request that wait for the next one. */
const spareEntries = 64

export class Journal {
  readonly #limits: JournalLimits
  readonly #successes = new Queue()
  readonly #failures = new Queue()
  readonly #spare: Entry[] = []

  constructor(limits: JournalLimits = defaultLimits) {
    this.#limits = limits
  }

  /** The entry of a request that has begun; nobody finds it before `end`. */
  begin(requestId: string): Entry {
    const entry = this.#spare.pop() ?? new Entry()
    entry.begin(requestId)
    return entry
  }

  /** The request has been answered. */
  end(entry: Entry, ended: Ended): void {
    entry.end(ended)
    this.#queueOf(entry).push(entry)
    const { entries, bytes, successes } = this.#limits
    while (this.count > entries || this.bytes > bytes) {
      const isSuccess = this.#successes.count > (this.#failures.count === 0 ? 1 : successes)
      const from = isSuccess || this.#failures.count === 0 ? this.#successes : this.#failures
      const forgotten = from.shift()
      if (forgotten === undefined) return
      forgotten.begin('')
      if (this.#spare.length < spareEntries) this.#spare.push(forgotten)
    }
  }

  /** A request that has been answered, and fails later: to be ended again. Undefined when it is forgotten. */
  takeBack(requestId: string): Entry | undefined {
    return this.#successes.remove(requestId)
  }

  /** Undefined when it is forgotten, still in work, or never was. */
  find(requestId: string): Entry | undefined {
    for (const queue of [this.#failures, this.#successes]) {
      for (const entry of queue) if (entry.requestId === requestId) return entry
    }
    return undefined
  }

  /** The last requests, the newest first. @param onlyFailures those answered with an error */
  last(count: number, onlyFailures = false): Entry[] {
    const all = onlyFailures ? [...this.#failures] : [...this.#failures, ...this.#successes]
    return all.sort((a, b) => b.atMs - a.atMs).slice(0, count)
  }

  /** Requests remembered. */
  get count(): number {
    return this.#successes.count + this.#failures.count
  }

  /** What they take, as estimated. */
  get bytes(): number {
    return this.#successes.bytes + this.#failures.bytes
  }

  #queueOf(entry: Entry): Queue {
    return entry.isFailure ? this.#failures : this.#successes
  }
}

/** First in, first out, in a ring that doubles when it is full: a server that has answered little holds little. */
class Queue {
  #slots: (Entry | undefined)[] = []
  #first = 0
  count = 0
  bytes = 0

  push(entry: Entry): void {
    if (this.count === this.#slots.length) this.#grow()
    this.#slots[(this.#first + this.count) % this.#slots.length] = entry
    this.count++
    this.bytes += entry.bytes
  }

  shift(): Entry | undefined {
    const entry = this.#slots[this.#first]
    if (this.count === 0 || entry === undefined) return undefined
    this.#slots[this.#first] = undefined
    this.#first = (this.#first + 1) % this.#slots.length
    this.count--
    this.bytes -= entry.bytes
    return entry
  }

  remove(requestId: string): Entry | undefined {
    const all = [...this]
    const at = all.findIndex((entry) => entry.requestId === requestId)
    const [removed] = at === -1 ? [] : all.splice(at, 1)
    if (removed === undefined) return undefined
    this.#slots = [...all, ...new Array<undefined>(this.#slots.length - all.length).fill(undefined)]
    this.#first = 0
    this.count--
    this.bytes -= removed.bytes
    return removed
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (let at = 0; at < this.count; at++) {
      const entry = this.#slots[(this.#first + at) % this.#slots.length]
      if (entry !== undefined) yield entry
    }
  }

  #grow(): void {
    const all = [...this]
    this.#slots = [...all, ...new Array<undefined>(Math.max(64, all.length)).fill(undefined)]
    this.#first = 0
  }
}
