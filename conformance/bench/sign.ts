/** Requests prepared as bytes, signed by aws4 (not by our own code). */
import { createHash } from 'node:crypto'
import aws4 from 'aws4'

export interface Keys {
  accessKeyId: string
  secretAccessKey: string
}

export interface Unsigned {
  method: string
  path: string
  headers?: Record<string, string>
  body?: Buffer
}

/** Header-signed with the payload's hash, ready to be written to a socket. */
export function signedBytes(port: number, keys: Keys, { method, path, headers = {}, body }: Unsigned): Buffer {
  const signed = signedHeaders(port, keys, { method, path, headers, ...(body && { body }) })
  let text = `${method} ${path} HTTP/1.1\r\n`
  for (const [name, value] of Object.entries(signed)) text += `${name}: ${value}\r\n`
  return Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), body ?? Buffer.alloc(0)])
}

/** The headers of a signed request. */
export function signedHeaders(
  port: number,
  keys: Keys,
  { method, path, headers = {}, body }: Unsigned,
): Record<string, string> {
  const request = {
    method,
    path,
    host: `127.0.0.1:${port}`,
    service: 's3',
    region: 'us-east-1',
    headers: {
      ...headers,
      Host: `127.0.0.1:${port}`,
      'X-Amz-Content-Sha256':
        headers['X-Amz-Content-Sha256'] ??
        createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
      ...(body && { 'Content-Length': String(body.length) }),
    },
  }
  return aws4.sign(request, keys).headers as Record<string, string>
}
