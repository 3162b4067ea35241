/** The time of a log line: most lines share their second with the one before. */
let secondOfText = Number.NaN
/** `2026-01-02T03:04:05.` of the second told last. */
let secondText = ''

/** Now, as `Date.toISOString` says it. */
export function isoTime(): string {
  const now = Date.now()
  const second = Math.floor(now / 1000)
  if (second !== secondOfText) {
    secondText = new Date(second * 1000).toISOString().slice(0, 20)
    secondOfText = second
  }
  const ms = now - second * 1000
  return `${secondText}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
}
