/**
 * The one path of every request: address, match, authenticate, screen, bind, authorize, read body, execute, write.
 * Nothing here knows Koa or a socket; the one try/catch of the server is in `handle`. A denied caller never costs a
 * parsed or even received body: permission comes before `readPayload`.
 */
import type { Addresser, Target } from './address.ts'
import { type AuthDeps, type Authenticated, authenticate } from './auth/authenticate.ts'
import { isAuthenticationFault } from './auth/faults.ts'
import { openBody } from './auth/open-body.ts'
import { noteSignature } from './authorization/failures.ts'
import type { Journal } from './authorization/journal.ts'
import type { Entry } from './authorization/journal-entry.ts'
import { isCharged } from './authorization/requester-pays.ts'
import { Call, type CallDeps } from './call.ts'
import { handleControlCall } from './control-pipeline.ts'
import type { Principal } from './context.ts'
import { AwsError, error, notImplemented } from './errors.ts'
import { addExplanation } from './explain.ts'
import { collectBody } from './http/body.ts'
import type { KnownHosts } from './http/known-hosts.ts'
import { notServed, otherServiceOf, writeNotServed } from './other-services.ts'
import { header, type WireRequest, type WireResponse } from './http/wire.ts'
import { noteKeyUse } from './key-use.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import { whenReady } from './lib/when-ready.ts'
import { answerInTime, mayAnswerLate, type Pace } from './late-answer.ts'
import type { S3Handlers } from './model/s3.types.gen.ts'
import { verifyPayloadDigest } from './payload-digest.ts'
import { checkQuery, matchS3, type Plan, writeError } from './protocol/index.ts'
import { acceptForm } from './post-pipeline.ts'
import { handleQueryCall, isQueryCall, namedService, type QueryHandlers, type QueryService } from './query-pipeline.ts'
import { checkAccelerated } from './s3/accelerate.ts'
import { addCorsHeaders, preflight } from './s3/cors.ts'
import { notImplemented as s3Reasons } from './s3/not-implemented.ts'
import { checkExpectedOwner } from './s3/lib/expected-owner.ts'
import type { RequestMetrics } from './request-metrics.ts'
import { screen } from './screen.ts'
import { StoreError } from './store/store-error.ts'
import { screenOrigin } from './strangers.ts'
import { screenBucketKind } from './zonal.ts'

export interface PipelineDeps extends CallDeps {
  readonly addresser: Addresser
  readonly auth: AuthDeps
  readonly s3: Partial<S3Handlers>
  readonly query: QueryHandlers
  readonly knownHosts: KnownHosts
  readonly metrics: RequestMetrics
  /** How long a client may stay silent in the middle of its body, in ms. */
  readonly bodyIdleMs?: number | undefined
  /** When answers begin before their work is done. */
  readonly latePace: Pace
}

export type Handle = (request: WireRequest) => Promise<WireResponse>

/** Builds the request path. The result never throws. */
export function createPipeline(deps: PipelineDeps): Handle {
  return async function handle(request) {
    const startedMs = performance.now()
    deps.metrics.begin()
    const call = new Call(deps, request)
    const hostId = deps.ids.hostId()
    let service: 's3' | 's3control' | QueryService = 's3'
    let response: WireResponse
    let failure: AwsError | undefined
    try {
      const addressed = deps.addresser.address(request)
      // Here and below: what is there at once is not waited for, which would cost a small request its share.
      const target = addressed instanceof Promise ? await addressed : addressed
      if (target.style === 'virtual-host') call.hostBucket = target.bucket
      const isQuery = isQueryCall(request, target)
      if (isQuery) service = namedService(request, target) ?? service
      const screened = screenOrigin(call, target, isQuery, deps.knownHosts)
      if (screened !== undefined) await screened
      if (isQuery) {
        response = await handleQueryCall(call, target, deps, (found) => {
          service = found
        })
      } else if (target.service === 's3control') {
        service = 's3control'
        response = await handleControlCall(call, target, deps)
      } else response = await handleS3(call, target, deps, hostId)
    } catch (cause) {
      const other = otherServiceOf(request, call.otherFormVersion)
      failure = other === undefined ? toAwsError(cause, call) : notServed(other)
      noteFailure(call, failure)
      const isHead = request.method === 'HEAD'
      const accept = header(request, 'accept')
      response =
        other === undefined
          ? writeError(failure, { service, requestId: call.requestId, hostId, isHead, accept })
          : writeNotServed(other, request, failure, call.requestId)
    }
    response.headers['x-amz-request-id'] = call.requestId
    response.headers['x-amz-id-2'] = hostId
    response.headers.Server = 'AmazonS3'
    // Names the alias that made a presigned URL of another host valid here.
    if (call.hostAlias !== undefined) response.headers['x-sandbucket-host-alias'] = call.hostAlias
    if (request.method !== 'OPTIONS') addCorsHeaders(request, response, call.corsBucket, call.isOpenToOrigin)
    const us = Math.round((performance.now() - startedMs) * 1000)
    deps.metrics.end(service, call.operation, response.status, us)
    logRequest(call, response, failure, us)
    // What is answered late may fail late.
    if (response.until === undefined) {
      noteEnd(call, call.entry, response, us, deps.journal)
      const { body } = response
      if (typeof body === 'object' && !(body instanceof Uint8Array)) {
        body.once('error', (cause) => noteCut(cause, call, response, us, deps.journal))
      }
    } else void response.until.then(() => noteEnd(call, call.entry, response, us, deps.journal))
    if (request.headers['x-sandbucket-explain'] !== undefined) await addExplanation(call, response)
    return response
  }
}

