/** One HTTP request and its whole answer, for commands. HTTPS trusts the CA of this data folder beside the usual ones. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { rootCertificates } from 'node:tls'
import type { ServerAddress } from './find-server.ts'

export interface Answer {
  status: number
  text: string
}

export interface ExchangeOptions {
  method: 'GET' | 'POST' | 'DELETE'
  headers?: Record<string, string> | undefined
  body?: string | undefined
  /** How long the server may stay silent, in ms. */
  timeoutMs: number
}

/**
 * Sends a request to a server.
 * @param path with its query
 * @throws NoAnswer saying what to do
 */
export function exchange(server: ServerAddress, path: string, options: ExchangeOptions): Promise<Answer> {
  const { method, headers = {}, body, timeoutMs } = options
  const url = `${server.adminUrl}${path}`
  const isTls = url.startsWith('https:')
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(noAnswer(server, cause))
    const common = { method, headers, timeout: timeoutMs, agent: false as const }
    const outgoing = isTls ? requestTls(url, { ...common, ...trusting(server.ca) }) : request(url, common)
    outgoing.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', fail)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

function trusting(ca: string | undefined): { ca?: string[] } {
  if (ca === undefined) return {}
  try {
    return { ca: [...rootCertificates, readFileSync(ca, 'utf8')] }
  } catch {
    return {}
  }
}

/** What to do when nobody answers, as an error. */
export function noAnswer({ adminUrl, ended, program }: ServerAddress, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'EPROTO' && cause.message.includes('wrong version number')) {
    const plain = adminUrl.replace(/^https:/, 'http:')
    const message = `${adminUrl} does not speak HTTPS. Use ${plain}, or start the server with --tls.`
    return Object.assign(new Error(message, { cause }), { name: 'NoAnswer' })
  }
  const why = cause.message === '' ? (cause.code ?? 'no answer') : cause.message
  const left = ended === undefined ? '' : ` The server that ${ended} names has ended without a word.`
  const message =
    `${adminUrl}: no server answers (${why}).${left} ` +
    `Start one with "${program}", or say where it runs: --endpoint URL, or --data DIR of its data folder.`
  return Object.assign(new Error(message, { cause }), { name: 'NoAnswer' })
}
