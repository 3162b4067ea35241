/** The instants of signatures: ISO 8601 basic (`20130524T000000Z`) and the dates of HTTP. */
import { wholeNumber } from './bytes.ts'

/** The instant read last: requests of the same second say the same. */
let lastText = ''
let lastRead: number | undefined

/** Milliseconds since the epoch of `yyyyMMddTHHmmssZ`; undefined when the text is anything else. */
export function parseIsoBasic(text: string): number | undefined {
  if (text === lastText) return lastRead
  lastRead = readIsoBasic(text)
  lastText = text
  return lastRead
}

function readIsoBasic(text: string): number | undefined {
  if (text.length !== 16 || text.charCodeAt(8) !== 84 || text.charCodeAt(15) !== 90) return undefined
  const day = wholeNumber(text.slice(0, 8))
  const time = wholeNumber(text.slice(9, 15))
  if (day === undefined || time === undefined) return undefined
  const month = Math.floor(day / 100) % 100
  const date = day % 100
  const hour = Math.floor(time / 10_000)
  const minute = Math.floor(time / 100) % 100
  const second = time % 100
  if (month < 1 || month > 12 || date < 1 || date > 31 || hour > 23 || minute > 59 || second > 59) return undefined
  const ms = Date.UTC(Math.floor(day / 10_000), month - 1, date, hour, minute, second)
  // 30 February rolls over into March: not a date.
  return new Date(ms).getUTCDate() === date ? ms : undefined
}

const httpDate = /^[A-Za-z]{3,9},? [ \d]\d[ -][A-Za-z]{3}[ -]\d{2,4} \d\d:\d\d:\d\d (GMT|UTC|[+-]\d{4})$/
const asctime = /^[A-Za-z]{3} [A-Za-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/** Milliseconds of any date format that HTTP or SigV2 knows (RFC 1123, RFC 850, asctime, ISO basic); undefined otherwise. */
export function parseHttpDate(text: string): number | undefined {
  const iso = parseIsoBasic(text)
  if (iso !== undefined) return iso
  if (text.length > 64) return undefined
  let ms = Number.NaN
  if (httpDate.test(text)) ms = Date.parse(text)
  else if (asctime.test(text)) ms = Date.parse(`${text} GMT`)
  return Number.isNaN(ms) ? undefined : ms
}

// The last second that is written with a year of four digits: clients choose how far away a date is.
const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59)

/** `2013-05-24T00:00:00Z`, as AWS writes ServerTime and Expires. Later than year 9999 is written as its end. */
export function isoSeconds(ms: number): string {
  return `${new Date(Math.min(ms, lastMs)).toISOString().slice(0, 19)}Z`
}

/** `20130524T000000Z`. */
export function isoBasic(ms: number): string {
  return isoSeconds(ms).replaceAll('-', '').replaceAll(':', '')
}
