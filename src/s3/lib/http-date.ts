/** Dates as HTTP headers carry them, remembered for the second: listings of one moment share them. */

let lastSecond = Number.NaN
let lastText = ''

/** `Wed, 21 Oct 2015 07:28:00 GMT` of a time in ms. */
export function httpDate(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toUTCString()
    lastSecond = second
  }
  return lastText
}
