/** `--help`, and the README's table of options: both are the options table, printed. */
import { type OptionRow, optionRows } from '../config/options.ts'

const head = `Amazon S3 with its IAM, on this machine.

Usage: sandbucket [serve] [options]     start the server
       sandbucket env [--json]          print what clients need: eval "$(sandbucket env)"
       sandbucket s3cfg                 print a configuration for s3cmd: sandbucket s3cfg > ~/.s3cfg
       sandbucket explain ID            say why the request with that x-amz-request-id was allowed or refused
       sandbucket simulate FILE         check who may do what: [{ principal, action, resource, context, expect }]
       sandbucket health                exit 0 when the server at the configured address is ready

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
  const others = `  -c, --config FILE\n        configuration file (SANDBUCKET_CONFIG)\n  -h, --help\n  -v, --version\n`
  return head + rows.join('') + others + tail
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
