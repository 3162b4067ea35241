/** Rows of the bench table. */
export interface Row {
  what: string
  /** The measured figure and what it is compared with, as text. */
  measured: string
  /** The ratio or figure that counts, and its bound. */
  figure: string
  bound: string
  /** Undefined: for information, without a bound. */
  isMet: boolean | undefined
}

/** A row for `value >= least` (a ratio). */
export function atLeast(what: string, measured: string, value: number, least: number): Row {
  return { what, measured, figure: value.toFixed(2), bound: `>= ${least}`, isMet: value >= least }
}

/** A row for `value <= most`, in a unit. */
export function atMost(what: string, measured: string, value: number, most: number, unit = ''): Row {
  return { what, measured, figure: withUnit(value, unit), bound: `<= ${most}${unit}`, isMet: value <= most }
}

/** A row that only informs. */
export function forInformation(what: string, measured: string, value: number, unit = ''): Row {
  return { what, measured, figure: withUnit(value, unit), bound: '', isMet: undefined }
}

const withUnit = (value: number, unit: string) => `${value.toFixed(value < 10 ? 2 : 0)}${unit}`

/** A Markdown table. */
export function formatTable(rows: Row[]): string {
  let text = '| What | Measured | Figure | Bound | |\n|---|---|---|---|---|\n'
  for (const row of rows) {
    const verdict = row.isMet === undefined ? 'for information' : row.isMet ? 'met' : '**missed**'
    text += `| ${row.what} | ${row.measured} | ${row.figure} | ${row.bound} | ${verdict} |\n`
  }
  return text
}
