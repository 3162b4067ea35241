/** Node's request and response as WireRequest and WireResponse: the two translations of the edge, and nothing else. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Readable, pipeline } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Log } from '../context.ts'
import type { HttpLimits } from './limits.ts'
import { closeGently, restOfBody, skipRestWithin } from './linger.ts'
import type { WireRequest, WireResponse } from './wire.ts'

/** One request and its answer as Node has them. */
export interface Exchange {
  req: IncomingMessage
  res: ServerResponse
  /** The client waits for `100 Continue` and has not got it. */
  isAwaitingContinue: boolean
}

/** Reads nothing but the head; the target keeps its bytes. */
export function toWireRequest(exchange: Exchange): WireRequest {
  const { req, res } = exchange
  const { socket } = req
  let target = req.url as string
  if (target.charCodeAt(0) !== 47) target = originForm(target)
  const question = target.indexOf('?')
  const address = socket.remoteAddress ?? ''
  const isTls = (socket as Partial<TLSSocket>).encrypted === true
  return {
    method: req.method as string,
    rawPath: question < 0 ? target : target.slice(0, question),
    rawQuery: question < 0 ? '' : target.slice(question + 1),
    headers: req.headers,
    rawHeaders: req.rawHeaders,
    stream: req,
    sendContinue() {
      if (!exchange.isAwaitingContinue || res.headersSent) return
      exchange.isAwaitingContinue = false
      res.writeContinue()
    },
    remoteAddress: address.startsWith('::ffff:') ? address.slice(7) : address,
    isTls,
    tlsVersion: isTls ? () => (socket as TLSSocket).getProtocol() ?? undefined : undefined,
  }
}

/** `http://host/path?query`, as sent to a proxy, becomes `/path?query`. `*` stays. */
function originForm(target: string): string {
  const scheme = target.indexOf('://')
  if (scheme < 0) return target
  for (let at = scheme + 3; at < target.length; at++) {
    const code = target.charCodeAt(at)
    if (code === 47) return target.slice(at)
    if (code === 63) return `/${target.slice(at)}`
  }
  return '/'
}

export interface SendOptions {
  limits: HttpLimits
  log: Log
  /** The server is shutting down: this answer is the connection's last. */
  isClosing: boolean
  /** Connections whose clients have their answer and still send the rest of a body. */
  readonly skipping: Set<Socket>
  /** What is sent when the response itself cannot be written (a header with a character that HTTP does not have). */
  fallback: () => WireResponse
}

/** Bodies up to this size are sent in one piece with their head. */
const joinedBytes = 4096

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** Writes the answer. Never throws; a body that is not sent is destroyed. */
export function sendResponse(exchange: Exchange, response: WireResponse, options: SendOptions): void {
  const { req, res } = exchange
  const { body, headers, status } = response
  if (res.headersSent || res.destroyed) {
    discard(body)
    return
  }
  const hasBody = req.method !== 'HEAD' && status !== 204 && status !== 304
  // Observed: error documents come in chunks (recorded, test_cors_match_origins and others).
  const sizeBytes = status >= 400 && typeof body === 'string' ? undefined : sizeOf(body, hasBody)
  if (sizeBytes !== undefined && headers['Content-Length'] === undefined && headers['content-length'] === undefined) {
    headers['Content-Length'] = String(sizeBytes)
  }
  const rest = restOfBody(req, exchange.isAwaitingContinue, headers.Connection === 'close')
  // Node closes a connection whose client asked for `100 Continue` and got none: that must be said, or the client's next
  // request is lost (botocore even takes it for answered).
  if (rest === 'linger' || options.isClosing || exchange.isAwaitingContinue) headers.Connection = 'close'
  // AWS's answers say nothing of a connection that stays (recorded headers of test_cors_match_origins and others). Node
  // would then keep one, too, whose client has ended its side.
  else if (
    headers.Connection === undefined &&
    res.shouldKeepAlive &&
    req.httpVersionMinor > 0 &&
    !req.socket.readableEnded
  )
    res.removeHeader('Connection')
  moveDispositionFirst(headers)
  try {
    res.writeHead(status, headers)
  } catch (cause) {
    discard(body)
    options.log.error({ err: cause }, 'a response could not be written')
    sendResponse(exchange, options.fallback(), options)
    return
  }
  if (rest === 'skip') skipRestWithin(req, options.limits.bodyIdleMs, options.skipping)
  else if (rest === 'linger') closeGently(req, options.limits)
  if (!hasBody || body === undefined) {
    discard(body)
    res.end()
  } else if (typeof body === 'string') res.end(body)
  // As text of one byte per character Node joins it to the head: one write instead of a gathered one, which costs more.
  else if (body instanceof Uint8Array) body.byteLength <= joinedBytes ? res.end(latin1(body), 'latin1') : res.end(body)
  else sendStream(exchange, body, options.limits)
}

/**
 * Node re-encodes a Content-Disposition that comes after Content-Length, and refuses or garbles what is not ASCII
 * (nodejs/node#46528); before it the text is left alone.
 */
function moveDispositionFirst(headers: WireResponse['headers']): void {
  const length = headers['Content-Length']
  if (length === undefined || headers['Content-Disposition'] === undefined) return
  delete headers['Content-Length']
  headers['Content-Length'] = length
}

/** The length to announce: undefined when the handler has said it, nobody knows it, or the status has none. */
function sizeOf(body: WireResponse['body'], hasBody: boolean): number | undefined {
  if (typeof body === 'string') return Buffer.byteLength(body)
  if (body instanceof Uint8Array) return body.byteLength
  return body === undefined && hasBody ? 0 : undefined
}

/** A failing body cuts the connection, so that the client sees a short body; a leaving client destroys the body. */
function sendStream({ req, res }: Exchange, body: Readable, limits: HttpLimits): void {
  req.socket.setTimeout(limits.stalledDownloadMs)
  pipeline(body, res, () => {})
}

function discard(body: WireResponse['body']): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return
  // Nobody is left to be told about an error of a body that nobody wants.
  body.on('error', () => {})
  body.destroy()
}
