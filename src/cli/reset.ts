/** `sandbucket reset`: the server forgets everything stored and makes the configured buckets again. */
import type { Config } from '../config/config.ts'
import { askAdmin, refusalOf } from './ask-admin.ts'
import { exitCodes } from './exit-codes.ts'
import { probe, type ServerAddress } from './find-server.ts'
import type { Io } from './io.ts'

/** Only the server of this data folder, or one that flags name: what happens to answer may hold somebody's data. */
export async function reset(server: ServerAddress, config: Config, io: Io): Promise<number> {
  if (server.knownBy === 'configuration') {
    io.err(`${await notReset(server, config)}\n`)
    return exitCodes.crash
  }
  try {
    const answer = await askAdmin('POST', 'reset', server, config)
    if (answer.status !== 200) throw new Error(refusalOf(answer, server))
    io.out(`Reset ${server.adminUrl}: everything stored is gone, what the configuration names is there again.\n`)
    return exitCodes.clean
  } catch (cause) {
    io.err(`${(cause as Error).message}\n`)
    return exitCodes.crash
  }
}

/** Why nothing was reset, and what to do. */
async function notReset(server: ServerAddress, { dataDir }: Config): Promise<string> {
  const { adminUrl, program } = server
  const why =
    dataDir === undefined ? 'Data in memory has no folder that tells its server' : `No server runs on ${dataDir}`
  const presence = await probe(server)
  const next =
    presence === 'sandbucket'
      ? `A server answers at ${adminUrl}: to empty that one, run ${program} reset --endpoint ${adminUrl}.`
      : 'Say where it runs: --endpoint URL, or --data DIR of its data folder.'
  return `${why}, so nothing was reset. ${next}`
}
