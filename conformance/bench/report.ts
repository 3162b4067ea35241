/** Rows of the bench table. */
export interface Row {
  what: string
  /** The measured figure and what it is compared with, as text. */
  measured: string
  /** The ratio or figure that counts, and its bound. */
  figure: string
  bound: string
  isMet: boolean
}

/** A row for `value >= least` (a ratio). */
export function atLeast(what: string, measured: string, value: number, least: number): Row {
  return { what, measured, figure: value.toFixed(2), bound: `>= ${least}`, isMet: value >= least }
}

/** A row for `value <= most`, in a unit. */
export function atMost(what: string, measured: string, value: number, most: number, unit = ''): Row {
  const digits = value < 10 ? 2 : 0
  return { what, measured, figure: `${value.toFixed(digits)}${unit}`, bound: `<= ${most}${unit}`, isMet: value <= most }
}

/** A Markdown table. */
export function formatTable(rows: Row[]): string {
  let text = '| What | Measured | Figure | Bound | |\n|---|---|---|---|---|\n'
  for (const row of rows) {
    text += `| ${row.what} | ${row.measured} | ${row.figure} | ${row.bound} | ${row.isMet ? 'met' : '**missed**'} |\n`
  }
  return text
}
