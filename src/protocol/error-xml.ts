/** Errors -> responses: S3's own document, S3 Control's, and that of the Query protocol for IAM and STS. */
import type { AwsError } from '../errors.ts'
import type { WireResponse } from '../http/wire.ts'
import { acceptsJson, jsonError } from './query-json.ts'
import { escapeXml, XML_DECLARATION } from './xml-write.ts'

export interface ErrorOrigin {
  readonly service: 's3' | 's3control' | 'iam' | 'sts'
  readonly requestId: string
  readonly hostId: string
  readonly isHead: boolean
  /** The client's, which may ask IAM and STS for JSON. */
  readonly accept?: string | undefined
}

export const QUERY_NAMESPACES: Readonly<Record<'iam' | 'sts', string>> = {
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
}

/** Builds the response of an error. HEAD, 304 and bare errors have no body; the first keeps the type, the others have none. */
export function writeError(error: AwsError, origin: ErrorOrigin): WireResponse {
  if (error.status === 304) return { status: 304, headers: { ...error.headers } }
  if (error.isBare) return { status: error.status, headers: { ...error.headers, Connection: 'close' } }
  if (origin.service === 'iam' || origin.service === 'sts') {
    return writeQueryError(error, origin.service, origin)
  }
  const headers = { ...error.headers, 'Content-Type': 'application/xml' }
  // Observed: connections end with it (recorded, test_cors_match_origins; boto/botocore#2227).
  if (error.status === 400) Object.assign(headers, { Connection: 'close' })
  if (origin.isHead) return { status: error.status, headers }
  let detail = element('Code', error.code) + element('Message', error.message)
  for (const name in error.fields) {
    const value = error.fields[name]
    if (value !== undefined) detail += element(name, String(value))
  }
  const ids = element('RequestId', origin.requestId) + element('HostId', origin.hostId)
  const isControl = origin.service === 's3control'
  const root = isControl
    ? `<ErrorResponse><Error>${detail}</Error>${ids}</ErrorResponse>`
    : `<Error>${detail}${ids}</Error>`
  return { status: error.status, headers, body: XML_DECLARATION + root }
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
function writeQueryError(
  error: AwsError,
  service: 'iam' | 'sts',
  { requestId, accept }: Pick<ErrorOrigin, 'requestId' | 'accept'>,
): WireResponse {
  const type = error.status >= 500 ? 'Receiver' : 'Sender'
  if (acceptsJson(accept)) {
    const headers = { ...error.headers, 'x-amzn-RequestId': requestId, 'Content-Type': 'application/json' }
    return { status: error.status, headers, body: jsonError(type, error.code, error.message, requestId) }
  }
  const detail = element('Type', type) + element('Code', error.code) + element('Message', error.message)
  const content = `<Error>${detail}</Error>${element('RequestId', requestId)}`
  return {
    status: error.status,
    headers: { ...error.headers, 'x-amzn-RequestId': requestId, 'Content-Type': 'text/xml' },
    body: `<ErrorResponse xmlns="${QUERY_NAMESPACES[service]}">${content}</ErrorResponse>`,
  }
}

function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`
}
