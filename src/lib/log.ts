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
  /** Who asked: an ARN, or `anonymous`. */
  by: string
  /** The name of this server that made the signature right where the received Host did not. */
  hostAlias?: string | undefined
  /** Microseconds from the head of the request to its answer. */
  us: number
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
  { id, op, method, path, hostBucket, status, code, by, hostAlias, us }: RequestFields,
) {
  const bucket = hostBucket === undefined ? '' : `,"hostBucket":${JSON.stringify(hostBucket)}`
  const why = code === undefined ? '' : `,"code":"${code}"`
  const alias = hostAlias === undefined ? '' : `,"hostAlias":${JSON.stringify(hostAlias)}`
  const what = `"id":"${id}","op":"${op}","method":"${method}","path":${JSON.stringify(path)}${bucket}`
  return `{"level":"${level}","time":"${isoTime()}",${what},"status":${status}${why},"by":${JSON.stringify(by)}${alias},"us":${us},"msg":"request"}\n`
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

/** `PUT /b/k 200 PutObject 1.2 ms arn:... ID`, so that what matters stands left; `b:/k` where the Host names bucket b. */
function requestLine(fields: RequestFields, paint: (colour: number, text: string) => string): string {
  const { method, path, hostBucket, status, op, code, us, by, id, hostAlias } = fields
  const verdict = code === undefined ? `${status}` : `${status} ${code}`
  const colour = status < 400 ? 32 : status < 500 ? 33 : 31
  const where = hostBucket === undefined ? path : `${hostBucket}:${path}`
  const who = hostAlias === undefined ? by : `${by} signed for ${hostAlias}`
  const what = [method, where, paint(colour, verdict), op, `${(us / 1000).toFixed(1)} ms`, paint(90, `${who} ${id}`)]
  return what.filter((word) => word !== '').join(' ')
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
