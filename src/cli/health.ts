/** `sandbucket health`: asks the server whether it is ready. For container health checks. */
import { exchange } from './exchange.ts'
import { exitCodes } from './exit-codes.ts'
import type { ServerAddress } from './find-server.ts'
import type { Io } from './io.ts'

/** Exit code 0 when it answers 200 within two seconds. */
export async function health(server: ServerAddress, io: Io): Promise<number> {
  try {
    const { status } = await exchange(server, '/_sandbucket/health/ready', { method: 'GET', timeoutMs: 2000 })
    const isReady = status === 200
    io.out(`${isReady ? 'ready' : `not ready: status ${status}`}\n`)
    return isReady ? exitCodes.clean : exitCodes.crash
  } catch (cause) {
    io.err(`${(cause as Error).message}\n`)
    return exitCodes.crash
  }
}
