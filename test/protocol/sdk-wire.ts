/** The official SDK without a network: what it would send, and what it makes of our answers. */
import * as iam from '@aws-sdk/client-iam'
import * as s3 from '@aws-sdk/client-s3'
import * as sts from '@aws-sdk/client-sts'
import { Readable } from 'node:stream'
import type { WireResponse } from '../../src/http/wire.ts'

export interface SentRequest {
  method: string
  path: string
  rawQuery: string
  headers: Record<string, string>
  body: Buffer
}

interface SdkRequest {
  method: string
  path: string
  query: Record<string, string | string[] | null>
  headers: Record<string, string>
  body: unknown
}

type AnyCommand = new (input: never) => never
type Send = (command: never) => Promise<Record<string, unknown>>

class Sent extends Error {}

export type SdkService = 's3' | 'iam' | 'sts'

const packages = { s3, iam, sts } as unknown as Record<SdkService, Record<string, AnyCommand>>

function clientWith(service: SdkService, handle: (request: SdkRequest) => Promise<unknown>): { send: Send } {
  const name = { s3: 'S3Client', iam: 'IAMClient', sts: 'STSClient' }[service]
  const Client = packages[service][name] as unknown as new (options: object) => { send: Send }
  return new Client({
    endpoint: 'http://127.0.0.1:9000',
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    disableS3ExpressSessionAuth: true,
    disableHostPrefix: true,
    maxAttempts: 1,
    requestHandler: { handle },
  })
}

function commandOf(service: SdkService, operation: string, input: object): never {
  const Command = packages[service][`${operation}Command`]
  if (Command === undefined) throw new Error(`the SDK has no ${operation}`)
  return new Command(input as never)
}

/** Serialises a call with the SDK. */
export async function serialise(service: SdkService, operation: string, input: object): Promise<SentRequest> {
  let sent: SentRequest | undefined
  const client = clientWith(service, async (request) => {
    sent = {
      method: request.method,
      path: request.path,
      rawQuery: rawQueryOf(request.query),
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
      body: await bytesOf(request.body),
    }
    throw new Sent()
  })
  await client.send(commandOf(service, operation, input)).catch((cause: unknown) => {
    if (!(cause instanceof Sent)) throw cause
  })
  if (sent === undefined) throw new Error('nothing was sent')
  return sent
}

/** Lets the SDK read our answer as that of a call. */
export async function deserialise(
  service: SdkService,
  operation: string,
  input: object,
  response: WireResponse,
): Promise<Record<string, unknown>> {
  const client = clientWith(service, async () => ({
    response: {
      statusCode: response.status,
      headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value])),
      body: response.body instanceof Readable ? response.body : Readable.from([Buffer.from(response.body ?? '')]),
    },
  }))
  return client.send(commandOf(service, operation, input))
}

function rawQueryOf(query: SdkRequest['query']): string {
  return Object.entries(query)
    .flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((one) => [name, one] as const) : [[name, value] as const],
    )
    .map(([name, value]) => (value === null ? encode(name) : `${encode(name)}=${encode(value)}`))
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text)
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body === undefined || body === null) return Buffer.alloc(0)
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body as string)
  const chunks: Buffer[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
