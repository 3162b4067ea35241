/**
 * May this caller do what the request asks? Every S3 request comes here before its body is read, and handlers come back
 * for what only they know (sources of copies, keys of DeleteObjects). The root of the owning account, where no policy is
 * in its way, passes without any of the machinery.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html
 */
import type { AccessFacts, Principal, RoleQuestion } from '../context.ts'
import type { AwsError } from '../errors.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import { bucketOwnerActions } from '../policy/decide.ts'
import { overlay } from '../policy/context-source.ts'
import {
  anonymousRefusal,
  type RequiredAction,
  requiredActions,
  requiredBodyActions,
  requiredControlActions,
} from '../policy/require.ts'
import type { BucketRecord } from '../store/records.ts'
import type { Asked } from './asked.ts'
import { bucketPolicyOf } from './bucket-policies.ts'
import {
  directoryArnOf,
  directoryPairs,
  inDirectory,
  isReading,
  isSessionEnough,
  otherMode,
  sessionQuestion,
} from './directory.ts'
import { answer, type AuthorizationDeps, callerPolicies, isAllowed, type Question } from './decision.ts'
import type { CallerPolicies } from './identities.ts'
import type { Decided } from './journal.ts'
import { mentions } from './mentions.ts'
import { hasAcls } from './object-state.ts'
import {
  beganUpload,
  comesWithWrite,
  isBodyKey,
  isCopy,
  isRead,
  isWrite,
  keysInBody,
  listing,
  missingObject,
  tellsMissing,
} from './operations.ts'
import { checksAcl, hasAclInput } from './public-acls.ts'
import { effectiveBlock } from './public-access.ts'
import { queryQuestions } from './query-questions.ts'
import { refusal, refusePublicAcl, refuseUnpaid } from './refusals.ts'
import { mayBecome } from './role.ts'
import { denialOf, noteFurther, noteUse, settle, tolerates } from './settle.ts'

type BucketQuestion = Question & { bucket: BucketRecord }

/** Whether the head of a request was enough to decide. */
export type HeadOutcome = 'decided' | 'needsBody'

export class Authorizer {
  readonly #deps: AuthorizationDeps
  readonly facts: AccessFacts

  constructor(deps: AuthorizationDeps) {
    this.#deps = deps
    const { identities, accountBlock } = deps
    this.facts = {
      publicAccessBlock: async (bucket) => effectiveBlock(bucket, await accountBlock(bucket.ownerId)),
      resolvePrincipal: (type, value) => identities.resolve(type, value),
      uniqueIdOf: (arn) => identities.uniqueIdOf(arn),
    }
  }

