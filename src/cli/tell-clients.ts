/** `sandbucket env` and `sandbucket s3cfg`: what clients need to use the server. */
import type { Arguments } from '../config/arguments.ts'
import type { AccessKeyConfig, Config } from '../config/config.ts'
import { basicOf } from './ask-admin.ts'
import { exchange } from './exchange.ts'
import { exitCodes } from './exit-codes.ts'
import {
  awsEnvironment,
  type CaFile,
  caFile,
  type ClientFacts,
  shellExports,
  shellUnsets,
  trustHints,
} from './exports.ts'
import { probe, type ServerAddress, unknownSecret } from './find-server.ts'
import type { Io } from './io.ts'
import { s3cfg } from './s3cfg.ts'

/** Prints it; what is wrong beside it goes to standard error, so that `eval` still gets what is known. */
export async function tellClients(args: Arguments, server: ServerAddress, config: Config, io: Io): Promise<number> {
  const { url, key, region, accessKeyId } = server
  if (key === undefined) {
    io.err(`sandbucket: ${unknownSecret(server)}\n`)
    return exitCodes.usage
  }
  io.err(await notesOn(server, key))
  const ca = caOf(server, config, io)
  const facts: ClientFacts = { key: { ...key, accessKeyId }, region, ca: ca?.path }
  if (args.command === 's3cfg') io.out(s3cfg(url, facts))
  else {
    const variables = awsEnvironment(url, facts)
    const lines = shellUnsets(io.env) + shellExports(variables) + trustHints(url, ca)
    io.out(args.json ? `${JSON.stringify(variables, undefined, 2)}\n` : lines)
  }
  return exitCodes.clean
}

function caOf({ url, ca }: ServerAddress, config: Config, { directory }: Io): CaFile | undefined {
  if (ca !== undefined) return { path: ca, isFetched: false }
  return url.startsWith('https:') ? caFile(config, directory) : undefined
}

/** What those who use the settings should know of the server; empty when all is well. */
async function notesOn(server: ServerAddress, key: AccessKeyConfig): Promise<string> {
  const presence = await probe(server)
  if (presence === 'nobody') return nobodyYet(server)
  if (presence === 'something else') return `note: what answers at ${server.adminUrl} is no Sandbucket.\n`
  if (await mayHaveAnotherKey(server, key))
    return "note: the key is the one of this folder's configuration; that server may have another.\n"
  return ''
}

/** A server of this machine is asked whether the key is one of its own. To others no secret is sent just to find out. */
async function mayHaveAnotherKey(server: ServerAddress, key: AccessKeyConfig): Promise<boolean> {
  const { hostname } = new URL(server.adminUrl)
  if (hostname !== 'localhost' && hostname !== '[::1]' && !hostname.startsWith('127.')) {
    return server.knownBy !== 'runFile'
  }
  const authorization = basicOf(key)
  try {
    const options = { method: 'GET', headers: { authorization }, timeoutMs: 1500 } as const
    return (await exchange(server, '/_sandbucket/explain?count=1', options)).status === 401
  } catch {
    return true
  }
}

function nobodyYet({ adminUrl, ended, knownBy, program }: ServerAddress): string {
  if (knownBy === 'flags') return `note: no server answers at ${adminUrl} yet.\n`
  const why = ended === undefined ? '' : `; the server that ${ended} names has ended`
  return (
    `note: no server answers at ${adminUrl} yet${why}. Start one with "${program}", ` +
    'or say where it runs: --endpoint URL, or --data DIR of its data folder.\n'
  )
}