type AnyHandler = (input: Record<string, unknown>, call: Call) => object | Promise<object>

async function handleS3(call: Call, target: Target, deps: PipelineDeps, hostId: string): Promise<WireResponse> {
  const { request } = call
  if (target.surface === 'website') throw notImplemented('The website endpoint', s3Reasons.PutBucketWebsite)
  if (request.method === 'OPTIONS') return answerPreflight(call, target)
  const { query } = target
  const plan = matchS3(request.method, target.level, query, request.headers)
  call.operation = plan.name
  const authenticated = plan.bodyKind === 'form' ? undefined : await identify(call, target, deps.auth)
  const handler = deps.s3[plan.name] as AnyHandler | undefined
  if (handler === undefined) throw notImplemented(plan.name, (s3Reasons as Readonly<Record<string, string>>)[plan.name])
  screen(request, plan, authenticated?.payload)
  checkQuery(plan, query)
  if (authenticated === undefined) await acceptForm(call, target, deps)
  const { headers, rawHeaders } = call.request
  const input = plan.bind({ bucket: target.bucket, key: target.key, query, headers, rawHeaders })
  call.input = call.form === undefined ? input : { ...call.form.put }
  const finding = plan.name === 'CreateBucket' ? undefined : findBucket(call, target.bucket)
  if (finding !== undefined) await finding
  if (target.isAccelerated) checkAccelerated(target.style, call.maybeBucket)
  screenBucketKind(call)
  const outcome = await call.authorizer.head(call)
  if (authenticated !== undefined) {
    const idleTimeoutMs = deps.bodyIdleMs
    if (plan.bodyKind === 'blob') call.body = openBody(request, authenticated, { lengthRequired: true, idleTimeoutMs })
    else if (plan.bodyKind !== 'none') {
      await readPayload(call, plan, input, authenticated, idleTimeoutMs)
      await call.authorizer.body(call, outcome)
    }
  }
  const response = mayAnswerLate(plan.name)
    ? await answerInTime(
        written(call, handler, input, plan),
        (cause) => lateFailure(cause, call, hostId),
        deps.latePace,
      )
    : await written(call, handler, input, plan)
  if (isCharged(call.maybeBucket, call.principal)) response.headers['x-amz-request-charged'] = 'requester'
  return response
}

/** The handler's result as an answer. */
async function written(
  call: Call,
  handler: AnyHandler,
  input: Record<string, unknown>,
  plan: Plan,
): Promise<WireResponse> {
  try {
    return plan.write(await handler(input, call), { isHead: call.request.method === 'HEAD' })
  } catch (cause) {
    // What is missing is told only to those who may know.
    throw cause instanceof AwsError ? await call.authorizer.onFailure(call, cause) : cause
  }
}

/** The document of an error whose answer has begun with 200. */
function lateFailure(cause: unknown, call: Call, hostId: string): WireResponse {
  const failure = toAwsError(cause, call)
  noteFailure(call, failure)
  call.log.info({ id: call.requestId, op: call.operation, code: failure.code }, 'failed after its answer had begun')
  return writeError(failure, { service: 's3', requestId: call.requestId, hostId, isHead: false })
}

/** Notes on the call who makes it. */
function identify(call: Call, target: Target, auth: AuthDeps): MaybePromise<Authenticated> {
  return whenReady(authenticate(call.request, target, auth), (authenticated) => {
    call.principal = authenticated.principal
    const { auth: how, signedAtMs } = authenticated
    call.auth = how.authType === 'REST-QUERY-STRING' ? { ...how, signedAtMs } : how
    call.hostAlias = authenticated.hostAlias
    noteKeyUse(call.store.iam, call.principal, call.auth, 's3', call.clock.now())
    const { movedHeaders } = authenticated
    // Presigners move headers into the query; from here on they are headers again.
    if (movedHeaders !== undefined)
      call.request = { ...call.request, headers: { ...call.request.headers, ...movedHeaders } }
    return authenticated
  })
}

function answerPreflight(call: Call, target: Target): WireResponse {
  call.operation = 'OPTIONS'
  const level = target.level === 'object' ? 'OBJECT' : 'BUCKET'
  return preflight(call.request, call.corsBucket, level, call.isOpenToOrigin)
}

