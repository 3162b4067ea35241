/** `sandbucket reset`: the server forgets everything stored and makes the configured buckets again. */
import type { Config } from '../config/config.ts'
import { askAdmin, refusalOf } from './ask-admin.ts'
import { exitCodes } from './exit-codes.ts'
import type { ServerAddress } from './find-server.ts'
import type { Io } from './io.ts'

export async function reset(server: ServerAddress, config: Config, io: Io): Promise<number> {
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
