/** Calls of the admin API, for commands. */
import type { AccessKeyConfig, Config } from '../config/config.ts'
import { type Answer, exchange } from './exchange.ts'
import { firstKey } from './exports.ts'
import type { ServerAddress } from './find-server.ts'

/**
 * Asks; from another machine it takes a root key, which is shown when the server wants it.
 * @param path below `/_sandbucket/`
 * @throws Error saying what to do when there is no answer
 */
export async function askAdmin(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  server: ServerAddress,
  config: Config,
): Promise<Answer> {
  const whole = `/_sandbucket/${path}`
  const open = await exchange(server, whole, { method, timeoutMs: 5000 })
  if (open.status !== 401) return open
  const authorization = basicOf(server.key ?? firstKey(config))
  return exchange(server, whole, { method, headers: { authorization }, timeoutMs: 5000 })
}

/** A key as HTTP Basic user and password. */
export function basicOf({ accessKeyId, secretAccessKey }: AccessKeyConfig): string {
  return `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`
}

/** What the server has against a call, in words. */
export function refusalOf({ status, text }: Answer, { adminUrl }: ServerAddress): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Something else answers there.
  }
  return `status ${status}: what answers at ${adminUrl} is no Sandbucket; --endpoint URL names another server`
}
