/**
 * The request path of the Query protocol (IAM, STS): the form is read first, because its hash is part of the signature
 * and its Version says which service is meant; then authenticate, parse, authorize, execute, write.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/iam-api-programming.html
 */
import { createHash } from 'node:crypto'
import type { Target } from './address.ts'
import { type AuthDeps, authenticate, signedService } from './auth/authenticate.ts'
import type { Call } from './call.ts'
import { error } from './errors.ts'
import { collectBody, openRawBody } from './http/body.ts'
import { header, type WireRequest, type WireResponse } from './http/wire.ts'
import { checkSession } from './iam/session-rules.ts'
import { noteKeyUse } from './key-use.ts'
import type { IamHandlers } from './model/iam.types.gen.ts'
import type { StsHandlers } from './model/sts.types.gen.ts'
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
const versions: Record<string, QueryService> = { '2010-05-08': 'iam', '2011-06-15': 'sts' }
/** STS actions that carry their proof in the form instead of a signature. */
const unsignedActions = new Set(['AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML'])
/** Actions that no policy can deny (GetCallerIdentity, GetSessionToken), and those whose handlers ask the role's trust policy. */
const decidedElsewhere = new Set(['GetCallerIdentity', 'GetSessionToken', 'AssumeRole', ...unsignedActions])

/** Whether a request is for IAM or STS: by host, by the scope it was signed for, or by being a form posted to `/`. */
export function isQueryCall(request: WireRequest, target: Target): boolean {
  if (target.service !== 's3') return target.service === 'iam' || target.service === 'sts'
  if (target.level !== 'service' || (request.method !== 'POST' && request.method !== 'GET')) return false
  const signed = signedService(request)
  if (signed === 'iam' || signed === 'sts') return true
  return (
    request.method === 'POST' &&
    header(request, 'content-type')?.startsWith('application/x-www-form-urlencoded') === true
  )
}

/** Reads the form and says which service it is for. */
async function readForm(
  request: WireRequest,
  target: Target,
  idleTimeoutMs: number | undefined,
): Promise<{ form: Buffer; service: QueryService }> {
  const bytes =
    request.method === 'POST'
      ? await collectBody(openRawBody(request, { idleTimeoutMs }), maxFormBytes, 'MaxMessageLengthExceeded')
      : undefined
  const form = bytes === undefined || bytes.length === 0 ? Buffer.from(request.rawQuery, 'latin1') : bytes
  if (target.service === 'iam' || target.service === 'sts') return { form, service: target.service }
  const signed = signedService(request)
  if (signed === 'iam' || signed === 'sts') return { form, service: signed }
  const version = /(?:^|&)Version=([^&]*)/.exec(form.toString('latin1', 0, 4096))?.[1]
  const service = version === undefined ? undefined : versions[version]
  if (service === undefined) throw error('MethodNotAllowed', { Method: request.method, ResourceType: 'SERVICE' })
  return { form, service }
}

/** Runs one call. `onService` is told the service before anything can fail in its name. */
export async function handleQueryCall(
  call: Call,
  target: Target,
  deps: { auth: AuthDeps; query: QueryHandlers; bodyIdleMs?: number | undefined },
  onService: (service: QueryService) => void,
): Promise<WireResponse> {
  const { request } = call
  const { form, service } = await readForm(request, target, deps.bodyIdleMs)
  onService(service)
  const action = /(?:^|&)Action=([A-Za-z]*)/.exec(form.toString('latin1'))?.[1] ?? ''
  const hashed = request.method === 'POST' ? form : ''
  const authenticated = await authenticate(
    request,
    {
      service,
      payloadSha256Hex: createHash('sha256').update(hashed).digest('hex'),
      allowsAnonymous: unsignedActions.has(action),
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
    const message = `${plan.name} is not implemented by Sandbucket. See /_sandbucket/coverage for what is, and why others are not.`
    throw error('NotImplemented', {}, { message })
  }
  return plan.write((await handler(input, call)) as never, call.requestId, acceptsJson(header(request, 'accept')))
}
