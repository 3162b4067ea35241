/** One request at a time: signed beforehand (the client's work is not timed), sent, its answer counted or kept. */
import { request as httpRequest } from 'node:http'
import type { Child } from './child.ts'
import { keys } from './sandbucket.ts'
import { type Keys, signedHeaders, type Unsigned } from './sign.ts'

/** What was answered. */
export interface Answer {
  /** Of the body. */
  sizeBytes: number
  /** The body as text, when it is small. */
  text: string
}

/** Answers up to this size are kept. */
const keptBytes = 64 * 1024

/** Seconds that some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - started) / 1e9
}

/** Signs a request; the function it gives sends it. */
export function prepare(
  { port }: Pick<Child, 'port'>,
  { method, path, headers, body }: Unsigned,
  who: Keys = keys,
): () => Promise<Answer> {
  const signed = signedHeaders(port, who, { method, path, ...(headers && { headers }), ...(body && { body }) })
  return () => send(port, { method, path, headers: signed, ...(body && { body }) })
}

/** Sends a request as it is. @throws Error with the answer when that is no success */
export function send(port: number, { method, path, headers = {}, body }: Unsigned): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const kept: Buffer[] = []
      let sizeBytes = 0
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (sizeBytes <= keptBytes) kept.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const text = sizeBytes <= keptBytes ? Buffer.concat(kept).toString() : ''
        const status = response.statusCode ?? 0
        // A completion answers 200 before it knows: an error is then in the body.
        const failed = status < 200 || status > 299 || text.includes('<Error>')
        if (failed) reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`))
        else resolve({ sizeBytes, text })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** The text of the first element of that name. */
export function element(text: string, name: string): string {
  const from = text.indexOf(`<${name}>`)
  const to = text.indexOf(`</${name}>`)
  if (from === -1 || to === -1) throw new Error(`no <${name}> in ${text.slice(0, 300)}`)
  return text.slice(from + name.length + 2, to)
}
