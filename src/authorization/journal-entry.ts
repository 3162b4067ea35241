/** One request in the journal: what was decided about it, and how it was answered. */
import type { ProxyHints } from '../auth/proxy-hints.ts'
import type { Principal } from '../context.ts'
import type { AwsError } from '../errors.ts'
import { nameMap } from '../lib/name-map.ts'
import type { Decided, Unquestioned } from './journal.ts'
import { sizeOf } from './snapshot.ts'

/** Of one request: DeleteObjects decides once for each of its keys. */
const decisionsPerRequest = 16
/** Longer texts of errors are cut. */
const maxFieldChars = 1024
/** What an entry takes beside its texts, and each decision in it; estimates, in bytes. */
const entryBytes = 512
const decisionBytes = 384
/** Elements of errors that are told as the signature, or hold a token. */
const leftOut = /^(?:Token-\d|StringToSign|SignatureProvided|CanonicalRequest)/

/** An error as the caller saw it; it may have other reasons than permissions. */
export interface AnsweredError {
  readonly code: string
  readonly message: string
  /** Its further elements, without secrets. */
  readonly fields: Readonly<Record<string, string>>
  /** What the answer does not tell. */
  readonly reason?: string | undefined
  /** It says that nobody knows who asked. */
  readonly isAuthentication: boolean
}

/** What a failed signature was compared with. */
export interface SignatureFailure {
  readonly accessKeyId: string
  readonly signature: string
  readonly stringToSign: string
  /** Empty for SigV2, forms and chunks, which have none. */
  readonly canonicalRequest: string
  readonly isForm?: boolean | undefined
  /** Of a form signed with SigV4: the scope of its credential. */
  readonly formScope?: string | undefined
  /** What a proxy told of the request it received. */
  readonly proxy?: ProxyHints | undefined
}

/** What is known of a request when it has been answered. */
export interface Ended {
  readonly atMs: number
  readonly operation: string
  readonly method: string
  /** Raw, without the query. */
  readonly path: string
  readonly hostBucket: string | undefined
  readonly status: number
  /** Who asked: an ARN, `anonymous`, or `unverified` and the key that a request claims. */
  readonly by: string
  /** From the head of the request to its answer. */
  readonly us: number
  /** How many characters of text the path may hold on to beside itself. */
  readonly queryChars: number
}

/**
 * Entries are filled again and again: objects that live for thousands of requests and die then are the dearest garbage
 * there is, so as little as possible is made for each.
 */
export class Entry implements Ended {
  requestId = ''
  atMs = 0
  operation = ''
  method = ''
  path = ''
  hostBucket: string | undefined
  status = 0
  by = ''
  us = 0
  queryChars = 0
  /** What it counts for in the journal, in bytes; an estimate. */
  bytes = 0
  /** The root that nothing had to be decided about, and what it asked for. */
  root: Principal | undefined
  bucket: string | undefined
  key: string | undefined
  versionId: string | undefined
  /** ARN of the bucket, where it is a directory bucket. */
  directory: string | undefined
  /** Further decisions of the request that were not kept. */
  dropped = 0
  /** Refused for another reason than policies; what it is called, a colon, and a sentence. */
  refusal: string | undefined
  /** Soft mode let it pass all the same. */
  isTolerated = false
  /** The error that was answered. */
  error: AnsweredError | undefined
  /** Where a signature was compared. */
  signature: SignatureFailure | undefined
  /** Of a form with temporary credentials: its session token, to find the secret with. Never told. */
  token: string | undefined
  /** Nearly all have one. */
  #first: Decided | undefined
  #further: Decided[] | undefined

  /** Forgets what was there. */
  begin(requestId: string): void {
    this.requestId = requestId
    this.root = undefined
    this.bucket = undefined
    this.key = undefined
    this.versionId = undefined
    this.directory = undefined
    this.dropped = 0
    this.refusal = undefined
    this.isTolerated = false
    this.error = undefined
    this.signature = undefined
    this.token = undefined
    this.#first = undefined
    this.#further = undefined
  }

  /** Nothing had to be decided. */
  pass(unquestioned: Unquestioned): void {
    this.root = unquestioned.principal
    this.bucket = unquestioned.bucket
    this.key = unquestioned.key
    this.versionId = unquestioned.versionId
    this.directory = unquestioned.directory
  }

  refuse(refusal: string, isTolerated = false): void {
    this.refusal = refusal
    this.isTolerated = isTolerated
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

  /** Whether it was answered with an error, be it in a document that began with 200. */
  get isFailure(): boolean {
    return this.status >= 400 || this.error !== undefined
  }

  /** Of a refusal, a few words: for the log. */
  get refusedBecause(): string | undefined {
    const reason = this.error?.reason ?? (this.isTolerated ? undefined : this.refusal)
    if (reason !== undefined) return reason.split(':', 1)[0]
    const denied = this.decisions.find(({ effect }) => effect === 'denied')?.verdict
    if (denied === undefined) return undefined
    if (denied.by === 'publicAccessBlock') return 'RestrictPublicBuckets'
    const what = denied.decision === 'explicitDeny' ? 'Deny' : 'no Allow'
    return denied.by === 'boundary' || denied.by === 'session' ? `${what} in ${denied.by}` : what
  }

  fail({ code, message, fields, reason }: AwsError, isAuthentication: boolean): void {
    const kept = nameMap<string>()
    for (const name of Object.keys(fields)) {
      const value = fields[name]
      if (value !== undefined && !leftOut.test(name)) kept[name] = String(value).slice(0, maxFieldChars)
    }
    const cut = (text: string) => (text.length > maxFieldChars ? text.slice(0, maxFieldChars) : text)
    this.error = { code, message: cut(message), fields: kept, reason: reason && cut(reason), isAuthentication }
  }

  /** Notes the answer; the entry is complete with it, but for what fails later. */
  end(ended: Ended): void {
    this.atMs = ended.atMs
    this.operation = ended.operation
    this.method = ended.method
    this.path = ended.path
    this.hostBucket = ended.hostBucket
    this.status = ended.status
    this.by = ended.by
    this.us = ended.us
    this.queryChars = ended.queryChars
    if (this.isFailure) this.#detach()
    this.bytes = this.#size()
  }

  /** Failures are kept long: their texts may not hold on to the larger ones that they were cut from. */
  #detach(): void {
    this.requestId = copied(this.requestId)
    this.path = copied(this.path)
    this.queryChars = 0
    if (this.key !== undefined) this.key = copied(this.key)
  }

  #size(): number {
    let bytes = entryBytes + this.path.length + this.queryChars
    if (this.key !== undefined) bytes += this.key.length * 2
    if (this.#first !== undefined) bytes += bytesOf(this.#first)
    if (this.#further !== undefined) for (const decided of this.#further) bytes += bytesOf(decided)
    if (this.error !== undefined) {
      bytes += this.error.message.length * 2
      for (const value of Object.values(this.error.fields)) bytes += value.length * 2
    }
    const { signature, token = '' } = this
    if (signature !== undefined) {
      bytes += signature.canonicalRequest.length + signature.stringToSign.length
      if (signature.proxy !== undefined) bytes += JSON.stringify(signature.proxy).length
    }
    return bytes + token.length
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

/** Policies are shared by many; what a decision alone holds is its resource, its context and the caller. */
function bytesOf({ request: { resource, context, principal } }: Decided): number {
  return decisionBytes + resource.length * 2 + principal.arn.length + sizeOf(context)
}

/** The same text without a larger one behind it. */
const copied = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le')
