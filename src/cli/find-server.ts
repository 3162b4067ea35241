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
import type { Io } from './io.ts'

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
  /** What says that the server is there: flags, the run file of this data folder, or only the configured address. */
  knownBy: 'flags' | 'runFile' | 'configuration'
  /** What starts a server, as people write it in a shell. */
  program: string
}

/** What answers at an address. */
export type Presence = 'sandbucket' | 'something else' | 'nobody'

/** How long the server of a run file may take to say that it is there, in ms. */
const probeMs = 1500

/** @throws UsageError for an address that is none, and for port 0 where no server runs */
export async function findServer(
  { flags, layer, command }: Pick<Arguments, 'flags' | 'layer' | 'command'>,
  config: Config,
  { directory, env }: Pick<Io, 'directory' | 'env'>,
): Promise<ServerAddress> {
  const key = firstKey(config)
  const program = programName(env)
  const own = { region: config.region, key, accessKeyId: key.accessKeyId, program }
  const ca = caFile({ ...config, tls: true }, directory)
  const generated = ca?.isFetched === false ? ca.path : undefined
  if (flags.endpoint !== undefined) {
    const url = readEndpoint(flags.endpoint)
    return { ...own, url, adminUrl: url, knownBy: 'flags', ca: url.startsWith('https:') ? generated : undefined }
  }
  const isTold = layer.port !== undefined || layer.host !== undefined
  const run = isTold || config.dataDir === undefined ? undefined : readRunFile(config.dataDir)
  const running = run && addressOf(run, config, program)
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
    knownBy: isTold ? 'flags' : 'configuration',
    ...(run !== undefined && { ended: join(config.dataDir ?? '', runFileName) }),
  }
}

/** Who has only called it through npm or npx finds no `sandbucket` on the path. */
function programName({ npm_execpath: npm, npm_command: command }: Io['env']): string {
  return npm || command ? 'npx sandbucket' : 'sandbucket'
}

function addressOf({ url, region, accessKeyId, ca }: RunFile, { accounts }: Config, program: string): ServerAddress {
  const key = accounts.flatMap(({ keys }) => keys).find((known) => known.accessKeyId === accessKeyId)
  return { url, adminUrl: url.replace(/^https:/, 'http:'), region, key, accessKeyId, ca, knownBy: 'runFile', program }
}

/** What answers there. */
export async function probe(server: ServerAddress): Promise<Presence> {
  let text: string
  try {
    text = (await exchange(server, '/_sandbucket/version', { method: 'GET', timeoutMs: probeMs })).text
  } catch {
    return 'nobody'
  }
  try {
    if ((JSON.parse(text) as { name?: unknown } | null)?.name === 'sandbucket') return 'sandbucket'
  } catch {
    // No JSON: it is none of ours.
  }
  return 'something else'
}

/** Whether one of ours answers. */
export const isThere = async (server: ServerAddress): Promise<boolean> => (await probe(server)) === 'sandbucket'

/** For commands that ask whatever server they find: which one it was, where that is not the one of this data folder. */
export async function noteOnOther(server: ServerAddress, { dataDir }: Config): Promise<string | undefined> {
  if (server.knownBy !== 'configuration' || dataDir === undefined || !(await isThere(server))) return undefined
  return `note: no server runs on ${dataDir}; the one at ${server.adminUrl} was asked.\n`
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
