/** Calls of the Query API signed as the first key, for commands that ask the server what only IAM answers. */
import { createHash, createHmac } from 'node:crypto'
import type { AccessKeyConfig } from '../config/config.ts'
import { nameMap } from '../lib/name-map.ts'
import { exchange } from './exchange.ts'
import type { ServerAddress } from './find-server.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** What a call carries beside its body. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function signedHeaders(host: string, body: string, key: AccessKeyConfig, nowMs: number): Record<string, string> {
  const time = `${new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '')}`
  const type = 'application/x-www-form-urlencoded; charset=utf-8'
  const names = 'content-type;host;x-amz-date'
  const headers = `content-type:${type}\nhost:${host}\nx-amz-date:${time}\n`
  const canonical = ['POST', '/', '', headers, names, sha256(body)].join('\n')
  const parts = [time.slice(0, 8), 'us-east-1', 'iam', 'aws4_request']
  const scope = parts.join('/')
  const signingKey = parts.reduce<string | Buffer>(hmac, `AWS4${key.secretAccessKey}`)
  const signature = hmac(signingKey, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex')
  const credential = `Credential=${key.accessKeyId}/${scope}`
  return {
    host,
    'content-type': type,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

/** Posts a call of IAM. @throws Error when there is no answer, with the name NoAnswer, or when the server refuses */
export async function callIam(
  server: ServerAddress,
  parameters: Record<string, string>,
  key: AccessKeyConfig,
): Promise<string> {
  const body = new URLSearchParams({ Version: '2010-05-08', ...parameters }).toString()
  const headers = signedHeaders(new URL(server.adminUrl).host, body, key, Date.now())
  const { status, text } = await exchange(server, '/', { method: 'POST', headers, body, timeoutMs: 10_000 })
  if (status !== 200) throw new Error(elementsIn(text, 'Message')[0] ?? `status ${status}`)
  return text
}

const entities: Record<string, string> = nameMap({
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#34': '"',
  amp: '&',
})

/** The texts of all elements with this name that hold nothing but text. */
export function elementsIn(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text.replace(/&([^;]*);/g, (whole, entity: string) => entities[entity] ?? whole),
  )
}
