/** Requests, keys and a clock for the tests of signatures; the examples of AWS's documentation use the same. */
import assert from 'node:assert/strict'
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { Addresser, hostName, hostRules } from '../../src/address.ts'
import { type AuthDeps, type AuthTarget, authenticate, createAuthDeps } from '../../src/auth/authenticate.ts'
import type { Authenticated } from '../../src/auth/deps.ts'
import { HostAliases, type HostOptions } from '../../src/auth/hosts.ts'
import { type Credential, createKeyRing } from '../../src/auth/keys.ts'
import { AwsError, error } from '../../src/errors.ts'
import type { WireRequest } from '../../src/http/wire.ts'
import { decodePath } from '../../src/lib/percent.ts'
import { parseQuery } from '../../src/protocol/query-string.ts'

export const accessKeyId = 'AKIAIOSFODNN7EXAMPLE'
export const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
export const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
/** The instant of AWS's examples: 20130524T000000Z. */
export const exampleMs = Date.UTC(2013, 4, 24)

export const account = {
  id: '111122223333',
  canonicalId: 'c'.repeat(64),
  displayName: 'owner',
  email: 'owner@example.com',
  keys: [{ accessKeyId, secretAccessKey }],
}
export const ring = createKeyRing([account])
const root = (ring.find(accessKeyId) as Credential).principal

/** A temporary credential of the same principal. */
export const session: Credential = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey,
  principal: { ...root, accessKeyId: 'ASIAIOSFODNN7EXAMPLE' },
  isActive: true,
  session: { token: 'the/token+of=session', expiresMs: exampleMs + 3_600_000 },
}
export const endedSession: Credential = {
  ...session,
  accessKeyId: 'ASIAENDEDSESSION0000',
  session: { token: 'ended', expiresMs: exampleMs - 1 },
}
export const inactive: Credential = {
  ...session,
  accessKeyId: 'AKIAINACTIVE00000000',
  isActive: false,
  session: undefined,
}

const others = new Map([session, endedSession, inactive].map((credential) => [credential.accessKeyId, credential]))

/** The buckets that hosts under no known suffix may name. */
export const bucketNames = new Set(['photos', 'www.example.org'])

export interface DepsOptions extends Partial<Omit<AuthDeps, 'hosts' | 'clock'>> {
  nowMs?: number
  hosts?: Partial<HostOptions>
}

export function makeDeps(options: DepsOptions = {}): AuthDeps {
  const { nowMs, hosts, ...rest } = options
  const rules = hostRules([], ['box', ...(hosts?.publicHosts ?? []).map(hostName)])
  const addresser = new Addresser(rules, (name) => bucketNames.has(name))
  const isAlias: HostOptions['isAlias'] = (request, host) => addresser.isAlias(request, host)
  return createAuthDeps({
    credentials: { find: (id) => ring.find(id) ?? others.get(id) },
    clock: { now: () => nowMs ?? exampleMs },
    hosts: new HostAliases({
      publicHosts: [],
      strictHost: false,
      hostname: 'box',
      port: () => 9000,
      isAlias,
      ...hosts,
    }),
    region: 'us-east-1',
    regionStrict: true,
    maxClockSkewMs: 900_000,
    ...rest,
  })
}

export interface RequestParts {
  method?: string
  /** `/path?query`, as on the request line. */
  target?: string
  /** Values are Unicode here and become the Latin-1 text of their UTF-8 bytes, as on the wire. */
  headers?: Record<string, string>
  /** Further header lines after those, repeats included. */
  more?: [string, string][]
  body?: Buffer | Readable
}

export function makeRequest(parts: RequestParts = {}): WireRequest {
  const target = parts.target ?? '/'
  const question = target.indexOf('?')
  const lines = [...Object.entries(parts.headers ?? {}), ...(parts.more ?? [])]
  const headers: Record<string, string> = {}
  const rawHeaders: string[] = []
  for (const [name, unicode] of lines) {
    const value = Buffer.from(unicode).toString('latin1')
    rawHeaders.push(name, value)
    const lower = name.toLowerCase()
    headers[lower] = headers[lower] === undefined ? value : `${headers[lower]}, ${value}`
  }
  return {
    method: parts.method ?? 'GET',
    rawPath: question < 0 ? target : target.slice(0, question),
    rawQuery: question < 0 ? '' : target.slice(question + 1),
    headers,
    rawHeaders,
    stream: parts.body instanceof Readable ? parts.body : byteStream(parts.body === undefined ? [] : [parts.body]),
    sendContinue() {},
    remoteAddress: '127.0.0.1',
    isTls: false,
  }
}

/** A byte stream that hands out exactly these pieces, one per turn of the event loop. */
export function byteStream(pieces: readonly Buffer[]): Readable {
  const left = [...pieces]
  return new Readable({
    read() {
      setImmediate(() => this.push(left.shift() ?? null))
    },
  })
}

