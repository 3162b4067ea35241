/**
 * CONNECT: how a program with `HTTPS_PROXY` reaches a host. For AWS's own names the tunnel ends here: what comes through
 * it is a connection like any other, and with `--tls` there are certificates for those names. So the variable alone
 * brings an unmodified program to this server. There is no tunnel to anywhere else.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Log } from '../context.ts'
import type { Ids } from '../lib/ids.ts'
import { rawResponse } from './edge-error.ts'
import { endGently } from './linger.ts'

export interface TunnelDeps {
  ids: Pick<Ids, 'requestId' | 'hostId'>
  log: Log
}

/** How long, and for how many bytes, a client that has been refused may go on sending. */
export const lastWords = { lingerBytes: 2 ** 20, lingerMs: 1000 }

/** Connections that are tunnels: none leads into another. */
const tunnels = new WeakSet<Socket>()

/**
 * Answers CONNECT. Node has taken its own listeners off the socket.
 * @param head what came right behind the request
 * @param accept takes a connection of which nothing is known yet; undefined without TLS
 */
export function answerConnect(
  req: IncomingMessage,
  socket: Socket,
  head: Buffer,
  deps: TunnelDeps,
  accept: ((socket: Socket) => void) | undefined,
): void {
  const host = targetHost(req.url ?? '')
  const isInTunnel = tunnels.has(socket) || (socket as Partial<TLSSocket>).encrypted === true
  if (accept === undefined) refuse('CONNECT needs --tls on this server.', 405)
  else if (host === undefined || !isAmazonName(host)) {
    refuse('This server is no proxy: CONNECT is for names under amazonaws.com, which it answers itself.', 403)
  } else if (isInTunnel) refuse('A tunnel does not lead into another.', 403)
  else {
    tunnels.add(socket)
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (head.length > 0) socket.unshift(head)
    accept(socket)
  }

  function refuse(message: string, status: 403 | 405): void {
    deps.log.info({ target: req.url }, 'CONNECT was refused')
    const code = status === 405 ? 'MethodNotAllowed' : 'AccessDenied'
    // Programs show the first line of the answer, and nothing else of it.
    socket.write(rawResponse({ code, message }, deps.ids, message))
    socket.resume()
    endGently(socket, lastWords)
  }
}

/** The host of `host:port`, in lower case. */
function targetHost(target: string): string | undefined {
  return /^([a-z0-9._-]{1,253}):\d{1,5}$/i.exec(target)?.[1]?.toLowerCase()
}

function isAmazonName(host: string): boolean {
  return host.endsWith('.amazonaws.com') || host.endsWith('.amazonaws.com.cn')
}
