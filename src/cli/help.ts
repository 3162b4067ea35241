/** `--help` and `help COMMAND`, fitted to the terminal, and the README's table of options: all are tables, printed. */
import { type Command, commandFlags, commandRows, type Example } from '../config/commands.ts'
import { type OptionRow, optionRows } from '../config/options.ts'
import { minColumns, wrap } from './wrap.ts'

const defaultColumns = 80

const introduction = 'Amazon S3 with its IAM, on this machine.'

const notes = [
  'Precedence: flag, environment, file (sandbucket.config.json, .yaml or .mjs, or --config FILE), default. NAME_FILE variants of the key variables hold the path of a file with the value.',
  'Exit codes: 0 stopped, 1 crash or (simulate) not as expected, 2 usage, 3 address or port unusable, 4 data directory locked or unusable, 5 (check) damaged, 130 and 143 after SIGINT and SIGTERM.',
]

/** The text of `--help`, or of help about one command. @param columns of the terminal; undefined: none */
export function helpText(command?: Command, columns = defaultColumns): string {
  const width = Math.max(minColumns, columns)
  const lines = command === undefined ? general(width) : about(command, width)
  return `${lines.join('\n')}\n`
}

function general(width: number): string[] {
  const usages = Object.values(commandRows).map(({ usage, help }) => [`sandbucket ${usage}`, help] as const)
  const examples = Object.values(commandRows).flatMap((row) => row.examples.slice(0, 1))
  return [
    ...wrap(introduction, 0, width),
    '',
    'Usage:',
    ...usages.flatMap(([usage, help]) => entry(usage, help, width)),
    ...entry('sandbucket help COMMAND', 'say more about a command, with examples', width),
    '',
    'Examples:',
    ...examples.flatMap((example) => exampleLines(example, width)),
    '',
    ...wrap('Options of the server (environment variable, default):', 0, width),
    ...serverOptions(width),
    '',
    'Options of commands:',
    ...Object.keys(commandFlags).flatMap((name) => flagLines(name as keyof typeof commandFlags, width)),
    '',
    ...notes.flatMap((note) => wrap(note, 0, width)),
  ]
}

function about(command: Command, width: number): string[] {
  const { usage, help, flags = [], examples } = commandRows[command]
  const isServer = command === 'serve'
  const own = flags.flatMap((name) => flagLines(name, width))
  return [
    `Usage: sandbucket ${usage}`,
    '',
    ...wrap(`${help.charAt(0).toUpperCase()}${help.slice(1)}.`, 0, width),
    '',
    'Examples:',
    ...examples.flatMap((example) => exampleLines(example, width)),
    '',
    ...(own.length === 0 ? [] : ['Options:', ...own, ...(command === 'check' ? folderLines(width) : [])]),
    ...(isServer
      ? [
          'Options (environment variable, default):',
          ...serverOptions(width),
          '',
          ...notes.flatMap((note) => wrap(note, 0, width)),
        ]
      : []),
    // A check asks no server.
    ...(isServer || command === 'completion' || command === 'check'
      ? []
      : [
          '',
          ...wrap(
            'Options of the server, such as --data and --config, say which server is meant: sandbucket --help.',
            0,
            width,
          ),
        ]),
  ]
}

const exampleLines = ({ line, does }: Example, width: number): string[] => [`  ${line}`, ...wrap(does, 6, width)]

function flagLines(name: keyof typeof commandFlags, width: number): string[] {
  const { placeholder, help } = commandFlags[name]
  return entry(`    --${name}${placeholder === undefined ? '' : ` ${placeholder}`}`, help, width)
}

/** The folder of a check. */
function folderLines(width: number): string[] {
  const [, row] = optionRows.find(([name]) => name === 'data') as (typeof optionRows)[number]
  return entry(spelling(row), `the folder to check (${row.default})`, width)
}

function serverOptions(width: number): string[] {
  const rows = optionRows.flatMap(([, row]) => {
    const byDefault = row.default === '' ? '' : `, ${row.default}`
    return entry(spelling(row).trimEnd(), `${row.help} (${row.env}${byDefault})`, width)
  })
  return [
    ...rows,
    ...entry('-c, --config FILE', 'configuration file (SANDBUCKET_CONFIG)', width),
    ...entry('-h, --help', 'this text', width),
    ...entry('-v, --version', 'the version', width),
  ]
}

/** A term and what it means: on one line and those below it. */
const entry = (term: string, text: string, width: number): string[] => [`  ${term}`, ...wrap(text, 8, width)]

function spelling(row: OptionRow): string {
  if (row.flag === undefined) return '(no flag)'
  const short = row.short === undefined ? '    ' : `-${row.short}, `
  return `${short}--${row.flag}${row.placeholder === undefined ? '' : ` ${row.placeholder}`}`
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
