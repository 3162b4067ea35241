/**
 * The admin API under `/_sandbucket/`: health, version, coverage, explanations, reset, the CA of TLS, credentials of
 * roles, test tokens. JSON but for the CA and the instance metadata; never behind a signature.
 */
import Router from '@koa/router'
import type { Context, Middleware, Next } from 'koa'
import type { AdminDeps } from './admin.ts'
import { hostRefusal } from '../http/known-hosts.ts'
import { type Reader, type Refusal, refuse } from './guard.ts'
import { testSamlResponse, testToken } from './idp.ts'
import { answerImds } from './imds.ts'
import { containerCredentials } from './roles.ts'

/** Of an id that is not known, so much is told. */
const maxToldIdChars = 64

/** The routes as one middleware that answers everything below the prefix. */
export function adminRoutes(deps: AdminDeps): Middleware {
  const router = new Router({ prefix: '/_sandbucket' })
  router.get('/', (ctx) => {
    answer(ctx, 200, {})
    // For people.
    ctx.body = `${JSON.stringify({ name: 'sandbucket', version: deps.version, routes: listed(router) }, undefined, 2)}\n`
  })
  router.get('/health/live', (ctx) => answer(ctx, 200, { status: 'live' }))
  router.get('/health/ready', (ctx) => {
    const isReady = deps.isReady()
    const soft = deps.config.softMode && { softMode: 'SOFT MODE IS ON: what AWS would deny is only logged' }
    answer(ctx, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', ...soft })
  })
  router.get('/version', (ctx) =>
    answer(ctx, 200, { name: 'sandbucket', version: deps.version, node: process.versions.node }),
  )
  router.get('/coverage', async (ctx) => answer(ctx, 200, await deps.coverage()))
  router.get('/metrics', async (ctx) => {
    const measured = await deps.metrics()
    const { metricsText, metricsType } = await import('./metrics.ts')
    ctx.set('Content-Type', metricsType)
    ctx.body = metricsText(measured)
  })
  router.get('/ca.pem', (ctx) => {
    if (deps.ca === undefined) {
      const reason = deps.config.tls ? 'the certificate was configured, and its CA is not known here' : 'TLS is off'
      answer(ctx, 404, { error: `${reason}; sandbucket --tls generates a CA` })
      return
    }
    ctx.type = 'application/x-pem-file'
    ctx.set('Content-Disposition', 'attachment; filename="sandbucket-ca.pem"')
    ctx.body = deps.ca
  })
  const guarded = guard(deps)
  router.get('/explain/:id', guarded, async (ctx) => {
    const id = String(ctx.params.id)
    // They are written in upper case; people type them as they like.
    const explanation = await deps.explain(id.toUpperCase())
    if (explanation !== undefined) return answer(ctx, 200, explanation)
    const error = `No request ${id.slice(0, maxToldIdChars)} is known. The server remembers the last 10,000 since its start. "sandbucket explain list" shows the last ones.`
    return answer(ctx, 404, { error })
  })
  router.get('/explain', guarded, async (ctx) => {
    const { count, errors } = ctx.query
    const limit = Math.min(Number(count) || 20, 1000)
    answer(ctx, 200, { requests: await deps.requests(Math.max(1, limit), errors !== undefined) })
  })
  recordRoutes(router, guarded, deps)
  router.post('/reset', async (ctx) => {
    await deps.reset()
    answer(ctx, 200, { status: 'reset' })
  })
  identityRoutes(router, deps)
  const routes = router.routes() as unknown as Middleware
  const methods = router.allowedMethods() as unknown as Middleware
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    const refusal = await refuseAny(ctx, deps)
    if (refusal !== undefined) return sendRefusal(ctx, refusal)
    if (ctx.path.startsWith(imdsPrefix)) return sendImds(ctx, deps)
    try {
      await routes(ctx, async () => {
        await methods(ctx, async () =>
          answer(ctx, 404, { error: `nothing is at ${ctx.path}; GET /_sandbucket/ lists what there is` }),
        )
        if (ctx.status === 405) answer(ctx, 405, { error: `${ctx.method} is not a method of ${ctx.path}` })
      })
    } catch (cause) {
      deps.log.error({ err: cause, path: ctx.path }, 'an admin call failed')
      answer(ctx, 500, { error: 'the call failed; the log says why' })
    }
    // What is left of a body means nothing; it is skipped so that the connection stays usable.
    ctx.req.resume()
  }
}

