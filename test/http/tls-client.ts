/** A client that sends bytes as they are through TLS, and an identity for the server. */
import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { issueCa, issueServer, type Names, readyCa } from '../../src/tls/certificate.ts'
import type { TlsIdentity } from '../../src/http/tls-front.ts'
import { type RawClient, watch } from './raw-client.ts'

export const ca = issueCa(Date.now())
const ready = readyCa(ca, Date.parse(new X509Certificate(ca.cert).validTo))

/** A certificate of the CA above. */
export function identity(names: Names = { dns: ['localhost'], ip: ['127.0.0.1'] }): TlsIdentity {
  return issueServer(ready, names, Date.now())
}

export type SecureClient = RawClient & { socket: TLSSocket }

/** Connects and shakes hands. @throws what either side has against the other */
export async function secure(port: number, options: ConnectionOptions = {}): Promise<SecureClient> {
  const settings = { port, host: '127.0.0.1', ca: ca.cert, servername: 'localhost', allowHalfOpen: true, ...options }
  const socket = connect(settings as ConnectionOptions)
  const client = watch(socket)
  await once(socket, 'secureConnect')
  return client as SecureClient
}
