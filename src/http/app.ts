/**
 * The edge: a Koa application over node:http. `/_sandbucket/*` goes to the admin routes, everything else through one
 * middleware to the request path, which knows neither Koa nor sockets. Whatever arrives is answered or closed: no input
 * throws past this file.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import Koa from 'koa'
import type { AdminDeps } from '../admin/admin.ts'
import type { Traffic } from '../admin/metrics.ts'
import { answerProbe } from '../admin/probes.ts'
import type { Log } from '../context.ts'
import { guarded } from '../lib/guard.ts'
import { Connections } from './connections.ts'
import {
  type EdgeIds,
  edgeErrorOf,
  edgeResponse,
  maxHeaderSectionBytes,
  rawResponse,
  tooLongHeaders,
  unexpectedTls,
  unparsable,
} from './edge-error.ts'
import { InFlight } from './in-flight.ts'
import { defaultLimits, type HttpLimits } from './limits.ts'
import { endGently, skipRestWithin } from './linger.ts'
import { closeListeners, listen, type Listening } from './listen.ts'
import { OneAtATime, type Pair } from './one-at-a-time.ts'
import { Turn } from './turn.ts'
import { answerConnect, lastWords } from './tunnel.ts'
import type { TlsFront, TlsIdentity } from './tls-front.ts'
import type { WireRequest, WireResponse } from './wire.ts'
import { type Exchange, sendResponse, type SendOptions, toWireRequest } from './wire-node.ts'

export interface HttpDeps {
  /** The request path. Must not throw. */
  handle(request: WireRequest): Promise<WireResponse>
  ids: EdgeIds
  log: Log
  admin: AdminDeps
  /** True when a Host header names a bucket: then every path is a key, `/_sandbucket/x` too. */
  isBucketHost?(host: string): boolean
  /** Clients may come with TLS, beside those without. */
  tls?: TlsIdentity | undefined
  limits?: Partial<HttpLimits>
}

/** A request that holds up a stop. */
export interface RequestUnderWay {
  method: string
  /** Raw, without the query. */
  path: string
  /** `receiving`: its body is still coming. `sending`: its answer has begun. */
  state: 'receiving' | 'working' | 'sending'
}

export interface HttpServer {
  /** Resolves with the port in use. @throws EADDRINUSE and the like, as the system says them; what TLS cannot use */
  listen(host: string, port: number): Promise<{ host: string; port: number }>
  /** Of all connections since the start, those of TLS inside. */
  traffic(): Traffic
  /** What is being worked on or answered. */
  underWay(): RequestUnderWay[]
  /** Answers all that is under way with InternalError, where no answer has begun. For a process that is about to end. */
  fail(): void
  /** Finishes what is in flight, up to `graceMs`, then cuts it. */
  close(graceMs: number): Promise<void>
}

/** How long closing waits for handlers whose connections are gone already. */
const cleanUpMs = 5000

/** Builds the server; nothing listens yet. */
export function createHttpServer(deps: HttpDeps): HttpServer {
  const limits = { ...defaultLimits, ...deps.limits }
  const sendOptions: SendOptions = {
    limits,
    log: deps.log,
    isClosing: false,
    skipping: new Set(),
    fallback: () => edgeResponse({ code: 'InternalError' }, deps.ids),
  }
  const server = createNodeServer(limits)
  let front: TlsFront | undefined
  const inFlight = new InFlight()
  const connections = new Connections()
  server.on('connection', (socket: Socket) => connections.add(socket))
  const requests = new OneAtATime(createApp(deps, sendOptions, inFlight))
  const respond = (req: IncomingMessage, res: ServerResponse): void => requests.add({ req, res })
  server.on('request', respond)
  server.on('checkContinue', respond)
  // Observed: S3 ignores other expectations (ceph/s3-tests, test_object_create_bad_expect_mismatch).
  server.on('checkExpectation', respond)
  server.on('connect', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    // Node has taken its own listeners away.
    socket.on('error', () => socket.destroy())
    // Node no longer looks after the answer before this one.
    if (requests.current(socket) !== undefined) socket.destroy()
    else guarded(() => answerConnect(req, socket, head, deps, front?.accept), cutting(socket, deps.log))()
  })
  server.on('clientError', (cause: ClientError, socket: Socket) => {
    guarded(() => answerClientError(cause, socket, requests, deps), cutting(socket, deps.log))()
  })
  let listening: Listening | undefined
  return {
    async listen(host, port) {
      if (deps.tls !== undefined) {
        const { installTls } = await import('./tls-front.ts')
        front = installTls(server, deps.tls, limits, deps.log)
      }
      listening = await listen(server, host, port, deps.log)
      return { host: listening.host, port: listening.port }
    },
    traffic: () => connections.traffic(),
    underWay: () => requests.underWay().map(stateOf),
    fail() {
      sendOptions.isClosing = true
      for (const { req, res } of requests.underWay()) {
        const exchange = { req, res, isAwaitingContinue: awaitsContinue(req) }
        sendResponse(exchange, edgeResponse({ code: 'InternalError' }, deps.ids), sendOptions)
      }
    },
    async close(graceMs) {
      sendOptions.isClosing = true
      // Their clients have been answered.
      for (const socket of sendOptions.skipping) socket.destroySoon()
      await closeListeners(server, listening?.twin, front, graceMs, () => {
        const cut = requests.underWay().map(stateOf)
        if (cut.length > 0) deps.log.warn({}, `stopped before this was finished: ${namesOf(cut)}`)
      })
      await inFlight.idle(cleanUpMs)
    },
  }
}

