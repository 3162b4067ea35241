/** One request in the journal. */
import type { Principal } from '../context.ts'
import type { AnsweredError, Decided } from './journal.ts'

/** Of one request: DeleteObjects decides once for each of its keys. */
const decisionsPerRequest = 16

/**
 * Entries are filled again and again: objects that live for thousands of requests and die then are the dearest garbage
 * there is, so as little as possible is made for each.
 */
export class Entry {
  requestId = ''
  atMs = 0
  operation = ''
  /** The root that nothing had to be decided about, and what it asked for. */
  root: Principal | undefined
  bucket: string | undefined
  key: string | undefined
  versionId: string | undefined
  /** ARN of the bucket, where it is a directory bucket. */
  directory: string | undefined
  /** Further decisions of the request that were not kept. */
  dropped = 0
  /** Refused for another reason than policies: Block Public Access, requester pays, no anonymous callers. */
  refusal: string | undefined
  /** Soft mode let it pass all the same. */
  isTolerated = false
  /** The error that was answered. */
  answer: AnsweredError | undefined
  /** Nearly all have one. */
  #first: Decided | undefined
  #further: Decided[] | undefined

  /** Forgets what was there. */
  begin(requestId: string, atMs: number, operation: string): void {
    this.requestId = requestId
    this.atMs = atMs
    this.operation = operation
    this.root = undefined
    this.bucket = undefined
    this.key = undefined
    this.versionId = undefined
    this.directory = undefined
    this.dropped = 0
    this.refusal = undefined
    this.isTolerated = false
    this.answer = undefined
    this.#first = undefined
    this.#further = undefined
  }

  /** Adds a decision; of too many, refusals are kept. */
  add(decided: Decided): void {
    if (this.#first === undefined) this.#first = decided
    else if (this.#further === undefined) this.#further = [decided]
    else if (this.#further.length < decisionsPerRequest - 1) this.#further.push(decided)
    else {
      this.dropped++
      if (!isAllowed(decided)) this.#replace(decided)
    }
  }

  /** In order, as far as they were kept. */
  get decisions(): Decided[] {
    return this.#first === undefined ? [] : [this.#first, ...(this.#further ?? [])]
  }

  /** People ask why something was refused: that takes the place of something that was not. */
  #replace(refused: Decided): void {
    if (this.#first !== undefined && isAllowed(this.#first)) {
      this.#first = refused
      return
    }
    const at = this.#further?.findIndex(isAllowed) ?? -1
    if (at !== -1 && this.#further !== undefined) this.#further[at] = refused
  }
}

const isAllowed = ({ verdict }: Decided): boolean => verdict.decision === 'allowed'
