/**
 * The log: JSON lines through pino, or lines for people, one per request. Secrets are taken out before either sees them.
 * Silence needs nothing and pays for nothing.
 */
import { pino } from 'pino'
import { isoTime } from './iso-time.ts'
import { lineWriter } from './line-writer.ts'
import { redact } from './redact.ts'

/** The log as the rest of the program sees it; the same shape as in `context.ts`, from which this folder imports nothing. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** The fields of the line that each request gets, under the message `request`. */
export interface RequestFields {
  id: string
  op: string
  method: string
  /** Raw, without the query: presigned URLs carry their signature there. */
  path: string
  /** The bucket that the Host names; undefined where the path names it. */
  hostBucket?: string | undefined
  status: number
  /** The error code of a failure. */
  code?: string | undefined
  /** Who asked: an ARN, `anonymous`, or `unverified` and the key that a request claims. */
  by: string
  /** The name of this server that made the signature right where the received Host did not. */
  hostAlias?: string | undefined
  /** Microseconds from the head of the request to its answer. */
  us: number
  /** Of a refusal, in a few words. */
  why?: string | undefined
}

export interface LogOptions {
  level: LogLevel
  format: 'json' | 'pretty'
  /** Where lines go; each ends with a newline. Default: standard output. */
  write?: ((line: string) => void) | undefined
  /** Colours in the pretty form. */
  isColoured?: boolean
}

const rank: Record<LogLevel, number> = { silent: 4, error: 3, warn: 2, info: 1, debug: 0 }
type Method = keyof Log
const methods: readonly Method[] = ['debug', 'info', 'warn', 'error']
const nothing = (): void => {}

/** Makes the log. */
export function createLog(options: LogOptions): Log {
  if (options.level === 'silent') return silentLog
  const write = options.format === 'json' ? jsonWriter(options.write) : prettyWriter(options)
  const log: Record<Method, Log[Method]> = { debug: nothing, info: nothing, warn: nothing, error: nothing }
  for (const method of methods) {
    if (rank[method] < rank[options.level]) continue
    log[method] = (fields, message) =>
      write(method, message === 'request' ? fields : (redact(fields) as object), message)
  }
  return log
}

/** Says nothing. */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

type Write = (method: Method, fields: object, message: string) => void

/** To standard output; one for all logs of the process. */
let standardWriter: ((line: string) => void) | undefined

function jsonWriter(given: LogOptions['write']): Write {
  if (given === undefined) standardWriter ??= lineWriter(1)
  const write = given ?? (standardWriter as (line: string) => void)
  const options = {
    level: 'debug',
    base: null,
    timestamp: () => `,"time":"${isoTime()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const logger = pino(options, { write })
  return (method, fields, message) =>
    message === 'request' ? write(requestJson(method, fields as RequestFields)) : logger[method](fields, message)
}

/** The line of a request, by far the most frequent one, as pino would say it at three times the cost. */
function requestJson(
  level: Method,
  { id, op, method, path, hostBucket, status, code, by, hostAlias, us, why }: RequestFields,
) {
  const bucket = hostBucket === undefined ? '' : `,"hostBucket":${JSON.stringify(hostBucket)}`
  const error = code === undefined ? '' : `,"code":"${code}"`
  const reason = why === undefined ? '' : `,"why":${JSON.stringify(why)}`
  const alias = hostAlias === undefined ? '' : `,"hostAlias":${JSON.stringify(hostAlias)}`
  const what = `"id":"${id}","op":"${op}","method":"${method}","path":${JSON.stringify(path)}${bucket}`
  return `{"level":"${level}","time":"${isoTime()}",${what},"status":${status}${error}${reason},"by":${JSON.stringify(by)}${alias},"us":${us},"msg":"request"}\n`
}

const colours: Record<Method, number> = { debug: 90, info: 32, warn: 33, error: 31 }

function prettyWriter({ write = (line) => void process.stdout.write(line), isColoured = false }: LogOptions): Write {
  const paint = (colour: number, text: string): string => (isColoured ? `\u001b[${colour}m${text}\u001b[0m` : text)
  return (method, fields, message) => {
    const time = paint(90, new Date().toISOString().slice(11, 23))
    if (message === 'request') write(`${time} ${requestLine(fields as RequestFields, paint)}\n`)
    else write(`${time} ${paint(colours[method], method.toUpperCase())} ${message}${details(fields)}\n`)
  }
}

/** Columns of a line for people. */
const lineColumns = 100
/** What path and caller keep of them, however long the rest is. */
const minColumns = 8
/** `HH:MM:SS.mmm ` before it. */
const timeColumns = 13

/**
 * `PUT /b/k 200 PutObject 1.2 ms user/alice ID`, so that what matters stands left; `b:/k` where the Host names bucket b.
 * A refusal says why, and how to learn more. The path gives way when the line is too long: `explain ID` has it whole.
 */
function requestLine(fields: RequestFields, paint: (colour: number, text: string) => string): string {
  const { method, path, hostBucket, status, op, code, us, by: arn, id, hostAlias, why } = fields
  const verdict = code === undefined ? `${status}` : `${status} ${code}`
  const colour = status < 400 ? 32 : status < 500 ? 33 : 31
  const where = hostBucket === undefined ? path : `${hostBucket}:${path}`
  const who = hostAlias === undefined ? shortName(arn) : `${shortName(arn)} signed for ${hostAlias}`
  const isRefused = status === 403
  const reason = why === undefined ? '' : `(${why})`
  const how = isRefused ? `explain ${id}` : id
  const compose = (what: string): [line: string, isWhole: boolean] => {
    const room = lineColumns - timeColumns - [method, verdict, what, how].filter(isGiven).join(' ').length - 2
    const by = shortened(who, Math.max(minColumns, room - Math.min(minColumns, where.length)))
    const shown = shortened(where, Math.max(minColumns, room - by.length))
    const words = [method, shown, paint(colour, verdict), what, paint(90, `${by} ${how}`)]
    return [words.filter(isGiven).join(' '), shown === where && by === who]
  }
  if (!isRefused) return compose(`${op} ${(us / 1000).toFixed(1)} ms`.trimStart())[0]
  // The operation mostly repeats method and path.
  const [whole, isWhole] = compose([op, reason].filter(isGiven).join(' '))
  return isWhole ? whole : compose(reason)[0]
}

const isGiven = (word: string): boolean => word !== ''

/** The end of an ARN that tells people who it is: `root`, `user/alice`, `assumed-role/ROLE/SESSION`. */
export function shortName(by: string): string {
  return by.split(':').slice(5).join(':') || by
}

/** Without its middle where it is longer than that. */
function shortened(text: string, columns: number): string {
  if (text.length <= columns) return text
  const head = Math.ceil((columns - 1) / 2)
  return `${text.slice(0, head)}\u2026${text.slice(text.length - (columns - 1 - head))}`
}

/** ` name=value` for each field; the stack of an error on its own lines. */
function details(fields: object): string {
  let line = ''
  let stacks = ''
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const stack = (value as { stack?: unknown } | null)?.stack
    if (typeof stack === 'string' && stack !== '') stacks += `\n  ${stack.replaceAll('\n', '\n  ')}`
    else line += ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`
  }
  return line + stacks
}
