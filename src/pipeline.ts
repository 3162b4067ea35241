/**
 * The one path of every request: address, match, screen, authenticate, bind, authorize, read body, execute, write.
 * Nothing here knows Koa or a socket; the one try/catch of the server is in `handle`. A denied caller never costs a
 * parsed or even received body: permission comes before `readPayload`.
 */
import type { Addresser, Target } from './address.ts'
import type { Authenticator } from './auth/authenticate.ts'
import { authorize } from './authorize.ts'
import { Call, type CallDeps } from './call.ts'
import { AwsError, error } from './errors.ts'
import { collectBody } from './http/body.ts'
import { header, type WireRequest, type WireResponse } from './http/wire.ts'
import { matchS3 } from './model/match.ts'
import type { Plan } from './model/plan.ts'
import { verifyPayloadDigest } from './payload-digest.ts'
import { writeError } from './protocol/error-xml.ts'
import { parseQuery, type Query } from './protocol/query-string.ts'
import { handleQueryCall, isQueryCall, type QueryHandlers } from './query-pipeline.ts'
import type { S3Handlers } from './model/s3.types.gen.ts'
import { screen } from './screen.ts'

export interface PipelineDeps extends CallDeps {
  readonly addresser: Addresser
  readonly authenticator: Authenticator
  readonly s3: Partial<S3Handlers>
  readonly query: QueryHandlers
}

export type Handle = (request: WireRequest) => Promise<WireResponse>

/** Builds the request path. The result never throws. */
export function createPipeline(deps: PipelineDeps): Handle {
  return async function handle(request) {
    const startedNs = process.hrtime.bigint()
    const call = new Call(deps, request)
    let response: WireResponse
    let failure: AwsError | undefined
    let service: Target['service'] = 's3'
    try {
      const target = await deps.addresser.address(request)
      const query = parseQuery(request.rawQuery)
      if (isQueryCall(request, target)) {
        service = target.service === 's3' ? 'iam' : target.service
        response = await handleQueryCall(call, target, deps)
      } else {
        response = await handleS3(call, target, query, deps)
      }
    } catch (cause) {
      failure = toAwsError(cause, call)
      response = writeError(failure, {
        service,
        requestId: call.requestId,
        hostId: deps.ids.hostId(),
        isHead: request.method === 'HEAD',
      })
    }
    response.headers['x-amz-request-id'] = call.requestId
    response.headers['x-amz-id-2'] ??= deps.ids.hostId()
    response.headers.Server = 'AmazonS3'
    logRequest(call, response, failure, startedNs)
    return response
  }
}

async function handleS3(call: Call, target: Target, query: Query, deps: PipelineDeps): Promise<WireResponse> {
  const { request } = call
  const plan = matchS3(request.method, target.level, query, request.headers)
  call.operation = plan.name
  screen(request, plan)
  const authenticated = await deps.authenticator.authenticate(request, 's3')
  call.principal = authenticated.principal
  call.auth = authenticated.auth
  const input = plan.bind({ bucket: target.bucket, key: target.key, query, headers: request.headers })
  await findBucket(call, plan, target, header(request, 'x-amz-expected-bucket-owner'))
  authorize(call.principal, call.maybeBucket)
  const handler = deps.s3[plan.name as keyof S3Handlers] as
    | ((input: unknown, call: Call) => object | Promise<object>)
    | undefined
  if (handler === undefined) throw notImplemented(plan.name)
  if (plan.bodyKind === 'blob')
    call.body = deps.authenticator.openBody(request, authenticated, { lengthRequired: true })
  else if (plan.bodyKind !== 'none') {
    const body = deps.authenticator.openBody(request, authenticated, { lengthRequired: false })
    const bytes = await collectBody(body, plan.maxPayloadBytes, 'MaxMessageLengthExceeded')
    await verifyPayloadDigest(request, bytes, plan)
    plan.parsePayload(input, bytes)
  }
  return plan.write((await handler(input, call)) as never, { isHead: request.method === 'HEAD' })
}

/** The addressed bucket must exist, and belong to whom the caller expects, before its permissions can be asked. */
async function findBucket(call: Call, plan: Plan, target: Target, expectedOwner: string | undefined): Promise<void> {
  if (target.bucket === undefined || plan.name === 'CreateBucket') return
  const bucket = await call.store.buckets.get(target.bucket)
  if (bucket === undefined) throw error('NoSuchBucket', { BucketName: target.bucket })
  call.bucket = bucket
  if (expectedOwner === undefined || expectedOwner === bucket.ownerId) return
  throw /^\d{12}$/.test(expectedOwner) ? error('AccessDenied') : error('InvalidBucketOwnerAWSAccountID')
}

/** The honest answer for an operation of the model that has no handler yet. */
export function notImplemented(operation: string): AwsError {
  return error(
    'NotImplemented',
    { Operation: operation },
    { message: `${operation} is not implemented by Sandbucket yet. See /_sandbucket/coverage for what is.` },
  )
}

function toAwsError(cause: unknown, call: Call): AwsError {
  if (cause instanceof AwsError) {
    if (cause.status >= 500 && cause.status !== 501)
      call.log.error({ id: call.requestId, err: cause.cause ?? cause }, cause.code)
    return cause
  }
  call.log.error({ id: call.requestId, operation: call.operation, err: cause }, 'internal error')
  return error('InternalError', {}, { cause })
}

function logRequest(call: Call, response: WireResponse, failure: AwsError | undefined, startedNs: bigint): void {
  call.log.info(
    {
      id: call.requestId,
      op: call.operation,
      method: call.request.method,
      path: call.request.rawPath,
      status: response.status,
      code: failure?.code,
      by: call.principal.arn || call.principal.kind,
      us: Number(process.hrtime.bigint() - startedNs) / 1000,
    },
    'request',
  )
}
