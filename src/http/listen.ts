/** Listening on the addresses one host means, and closing without cutting what is in flight. */
import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'
import type { Log } from '../context.ts'
import { nameMap } from '../lib/name-map.ts'
import type { TlsFront } from './tls-front.ts'

/** The IPv6 address that people expect to answer too: `localhost` is `::1` first for many programs. */
const twins: Record<string, string> = nameMap({ '127.0.0.1': '::1', localhost: '::1', '0.0.0.0': '::' })

export interface Listening {
  host: string
  port: number
  /** The second listener, where there is one. */
  twin: NetServer | undefined
}

function listenOn(
  server: NetServer,
  options: { host: string; port: number; ipv6Only?: boolean },
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...options, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}

/** A connection that the system could not hand over (no memory, no descriptors) is its client's loss alone. */
function keepListening(server: NetServer, log: Log): void {
  server.on('error', (cause) => {
    if (server.listening) log.error({ err: cause }, 'a connection could not be accepted')
  })
}

/**
 * Listens on host and port, and on the same port of its IPv6 twin where the machine has one.
 * @throws the system's error (EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOTFOUND) for the address asked for
 */
export async function listen(server: Server, host: string, port: number, log: Log): Promise<Listening> {
  keepListening(server, log)
  const first = host === 'localhost' ? '127.0.0.1' : host
  let bound: AddressInfo
  try {
    bound = await listenOn(server, { host: first, port })
  } catch (cause) {
    // An image asks for every address of both families; the kernel may have no IPv6 at all.
    const { code } = cause as NodeJS.ErrnoException
    if (first !== '::' || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw cause
    bound = await listenOn(server, { host: '0.0.0.0', port })
  }
  const twinHost = twins[host]
  if (twinHost === undefined) return { host, port: bound.port, twin: undefined }
  const twin = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket))
  keepListening(twin, log)
  try {
    await listenOn(twin, { host: twinHost, port: bound.port, ipv6Only: true })
    return { host, port: bound.port, twin }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      log.warn(
        { host: twinHost, port: bound.port },
        `another program has port ${bound.port} of ${twinHost}; "localhost" may reach it`,
      )
    }
    return { host, port: bound.port, twin: undefined }
  }
}

/**
 * Stops accepting, waits for what is in flight, closes idle connections at once and all others after `graceMs`.
 * @param onDeadline runs before those are closed
 */
export async function closeListeners(
  server: Server,
  twin: NetServer | undefined,
  front: TlsFront | undefined,
  graceMs: number,
  onDeadline: () => void,
): Promise<void> {
  const closed = Promise.all(
    [server, twin].map((one) => new Promise((resolve) => (one ? one.close(resolve) : resolve(undefined)))),
  )
  server.closeIdleConnections()
  front?.closeSilent()
  // A connection becomes idle when its last answer has been written, and nobody tells: look often.
  const sweep = setInterval(() => server.closeIdleConnections(), 25)
  const deadline = setTimeout(() => {
    onDeadline()
    server.closeAllConnections()
    front?.closeAll()
  }, graceMs)
  await closed
  clearInterval(sweep)
  clearTimeout(deadline)
}