/** Reads a document or text whole, verifies it and adds its members to the input. */
async function readPayload(
  call: Call,
  plan: Plan,
  input: Record<string, unknown>,
  authenticated: Authenticated,
  idleTimeoutMs: number | undefined,
): Promise<void> {
  const body = openBody(call.request, authenticated, { lengthRequired: false, idleTimeoutMs })
  const bytes = await collectBody(body, plan.maxPayloadBytes, 'MaxMessageLengthExceeded')
  await verifyPayloadDigest(call.request, body, bytes, plan)
  plan.parsePayload(input, bytes)
}

/** The addressed bucket must exist, and belong to whom the caller expects, before its permissions can be asked. */
function findBucket(call: Call, name: string | undefined): MaybePromise<void> {
  if (name === undefined) return
  return whenReady(call.store.buckets.get(name), (bucket) => {
    if (bucket === undefined) throw error('NoSuchBucket', { BucketName: name })
    call.bucket = bucket
    checkExpectedOwner(bucket, header(call.request, 'x-amz-expected-bucket-owner'))
  })
}

function toAwsError(cause: unknown, call: Call): AwsError {
  if (cause instanceof AwsError) {
    // One without a cause is AWS's own answer to a request (CreateBucket with a tag twice), nothing of ours has failed.
    if (cause.status >= 500 && cause.cause !== undefined)
      call.log.error({ id: call.requestId, err: cause.cause }, cause.code)
    return cause
  }
  if (cause instanceof StoreError && cause.code === 'NO_SPACE') {
    call.log.error({ id: call.requestId, operation: call.operation, err: cause }, 'the disk is full')
    // Assumed: AWS's disks are never full; its clients try again after this one, and the disk may have been cleared.
    return error('ServiceUnavailable', {}, { cause })
  }
  if (cause instanceof StoreError && cause.code === 'CORRUPT') {
    call.log.error({ id: call.requestId, operation: call.operation }, cause.message)
    return error('InternalError', {}, { cause, reason: damageReason })
  }
  call.log.error({ id: call.requestId, operation: call.operation, err: cause }, 'internal error')
  return error('InternalError', {}, { cause })
}

/** Keeps what explanations need of an error. */
function noteFailure({ entry }: Call, failure: AwsError): void {
  // One with a reason was thrown about somebody who is known.
  const isAuthentication = failure.reason === undefined && isAuthenticationFault(failure)
  entry.fail(failure, isAuthentication)
  if (isAuthentication) noteSignature(entry, failure)
}

/** Keeps the answer. */
function noteEnd(call: Call, entry: Entry, { status }: WireResponse, us: number, journal: Journal): void {
  const { request, operation, hostBucket } = call
  const { method, rawPath: path, rawQuery } = request
  const by = nameOfCaller(call.principal, entry)
  const atMs = call.clock.now()
  journal.end(entry, { atMs, operation, method, path, hostBucket, status, by, us, queryChars: rawQuery.length })
}

/** For explanations: a few words, a colon, and a sentence. */
const damageReason = 'damaged: what is stored is damaged. Stop the server and run: sandbucket check'

/** The answer has begun: the edge cuts the connection. The log and explanations say why. */
function noteCut(cause: Error, call: Call, response: WireResponse, us: number, journal: Journal): void {
  // A client that leaves is an error of the body, too.
  if (!(cause instanceof StoreError)) return
  const { requestId, maybeBucket, input, log } = call
  const { Key, VersionId } = input
  const version = VersionId === undefined ? '' : ` (version ${VersionId})`
  const name = `${maybeBucket?.Name}/${Key}${version}`.replaceAll(/\p{Cc}/gu, '?')
  const isDamaged = cause.code === 'CORRUPT'
  const what = `${name} ${isDamaged ? 'is damaged' : 'cannot be read'}: the download was cut off`
  if (isDamaged) log.error({ id: requestId }, `${what}. Stop the server and run: sandbucket check`)
  else log.error({ id: requestId, cause: cause.message }, what)
  // Of a download that took long, the journal may have forgotten the request: its entry belongs to another one by now.
  const entry = journal.takeBack(requestId) ?? journal.begin(requestId)
  const reason = isDamaged ? damageReason : `unreadable: ${cause.message}`
  entry.fail(error('InternalError', {}, { message: `${what}.`, reason }), false)
  noteEnd(call, entry, response, us, journal)
}

/** An ARN, `anonymous`, or what a request that could not be authenticated claims. */
function nameOfCaller(principal: Principal, { error: failure }: Entry): string {
  if (failure?.isAuthentication !== true) return principal.arn || principal.kind
  const { AWSAccessKeyId: key } = failure.fields
  return key === undefined ? 'unverified' : `unverified ${key}`
}

function logRequest(call: Call, response: WireResponse, failure: AwsError | undefined, us: number): void {
  call.log.info(
    {
      id: call.requestId,
      op: call.operation,
      method: call.request.method,
      path: call.request.rawPath,
      hostBucket: call.hostBucket,
      status: response.status,
      code: failure?.code,
      by: nameOfCaller(call.principal, call.entry),
      hostAlias: call.hostAlias,
      us,
      why: response.status === 403 ? call.entry.refusedBecause : undefined,
    },
    'request',
  )
}
