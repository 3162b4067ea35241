/** Requests as plain data, for tests that need no socket. */
import { Readable } from 'node:stream'
import type { WireRequest } from '../../src/http/wire.ts'

export interface FakeRequest {
  method?: string
  rawPath?: string
  rawQuery?: string
  headers?: Record<string, string>
  body?: string | Buffer
  remoteAddress?: string
}

/** A WireRequest; Content-Length is added for a body unless the headers say otherwise. */
export function fakeRequest(fake: FakeRequest = {}): WireRequest {
  const bytes = Buffer.from(fake.body ?? '')
  const headers: Record<string, string> = { host: '127.0.0.1:9000' }
  for (const [name, value] of Object.entries(fake.headers ?? {})) headers[name.toLowerCase()] = value
  if (bytes.length > 0 && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    headers['content-length'] = String(bytes.length)
  }
  return {
    method: fake.method ?? 'GET',
    rawPath: fake.rawPath ?? '/',
    rawQuery: fake.rawQuery ?? '',
    headers,
    rawHeaders: Object.entries(headers).flat(),
    stream: bytes.length > 0 ? Readable.from([bytes]) : Readable.from([]),
    sendContinue() {},
    remoteAddress: fake.remoteAddress ?? '127.0.0.1',
    isTls: false,
  }
}
