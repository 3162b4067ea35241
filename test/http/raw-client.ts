/** A client that sends bytes as they are, and a server around a fake request path. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { resolveOptions } from '../../src/config/resolve.ts'
import type { Options } from '../../src/config/options.ts'
import { createHttpServer, type HttpDeps, type HttpServer } from '../../src/http/app.ts'
import { KnownHosts } from '../../src/http/known-hosts.ts'
import type { WireRequest, WireResponse } from '../../src/http/wire.ts'
import type { Duplex, Readable } from 'node:stream'
import type { TestContext } from 'node:test'

export interface Running {
  server: HttpServer
  port: number
  logged: string[]
  state: { isReady: boolean; resets: number; buckets: Set<string> }
}

type Handle = (request: WireRequest) => Promise<WireResponse>

/** Starts a server, on a free port unless `at` says which; it is closed when the test ends. */
export async function start(
  t: TestContext,
  handle: Handle,
  { options = {}, at = 0, ...more }: Partial<HttpDeps> & { options?: Options; at?: number } = {},
): Promise<Running> {
  const logged: string[] = []
  const write = (_fields: object, message: string): void => {
    logged.push(message)
  }
  const log = { debug: write, info: write, warn: write, error: write }
  const state = { isReady: true, resets: 0, buckets: new Set<string>() }
  let count = 0
  const { config } = resolveOptions(options)
  const bucketExists = (name: string): boolean => state.buckets.has(name)
  const knownHosts = new KnownHosts({ names: config.publicHosts, domains: [], allowedOrigins: [], bucketExists })
  const server = createHttpServer({
    handle,
    ids: { requestId: () => `REQUEST${++count}`, hostId: () => 'host' },
    log,
    admin: {
      config,
      version: '1.2.3',
      log,
      isReady: () => state.isReady,
      explain: async () => undefined,
      requests: async () => [],
      recorder: { start() {}, stop() {}, report: () => ({}) },
      coverage: async () => ({ implemented: ['GetObject'] }),
      metrics: async () => ({
        version: '1.2.3',
        isReady: state.isReady,
        operations: [],
        durationBounds: [],
        inFlight: 0,
        traffic: server.traffic(),
        buckets: 0,
      }),
      async reset() {
        if (Number.isNaN(state.resets)) throw new Error('a reset that fails')
        state.resets++
      },
      now: () => Date.now(),
      roles: {
        ofRole: async () => 'missing',
        instanceProfile: async () => undefined,
        ofInstance: async () => 'missing',
      },
      idp: {
        issuer: '',
        token: async () => '',
        keys: async () => ({ keys: [] }),
        outboundKeys: async () => ({ keys: [] }),
        samlResponse: async () => '',
        samlMetadata: async () => '',
      },
      knownHosts,
      isServiceLevel: () => true,
      bucketExists,
    },
    ...more,
  })
  const { port } = await server.listen('127.0.0.1', at)
  t.after(() => server.close(0))
  return { server, port, logged, state }
}

export interface RawClient {
  socket: Socket
  send(bytes: string | Buffer): void
  /** Everything received so far. */
  received(): string
  /** Waits until the received text satisfies a test. */
  until(test: (text: string) => boolean): Promise<string>
  /** Waits for the end of the connection, orderly or not. */
  closed(): Promise<string>
  /** The error that ended the connection, if one did. */
  error(): NodeJS.ErrnoException | undefined
}

/** Connects. Half-open, so that the test decides when its side ends. */
export async function raw(port: number, host = '127.0.0.1'): Promise<RawClient> {
  const client = watch(connect({ port, host, allowHalfOpen: true }))
  await once(client.socket, 'connect')
  return client
}

/** A socket of any kind, connected or about to be. */
export function watch(socket: Socket): RawClient {
  let text = ''
  let failure: NodeJS.ErrnoException | undefined
  let hasEnded = false
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const one of waiting) one()
  }
  socket.on('error', (cause) => {
    failure = cause
  })
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    wake()
  })
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      hasEnded = true
      wake()
    })
  }
  const wait = (test: () => boolean): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!test()) return
        waiting.delete(look)
        resolve(text)
      }
      waiting.add(look)
      look()
    })
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received: () => text,
    until: (test) => wait(() => hasEnded || test(text)),
    closed: () => wait(() => hasEnded),
    error: () => failure,
  }
}

/** Waits for a stream or socket to close, well or not. */
export function closing(stream: Duplex | Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve()
    else stream.on('error', () => {}).once('close', resolve)
  })
}

/** Sends one request and returns all that comes until the connection ends. */
export async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const client = await raw(port)
  client.send(bytes)
  const text = await client.closed()
  client.socket.destroy()
  return text
}

/** Reads a request body as an operation does: asks for it, collects it, fails when it breaks off. */
export async function readAll(request: WireRequest): Promise<Buffer> {
  request.sendContinue()
  const chunks: Buffer[] = []
  for await (const chunk of request.stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
