/** `sandbucket serve`: starts the server, says so, and stops it on a signal. */
import type { Resolution } from '../config/resolve.ts'
import type { Log } from '../context.ts'
import { createLog } from '../lib/log.ts'
import type { RequestUnderWay, RunningServer } from '../server.ts'
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
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    isColoured: io.isTerminal && !io.env.NO_COLOR,
  })
  for (const note of notesOf(resolution)) {
    if (isJson) log.warn({}, note)
    else io.err(`note: ${note}\n`)
  }
  let server: RunningServer | undefined
  const stop = untilStopped(log, () => server?.fail())
  // The database's own files, too, are for nobody else.
  if (config.dataDir !== undefined) process.umask(0o077)
  try {
    const { createServer } = await import('../server.ts')
    const started = await Promise.race([createServer(config, log), stop])
    // Stopped while it starts: as after a crash, nothing is lost by ending here.
    if (typeof started === 'number') return started
    server = started
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
  const waiting = server.underWay()
  if (isJson) log.info({ requests: waiting, graceMs }, 'stopping')
  else if (config.logLevel !== 'silent') io.err(stoppingText(waiting, exitCode))
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

/** So many requests are named. */
const namedRequests = 5
/** Of a path, so much is shown. */
const shownPath = 60

/** For what a stop waits, and how long. */
export function stoppingText(requests: readonly RequestUnderWay[], exitCode: number): string {
  if (requests.length === 0) return 'Stopping.\n'
  const verbs = { receiving: 'being received', working: 'being worked on', sending: 'being sent' }
  const isKey = exitCode === exitCodes.interrupted
  const again = isKey ? 'Press Ctrl-C again to stop at once.' : 'A second signal stops at once.'
  const lines = requests.slice(0, namedRequests).map(({ method, path, state }) => {
    const shown = path.length > shownPath ? `${path.slice(0, shownPath)}...` : path
    return `  ${method} ${shown} (${verbs[state]})\n`
  })
  const more = requests.length - lines.length
  const count = requests.length === 1 ? '1 request' : `${requests.length} requests`
  return [
    `Stopping: waits up to ${graceMs / 1000} s for ${count}. ${again}\n`,
    ...lines,
    more > 0 ? `  and ${more} more\n` : '',
  ].join('')
}

/** How long answers may take to leave after a crash, ms. */
const lastAnswersMs = 500

/**
 * Resolves with the exit code at the first signal; a second one ends the process. What nobody has caught is logged, what
 * can still be answered is, and the process ends: it is this command's own, and its state is no longer known.
 */
function untilStopped(log: Log, answerAll: () => void): Promise<number> {
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
    let hasCrashed = false
    // Rejections that nobody handles come here too.
    process.on('uncaughtException', (cause) => {
      log.error({ err: cause }, 'crash')
      if (hasCrashed) process.exit(exitCodes.crash)
      hasCrashed = true
      setTimeout(() => process.exit(exitCodes.crash), lastAnswersMs)
      answerAll()
    })
  })
}
