/** `sandbucket env` and `sandbucket s3cfg`: what clients need to use the server. */
import type { Arguments } from '../config/arguments.ts'
import type { Config } from '../config/config.ts'
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
import { isThere, type ServerAddress, unknownSecret } from './find-server.ts'
import type { Io } from './io.ts'
import { s3cfg } from './s3cfg.ts'

/** Prints it; what is wrong beside it goes to standard error, so that `eval` still gets what is known. */
export async function tellClients(args: Arguments, server: ServerAddress, config: Config, io: Io): Promise<number> {
  const { url, key, region, accessKeyId } = server
  if (key === undefined) {
    io.err(`sandbucket: ${unknownSecret(server)}\n`)
    return exitCodes.usage
  }
  if (server.isGuess && !(await isThere(server))) io.err(nobodyYet(server))
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

function nobodyYet({ adminUrl, ended }: ServerAddress): string {
  const why = ended === undefined ? '' : `; the server that ${ended} names has ended`
  return (
    `note: no server answers at ${adminUrl} yet${why}. Start one with "sandbucket", ` +
    'or say where it runs: --endpoint URL, or --data DIR of its data folder.\n'
  )
}
