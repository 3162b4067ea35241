/**
 * HTTPS on the port of HTTP: the first byte of a connection tells them apart. A TLS handshake begins with the record
 * type 22, no HTTP request does. Installed only when TLS is on; without it connections go straight to Node's parser.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createSecureContext, createServer, type SecureContext } from 'node:tls'
import type { Log } from '../context.ts'
import { guarded } from '../lib/guard.ts'
import type { HttpLimits } from './limits.ts'
import { handshakeFailure } from './tls-failure.ts'

/** Certificates and keys in PEM. */
export interface TlsIdentity {
  /** With the certificates of its issuers after it, where clients need them. */
  cert: string
  key: string
  /** Another certificate for a name a client asks for (SNI); undefined: the one above. */
  certFor?(serverName: string): { cert: string; key: string } | undefined
}

/** What the closing of a server has to know of connections that are not, or not only, HTTP. */
export interface TlsFront {
  /** Takes a connection of which nothing is known yet, and finds out by its first byte what it is. */
  accept(socket: Socket): void
  /** Ends connections that have not sent a byte. */
  closeSilent(): void
  /** Ends all that are encrypted, or about to be. */
  closeAll(): void
}

const handshakeRecord = 22
const minVersion = 'TLSv1.2'
/** Contexts for single names that are remembered; clients choose the names. */
const rememberedContexts = 200

/** @throws what OpenSSL has against the pair */
export function checkIdentity({ cert, key }: Pick<TlsIdentity, 'cert' | 'key'>): void {
  createSecureContext({ cert, key, minVersion })
}

/** Puts itself between the listening server and Node's HTTP. */
export function installTls(http: Server, identity: TlsIdentity, limits: HttpLimits, log: Log): TlsFront {
  const silent = new Set<Socket>()
  const encrypted = new Set<Socket>()
  const serveHttp = http.listeners('connection') as ((this: Server, socket: Socket) => void)[]
  const hand = (socket: Socket): void => {
    for (const listener of serveHttp) listener.call(http, socket)
  }
  const tls = createServer(
    {
      cert: identity.cert,
      key: identity.key,
      minVersion,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: limits.headersMs,
      SNICallback: sniContexts(identity),
    },
    (socket) => {
      // As Node's HTTP has it: a client may end its side and still read.
      socket.allowHalfOpen = true
      hand(socket)
    },
  )
  tls.on('tlsClientError', (cause: NodeJS.ErrnoException, socket) => {
    // Worth a line, since the client's own message is often poor.
    log.info({ code: cause.code, peer: socket.remoteAddress }, `a TLS handshake failed: ${handshakeFailure(cause)}`)
    log.debug({ err: cause, peer: socket.remoteAddress }, 'what OpenSSL says of the TLS handshake')
    socket.destroy()
  })
  http.removeAllListeners('connection')
  const accept = (socket: Socket): void => {
    silent.add(socket)
    const leave = (): void => void silent.delete(socket)
    const end = (): void => void socket.destroy()
    // Node's HTTP and TLS have listeners of their own, later; until then nothing may be thrown.
    socket.on('error', leave)
    socket.once('close', leave)
    socket.setTimeout(limits.headersMs, end)
    const fail = (cause: unknown): void => {
      log.error({ err: cause, peer: socket.remoteAddress }, 'a connection could not be taken over')
      end()
    }
    const onReadable = (): void => {
      leave()
      socket.setTimeout(0, end)
      const first = socket.read() as Buffer | null
      if (first === null) {
        end()
        return
      }
      socket.unshift(first)
      if (first[0] !== handshakeRecord) {
        hand(socket)
        return
      }
      encrypted.add(socket)
      // A client that ends its side during the handshake is gone.
      socket.allowHalfOpen = false
      socket.once('close', () => encrypted.delete(socket))
      tls.emit('connection', socket)
    }
    socket.once('readable', guarded(onReadable, fail))
  }
  http.on('connection', accept)
  return {
    accept,
    closeSilent: () => destroyAll(silent),
    closeAll: () => destroyAll(encrypted),
  }
}

function destroyAll(sockets: Iterable<Socket>): void {
  for (const socket of sockets) socket.destroy()
}

type SniCallback = (serverName: string, done: (cause: Error | null, context?: SecureContext) => void) => void

function sniContexts(identity: TlsIdentity): SniCallback {
  const contexts = new Map<string, SecureContext>()
  return (serverName, done) => {
    const known = contexts.get(serverName)
    if (known !== undefined) return done(null, known)
    let context: SecureContext | undefined
    try {
      const pair = identity.certFor?.(serverName)
      if (pair !== undefined) context = createSecureContext({ cert: pair.cert, key: pair.key, minVersion })
    } catch (cause) {
      return done(cause as Error)
    }
    if (context !== undefined) {
      if (contexts.size >= rememberedContexts) contexts.clear()
      contexts.set(serverName, context)
    }
    done(null, context)
  }
}