/** What is done about a failure of the edge itself: nothing can be said any more, the client sees its connection cut. */
function cutting(socket: Socket, log: Log): (cause: unknown) => void {
  return (cause) => {
    log.error({ err: cause }, 'the edge threw')
    socket.destroy()
  }
}

/** So many of the requests that a stop cuts are named. */
const namedCuts = 5

function namesOf(requests: readonly RequestUnderWay[]): string {
  const named = requests.slice(0, namedCuts).map(({ method, path }) => `${method} ${path}`)
  const more = requests.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function stateOf({ req, res }: Pair): RequestUnderWay {
  const [path = ''] = (req.url as string).split('?', 1)
  const state = res.headersSent ? 'sending' : req.complete ? 'working' : 'receiving'
  return { method: req.method as string, path, state }
}

function createNodeServer(limits: HttpLimits): Server {
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(30_000, limits.headersMs),
    noDelay: true,
    // Fewer wake-ups for large bodies than Node's 16 KiB.
    highWaterMark: 64 * 1024,
    requireHostHeader: false,
  })
  // A client may end its side after its request and still wants the answer (RFC 9112, 9.6). Node has no option for it.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.timeout = limits.idleMs
  server.maxRequestsPerSocket = 0
  // Bounded by their size; Node would drop those above its number silently, and signatures with them.
  server.maxHeadersCount = 0
  return server
}

/** Koa's step from a context to its answer, which its types keep to themselves. */
interface KoaHandler {
  handleRequest(ctx: Koa.Context, middleware: (ctx: Koa.Context) => Promise<void>): Promise<void>
}

/** @returns begins the work on a request; never throws */
function createApp(deps: HttpDeps, sendOptions: SendOptions, inFlight: InFlight): (pair: Pair) => void {
  const app = new Koa()
  app.silent = true
  app.on('error', () => {})
  // The router costs a fifth of the start-up budget, and most runs never ask for it.
  let admin: Promise<Koa.Middleware> | undefined
  const administer = async (ctx: Koa.Context, next: Koa.Next): Promise<void> => {
    admin ??= import('../admin/routes.ts').then(({ adminRoutes }) => adminRoutes(deps.admin))
    if (sendOptions.isClosing) ctx.set('Connection', 'close')
    const { req } = ctx
    ctx.res.once('finish', () => {
      if (!req.complete) skipRestWithin(req, sendOptions.limits.bodyIdleMs, sendOptions.skipping)
    })
    await (await admin)(ctx, next)
  }
  const giveUp = (cause: unknown, { req, res }: Pair): void => {
    res.destroy()
    cutting(req.socket, deps.log)(cause)
  }
  const begin = (exchange: Exchange): void => {
    const ended = (): void => inFlight.end()
    const send = (response: WireResponse): void => {
      if (response.until === undefined) ended()
      else response.until.then(ended, ended)
      sendResponse(exchange, response, sendOptions)
    }
    const fail = (cause: unknown): void => {
      deps.log.error({ err: cause }, 'the request path threw')
      send(edgeResponse({ code: 'InternalError' }, deps.ids))
    }
    try {
      answer(exchange, deps, sendOptions)
        .then(send, fail)
        .catch((cause: unknown) => giveUp(cause, exchange))
    } catch (cause) {
      guarded(fail, (worse) => giveUp(worse, exchange))(cause)
    }
  }
  const turn = new Turn(begin)
  const serve = async (ctx: Koa.Context): Promise<void> => {
    ctx.respond = false
    const { req, res } = ctx
    inFlight.begin()
    turn.add({ req, res, isAwaitingContinue: awaitsContinue(req) })
  }
  app.use((ctx) => administer(ctx, () => serve(ctx)))
  const { handleRequest } = app as unknown as KoaHandler
  // What Koa does around its middleware (a listener for the end of every answer, sending `ctx.body`) only administration
  // needs; on the request path it would be a tenth of a small answer's cost.
  const handler: KoaHandler = {
    handleRequest: (ctx, middleware) =>
      isAdminPath(ctx.req.url as string) && !isBucketHost(deps, ctx.req)
        ? handleRequest.call(app, ctx, middleware)
        : serve(ctx),
  }
  Object.assign(app, handler)
  const respond = app.callback()
  return (pair) => {
    try {
      respond(pair.req, pair.res).catch((cause: unknown) => giveUp(cause, pair))
    } catch (cause) {
      giveUp(cause, pair)
    }
  }
}

