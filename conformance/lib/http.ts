/** Plain HTTP, for presigned URLs: no client library, no redirect followed, names under `.localhost` lead to this machine. */
import { request } from 'node:http'

export interface HttpOptions {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

export interface HttpResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  text: string
}

/** One request to `url`, whose path and query are sent exactly as they are written. */
export function fetchRaw(url: string, options: HttpOptions = {}): Promise<HttpResponse> {
  const [, host = '', port = '80', target = '/'] = /^http:\/\/([^/:?]+)(?::(\d+))?(.*)$/.exec(url) ?? []
  const address = host.endsWith('localhost') ? '127.0.0.1' : host
  return new Promise((resolve, reject) => {
    const path = target.startsWith('/') ? target : `/${target}`
    const headers = { host: `${host}:${port}`, ...options.headers }
    const call = request({ host: address, port, path, method: options.method ?? 'GET', headers, timeout: 30_000 })
    call.on('error', reject)
    call.on('timeout', () => call.destroy(new Error(`no answer within 30 s: ${url}`)))
    call.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const body = Buffer.concat(chunks)
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body, text: body.toString() })
      })
    })
    call.end(options.body)
  })
}
