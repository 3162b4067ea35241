/** Calls of the admin API at the configured address, for commands. */
import { request } from 'node:http'
import type { Config } from '../config/config.ts'
import { clientUrl, firstKey } from './exports.ts'

export interface AdminAnswer {
  status: number
  text: string
}

/**
 * Asks; from another machine it takes a root key, which is shown when the server wants it.
 * @param path below `/_sandbucket/`
 * @throws Error naming the address when there is no answer
 */
export async function askAdmin(method: 'GET' | 'POST' | 'DELETE', path: string, config: Config): Promise<AdminAnswer> {
  // Without TLS, which is never the only way in.
  const url = `${clientUrl(config.host, config.port, false)}/_sandbucket/${path}`
  const { accessKeyId, secretAccessKey } = firstKey(config)
  const basic = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`
  const open = await ask(method, url, undefined)
  return open.status === 401 ? ask(method, url, basic) : open
}

function ask(method: string, url: string, authorization: string | undefined): Promise<AdminAnswer> {
  const headers = authorization === undefined ? {} : { authorization }
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(new Error(`${url}: ${cause.message}`))
    const outgoing = request(url, { method, headers, timeout: 5000, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', fail)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 5 s')))
    outgoing.on('error', fail)
    outgoing.end()
  })
}

/** What the server has against a call, in words. */
export function refusalOf({ status, text }: AdminAnswer): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Something else answers there.
  }
  return `status ${status}`
}