function isAdminPath(target: string): boolean {
  return target.startsWith('/_sandbucket') && (target.length === 12 || '/?'.includes(target.charAt(12)))
}

function isBucketHost(deps: HttpDeps, req: IncomingMessage): boolean {
  return deps.isBucketHost?.(req.headers.host ?? '') === true
}

function awaitsContinue(req: IncomingMessage): boolean {
  const { expect } = req.headers
  return expect !== undefined && req.httpVersionMinor > 0 && expect.toLowerCase().includes('100-continue')
}

/** RFC 9112, 3.2: a request of HTTP/1.1 without Host is bad, and so is any with two, of which Node shows the first. */
function hasOneHost({ headers, rawHeaders, httpVersionMinor }: IncomingMessage): boolean {
  if (headers.host === undefined) return httpVersionMinor === 0
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count === 1
}

/**
 * AWS takes 8 KB of headers. Observed: `MaxSizeAllowed` is 8192 (versity/versitygw#2180, AWS's answer of 2026-06).
 * Assumed: every line counts whole, with its colon, space and line end; the request line does not, since AWS's message speaks
 * of the header section, and presigned URLs with session tokens are long.
 */
function hasTooLongHeaders({ rawHeaders }: IncomingMessage): boolean {
  let sizeBytes = 2 * rawHeaders.length
  for (const text of rawHeaders) sizeBytes += text.length
  return sizeBytes > maxHeaderSectionBytes
}

/** Not async itself: the request path makes the one promise that is needed. */
function answer(exchange: Exchange, deps: HttpDeps, sendOptions: SendOptions): Promise<WireResponse> {
  const { req, res } = exchange
  if (!hasOneHost(req)) return Promise.resolve(edgeResponse(unparsable, deps.ids))
  if (hasTooLongHeaders(req)) return Promise.resolve(edgeResponse(tooLongHeaders, deps.ids))
  const request = toWireRequest(exchange)
  const { headers } = req
  if (!req.complete && (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)) {
    const onTimeout = (): void => {
      // The answer has gone, and the rest of the body does not come.
      if (res.headersSent) return void req.socket.destroy()
      res.once('close', () => req.destroy())
      sendResponse(exchange, edgeResponse({ code: 'RequestTimeout' }, deps.ids), sendOptions)
    }
    req.once('timeout', guarded(onTimeout, cutting(req.socket, deps.log)))
  }
  const probe = answerProbe(request, deps.admin)
  if (probe === undefined || isBucketHost(deps, req)) return deps.handle(request)
  return probe().then((response) => response ?? deps.handle(request))
}

/** What Node's parser has against the bytes it was given. */
type ClientError = NodeJS.ErrnoException & { rawPacket?: Uint8Array }

/** Bytes that are no request, or a request whose body broke off: AWS-like XML, then the end of the connection. */
function answerClientError(cause: ClientError, socket: Socket, requests: OneAtATime, deps: HttpDeps): void {
  if (socket.writableEnded) return
  const { code } = cause
  const isSilent = socket.bytesRead === 0 || code === 'ECONNRESET' || code === 'EPIPE'
  if (isSilent || !socket.writable) {
    socket.destroy()
    return
  }
  // What is wrong came behind whole requests, which get their answers first.
  if (requests.endAfterAnswers(socket, () => answerClientError(cause, socket, requests, deps))) return
  const current = requests.current(socket)
  if (current?.res.headersSent === true) {
    socket.destroy()
    return
  }
  // A TLS handshake begins with the record type 22.
  const isTls = deps.tls === undefined && code === 'HPE_INVALID_METHOD' && cause.rawPacket?.[0] === 22
  const edge = isTls ? unexpectedTls : edgeErrorOf(code, current !== undefined)
  const message = isTls ? 'a client speaks TLS; --tls answers that too' : 'a request could not be read'
  deps.log.info({ code: edge.code, cause: code, peer: socket.remoteAddress }, message)
  if (code === 'HPE_INVALID_EOF_STATE') socket.end(rawResponse(edge, deps.ids), () => socket.destroy())
  else {
    socket.write(rawResponse(edge, deps.ids))
    endGently(socket, lastWords)
  }
}
