/** Times on the wire. Inside, a time is milliseconds since the epoch. */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))

/** `Sun, 06 Nov 1994 08:49:37 GMT`. @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
export function formatHttpDate(ms: number): string {
  const date = new Date(ms)
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${day} ${String(date.getUTCFullYear()).padStart(4, '0')} ${time} GMT`
}

const DAY_SECONDS = 86_400
/** The day written last, as text: a page of a listing repeats it a thousand times. */
let cachedDay = Number.NaN
let cachedDayText = ''

/** `1994-11-06T08:49:37.000Z`: S3 keeps whole seconds and still writes the fraction. */
export function formatIsoSeconds(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const day = Math.floor(seconds / DAY_SECONDS)
  if (day !== cachedDay) {
    cachedDayText = new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, -13)
    cachedDay = day
  }
  const rest = seconds - day * DAY_SECONDS
  const minutes = Math.floor(rest / 60)
  return `${cachedDayText}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(rest % 60)}.000Z`
}

/** `1994-11-06T08:49:37Z`, as IAM and STS write it. */
export function formatIsoPlain(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** `1994-11-06T08:49:37.123Z`. */
export function formatIso(ms: number): string {
  return new Date(ms).toISOString()
}

const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? (?:(\d\d)[ -]([A-Z][a-z]{2})[ -](\d{2,4})|([A-Z][a-z]{2}) ([ \d]\d)) (\d\d):(\d\d):(\d\d)(?: (?:GMT|UTC|[+-]0000)| (\d{4}))$/

/** The three forms of RFC 9110, section 5.6.7; undefined for anything else. */
export function parseHttpDate(text: string): number | undefined {
  const match = HTTP_DATE.exec(text.trim())
  if (match === null) return undefined
  const month = MONTHS.indexOf(match[2] ?? match[4] ?? '')
  const yearText = match[3] ?? match[9]
  if (month === -1 || yearText === undefined) return undefined
  const short = Number(yearText)
  const year = yearText.length > 2 ? short : short < 70 ? 2000 + short : 1900 + short
  const day = Number(match[1] ?? match[5])
  return checkedTime(year, month, day, Number(match[6]), Number(match[7]), Number(match[8]), 0)
}

const ISO_DATE = /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?)?$/

/** ISO 8601 with or without punctuation, fraction and offset; a bare date is midnight UTC. Undefined for anything else. */
export function parseIsoDate(text: string): number | undefined {
  const match = ISO_DATE.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = match
  const ms = Math.floor(Number(`0.${fraction}`) * 1000)
  const time = checkedTime(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    ms,
  )
  if (time === undefined || zone === 'Z') return time
  const digits = zone.replace(':', '')
  const offsetMinutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5))
  return time - (digits[0] === '-' ? -1 : 1) * offsetMinutes * 60_000
}

function checkedTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number | undefined {
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const date = new Date(Date.UTC(year, month, day, hour, minute, second, ms))
  date.setUTCFullYear(year)
  const isSame = date.getUTCMonth() === month && date.getUTCDate() === day
  return isSame || second === 60 ? date.getTime() : undefined
}
