/**
 * What crosses the edge: one request and one response as plain data, without a framework type. Everything behind
 * `http/` works on these, so a test needs no socket.
 */
import type { Readable } from 'node:stream'

/** A request as it arrived: nothing decoded, nothing normalised. */
export interface WireRequest {
  readonly method: string
  /** The request target up to the first `?`, percent-encoding untouched. Absolute-form targets are reduced to their path. */
  readonly rawPath: string
  /** The request target after the first `?`, without it; empty when there is none. */
  readonly rawQuery: string
  /** Names in lower case, repeats joined by `, ` (Node's rules). Values are Latin-1 text: one char per byte received. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Name, value, name, value, ... as received, for signatures. */
  readonly rawHeaders: readonly string[]
  /** The body's bytes as received. Never touched by an operation that has no body. */
  readonly stream: Readable
  /** Asks the client for the body when it waits for `100 Continue`; harmless otherwise. */
  sendContinue(): void
  /** Peer address, IPv4-mapped IPv6 reduced to IPv4. */
  readonly remoteAddress: string
  readonly isTls: boolean
  /** Of TLS: its version as OpenSSL calls it, `TLSv1.3`. Asked only when a policy does. */
  readonly tlsVersion?: (() => string | undefined) | undefined
}

/** What the writer may send. A `Readable` is piped and destroyed when the client goes away. */
export type WireBody = string | Uint8Array | Readable

/** A response as it will be sent. Header names are written as given. */
export interface WireResponse {
  status: number
  headers: Record<string, string | string[]>
  body?: WireBody | undefined
  /** Work that goes on after the head has left; closing the server waits for it. Never rejects. */
  until?: Promise<void>
}

/** The single value of a header, or undefined. Repeated headers are joined as Node joins them. */
export function header(request: Pick<WireRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : value?.join(', ')
}
