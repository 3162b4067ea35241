/** `--help`, and the README's table of options: both are the options table, printed. */
import { commandFlags, commandRows } from '../config/commands.ts'
import { type OptionRow, optionRows } from '../config/options.ts'

const usages = Object.values(commandRows).map(({ usage, help }) => [`sandbucket ${usage}`, help] as const)
const width = Math.max(...usages.map(([usage]) => usage.length)) + 3

const head = `Amazon S3 with its IAM, on this machine.

Usage: ${usages.map(([usage, help]) => usage.padEnd(width) + help).join('\n       ')}

Options (environment variable, default):
`

const tail = `
Precedence: flag, environment, file (sandbucket.config.json or .mjs, or --config FILE), default.
NAME_FILE variants of the key variables hold the path of a file with the value.
Exit codes: 0 stopped, 1 crash or (simulate) not as expected, 2 usage, 3 address or port unusable, 4 data directory locked or unusable,
130 and 143 after SIGINT and SIGTERM.
`

function spelling(row: OptionRow): string {
  if (row.flag === undefined) return '(no flag)'
  const short = row.short === undefined ? '    ' : `-${row.short}, `
  return `${short}--${row.flag}${row.placeholder === undefined ? '' : ` ${row.placeholder}`}`
}

/** The text of `--help`. */
export function helpText(): string {
  const rows = optionRows.map(([, row]) => {
    const byDefault = row.default === '' ? '' : `, ${row.default}`
    return `  ${spelling(row).trimEnd()}\n        ${row.help} (${row.env}${byDefault})\n`
  })
  const further = Object.entries(commandFlags).map(
    ([name, { placeholder, help }]) =>
      `      --${name}${placeholder === undefined ? '' : ` ${placeholder}`}\n        ${help}\n`,
  )
  const others = `  -c, --config FILE\n        configuration file (SANDBUCKET_CONFIG)\n  -h, --help\n  -v, --version\n`
  return `${head}${rows.join('')}${others}Of commands:\n${further.join('')}${tail}`
}

const cell = (value: string): string => (value === '' ? '' : `\`${value.replaceAll('|', '\\|')}\``)

/** The same table in Markdown. */
export function optionsMarkdown(): string {
  const rows = optionRows.map(([name, row]) => {
    const flag =
      row.flag === undefined ? '' : `--${row.flag}${row.placeholder === undefined ? '' : ` ${row.placeholder}`}`
    return `| ${cell(flag)} | ${cell(row.env)} | ${cell(name)} | ${cell(row.default)} | ${row.help} |\n`
  })
  return `| Flag | Environment | File, Node API | Default | |\n|---|---|---|---|---|\n${rows.join('')}`
}
