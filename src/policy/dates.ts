/** Dates of the policy language: the W3C profile of ISO 8601 in all its precisions, or seconds since 1970. */

const iso =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+-]\d{2}:?\d{2})?)?)?)?$/
const seconds = /^-?\d{1,15}(?:\.\d{1,9})?$/

/** Milliseconds since 1970; undefined when the text is no date. Four digits are a year; without offset the time is UTC. */
export function parseDate(text: string): number | undefined {
  const match = iso.exec(text)
  if (match === null) return seconds.test(text) ? Number(text) * 1000 : undefined
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '0', offset] = match
  const days = Date.UTC(Number(year), Number(month) - 1, Number(day))
  if (new Date(days).toISOString().slice(0, 10) !== `${year}-${month}-${day}`) return undefined
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined
  const time = (Number(hour) * 60 + Number(minute) - offsetMinutes(offset)) * 60 + Number(second)
  return days + time * 1000 + Number(`0.${fraction}`) * 1000
}

function offsetMinutes(offset: string | undefined): number {
  if (offset === undefined || offset.length === 1) return 0
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))
  return offset.startsWith('-') ? -minutes : minutes
}

const stored =
  /^(-?\d+)(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[Tt](?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.\d{1,9})?(?:[Zz]|[+-](\d{2})(?::(\d{2}))?)?)?)?)?)?$/

/**
 * Whether IAM stores a date like this: its parser is wider than what ever matches.
 * Observed: what CreatePolicy accepts ("The policy failed legacy parsing" otherwise; probed for moto's validator).
 */
export function isStorableDate(text: string): boolean {
  if (/^\d+$/.test(text)) return BigInt(text) <= 9223372036854775807n
  const match = /[tT-]/.test(text) ? stored.exec(text) : null
  if (match === null) return false
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = match
    .slice(1)
    .map((part) => Number(part ?? 1))
  const isIn = (value: number | undefined, min: number, max: number) =>
    value !== undefined && value >= min && value <= max
  return (
    isIn(year, -292275054, 292278993) &&
    isIn(month, 1, 12) &&
    isIn(day, 1, 31) &&
    isIn(hour, 0, 23) &&
    isIn(minute, 0, 59) &&
    isIn(second, 0, 59) &&
    isIn(offsetHour, 0, 23) &&
    isIn(offsetMinute, 0, 59)
  )
}