/** Before any route is looked up: hosts that are not known while no key is configured, and whatever changes something. */
async function refuseAny(ctx: Context, { config, knownHosts }: AdminDeps): Promise<Refusal | undefined> {
  const { host = '' } = ctx.req.headers
  if (config.hasWellKnownKeys && !(await knownHosts.knows(host))) return { status: 403, reason: hostRefusal(host) }
  const hasOwnRules = ctx.path.startsWith(imdsPrefix)
  return ctx.method === 'GET' || ctx.method === 'HEAD' || hasOwnRules ? undefined : refuse(readerOf(ctx), config)
}

type Guard = (ctx: Context, next: Next) => Promise<void>

/** For reads that show policies: they are for who may change things too. */
function guard({ config }: AdminDeps): Guard {
  return async (ctx, next) => {
    const refusal = refuse(readerOf(ctx), config)
    if (refusal === undefined) await next()
    else sendRefusal(ctx, refusal)
  }
}

function sendRefusal(ctx: Context, { status, reason }: Refusal): void {
  // A page that asks by itself must not make the browser ask its user.
  const isPage = ctx.req.headers.origin !== undefined || ctx.req.headers['sec-fetch-site'] === 'same-origin'
  if (status === 401 && !isPage) ctx.set('WWW-Authenticate', 'Basic realm="sandbucket"')
  ctx.req.resume()
  answer(ctx, status, { error: reason })
}

/** What principals used, and the least policy for it. */
function recordRoutes(router: Router, guarded: Guard, deps: AdminDeps): void {
  const report = (ctx: Context) => {
    const { principal } = ctx.query
    answer(ctx, 200, deps.recorder.report(typeof principal === 'string' ? principal : undefined))
  }
  router.get('/record', guarded, report)
  router.post('/record', (ctx) => {
    deps.recorder.start(deps.now())
    report(ctx)
  })
  router.delete('/record', (ctx) => {
    deps.recorder.stop(deps.now())
    report(ctx)
  })
}

/** Credentials of roles, and what the test identity provider and the issuers of web identity tokens publish. */
function identityRoutes(router: Router, deps: AdminDeps): void {
  const credentials = async (ctx: Context, role: string, account?: string) => {
    const { status, value } = await containerCredentials(readerOf(ctx), role, account, deps)
    answer(ctx, status, value)
  }
  router.get('/credentials/:role', (ctx) => credentials(ctx, String(ctx.params.role)))
  router.get('/credentials/:account/:role', (ctx) =>
    credentials(ctx, String(ctx.params.role), String(ctx.params.account)),
  )
  router.get('/idp/jwks', async (ctx) => answer(ctx, 200, await deps.idp.keys()))
  router.post('/idp/token', async (ctx) => {
    const { status, value } = await testToken(ctx.req, ctx.res, deps)
    answer(ctx, status, value)
  })
  const issuerAt = '/issuers/:issuer/.well-known'
  router.get(`${issuerAt}/jwks.json`, async (ctx) => answer(ctx, 200, await deps.idp.outboundKeys()))
  router.get(`${issuerAt}/openid-configuration`, (ctx) => answer(ctx, 200, discovery(ctx)))
  router.get('/idp/saml/metadata', async (ctx) => {
    ctx.type = 'application/samlmetadata+xml'
    ctx.body = await deps.idp.samlMetadata()
  })
  router.post('/idp/saml/response', async (ctx) => {
    const { status, value } = await testSamlResponse(ctx.req, ctx.res, deps)
    answer(ctx, status, value)
  })
}

/** As an issuer of AWS describes itself, with the address of its keys here. @see https://openid.net/specs/openid-connect-discovery-1_0.html */
function discovery(ctx: Context): object {
  return {
    issuer: `https://${String(ctx.params.issuer)}`,
    jwks_uri: `${ctx.protocol}://${ctx.host}/_sandbucket/issuers/${String(ctx.params.issuer)}/.well-known/jwks.json`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'ES384'],
  }
}

/** Each route as `METHOD PATH`. */
function listed(router: Router): string[] {
  return router.stack.map(({ methods, path }) => `${methods.filter((name) => name !== 'HEAD').join(' ')} ${path}`)
}

const imdsPrefix = '/_sandbucket/imds/'

/** It has its own rules for who may ask. */
async function sendImds(ctx: Context, deps: AdminDeps): Promise<void> {
  ctx.req.resume()
  const path = ctx.path.slice(imdsPrefix.length - 1)
  const { status, headers, body } = await answerImds({ ...readerOf(ctx), method: ctx.method, path }, deps)
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
}

const readerOf = ({ req }: Context): Reader => ({
  headers: req.headers,
  remoteAddress: req.socket.remoteAddress ?? '',
})

function answer(ctx: Context, status: number, value: unknown): void {
  ctx.status = status
  ctx.type = 'application/json'
  ctx.body = `${JSON.stringify(value)}\n`
}
