/**
 * Requests of other services of AWS, which a client sends here because all of its endpoints are set to this server. They
 * are told so in the protocol of their service, so that its SDK shows the sentence. Only what S3 has refused comes here.
 * @see https://smithy.io/2.0/aws/protocols/index.html
 */
import { type AwsError, error } from './errors.ts'
import { header, type WireRequest, type WireResponse } from './http/wire.ts'
import { readPackageJson } from './lib/package-files.ts'
import { decodePath } from './lib/percent.ts'
import { escapeXml } from './protocol/xml-write.ts'

/** A row of `data/other-services.json`, by the name that signatures have. */
interface OtherService {
  readonly name: string
  /** Its errors are XML where the request does not tell a protocol. */
  readonly isXml?: boolean
  /** What X-Amz-Target begins with. */
  readonly targets?: readonly string[]
  /** Of forms. */
  readonly versions?: readonly string[]
}

let services: ReadonlyMap<string, OtherService> | undefined

function load(): ReadonlyMap<string, OtherService> {
  if (services === undefined) {
    const file = readPackageJson('data/other-services.json') as { services: Record<string, OtherService> }
    services = new Map(Object.entries(file.services))
  }
  return services
}

/** What is served here is answered by itself. */
const own: ReadonlySet<string> = new Set(['s3', 's3express', 's3-outposts', 's3-object-lambda', 'iam', 'sts'])

/** The service in the scope of a signature. */
function scopeOf(request: WireRequest): string | undefined {
  const authorization = header(request, 'authorization')
  const credential =
    authorization === undefined
      ? decodePath(/(?:^|&)X-Amz-Credential=([^&]*)/.exec(request.rawQuery)?.[1] ?? '')
      : /Credential=([^,\s]+)/.exec(authorization)?.[1]
  return /\/([a-z0-9-]+)\/aws4_request$/.exec(credential ?? '')?.[1]
}

/** The other service that a request is for. @param version of a form that is for neither IAM nor STS */
export function otherServiceOf(request: WireRequest, version?: string | undefined): OtherService | undefined {
  const scope = scopeOf(request)
  if (scope !== undefined) return own.has(scope) ? undefined : load().get(scope)
  const target = header(request, 'x-amz-target')
  if (version === undefined && (target === undefined || request.method !== 'POST' || request.rawPath !== '/')) {
    return undefined
  }
  for (const service of load().values()) {
    if (version !== undefined && service.versions?.includes(version)) return service
    if (target !== undefined && service.targets?.some((start) => target.startsWith(`${start}.`))) return service
  }
  return undefined
}

/** The error that such a request gets. */
export function notServed({ name }: OtherService): AwsError {
  const message = `${name} is not served by Sandbucket, which is Amazon S3 with its IAM and STS. Send this client's requests to another endpoint.`
  return error('NotImplemented', {}, { message })
}

/** Writes the error in the protocol of the request. */
export function writeNotServed(
  { isXml = false }: OtherService,
  request: WireRequest,
  { code, message, status }: AwsError,
  requestId: string,
): WireResponse {
  const answer = (type: string, body: string | Uint8Array, more?: WireResponse['headers']): WireResponse => ({
    status,
    headers: { 'Content-Type': type, 'x-amzn-RequestId': requestId, ...more },
    ...(request.method !== 'HEAD' && { body }),
  })
  const type = header(request, 'content-type') ?? ''
  if (header(request, 'smithy-protocol') === 'rpc-v2-cbor') {
    return answer('application/cbor', cborMap({ __type: code, message }), { 'smithy-protocol': 'rpc-v2-cbor' })
  }
  if (header(request, 'x-amz-target') !== undefined) {
    const version = type.startsWith('application/x-amz-json-1.0') ? '1.0' : '1.1'
    return answer(`application/x-amz-json-${version}`, JSON.stringify({ __type: code, message }))
  }
  const detail = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`
  if (type.startsWith('application/x-www-form-urlencoded')) {
    // EC2 has a document of its own; other clients that send forms read the second.
    if (scopeOf(request) === 'ec2') {
      const id = `<RequestID>${escapeXml(requestId)}</RequestID>`
      return answer('text/xml', `<Response><Errors><Error>${detail}</Error></Errors>${id}</Response>`)
    }
    return answer('text/xml', queryDocument(detail, requestId))
  }
  if (isXml) return answer('text/xml', queryDocument(detail, requestId))
  return answer('application/json', JSON.stringify({ code, message }), { 'x-amzn-ErrorType': code })
}

const queryDocument = (detail: string, requestId: string): string =>
  `<ErrorResponse><Error><Type>Receiver</Type>${detail}</Error><RequestId>${escapeXml(requestId)}</RequestId></ErrorResponse>`

/** A map of texts in CBOR. @see https://www.rfc-editor.org/rfc/rfc8949 */
function cborMap(members: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(members)
  return Buffer.concat([Buffer.of(0xa0 | entries.length), ...entries.flat().map(cborText)])
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text)
  const head = Buffer.of(0x79, bytes.length >> 8, bytes.length & 0xff)
  return Buffer.concat([head, bytes])
}
