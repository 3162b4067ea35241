/** Requests as bytes, signed by aws4 (not by our own code) where they are to be valid. */
import { createHash } from 'node:crypto'
import aws4 from 'aws4'

/** The root key of the server under test. */
export const key = { accessKeyId: 'AKIAFUZZFUZZFUZZFUZZ', secretAccessKey: 'secret/of+the=fuzzer' }

export interface Draft {
  method: string
  /** `/path?query` as on the request line. */
  target: string
  /** In their order; names may repeat. */
  headers?: readonly (readonly [string, string])[]
  body?: Buffer
  service?: string
  /** Of the payload: what x-amz-content-sha256 says; default: the hash of the body. */
  payload?: string
  host?: string
}

/** Head and body. Header values have one character a byte. */
export function bytesOf(draft: Draft): Buffer {
  const { method, target, headers = [], body = Buffer.alloc(0), host = 'localhost' } = draft
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const lines = names.has('host') ? [...headers] : [['Host', host] as const, ...headers]
  const hasLength = names.has('content-length') || names.has('transfer-encoding')
  if (!hasLength && (body.length > 0 || method === 'PUT' || method === 'POST'))
    lines.push(['Content-Length', String(body.length)])
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${text}\r\n`, 'latin1'), body])
}

/** As `bytesOf`, with a SigV4 Authorization header. What cannot be signed is sent without one. */
export function signedBytes(draft: Draft): Buffer {
  return bytesOf({ ...draft, headers: signedHeaders(draft) })
}

/** All headers of a signed request. */
export function signedHeaders(draft: Draft): [string, string][] {
  const { method, target, headers = [], body = Buffer.alloc(0), host = 'localhost', service = 's3' } = draft
  const own: [string, string][] = headers
    .map(([name, value]): [string, string] => [name, value])
    .filter(([name]) => !/^(authorization|x-amz-date|date|host|x-amz-content-sha256)$/i.test(name))
  const joined: Record<string, string> = { Host: host }
  // Signed are only those that every reader joins in the same way.
  for (const [name, value] of own)
    if (/^(x-amz-|content-(md5|type))/i.test(name) && !(name in joined)) joined[name] = value.trim()
  const hash = draft.payload ?? createHash('sha256').update(body).digest('hex')
  if (service === 's3') joined['X-Amz-Content-Sha256'] = hash
  try {
    const signed = aws4.sign(
      { method, path: target, host, service, region: 'us-east-1', headers: joined, ...(service !== 's3' && { body }) },
      key,
    )
    const added = Object.entries(signed.headers ?? {}).map(([name, value]): [string, string] => [name, String(value)])
    const known = new Set(added.map(([name]) => name.toLowerCase()))
    return [
      ...added.filter(([name]) => !/^content-length$/i.test(name)),
      ...own.filter(([name]) => !known.has(name.toLowerCase())),
    ]
  } catch {
    return [['Host', host], ...own]
  }
}
