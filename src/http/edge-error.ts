/**
 * Errors that the edge itself answers, because no request came into being or its body stopped coming. Same shape as
 * AWS's, with request ids; always the last answer of a connection.
 */
import { STATUS_CODES } from 'node:http'
import type { Ids } from '../lib/ids.ts'
import { type ErrorCode, errorTable } from '../error-table.ts'
import type { WireResponse } from './wire.ts'

interface EdgeError {
  code: ErrorCode
  /** Replaces the table's message. */
  message?: string
  /** Further elements. */
  elements?: string
  /** For explanations, not for the client: what it is called, a colon, and a sentence that says what to do. */
  reason?: string
}

/** Observed: S3 answers requests it cannot parse with this message (client issue trackers quote it since 2015). */
export const unparsable: EdgeError = { code: 'BadRequest', message: 'An error occurred when parsing the HTTP request.' }

/** A TLS handshake, where there is no TLS. */
export const unexpectedTls: EdgeError = {
  ...unparsable,
  reason:
    'TLS: A client spoke HTTPS to a server without TLS. Use http:// in its endpoint, or start the server with --tls.',
}

/** The largest header section that AWS takes. */
export const maxHeaderSectionBytes = 8192
export const tooLongHeaders: EdgeError = {
  code: 'RequestHeaderSectionTooLarge',
  elements: `<MaxSizeAllowed>${maxHeaderSectionBytes}</MaxSizeAllowed>`,
}

/** What a failure of Node's HTTP parser means to the client. */
export function edgeErrorOf(nodeCode: string | undefined, isBodyUnfinished: boolean): EdgeError {
  switch (nodeCode) {
    case 'HPE_HEADER_OVERFLOW':
      return tooLongHeaders
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'RequestTimeout' }
    case 'HPE_INVALID_EOF_STATE':
      return isBodyUnfinished ? { code: 'IncompleteBody' } : unparsable
    default:
      return unparsable
  }
}

/** What explanations keep of an answer. */
export interface NotedAnswer extends Pick<EdgeError, 'code' | 'reason'> {
  message: string
  status: number
}

/** Ids for answers, and somebody who may be told of them: explanations know these answers too. */
export type EdgeIds = Pick<Ids, 'requestId' | 'hostId'> & {
  note?(requestId: string, answer: NotedAnswer): void
}

/** The answer as a WireResponse, where there is a request to answer. */
export function edgeResponse(edge: EdgeError, ids: EdgeIds): WireResponse {
  const row = errorTable[edge.code]
  const requestId = ids.requestId()
  ids.note?.(requestId, { ...edge, message: edge.message ?? row.message, status: row.status })
  const hostId = ids.hostId()
  return {
    status: row.status,
    headers: {
      'x-amz-request-id': requestId,
      'x-amz-id-2': hostId,
      'Content-Type': 'application/xml',
      Server: 'AmazonS3',
      Connection: 'close',
    },
    body:
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${edge.code}</Code>` +
      `<Message>${edge.message ?? row.message}</Message>${edge.elements ?? ''}` +
      `<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId></Error>`,
  }
}

/**
 * The answer as bytes, where Node has no response object to write it to.
 * @param reason what the first line says beside the status; default: the status's own name
 */
export function rawResponse(edge: EdgeError, ids: EdgeIds, reason?: string): string {
  const { status, headers, body } = edgeResponse(edge, ids)
  const lines = [`HTTP/1.1 ${status} ${reason ?? STATUS_CODES[status]}`, `Date: ${new Date().toUTCString()}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value as string}`)
  lines.push(`Content-Length: ${Buffer.byteLength(body as string)}`, '', body as string)
  return lines.join('\r\n')
}