  /** Decides what can be decided before the body is read. @throws AwsError AccessDenied */
  head(asked: Asked): MaybePromise<HeadOutcome> {
    const { principal, maybeBucket: bucket, operation } = asked
    if (!this.#isUnopposed(principal, bucket)) return this.#head(asked)
    if (bucket === undefined || (!hasAcls(bucket) && !checksAcl(operation, false))) return this.#pass(asked)
    if (checksAcl(operation, true) && hasAclInput(asked.input)) return this.#head(asked)
    return this.#headWithAcls(asked, bucket)
  }

  /** Decides what needed the body: conditions on it, roles it passes on, a public ACL in it. @throws AwsError AccessDenied */
  body(asked: Asked, outcome: HeadOutcome): MaybePromise<void> {
    const isOpen = outcome === 'needsBody' || checksAcl(asked.operation, false)
    const required = requiredBodyActions(asked.operation, asked.input)
    const directory = required.length === 0 ? undefined : directoryArnOf(asked)
    const further = directory === undefined ? required : inDirectory(required, directory)
    if (!isOpen && (further.length === 0 || this.#isUnopposed(asked.principal, asked.maybeBucket))) return undefined
    return this.#body(asked, outcome, further)
  }

  /** One further permission, asked by a handler. @throws AwsError AccessDenied */
  one(asked: Asked, question: BucketQuestion, keys?: Readonly<Record<string, string | undefined>>): MaybePromise<void> {
    const { action, bucket } = question
    if (this.#isUnopposed(asked.principal, bucket) && (!hasAcls(bucket) || bucketOwnerActions.has(action)))
      return undefined
    if (bucket.type === 'directory') return this.#oneInDirectory(asked, action, bucket)
    return this.#one(asked, keys === undefined ? question : { ...question, adjust: (base) => overlay(base, keys) })
  }

  /** Whether a caller who got what was asked for may know something more. */
  may(
    asked: Asked,
    action: string,
    resource: string,
    bucket: BucketRecord,
    versionId?: string | undefined,
  ): MaybePromise<boolean> {
    if (this.#isUnopposed(asked.principal, bucket) && !hasAcls(bucket)) return true
    const inGeneral: Question = { action, resource, bucket, versionId }
    return this.#may(asked, bucket.type === 'directory' ? sessionQuestion(bucket, 'ReadWrite') : inGeneral)
  }

  /** The permission of a call of S3 Control: about the account it names, or the bucket. @throws AwsError AccessDenied */
  async control(asked: Asked, accountId: string): Promise<void> {
    const { principal, maybeBucket: bucket, input, operation } = asked
    const isOwn = bucket !== undefined || principal.accountId === accountId
    if (isOwn && this.#isUnopposed(principal, bucket)) {
      this.#pass(asked)
      return
    }
    const caller = await callerPolicies(asked, this.#deps)
    const required = requiredControlActions(operation, input, { accountId })
    const directory = directoryArnOf(asked)
    for (const { action, resource } of directory === undefined ? required : inDirectory(required, directory)) {
      const question: Question = { action, resource, bucket, resourceAccount: accountId }
      const decided = await answer(asked, caller, question, this.#deps)
      settle(asked, decided, question, this.#deps)
    }
  }

  /** The permission of a call of IAM or STS. Calls without a signature carry their own proof. @throws AwsError AccessDenied */
  query(asked: Asked, service: 'iam' | 'sts'): MaybePromise<void> {
    const { principal } = asked
    if (this.#isUnopposed(principal, undefined)) this.#pass(asked)
    else if (principal.kind !== 'anonymous') return this.#query(asked, service)
    return undefined
  }

  /** Whether the caller may become a role; the handler has the words of the refusal. */
  role(asked: Asked, question: RoleQuestion): Promise<boolean> {
    return mayBecome(asked, question, this.#deps)
  }

  /**
   * The answer to a failed read: that something is missing is told only to those who may list the bucket.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html "Permissions"
   */
  async onFailure(asked: Asked, failure: AwsError): Promise<AwsError> {
    if (!tellsMissing.has(failure.code) || isWrite.has(asked.operation)) return failure
    const missing = await missingObject(asked)
    if (missing === undefined || this.#isUnopposed(asked.principal, missing.bucket)) return failure
    const { bucket, key } = missing
    // A session reads and lists.
    if (bucket.type === 'directory') return failure
    // A copy may also fail on a condition about its destination.
    if (isCopy.has(asked.operation) && failure.fields.Key !== key) return failure
    const caller = await callerPolicies(asked, this.#deps)
    const question = listing(bucket, key)
    const decided = await answer(asked, caller, question, this.#deps)
    const isListed = decided.verdict.decision === 'allowed'
    if (isListed && this.#isRecording) noteUse(asked, question, false, this.#deps)
    if (isListed) return failure
    if (failure.code === 'NoSuchVersion') {
      // Assumed: permission to list versions is as good, because it tells the same.
      const versions = await answer(asked, caller, { ...question, action: 's3:ListBucketVersions' }, this.#deps)
      if (versions.verdict.decision === 'allowed') return failure
    }
    decided.note = `What was asked for is not there (${failure.code}). Only who may list the bucket is told so.`
    if (tolerates(asked, decided, this.#deps)) {
      if (this.#isRecording) noteUse(asked, question, true, this.#deps)
      return failure
    }
    return denialOf(decided, { ...question, bucket: undefined })
  }

  #pass(asked: Asked): 'decided' {
    const { principal, maybeBucket: bucket, input } = asked
    asked.entry.pass({
      principal,
      bucket: bucket?.Name ?? (input.Bucket as string | undefined),
      key: input.Key as string | undefined,
      versionId: input.VersionId as string | undefined,
      directory: directoryArnOf(asked),
    })
    return 'decided'
  }

  /** Where ACLs are on, an object may be another account's: only its record tells. */
  async #headWithAcls(asked: Asked, bucket: BucketRecord): Promise<HeadOutcome> {
    const { Key, VersionId } = asked.input
    if (typeof Key !== 'string' || isWrite.has(asked.operation)) return this.#pass(asked)
    const { objects } = asked.store
    const version = VersionId as string | undefined
    const record = await (version === undefined ? objects.latest(bucket, Key) : objects.version(bucket, Key, version))
    return record === undefined || record.ownerId === bucket.ownerId ? this.#pass(asked) : this.#head(asked)
  }

  #head(asked: Asked): MaybePromise<HeadOutcome> {
    const { operation, principal } = asked
    if (isSessionEnough(asked)) return this.#pass(asked)
    if (principal.kind === 'anonymous') {
      const message = anonymousRefusal(operation)
      if (message !== undefined)
        throw refusal(
          asked,
          message,
          `no signature: anonymous callers may not call ${operation}, whatever policies say. Sign the request.`,
        )
    }
    const caller = callerPolicies(asked, this.#deps)
    return caller instanceof Promise ? caller.then((known) => this.#headOf(asked, known)) : this.#headOf(asked, caller)
  }

  #headOf(asked: Asked, caller: CallerPolicies): MaybePromise<HeadOutcome> {
    const { operation, maybeBucket: bucket } = asked
    if (keysInBody.has(operation) && mentions({ ...caller, resource: bucket && bucketPolicyOf(bucket) }, isBodyKey))
      return 'needsBody'
    const done = this.#operation(asked, caller)
    return done instanceof Promise ? done.then(() => 'decided') : 'decided'
  }

  async #body(asked: Asked, outcome: HeadOutcome, further: readonly RequiredAction[]): Promise<void> {
    const caller = await callerPolicies(asked, this.#deps)
    if (outcome === 'needsBody') await this.#operation(asked, caller)
    else await refusePublicAcl(asked, this.#deps)
    await this.#all(asked, caller, further)
  }

  async #query(asked: Asked, service: 'iam' | 'sts'): Promise<void> {
    const { accountId } = asked.principal
    const account = await asked.store.iam.account(accountId)
    const caller = await callerPolicies(asked, this.#deps)
    for (const question of queryQuestions(asked, service, account)) {
      settle(asked, await answer(asked, caller, question, this.#deps), question, this.#deps)
    }
  }

  /** All permissions of the operation, then what holds beside permissions. */
  #operation(asked: Asked, caller: CallerPolicies): MaybePromise<void> {
    const directory = directoryArnOf(asked)
    if (directory !== undefined) return this.#directory(asked, caller, directory)
    const began = beganUpload(asked)
    return began instanceof Promise
      ? began.then((isUploadInitiator) => this.#general(asked, caller, isUploadInitiator))
      : this.#general(asked, caller, began)
  }

  #general(asked: Asked, caller: CallerPolicies, isUploadInitiator: boolean): MaybePromise<void> {
    const facts = { region: asked.config.region, accountId: asked.principal.accountId, isUploadInitiator }
    // Forms are PutObject in all but their answer.
    const operation = asked.operation === 'PostObject' ? 'PutObject' : asked.operation
    const pairs = requiredActions(operation, asked.input, facts)
    // Sources of copies are asked for by their handlers, once they have found the bucket.
    const own = isCopy.has(operation) ? pairs.filter(({ isSource }) => isSource !== true) : pairs
    const done = this.#all(asked, caller, own)
    return done instanceof Promise ? done.then(() => this.#beside(asked)) : this.#beside(asked)
  }

  /** What holds beside permissions. */
  #beside(asked: Asked): MaybePromise<void> {
    const { maybeBucket: bucket } = asked
    if (bucket !== undefined) refuseUnpaid(asked, bucket, this.#deps)
    return refusePublicAcl(asked, this.#deps)
  }

  async #directory(asked: Asked, caller: CallerPolicies, arn: string): Promise<void> {
    const { operation, maybeBucket: bucket } = asked
    const pairs = directoryPairs(operation, arn)
    const other = otherMode(asked)
    const question = { ...pairs[0], bucket } as Question
    if (bucket === undefined || other === undefined || (await isAllowed(asked, caller, question, this.#deps))) {
      return this.#all(asked, caller, pairs)
    }
    return this.#one(asked, sessionQuestion(bucket, other))
  }

  /** The permission of a key of DeleteObjects, of the source of a copy: the session's, or that for one. */
  #oneInDirectory(asked: Asked, action: string, bucket: BucketRecord): MaybePromise<void> {
    if (asked.principal.zonal?.bucketId === bucket.id) return undefined
    const writing = sessionQuestion(bucket, 'ReadWrite')
    if (!isReading(action)) return this.#one(asked, writing)
    const reading = sessionQuestion(bucket, 'ReadOnly')
    return whenReady(this.#may(asked, reading), (mayRead) => this.#one(asked, mayRead ? reading : writing))
  }

  /** Each in turn; at once and without a closure, as long as all is allowed and nothing has to be waited for. */
  #all(asked: Asked, caller: CallerPolicies, pairs: readonly RequiredAction[], done = begin()): MaybePromise<void> {
    for (; done.count < pairs.length; done.count++) {
      const pair = pairs[done.count] as RequiredAction
      // Assumed: an anonymous write that an ACL allows may name ACL and tags, as uploads to public buckets always could
      // (s3-tests test_post_object_tags_anonymous_request).
      if (done.isByAcl && comesWithWrite.has(pair.action)) continue
      const question = questionOf(asked, pair)
      const decided = answer(asked, caller, question, this.#deps)
      if (decided instanceof Promise || decided.verdict.decision !== 'allowed') {
        return this.#slowly(asked, caller, pairs, done, question, decided)
      }
      this.#passed(asked, pair, done, question, decided)
    }
    // A request that is refused has used nothing.
    for (const [question, isSoft] of done.uses) noteUse(asked, question, isSoft, this.#deps)
    return undefined
  }

  async #slowly(
    asked: Asked,
    caller: CallerPolicies,
    pairs: readonly RequiredAction[],
    done: Progress,
    question: Question,
    answering: MaybePromise<Decided>,
  ): Promise<void> {
    const decided = await answering
    const isDenied = decided.verdict.decision !== 'allowed'
    const further = pairs.slice(done.count)
    const isExcused = isDenied && (await this.#letPass(asked, caller, further, question, decided)) === 'excused'
    if (!isExcused) this.#passed(asked, further[0] as RequiredAction, done, question, decided)
    done.count++
    return this.#all(asked, caller, pairs, done)
  }

  #passed(asked: Asked, pair: RequiredAction, done: Progress, question: Question, { verdict }: Decided): void {
    if (this.#isRecording && pair.isGranted !== true) done.uses.push([question, verdict.decision !== 'allowed'])
    if (asked.principal.kind === 'anonymous' && verdict.by === 'acl') done.isByAcl = true
  }

  /** What is not allowed, with what is asked after it: excused where the request may go on without it, let pass in soft mode, otherwise refused. */
  async #letPass(
    asked: Asked,
    caller: CallerPolicies,
    [pair, ...further]: readonly RequiredAction[],
    question: Question,
    decided: Decided,
  ): Promise<'excused' | 'tolerated'> {
    if (pair?.isGranted && decided.verdict.decision === 'implicitDeny') {
      decided.note = 'Who began an upload may end and list it, unless that is denied.'
      return 'excused'
    }
    if (await this.#mayHearOfAbsence(asked, caller, decided)) return 'excused'
    noteFurther(asked, decided, further)
    if (!tolerates(asked, decided, this.#deps)) throw denialOf(decided, question)
    return 'tolerated'
  }

  /**
   * Where ACLs are on, nothing can allow reading an object that is not there; who may list it may hear so.
   * Observed: s3-tests test_head_object_404_with_policy_prefix. Explicit denies stand.
   */
  async #mayHearOfAbsence(asked: Asked, caller: CallerPolicies, { request, verdict }: Decided): Promise<boolean> {
    const { maybeBucket: bucket, input } = asked
    if (bucket === undefined || request.policies.acls?.object !== 'missing') return false
    if (verdict.decision !== 'implicitDeny' || !isRead.has(request.action)) return false
    const decided = await answer(asked, caller, listing(bucket, String(input.Key)), this.#deps)
    decided.note = 'The object is not there. Nothing can allow reading it, but who may list it is told so.'
    return decided.verdict.decision === 'allowed'
  }

  async #one(asked: Asked, question: Question & { bucket: BucketRecord }): Promise<void> {
    const decided = await answer(asked, await callerPolicies(asked, this.#deps), question, this.#deps)
    settle(asked, decided, question, this.#deps)
    if (question.bucket !== asked.maybeBucket) refuseUnpaid(asked, question.bucket, this.#deps)
  }

  async #may(asked: Asked, question: Question): Promise<boolean> {
    return isAllowed(asked, await callerPolicies(asked, this.#deps), question, this.#deps)
  }

  get #isRecording(): boolean {
    return this.#deps.recorder?.isOn === true
  }

  /** Whether the machinery can be left out. What it would find out is wanted while recording. */
  #isUnopposed(principal: Principal, bucket: BucketRecord | undefined): boolean {
    return isUnopposed(principal, bucket) && !this.#isRecording
  }
}

/** How far the permissions of a request have been asked for. */
interface Progress {
  count: number
  isByAcl: boolean
  readonly uses: [question: Question, isSoft: boolean][]
}

const begin = (): Progress => ({ count: 0, isByAcl: false, uses: [] })

/** What a permission asks: S3's is about the addressed bucket, another service's about the caller's account. */
function questionOf(asked: Asked, { action, resource }: RequiredAction): Question {
  const { maybeBucket: bucket, operation, principal, input } = asked
  if (!action.startsWith('s3:') && !action.startsWith('s3express:')) {
    return { action, resource, bucket: undefined, resourceAccount: principal.accountId }
  }
  const isNewObject = isWrite.has(operation) || isCopy.has(operation)
  return { action, resource, bucket, versionId: input.VersionId as string | undefined, isNewObject }
}

/** The owner's root without a policy in its way: only the owner of an object, where ACLs are on, may still oppose. */
function isUnopposed(principal: Principal, bucket: BucketRecord | undefined): boolean {
  if (principal.kind !== 'root' || principal.session?.by === 'AssumeRoot') return false
  if (bucket === undefined) return true
  return bucket.ownerId === principal.accountId && bucket.documents.policy === undefined
}
