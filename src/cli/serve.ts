/** `sandbucket serve`: starts the server, says so, and stops it on a signal. */
import type { Resolution } from '../config/resolve.ts'
import type { Log } from '../context.ts'
import { createLog } from '../lib/log.ts'
import type { RunningServer } from '../server.ts'
import { version } from '../version.ts'
import { banner, listeningEvent } from './banner.ts'
import { exitCodes, explainFailure } from './exit-codes.ts'
import { caFile, clientUrl } from './exports.ts'
import type { Io } from './io.ts'

/** How long a request in flight may hold up a stop. Docker kills after 10 s. */
const graceMs = 8_000

/** Runs until a signal; resolves with the exit code. */
export async function serve(resolution: Resolution, io: Io): Promise<number> {
  const { config } = resolution
  const isJson = config.logFormat === 'json'
  const log = createLog({ level: config.logLevel, format: config.logFormat, isColoured: io.isTerminal })
  for (const note of notesOf(resolution)) {
    if (isJson) log.warn({}, note)
    else io.err(`note: ${note}\n`)
  }
  const stop = untilStopped(log)
  // The database's own files, too, are for nobody else.
  if (config.dataDir !== undefined) process.umask(0o077)
  let server: RunningServer
  try {
    const { createServer } = await import('../server.ts')
    server = await createServer(config, log)
  } catch (cause) {
    const failure = explainFailure(cause, config)
    io.err(
      isJson
        ? `${JSON.stringify({ event: 'failed', exitCode: failure.exitCode, msg: failure.message })}\n`
        : `${failure.message}\n`,
    )
    return failure.exitCode
  }
  const url = clientUrl(server.host, server.port, config.tls)
  const ca = caFile(config, io.directory)
  const event = listeningEvent(url, version, resolution, ca)
  io.out(isJson ? `${JSON.stringify(event)}\n` : banner(url, version, resolution, ca))
  process.send?.(event)
  const exitCode = await stop
  if (!isJson && config.logLevel !== 'silent') io.err('Stopping. Once more to stop at once.\n')
  await server.close({ graceMs })
  return exitCode
}

/** Notes of the configuration, and a warning when strangers could use a key that everybody knows. */
function notesOf({ config, notes }: Resolution): string[] {
  const isLocal = config.host === 'localhost' || config.host === '::1' || config.host.startsWith('127.')
  if (isLocal || !config.hasWellKnownKeys) return notes
  return [
    ...notes,
    `whoever reaches ${config.host} can use the well-known keys; SANDBUCKET_ACCESS_KEY_ID and SANDBUCKET_SECRET_ACCESS_KEY set others`,
  ]
}

/** Resolves with the exit code at the first signal; a second one ends the process. */
function untilStopped(log: Log): Promise<number> {
  return new Promise((resolve) => {
    let isStopping = false
    const stop = (exitCode: number): void => {
      if (isStopping) process.exit(exitCode)
      isStopping = true
      resolve(exitCode)
    }
    process.on('SIGINT', () => stop(exitCodes.interrupted))
    process.on('SIGTERM', () => stop(exitCodes.terminated))
    // The program that forked this one has gone: its fixture goes with it.
    process.on('disconnect', () => stop(exitCodes.clean))
    process.on('uncaughtException', (cause) => {
      log.error({ err: cause }, 'crash')
      process.exit(exitCodes.crash)
    })
  })
}
