/** `sandbucket record start|stop|show`: the recorder of the server. */
import type { RecordedPrincipal, RecordReport } from '../authorization/recorder.ts'
import type { Arguments } from '../config/arguments.ts'
import type { Config } from '../config/config.ts'
import { askAdmin, refusalOf } from './ask-admin.ts'
import { exitCodes } from './exit-codes.ts'
import type { ServerAddress } from './find-server.ts'
import type { Io } from './io.ts'

const methods = { start: 'POST', stop: 'DELETE', show: 'GET' } as const

/** Switches the recorder, or prints what it knows: as text, all of it as JSON, or one policy alone. */
export async function record(
  args: Pick<Arguments, 'word' | 'json' | 'flags'>,
  server: ServerAddress,
  config: Config,
  io: Io,
): Promise<number> {
  const { principal, format = args.json ? 'json' : 'text' } = args.flags
  const verb = (args.word ?? 'show') as keyof typeof methods
  const query = principal === undefined ? '' : `?principal=${encodeURIComponent(principal)}`
  try {
    const answer = await askAdmin(methods[verb], `record${query}`, server, config)
    if (answer.status !== 200) throw new Error(refusalOf(answer, server))
    if (verb === 'start')
      io.out(format === 'json' ? answer.text : 'Recording. sandbucket record show prints the policies.\n')
    else if (format === 'json') io.out(answer.text)
    else return print(JSON.parse(answer.text) as RecordReport, format, io)
    return exitCodes.clean
  } catch (cause) {
    io.err(`${(cause as Error).message}\n`)
    return exitCodes.crash
  }
}

function print(report: RecordReport, format: string, io: Io): number {
  const { principals } = report
  if (format === 'text') {
    io.out(printReport(report))
    return exitCodes.clean
  }
  const [only] = principals
  if (only?.principal === 'anonymous' && principals.length === 1) {
    io.err(
      'anonymous callers have no policy of their own; sandbucket record show tells what bucket policies have to allow\n',
    )
    return exitCodes.crash
  }
  if (only !== undefined && principals.length === 1) {
    io.out(`${JSON.stringify(only.policy, undefined, 2)}\n`)
    return exitCodes.clean
  }
  const names = principals.map(({ principal }) => `\n  ${principal}`).join('')
  io.err(
    only === undefined
      ? 'nothing was recorded of it\n'
      : `a policy is of one principal; --principal names it:${names}\n`,
  )
  return exitCodes.crash
}

/** A report as text for people. */
export function printReport({ isRecording, since, until, principals, notes }: RecordReport): string {
  if (since === undefined) return 'Nothing was recorded: sandbucket record start, or sandbucket --record, begins.\n'
  const state = isRecording ? `Recording since ${since}.` : `Recorded from ${since} to ${until}.`
  const nothing = principals.length === 0 ? ['', 'No permission was used.'] : []
  return `${[state, ...notes, ...nothing, ...principals.flatMap(printPrincipal)].join('\n')}\n`
}

function printPrincipal({ principal, uses, softDenied, policy, notes }: RecordedPrincipal): string[] {
  const times = uses === 1 ? '1 permission used' : `${uses} permissions used`
  const soft = softDenied === undefined ? '' : `, ${softDenied} of them allowed by soft mode only`
  return [
    '',
    `${principal}: ${times}${soft}`,
    ...notes.map((note) => `  ${note}`),
    JSON.stringify(policy, undefined, 2),
  ]
}
