/**
 * The request path of the Query protocol (IAM, STS): the form is read first, because its hash is part of the signature
 * and its Version says which service is meant; then authenticate, parse, authorize, execute, write.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/iam-api-programming.html
 */
import { createHash } from 'node:crypto'
import type { Target } from './address.ts'
import { type AuthDeps, authenticate, signedService } from './auth/authenticate.ts'
import type { Call } from './call.ts'
import { error, notImplemented } from './errors.ts'
import { collectBody, openRawBody } from './http/body.ts'
import { header, type WireRequest, type WireResponse } from './http/wire.ts'
import { checkSession } from './iam/session-rules.ts'
import { noteKeyUse } from './key-use.ts'
import type { IamHandlers } from './model/iam.types.gen.ts'
import type { StsHandlers } from './model/sts.types.gen.ts'
import { type FormNode, formOf, formValue, parseForm } from './protocol/form.ts'
import { parseQueryAction } from './protocol/query.ts'
import { acceptsJson } from './protocol/query-json.ts'
import { refuseZonal } from './zonal.ts'

export type QueryService = 'iam' | 'sts'

/** Handlers by service, loaded when they are asked for. */
export interface QueryHandlers {
  readonly iam: () => Promise<Partial<IamHandlers>>
  readonly sts: () => Promise<Partial<StsHandlers>>
}

/** A form is a policy document at most, encoded: AWS takes far less. */
const maxFormBytes = 1024 * 1024
const versions: ReadonlyMap<string, QueryService> = new Map([
  ['2010-05-08', 'iam'],
  ['2011-06-15', 'sts'],
])
/** STS actions that carry their proof in the form instead of a signature. */
const unsignedActions = new Set(['AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML'])
/** Actions that no policy can deny (GetCallerIdentity, GetSessionToken), and those whose handlers ask the role's trust policy. */
const decidedElsewhere = new Set(['GetCallerIdentity', 'GetSessionToken', 'AssumeRole', ...unsignedActions])

/** Whether a request is for IAM or STS: by host, by the scope it was signed for, or by being a form posted to `/`. */
export function isQueryCall(request: WireRequest, target: Target): boolean {
  if (target.service !== 's3') return target.service === 'iam' || target.service === 'sts'
  if (target.level !== 'service' || (request.method !== 'POST' && request.method !== 'GET')) return false
  if (namedService(request, target) !== undefined) return true
  return (
    request.method === 'POST' &&
    header(request, 'content-type')?.startsWith('application/x-www-form-urlencoded') === true
  )
}

/** The body, which a signature covers; empty for other methods than POST. */
function readBody(request: WireRequest, idleTimeoutMs: number | undefined): Promise<Buffer> | Buffer {
  if (request.method !== 'POST') return Buffer.alloc(0)
  return collectBody(openRawBody(request, { idleTimeoutMs }), maxFormBytes, 'MaxMessageLengthExceeded')
}

/** Which service host or signature say. */
export function namedService(request: WireRequest, target: Target): QueryService | undefined {
  if (target.service === 'iam' || target.service === 'sts') return target.service
  const signed = signedService(request, target.query)
  return signed === 'iam' || signed === 'sts' ? signed : undefined
}

/** Which service a form is for, by its version. @throws AwsError MethodNotAllowed */
function serviceOf(call: Call, form: FormNode): QueryService {
  const version = formValue(form, 'Version')
  const service = versions.get(version ?? '')
  if (service !== undefined) return service
  call.otherFormVersion = version
  throw error('MethodNotAllowed', { Method: call.request.method, ResourceType: 'SERVICE' })
}

/** Runs one call. `onService` is told the service before anything can fail in its name. */
export async function handleQueryCall(
  call: Call,
  target: Target,
  deps: { auth: AuthDeps; query: QueryHandlers; bodyIdleMs?: number | undefined },
  onService: (service: QueryService) => void,
): Promise<WireResponse> {
  const { request } = call
  const named = namedService(request, target)
  if (named !== undefined) onService(named)
  // Assumed: the error. A page of another site can send HEAD without a preflight and without an Origin.
  if (request.method !== 'GET' && request.method !== 'POST') {
    throw error('MethodNotAllowed', { Method: request.method, ResourceType: 'SERVICE' })
  }
  const body = await readBody(request, deps.bodyIdleMs)
  // One reading of the form: what may be called unsigned, and for which service, is told by the action that is called.
  const form = body.length === 0 ? formOf(target.query) : parseForm(body)
  const service = named ?? serviceOf(call, form)
  onService(service)
  const authenticated = await authenticate(
    request,
    {
      service,
      path: target.path,
      query: target.query,
      payloadSha256Hex: createHash('sha256').update(body).digest('hex'),
      allowsAnonymous: unsignedActions.has(formValue(form, 'Action') ?? ''),
    },
    deps.auth,
  )
  refuseZonal(authenticated.principal)
  call.principal = authenticated.principal
  call.auth = authenticated.auth
  noteKeyUse(call.store.iam, call.principal, call.auth, service, call.clock.now())
  const { plan, input } = await parseQueryAction(service, form)
  call.operation = plan.name
  call.input = input as Record<string, unknown>
  checkSession(call.principal, service, plan.name)
  if (!(service === 'sts' && decidedElsewhere.has(plan.name))) await call.authorizer.query(call, service)
  const handlers = (await deps.query[service]()) as Record<
    string,
    ((input: unknown, call: Call) => unknown) | undefined
  >
  const handler = handlers[plan.name]
  if (handler === undefined) {
    const { reasonFor } = await import('./coverage.ts')
    throw notImplemented(plan.name, reasonFor(service, plan.name))
  }
  return plan.write((await handler(input, call)) as never, call.requestId, acceptsJson(header(request, 'accept')))
}