/** A target apart from what `run` reads from the request. */
export type Place = Omit<AuthTarget, 'path' | 'query'>

export const s3: Place = { service: 's3' }

/** A target with the request's path and parameters. */
export function targetOf(request: WireRequest, place: Place = s3): AuthTarget {
  const path = decodePath(request.rawPath)
  if (path === undefined) throw error('InvalidURI')
  return { path, query: parseQuery(request.rawQuery), ...place }
}

/** Authenticates; every source of these tests answers at once. */
export function run(request: WireRequest, deps: AuthDeps = makeDeps(), place: Place = s3): Authenticated {
  const result = authenticate(request, targetOf(request, place), deps)
  assert.ok(!(result instanceof Promise), 'a credential that is there at once costs no promise')
  return result
}

/** What a refusal says. */
export interface Refusal {
  code: string
  status?: number
  message?: string | RegExp
  fields?: Record<string, string | number>
}

/** Runs something that must be refused in these words. */
export function refused(action: () => unknown, expected: Refusal): AwsError {
  let caught: unknown
  try {
    action()
  } catch (cause) {
    caught = cause
  }
  return checkRefusal(caught, expected)
}

export function checkRefusal(caught: unknown, expected: Refusal): AwsError {
  assert.ok(caught instanceof AwsError, `expected ${expected.code}, got ${String(caught)}`)
  assert.equal(caught.code, expected.code, caught.message)
  if (expected.status !== undefined) assert.equal(caught.status, expected.status)
  if (typeof expected.message === 'string') assert.equal(caught.message, expected.message)
  else if (expected.message !== undefined) assert.match(caught.message, expected.message)
  for (const [name, value] of Object.entries(expected.fields ?? {})) assert.equal(caught.fields[name], value, name)
  return caught
}

/** SHA-256 and HMAC as the SDK's signers want them. */
export class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' ? secret : secret && Buffer.from(new Uint8Array(secret as ArrayBuffer))
    const bytes = ArrayBuffer.isView(secret) ? Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength) : key
    this.#hash = bytes === undefined ? createHash('sha256') : createHmac('sha256', bytes)
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    if (typeof data === 'string') this.#hash.update(data)
    else if (ArrayBuffer.isView(data)) this.#hash.update(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    else this.#hash.update(Buffer.from(data))
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}

export const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The signing key of AWS's examples for any scope, written down a second time, independent of src. */
export function signingKey(date = '20130524', region = 'us-east-1', service = 's3'): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date), region), service), 'aws4_request')
}

export interface SignOptions extends RequestParts {
  key?: string
  date?: string
  /** The date in the string to sign; default: as in the header. */
  dateText?: string
  /** Default: x-amz-date. */
  dateHeader?: string
  scopeDate?: string
  region?: string
  service?: string
  terminal?: string
  signedHeaders?: string
  signature?: string
  algorithm?: string
}

/** A header-signed request, every part of which can be spoilt. Signs host, x-amz-content-sha256 and x-amz-date. */
export function signed(options: SignOptions = {}): WireRequest {
  const date = options.date ?? '20130524T000000Z'
  const scopeDate = options.scopeDate ?? date.slice(0, 8)
  const region = options.region ?? 'us-east-1'
  const service = options.service ?? 's3'
  const scope = `${scopeDate}/${region}/${service}/${options.terminal ?? 'aws4_request'}`
  const headers: Record<string, string> = {
    host: '127.0.0.1:9000',
    'x-amz-content-sha256': emptySha256,
    [options.dateHeader ?? 'x-amz-date']: date,
  }
  Object.assign(headers, options.headers)
  const names = options.signedHeaders ?? Object.keys(headers).sort().join(';')
  const target = options.target ?? '/bucket/key'
  const [path = '', query = ''] = target.split('?')
  const list = [...new Set(names.toLowerCase().split(';'))].sort()
  const lines = list.map((name) => `${name}:${(headers[name] ?? '').trim()}\n`).join('')
  const payload = headers['x-amz-content-sha256'] ?? emptySha256
  const canonical = `${options.method ?? 'GET'}\n${path}\n${query}\n${lines}\n${list.join(';')}\n${payload}`
  const hash = createHash('sha256').update(canonical).digest('hex')
  const stringToSign = `AWS4-HMAC-SHA256\n${options.dateText ?? date}\n${scope}\n${hash}`
  const signature = options.signature ?? hmac(signingKey(scopeDate, region, service), stringToSign).toString('hex')
  const credential = `${options.key ?? accessKeyId}/${scope}`
  headers.authorization = `${options.algorithm ?? 'AWS4-HMAC-SHA256'} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
  return makeRequest({ ...options, target, headers })
}
