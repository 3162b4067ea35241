/** Lines of the log in JSON. That of a request is put together by hand: it is written for each, and most of it needs no escaping. */
import type { RequestFields } from './log.ts'

/** One line with its end. @param fields what JSON can say, without secrets */
export function jsonLine(level: string, fields: object, message: string): string {
  if (message === 'request') return requestLine(level, fields as RequestFields)
  return `${JSON.stringify({ level, time: isoTime(), ...fields, msg: message })}\n`
}

function requestLine(level: string, fields: RequestFields): string {
  const { id, op, method, path, hostBucket, status, code, by, hostAlias, us } = fields
  // What a client or a policy's author chose is escaped; the rest are names of ours.
  const what = `"id":"${id}","op":"${op}","method":"${method}","path":${JSON.stringify(path)}`
  const bucket = hostBucket === undefined ? '' : `,"hostBucket":${JSON.stringify(hostBucket)}`
  const why = code === undefined ? '' : `,"code":"${code}"`
  const alias = hostAlias === undefined ? '' : `,"hostAlias":${JSON.stringify(hostAlias)}`
  const who = `,"by":${JSON.stringify(by)}`
  return `{"level":"${level}","time":"${isoTime()}",${what}${bucket},"status":${status}${why}${who}${alias},"us":${us},"msg":"request"}\n`
}

let secondOfText = Number.NaN
/** `2026-01-02T03:04:05.` of the second written last. */
let secondText = ''

/** Now, as `Date.toISOString` says it. */
function isoTime(): string {
  const now = Date.now()
  const second = Math.floor(now / 1000)
  if (second !== secondOfText) {
    secondText = new Date(second * 1000).toISOString().slice(0, 20)
    secondOfText = second
  }
  const ms = now - second * 1000
  return `${secondText}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
}
