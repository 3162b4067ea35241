/** One request on its way: what the steps of the pipeline find out about it, and the `Ctx` its handler gets. */
import type { Accounts } from './accounts.ts'
import { anonymousPrincipal } from './auth/keys.ts'
import type { Authorizer } from './authorization/authorize.ts'
import type { Entry } from './authorization/journal-entry.ts'
import type { Journal } from './authorization/journal.ts'
import type { Config } from './config/config.ts'
import type { AccessFacts, Account, AuthInfo, Ctx, Log, PostedForm, Principal, RoleQuestion } from './context.ts'
import type { RequestBody } from './http/request-body.ts'
import { header, type WireRequest } from './http/wire.ts'
import type { Clock } from './lib/clock.ts'
import type { Ids } from './lib/ids.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import type { BucketRecord } from './store/records.ts'
import type { Store } from './store/store.ts'

/** What lives as long as the server. */
export interface CallDeps {
  readonly config: Config
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly accounts: Accounts
  readonly authorizer: Authorizer
  readonly journal: Journal
}

const noAuth: AuthInfo = { authType: undefined, signatureVersion: undefined }

/** A request in flight. Steps fill it in order; reading what no step has set is a programming error and throws. */
export class Call implements Ctx {
  readonly #deps: CallDeps
  /** As received; headers that a presigner moved into the query are back once it is authenticated. */
  request: WireRequest
  readonly requestId: string
  /** What explanations and the log of requests will know of it. */
  readonly entry: Entry
  /** Operation name once matched, for the log. */
  operation = ''
  /** Members as in the model; those of a document once it has been read. Of a form, what it asks of PutObject. */
  input: Readonly<Record<string, unknown>> = {}
  principal: Principal = anonymousPrincipal
  auth: AuthInfo = noAuth
  /** The name of this server that made the signature right where the received Host did not. */
  hostAlias: string | undefined
  /** The bucket that the Host names, for the log. */
  hostBucket: string | undefined
  form: PostedForm | undefined
  /** The Version of a form that is for neither IAM nor STS. */
  otherFormVersion: string | undefined
  /** Of a request with an Origin: the bucket whose CORS rules count. */
  corsBucket: BucketRecord | undefined
  /** CORS is open to the request's Origin where the bucket has no rules. */
  isOpenToOrigin = false
  #bucket: BucketRecord | undefined
  #body: RequestBody | undefined

  constructor(deps: CallDeps, request: WireRequest) {
    this.#deps = deps
    this.request = request
    this.requestId = deps.ids.requestId()
    this.entry = deps.journal.begin(this.requestId)
  }

  get config(): Config {
    return this.#deps.config
  }
  get store(): Store {
    return this.#deps.store
  }
  get clock(): Clock {
    return this.#deps.clock
  }
  get ids(): Ids {
    return this.#deps.ids
  }
  get log(): Log {
    return this.#deps.log
  }
  get authorizer(): Authorizer {
    return this.#deps.authorizer
  }
  get bucket(): BucketRecord {
    if (this.#bucket === undefined) throw new Error(`${this.operation} addresses no bucket`)
    return this.#bucket
  }
  set bucket(bucket: BucketRecord) {
    this.#bucket = bucket
  }
  /** The addressed bucket where the operation has one. */
  get maybeBucket(): BucketRecord | undefined {
    return this.#bucket
  }
  get body(): RequestBody {
    if (this.#body === undefined) throw new Error(`${this.operation} has no streaming body`)
    return this.#body
  }
  set body(body: RequestBody) {
    this.#body = body
  }
  get baseUrl(): string {
    return `${this.request.isTls ? 'https' : 'http'}://${header(this.request, 'host') ?? this.config.host}`
  }

  account(id: string): Account | undefined {
    return this.#deps.accounts.find(id)
  }

  get access(): AccessFacts {
    return this.#deps.authorizer.facts
  }

  mayBecome(question: RoleQuestion): Promise<boolean> {
    return this.#deps.authorizer.role(this, question)
  }

  authorize(
    action: string,
    resource: string,
    bucket: BucketRecord,
    versionId?: string,
    keys?: Readonly<Record<string, string | undefined>>,
  ): MaybePromise<void> {
    return this.#deps.authorizer.one(this, { action, resource, bucket, versionId }, keys)
  }

  may(action: string, resource: string, bucket: BucketRecord, versionId?: string): MaybePromise<boolean> {
    return this.#deps.authorizer.may(this, action, resource, bucket, versionId)
  }
}
