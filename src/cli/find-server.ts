/**
 * Which server a command is about: the one that `--endpoint` names, or `--port` and `--host`, or the one that runs on
 * this data folder, or else the configured address.
 */
import { join } from 'node:path'
import type { Arguments } from '../config/arguments.ts'
import type { AccessKeyConfig, Config } from '../config/config.ts'
import { usageError } from '../config/layer.ts'
import { isAlive, type RunFile, readRunFile, runFileName } from '../run-file.ts'
import { exchange } from './exchange.ts'
import { caFile, clientUrl, firstKey } from './exports.ts'

export interface ServerAddress {
  /** For clients: `https://` with TLS. */
  url: string
  /** For commands: without TLS where the server is ours, which is never the only way in. */
  adminUrl: string
  region: string
  /** The key to show; undefined where the server was started with one whose secret is not configured here. */
  key: AccessKeyConfig | undefined
  /** The id of that key. */
  accessKeyId: string
  /** Path of the CA of its certificate, where it has made one and it is known. */
  ca: string | undefined
  /** Path of the run file of a server that has ended, where that is why the configured address is asked. */
  ended?: string | undefined
  /** Nobody has said that a server runs there: the address is only the configured one. */
  isGuess: boolean
}

/** How long the server of a run file may take to say that it is there, in ms. */
const probeMs = 1500

/** @throws UsageError for an address that is none, and for port 0 where no server runs */
export async function findServer(
  { flags, layer, command }: Pick<Arguments, 'flags' | 'layer' | 'command'>,
  config: Config,
  directory: string,
): Promise<ServerAddress> {
  const key = firstKey(config)
  const own = { region: config.region, key, accessKeyId: key.accessKeyId, isGuess: false }
  const ca = caFile({ ...config, tls: true }, directory)
  const generated = ca?.isFetched === false ? ca.path : undefined
  if (flags.endpoint !== undefined) {
    const url = readEndpoint(flags.endpoint)
    return { ...own, url, adminUrl: url, ca: url.startsWith('https:') ? generated : undefined }
  }
  const isTold = layer.port !== undefined || layer.host !== undefined
  const run = isTold || config.dataDir === undefined ? undefined : readRunFile(config.dataDir)
  const running = run && addressOf(run, config)
  if (run !== undefined && running !== undefined && isAlive(run) && (await isThere(running))) return running
  if (config.port === 0) {
    const problem = `port 0 is chosen when the server starts, and none runs on this data folder; say --port PORT to ${command}`
    throw usageError([problem])
  }
  return {
    ...own,
    url: clientUrl(config.host, config.port, config.tls),
    adminUrl: clientUrl(config.host, config.port, false),
    ca: config.tls ? generated : undefined,
    isGuess: !isTold,
    ...(run !== undefined && { ended: join(config.dataDir ?? '', runFileName) }),
  }
}

function addressOf({ url, region, accessKeyId, ca }: RunFile, { accounts }: Config): ServerAddress {
  const key = accounts.flatMap(({ keys }) => keys).find((known) => known.accessKeyId === accessKeyId)
  return { url, adminUrl: url.replace(/^https:/, 'http:'), region, key, accessKeyId, ca, isGuess: false }
}

/** Whether one of ours answers. */
export async function isThere(server: ServerAddress): Promise<boolean> {
  try {
    const { text } = await exchange(server, '/_sandbucket/version', { method: 'GET', timeoutMs: probeMs })
    return (JSON.parse(text) as { name?: unknown } | null)?.name === 'sandbucket'
  } catch {
    return false
  }
}

/** `http://host:port` of whatever way somebody writes it. @throws UsageError */
function readEndpoint(text: string): string {
  const whole = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw usageError([`--endpoint must be the address of a server, such as http://127.0.0.1:9000 (it is ${text})`])
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** What a command that signs has to say where the secret is not known. */
export function unknownSecret({ accessKeyId }: ServerAddress): string {
  return (
    `the server was started with the key ${accessKeyId}, whose secret is not configured here: give it with ` +
    'SANDBUCKET_ACCESS_KEY_ID and SANDBUCKET_SECRET_ACCESS_KEY, or name the configuration of the server with --config'
  )
}
